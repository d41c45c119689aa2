#!/usr/bin/env bash
# Deploys one image to one environment, and fails unless that image is what runs in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST
#   bash deploy/ecs/deploy.sh prod sha256:4f5e…
#
# Needs the AWS CLI, jq and the GitHub CLI. The digest is that of an image in the ECR repository orders, attested by the
# workflow; to roll back, deploy an older one.
set -euo pipefail

fail() {
  echo "error: $1" >&2
  exit 1
}

# Prints one output of a stack.
output_of() {
  aws cloudformation describe-stacks --stack-name "$1" \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue" --output text
}

[ $# -eq 2 ] || fail "usage: bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST"
environment=$1
digest=$2
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stack=orders-$environment
parameters=$folder/params/$environment.json
region=us-east-1
export AWS_REGION=${AWS_REGION:-$region}
# Version 1 of the AWS CLI reads only this one.
export AWS_DEFAULT_REGION=$AWS_REGION

[ -f "$parameters" ] || fail "no environment $environment: $parameters does not exist"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$digest is not a digest (sha256: and 64 hexadecimal digits)"
if grep -Eq '(vpc-|subnet-)00000000' "$parameters"; then
  fail "$parameters still holds example ids: put in those of your own network first"
fi

# Nothing changes before all of this holds.

# Two projects can get the same stack name, such as aa-bb in cc and aa in bb-cc. The tags of a stack tell whose it is.
if said=$(aws cloudformation describe-stacks --stack-name "$stack" --output text --query \
  "Stacks[0].[StackStatus, Tags[?Key=='service'].Value | [0], Tags[?Key=='environment'].Value | [0]]" 2>&1); then
  read -r state tags <<<"${said##*$'\n'}"
  # In the state REVIEW_IN_PROGRESS nothing was ever created.
  if [ "$state" != REVIEW_IN_PROGRESS ]; then
    [ "$tags" = orders$'\t'"$environment" ] ||
      fail "the stack $stack is another project's, with the tags service and environment: $tags"
    [[ $state != *_IN_PROGRESS ]] || fail "$stack is still at work ($state): wait for it, or stop it as README.md says"
  fi
elif [[ $said != *"does not exist"* ]]; then
  fail "$stack cannot be looked at: $said"
fi

aws ecr describe-images --repository-name orders --image-ids "imageDigest=$digest" >/dev/null ||
  fail "the repository orders holds no image $digest"

# GitHub has signed which workflow built the image, of which branch, and what is in it. Whatever else was pushed to the repository is
# not deployed; ATTESTATION=none does, as for an image that was built by hand. An image is its manifest, whose digest is its name.
origin=my-org/orders
if [ "${ATTESTATION:-}" != none ]; then
  manifest=$(mktemp)
  trap 'rm "$manifest"' EXIT
  said=$(aws ecr batch-get-image --repository-name orders --image-ids "imageDigest=$digest" \
    --query 'images[0].imageManifest' --output text)
  printf %s "$said" >"$manifest"
  for predicate in https://slsa.dev/provenance/v1 https://spdx.dev/Document/v2.3; do
    gh attestation verify "$manifest" --repo "$origin" --predicate-type "$predicate" --source-ref refs/heads/main \
      --signer-workflow "$origin/.github/workflows/deploy-ecs.yaml" >/dev/null ||
      fail "the workflow of $origin has not attested $digest ($predicate); ATTESTATION=none deploys it without"
  done
fi
secrets="signing-key"
for secret in $secrets; do
  name=/orders/$environment/$secret
  found=$(aws ssm describe-parameters --parameter-filters "Key=Name,Values=$name" --query 'Parameters[].Name' --output text)
  [ -n "$found" ] || fail "Parameter Store holds no $name"
done

repository=$(aws ecr describe-repositories --repository-names orders \
  --query 'repositories[0].repositoryUri' --output text)
# The commit that the image was built from, as its tag says, and the author of that commit where this checkout has it. They are tags of the
# task definition, which each of its tasks gets, so they are right after a rollback, too.
commit=$(aws ecr describe-images --repository-name orders --image-ids "imageDigest=$digest" \
  --query 'imageDetails[0].imageTags' --output json | jq -r '[.[]? | scan("^[0-9a-f]{40}")][0] // "none"')
author=$(git -C "$folder" log -1 --format=%ae "$commit" 2>/dev/null | tr -cd 'A-Za-z0-9@._+-' | cut -c -256) || author=none
author=${author:-none}
overrides=()
# The role and the boundary of roles.yaml. Their names are fixed, so no region has to be asked for them.
stack_role=arn:aws:iam::${repository%%.*}:role/orders-$environment-stack
overrides+=("PermissionsBoundary=arn:aws:iam::${repository%%.*}:policy/orders-$environment-boundary")
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.ParameterKey)=\(.ParameterValue)"' "$parameters")
aws cloudformation deploy \
  --stack-name "$stack" \
  --template-file "$folder/service.yaml" \
  --parameter-overrides "${overrides[@]}" "Image=$repository@$digest" "Commit=$commit" "Author=$author" \
  --tags service=orders "environment=$environment" owner=orders-team \
  --capabilities CAPABILITY_IAM \
  --role-arn "$stack_role" \
  --no-fail-on-empty-changeset

# A rolled back deployment leaves a healthy service too, so compare what runs with what was deployed.
expected=$(output_of "$stack" TaskDefinitionArn)
for attempt in $(seq 60); do
  read -r running deployments state < <(aws ecs describe-services --cluster "$stack" --services "$stack" \
    --query 'services[0].[taskDefinition, length(deployments), deployments[0].rolloutState]' --output text)
  [ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
  [ "$deployments $state" = "1 COMPLETED" ] && break
  [ "$attempt" -lt 60 ] || fail "$stack has not settled after ten minutes: $deployments deployments, $state"
  sleep 10
done
echo "$stack runs $running with $digest"
