#!/usr/bin/env bash
# Deploys one image to one environment, and fails unless that image is what runs in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST
#   bash deploy/ecs/deploy.sh prod sha256:4f5e…
#
# Needs Terraform, the AWS CLI, jq, curl and the GitHub CLI. The digest is that of an image in the ECR repository orders,
# attested by the workflow; to roll back, deploy an older one. TERRAFORM=tofu takes OpenTofu.
set -euo pipefail

fail() {
  echo "error: $1" >&2
  exit 1
}

# Makes ECS roll back by the weights of the rules, as an alarm would: tasks that do not become healthy get no traffic, so no alarm
# sees them.
go_back() {
  local deployment
  if deployment=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --status PENDING IN_PROGRESS \
    --query 'serviceDeployments[0].serviceDeploymentArn' --output text) &&
    aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn "$deployment" >/dev/null; then
    fail "$stack was not done after 30 minutes, and rolls back"
  fi
  fail "$stack is not done after 30 minutes, and cannot roll back: README.md says how to end it"
}

[ $# -eq 2 ] || fail "usage: bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST"
environment=$1
digest=$2
export AWS_REGION=us-east-1
state=$environment
# Version 1 of the AWS CLI reads only this one.
export AWS_DEFAULT_REGION=$AWS_REGION
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$folder/terraform/service
stack=orders-$environment
values=$folder/terraform/environments/$state.tfvars
backend=$folder/terraform/environments/$state.backend.hcl
terraform=${TERRAFORM:-terraform}

[ -f "$values" ] || fail "no environment $environment: $values does not exist"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$digest is not a digest (sha256: and 64 hexadecimal digits)"
if grep -Eq '(example-|vpc-|subnet-|certificate/|webacl/example/|key/)00000000' "$values" "$backend"; then
  fail "$values or $backend still holds example ids: put in your own first"
fi
# Which packages of the provider are trusted is in this file, which your own init has written.
[ -f "$root/.terraform.lock.hcl" ] || fail "$root has no .terraform.lock.hcl: README.md says how to make and commit it"
# Nothing changes before all of this holds.

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
secrets="database-url api-key"
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

# Each state has its own folder for what init keeps, so two of them do not mix.
export TF_DATA_DIR=$root/.terraform/$state TF_IN_AUTOMATION=1 TF_INPUT=0
"$terraform" -chdir="$root" init -lockfile=readonly -reconfigure -backend-config="$backend" >/dev/null
# Somebody else's service of the same name is not in this state.
if ! "$terraform" -chdir="$root" output -json | jq -e 'has("service_name")' >/dev/null; then
  taken=$(aws ecs describe-clusters --clusters "$stack" --query "clusters[?status=='ACTIVE'].clusterName" --output text)
  [ -z "$taken" ] || fail "a cluster $stack is there, and not in this state: two owners must never hold one service"
fi
plan=$TF_DATA_DIR/plan
"$terraform" -chdir="$root" plan -lock-timeout=5m -out="$plan" -var-file="$values" \
  -var "image=$repository@$digest" -var "commit=$commit" -var "author=$author"
"$terraform" -chdir="$root" apply -lock-timeout=5m "$plan"
rm "$plan"

# A rolled back deployment leaves a healthy service too, so compare what runs with what was deployed.
expected=$("$terraform" -chdir="$root" output -raw task_definition_arn)
for attempt in $(seq 180); do
  unsettled=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --output text \
    --status PENDING IN_PROGRESS STOP_REQUESTED ROLLBACK_REQUESTED ROLLBACK_IN_PROGRESS \
    --query 'length(serviceDeployments)')
  [ "$unsettled" = 0 ] && break
  [ "$attempt" -lt 180 ] || go_back
  sleep 10
done
running=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query 'services[0].taskDefinition' --output text)
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$("$terraform" -chdir="$root" output -raw load_balancer_url)
# The certificate names your host, not the load balancer's.
curl --insecure --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$url/readyz"
echo "$url/readyz answers"
