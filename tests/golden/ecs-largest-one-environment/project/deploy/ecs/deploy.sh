#!/usr/bin/env bash
# Deploys one image to one environment, and fails unless that image is what runs in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT DIGEST
#   bash deploy/ecs/deploy.sh live sha256:4f5e…
#
# Needs the AWS CLI, jq and curl. The digest is that of an image in the ECR repository orders; to roll back,
# deploy an older one.
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

# Prints one value of the parameter file.
parameter() {
  jq -r --arg name "$1" '.[] | select(.ParameterKey == $name).ParameterValue' "$parameters"
}

# Makes ECS roll back by the weights of the rules, as an alarm would: tasks that do not become healthy get no traffic, so no alarm
# sees them.
go_back() {
  local deployment
  if deployment=$(aws ecs list-service-deployments --cluster "$cluster" --service "$stack" --status PENDING IN_PROGRESS \
    --query 'serviceDeployments[0].serviceDeploymentArn' --output text) &&
    aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn "$deployment" >/dev/null; then
    fail "$stack was not done after 30 minutes, and rolls back"
  fi
  fail "$stack is not done after 30 minutes, and cannot roll back: README.md says how to end it"
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
if grep -Eq '(vpc-|subnet-|certificate/|sg-|app/example/|Z|example-)00000000' "$parameters"; then
  fail "$parameters still holds example ids: put in those of your own network first"
fi

cluster=$(parameter ClusterName)
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

repository=$(aws ecr describe-repositories --repository-names orders \
  --query 'repositories[0].repositoryUri' --output text)
# The commit that the image was built from, as its tag says, and the author of that commit where this checkout has it. They are tags of the
# task definition, which each of its tasks gets, so they are right after a rollback, too.
commit=$(aws ecr describe-images --repository-name orders --image-ids "imageDigest=$digest" \
  --query 'imageDetails[0].imageTags' --output json | jq -r '[.[]? | scan("^[0-9a-f]{40}")][0] // "none"')
author=$(git -C "$folder" log -1 --format=%ae "$commit" 2>/dev/null | tr -cd 'A-Za-z0-9@._+-' | cut -c -256) || author=none
author=${author:-none}
overrides=()
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.ParameterKey)=\(.ParameterValue)"' "$parameters")
# CloudFormation would wait for tasks that do not become healthy for up to 36 hours: the wait for the change set is here.
said=$(aws cloudformation deploy \
  --stack-name "$stack" \
  --template-file "$folder/service.yaml" \
  --parameter-overrides "${overrides[@]}" "Image=$repository@$digest" "Commit=$commit" "Author=$author" \
  --tags service=orders "environment=$environment" owner=orders-team \
  --capabilities CAPABILITY_IAM \
  --no-execute-changeset \
  --no-fail-on-empty-changeset)
change_set=$(grep -o 'arn:[^ ]*:changeSet/[^ ]*' <<<"$said" || true)
if [ -n "$change_set" ]; then
  aws cloudformation execute-change-set --change-set-name "$change_set"
  for attempt in $(seq 180); do
    sleep 10
    state=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus' --output text)
    [[ $state == *_IN_PROGRESS ]] || break
    [ "$attempt" -lt 180 ] || go_back
  done
  [[ $state =~ ^(CREATE|UPDATE)_COMPLETE$ ]] || fail "$stack could not be deployed: $state"
fi

# A rolled back deployment leaves a healthy service too, so compare what runs with what was deployed.
expected=$(output_of "$stack" TaskDefinitionArn)
for attempt in $(seq 180); do
  unsettled=$(aws ecs list-service-deployments --cluster "$cluster" --service "$stack" --output text \
    --status PENDING IN_PROGRESS STOP_REQUESTED ROLLBACK_REQUESTED ROLLBACK_IN_PROGRESS \
    --query 'length(serviceDeployments)')
  [ "$unsettled" = 0 ] && break
  [ "$attempt" -lt 180 ] || go_back
  sleep 10
done
running=$(aws ecs describe-services --cluster "$cluster" --services "$stack" \
  --query 'services[0].taskDefinition' --output text)
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$(output_of "$stack" LoadBalancerUrl)
# The load balancer is asked by its own name, since that of the host may not lead to it yet.
host=$(parameter HostName)
curl --insecure --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null \
  --header "Host: $host" "$url/readyz"
echo "$url/readyz answers"
