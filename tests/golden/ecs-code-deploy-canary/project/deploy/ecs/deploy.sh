#!/usr/bin/env bash
# Deploys one image to one environment, and fails unless that image is what runs in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST
#   bash deploy/ecs/deploy.sh prod sha256:4f5e…
#
# Needs the AWS CLI, jq, curl and the GitHub CLI. The digest is that of an image in the ECR repository orders, attested by
# the workflow; to roll back, deploy an older one.
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
if grep -Eq '(vpc-|subnet-|certificate/)00000000' "$parameters"; then
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

# The first time there is no cluster yet that could be asked for the service.
exists=$(aws ecs describe-clusters --clusters "$stack" --query "clusters[?status=='ACTIVE'].clusterName" --output text)
[ -z "$exists" ] || exists=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query "services[?status=='ACTIVE'].serviceName" --output text)
if [ -n "$exists" ]; then
  under_way=$(aws deploy list-deployments --application-name "$stack" --deployment-group-name "$stack" \
    --include-only-statuses Created Queued InProgress Baking Ready --query 'deployments' --output text)
  [ -z "$under_way" ] || fail "$stack is still at deployment $under_way: wait for it, or stop it as README.md says"
fi

# Updates the stack; a parameter that is not named keeps its value.
deploy_infra() {
  aws cloudformation deploy \
    --stack-name "$stack" \
    --template-file "$folder/infra.yaml" \
    --parameter-overrides "${overrides[@]}" "$@" \
    --tags service=orders "environment=$environment" owner=orders-team \
    --capabilities CAPABILITY_IAM \
    --role-arn "$stack_role" \
    --no-fail-on-empty-changeset
}

# Puts values into a JSON file: <Name> stands for a value of this deployment or an output of the stack, and as an element
# of a list for all that the value holds between commas. A name that nothing fills is an error.
fill() {
  jq --argjson values "$values" '
    def filled: gsub("<(?<name>[^<>]*)>"; $values[.name] // error("nothing fills <\(.name)>"));
    def fill:
      if type == "object" then map_values(fill)
      elif type == "array" then map(if type == "string" and test("^<[^<>]*>$") then filled / "," | .[] else fill end)
      elif type == "string" then filled
      else . end;
    fill' "$folder/$1"
}

deploy_infra
values=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs' --output json |
  jq --arg image "$repository@$digest" --arg commit "$commit" --arg author "$author" \
    'map({(.OutputKey): .OutputValue}) | add + {Image: $image, Commit: $commit, Author: $author}')
task_definition=$(fill task-definition.json)

expected=$(aws ecs register-task-definition --cli-input-json "$task_definition" \
  --query taskDefinition.taskDefinitionArn --output text)
if [ -z "$exists" ]; then
  # The first one: the service of the stack starts with the newest revision of its family, which exists from now on.
  deploy_infra WithService=true
else
  revision=$(sed "s|<TASK_DEFINITION>|$expected|" "$folder/appspec.yaml" |
    jq --raw-input --slurp '{revisionType: "AppSpecContent", appSpecContent: {content: .}}')
  # While an alarm of the group fires, CodeDeploy stops every deployment, a rollback too. With IGNORE_ALARMS=1 it ignores
  # the alarms.
  deployment=$(aws deploy create-deployment --application-name "$stack" --deployment-group-name "$stack" \
    --description "$digest" --revision "$revision" ${IGNORE_ALARMS:+--override-alarm-configuration enabled=false} \
    --query deploymentId --output text)
  echo "deployment $deployment has begun; to roll back:"
  echo "  aws deploy stop-deployment --deployment-id $deployment --auto-rollback-enabled --region $AWS_REGION"
  for attempt in $(seq 240); do
    status=$(aws deploy get-deployment --deployment-id "$deployment" --query deploymentInfo.status --output text)
    case $status in
      Succeeded) break ;;
      Failed | Stopped)
        aws deploy get-deployment --deployment-id "$deployment" \
          --query 'deploymentInfo.[errorInformation, rollbackInfo]' --output json >&2
        fail "deployment $deployment of $stack ended as $status"
        ;;
    esac
    [ "$attempt" -lt 240 ] || fail "deployment $deployment is $status after 40 minutes"
    sleep 10
  done
fi

# A stopped or failed deployment leaves a healthy service too: compare what runs with what was deployed.
running=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query "services[0].taskSets[?status=='PRIMARY'].taskDefinition" --output text)
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$(output_of "$stack" LoadBalancerUrl)
# The certificate names your host, not the load balancer's.
curl --insecure --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$url/readyz"
echo "$url/readyz answers"
