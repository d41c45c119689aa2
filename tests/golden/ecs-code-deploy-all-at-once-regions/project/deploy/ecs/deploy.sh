#!/usr/bin/env bash
# Deploys one image to one environment in one region, and fails unless that image is what runs there in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT REGION DIGEST
#   bash deploy/ecs/deploy.sh prod eu-west-1 sha256:4f5e…
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

[ $# -eq 3 ] || fail "usage: bash deploy/ecs/deploy.sh ENVIRONMENT REGION DIGEST"
environment=$1
export AWS_REGION=$2
digest=$3
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stack=orders-$environment
parameters=$folder/params/$environment.$AWS_REGION.json
# Version 1 of the AWS CLI reads only this one.
export AWS_DEFAULT_REGION=$AWS_REGION

[ -f "$parameters" ] || fail "no environment $environment in $AWS_REGION: $parameters does not exist"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$digest is not a digest (sha256: and 64 hexadecimal digits)"
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

# Images are pushed in eu-west-1, and ECR takes some minutes to copy them.
for attempt in $(seq 60); do
  said=$(aws ecr describe-images --repository-name orders --image-ids "imageDigest=$digest" 2>&1) && break
  [[ $said == *ImageNotFoundException* && $AWS_REGION != eu-west-1 ]] ||
    fail "the repository orders in $AWS_REGION has no image $digest to give: $said"
  [ "$attempt" -lt 60 ] || fail "after ten minutes there is no image $digest in $AWS_REGION"
  sleep 10
done
secrets="database-url"
for secret in $secrets; do
  name=orders/$environment/$secret
  aws secretsmanager describe-secret --secret-id "$name" >/dev/null || fail "Secrets Manager holds no $name"
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
# What network.yaml made is a parameter of the same name.
network=$(aws cloudformation describe-stacks --stack-name "$stack-network" --query 'Stacks[0].Outputs' --output json) ||
  fail "the network of $environment in $AWS_REGION cannot be looked at: README.md says how to make it"
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.OutputKey)=\(.OutputValue)"' <<<"$network")
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
  for attempt in $(seq 150); do
    status=$(aws deploy get-deployment --deployment-id "$deployment" --query deploymentInfo.status --output text)
    case $status in
      Succeeded) break ;;
      Failed | Stopped)
        aws deploy get-deployment --deployment-id "$deployment" \
          --query 'deploymentInfo.[errorInformation, rollbackInfo]' --output json >&2
        fail "deployment $deployment of $stack ended as $status"
        ;;
    esac
    [ "$attempt" -lt 150 ] || fail "deployment $deployment is $status after 25 minutes"
    sleep 10
  done
fi

# A stopped or failed deployment leaves a healthy service too: compare what runs with what was deployed.
running=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query "services[0].taskSets[?status=='PRIMARY'].taskDefinition" --output text)
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$(output_of "$stack" LoadBalancerUrl)
curl --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$url/readyz"
echo "$url/readyz answers"
