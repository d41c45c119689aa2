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

# Makes ECS roll back by the weights of the rules, as an alarm would: tasks that do not become healthy get no traffic, so no alarm
# sees them.
go_back() {
  local deployment
  if deployment=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --status PENDING IN_PROGRESS \
    --query 'serviceDeployments[0].serviceDeploymentArn' --output text) &&
    aws ecs stop-service-deployment --stop-type ROLLBACK --service-deployment-arn "$deployment" >/dev/null; then
    fail "$stack was not done after 60 minutes, and rolls back"
  fi
  fail "$stack is not done after 60 minutes, and cannot roll back: README.md says how to end it"
}

# Says once that the deployment waits for a person, and how it goes on.
is_said=
say_gate() {
  [ -z "$is_said" ] || return 0
  local deployment hook
  # The first time there is no service yet that could be asked.
  deployment=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --status IN_PROGRESS \
    --query 'serviceDeployments[0].serviceDeploymentArn' --output text 2>/dev/null) || return 0
  [[ $deployment == arn:* ]] || return 0
  hook=$(aws ecs describe-service-deployments --service-deployment-arns "$deployment" --output text \
    --query "serviceDeployments[0].lifecycleHookDetails[?status=='AWAITING_ACTION'].hookId | [0]") || return 0
  [[ -n $hook && $hook != None ]] || return 0
  is_said=yes
  echo "$stack waits for you, and rolls back to the previous version after 30 minutes. To let it go on:"
  echo "  aws ecs continue-service-deployment --service-deployment-arn $deployment --hook-id $hook --action CONTINUE"
}

# Prints the account of an environment.
account_of() {
  case $1 in
    dev) echo 111111111111 ;;
    staging) echo 111111111111 ;;
    prod) echo 222222222222 ;;
  esac
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
if grep -Eq '(webacl/example/|example-)00000000' "$parameters"; then
  fail "$parameters still holds example ids: put in your own first"
fi

# Nothing changes before all of this holds.

account=$(account_of "$environment")
signed_in=$(aws sts get-caller-identity --query Account --output text)
[ "$signed_in" = "$account" ] || fail "$environment is in the account $account, and these credentials are for $signed_in"

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

aws ecr describe-images --registry-id 333333333333 --repository-name orders --image-ids "imageDigest=$digest" >/dev/null ||
  fail "the repository orders holds no image $digest"

# GitHub has signed which workflow built the image, of which branch, and what is in it. Whatever else was pushed to the repository is
# not deployed; ATTESTATION=none does, as for an image that was built by hand. An image is its manifest, whose digest is its name.
origin=my-org/orders
if [ "${ATTESTATION:-}" != none ]; then
  manifest=$(mktemp)
  trap 'rm "$manifest"' EXIT
  said=$(aws ecr batch-get-image --registry-id 333333333333 --repository-name orders --image-ids "imageDigest=$digest" \
    --query 'images[0].imageManifest' --output text)
  printf %s "$said" >"$manifest"
  for predicate in https://slsa.dev/provenance/v1 https://spdx.dev/Document/v2.3; do
    gh attestation verify "$manifest" --repo "$origin" --predicate-type "$predicate" --source-ref refs/heads/main \
      --signer-workflow "$origin/.github/workflows/deploy-ecs.yaml" >/dev/null ||
      fail "the workflow of $origin has not attested $digest ($predicate); ATTESTATION=none deploys it without"
  done
fi

repository=333333333333.dkr.ecr.$AWS_REGION.amazonaws.com/orders
# The commit that the image was built from, as its tag says, and the author of that commit where this checkout has it. They are tags of the
# task definition, which each of its tasks gets, so they are right after a rollback, too.
commit=$(aws ecr describe-images --registry-id 333333333333 --repository-name orders --image-ids "imageDigest=$digest" \
  --query 'imageDetails[0].imageTags' --output json | jq -r '[.[]? | scan("^[0-9a-f]{40}")][0] // "none"')
author=$(git -C "$folder" log -1 --format=%ae "$commit" 2>/dev/null | tr -cd 'A-Za-z0-9@._+-' | cut -c -256) || author=none
author=${author:-none}
overrides=()
# The role and the boundary of roles.yaml. Their names are fixed, so no region has to be asked for them.
stack_role=arn:aws:iam::$account:role/orders-$environment-stack
overrides+=("PermissionsBoundary=arn:aws:iam::$account:policy/orders-$environment-boundary")
# What network.yaml made is a parameter of the same name.
network=$(aws cloudformation describe-stacks --stack-name "$stack-network" --query 'Stacks[0].Outputs' --output json) ||
  fail "the network of $environment in $AWS_REGION cannot be looked at: README.md says how to make it"
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.OutputKey)=\(.OutputValue)"' <<<"$network")
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.ParameterKey)=\(.ParameterValue)"' "$parameters")

# The first time there is no service yet that could be asked.
if said=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --status PENDING IN_PROGRESS \
  --query 'length(serviceDeployments)' --output text 2>&1); then
  [ "${said##*$'\n'}" = 0 ] || fail "$stack is still at a deployment: wait for it, or stop it as README.md says"
elif [[ $said != *NotFoundException* ]]; then
  fail "$stack cannot be asked for its deployments: $said"
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
service=$(fill service.json)

expected=$(aws ecs register-task-definition --cli-input-json "$task_definition" \
  --query taskDefinition.taskDefinitionArn --output text)
exists=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query "services[?status=='ACTIVE'].serviceName" --output text)
if [ -z "$exists" ]; then
  minimum=$(jq -r '.[] | select(.ParameterKey == "MinTasks").ParameterValue' "$parameters")
  aws ecs create-service --cli-input-json "$service" --task-definition "$expected" --desired-count "$minimum" >/dev/null
else
  # Without a desired count, which belongs to autoscaling, and without what can only be said at creation.
  update=$(jq '.service = .serviceName | del(.serviceName, .launchType, .deploymentController, .tags)' <<<"$service")
  aws ecs update-service --cli-input-json "$update" --task-definition "$expected" --force-new-deployment >/dev/null
fi
# Autoscaling acts on a service, so it follows the first one. From then on this changes nothing.
deploy_infra WithService=true

# When the new revision fails, ECS puts the previous one back, and the service is healthy then too: compare what runs.
for attempt in $(seq 360); do
  unsettled=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --output text \
    --status PENDING IN_PROGRESS STOP_REQUESTED ROLLBACK_REQUESTED ROLLBACK_IN_PROGRESS \
    --query 'length(serviceDeployments)')
  read -r running deployments state < <(aws ecs describe-services --cluster "$stack" --services "$stack" \
    --query 'services[0].[taskDefinition, length(deployments), deployments[0].rolloutState]' --output text)
  [ "$unsettled $deployments $state" = "0 1 COMPLETED" ] && break
  say_gate
  [ "$attempt" -lt 360 ] || go_back
  sleep 10
done
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$(output_of "$stack" LoadBalancerUrl)
# The certificate names your host, not the load balancer's.
curl --insecure --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$url/readyz"
echo "$url/readyz answers"
