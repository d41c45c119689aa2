#!/usr/bin/env bash
# Deploys one image to one environment in one region, and fails unless that image is what runs there in the end.
#
#   bash deploy/ecs/deploy.sh ENVIRONMENT REGION DIGEST
#   bash deploy/ecs/deploy.sh prod eu-central-1 sha256:4f5e…
#
# Needs the AWS CLI, jq and curl. The digest is that of an image in the ECR repository tickets; deploying an
# older one is how to go back.
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
stack=tickets-$environment
parameters=$folder/params/$environment.$AWS_REGION.json
# Version 1 of the AWS CLI reads only this one.
export AWS_DEFAULT_REGION=$AWS_REGION

[ -f "$parameters" ] || fail "no environment $environment in $AWS_REGION: $parameters does not exist"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$digest is not a digest (sha256: and 64 hexadecimal digits)"
if grep -Eq '(vpc-|subnet-|certificate/)00000000' "$parameters"; then
  fail "$parameters still holds example ids: put in those of your own network first"
fi

overrides=()
while IFS= read -r override; do
  overrides+=("$override")
done < <(jq -r '.[] | "\(.ParameterKey)=\(.ParameterValue)"' "$parameters")

# Images are pushed in eu-central-1, and ECR takes some minutes to copy them.
for attempt in $(seq 60); do
  said=$(aws ecr describe-images --repository-name tickets --image-ids "imageDigest=$digest" 2>&1) && break
  [[ $said == *ImageNotFoundException* && $AWS_REGION != eu-central-1 ]] ||
    fail "the repository tickets in $AWS_REGION has no image $digest to give: $said"
  [ "$attempt" -lt 60 ] || fail "after ten minutes there is no image $digest in $AWS_REGION"
  sleep 10
done
repository=$(aws ecr describe-repositories --repository-names tickets \
  --query 'repositories[0].repositoryUri' --output text)
stack_role=$(AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1 output_of tickets-bootstrap StackRoleArn)
aws cloudformation deploy \
  --stack-name "$stack" \
  --template-file "$folder/service.yaml" \
  --parameter-overrides "${overrides[@]}" "Image=$repository@$digest" \
  --tags service=tickets "environment=$environment" owner=box-office \
  --capabilities CAPABILITY_IAM \
  --role-arn "$stack_role" \
  --no-fail-on-empty-changeset

# A rolled back deployment leaves a healthy service too, so compare what runs with what was deployed.
expected=$(output_of "$stack" TaskDefinitionArn)
for attempt in $(seq 180); do
  unsettled=$(aws ecs list-service-deployments --cluster "$stack" --service "$stack" --output text \
    --status PENDING IN_PROGRESS STOP_REQUESTED ROLLBACK_REQUESTED ROLLBACK_IN_PROGRESS \
    --query 'length(serviceDeployments)')
  [ "$unsettled" = 0 ] && break
  [ "$attempt" -lt 180 ] || fail "$stack has not settled after 30 minutes"
  sleep 10
done
running=$(aws ecs describe-services --cluster "$stack" --services "$stack" \
  --query 'services[0].taskDefinition' --output text)
[ "$running" = "$expected" ] || fail "$stack runs $running instead of $expected: it was rolled back or replaced"
echo "$stack runs $running with $digest"

url=$(output_of "$stack" LoadBalancerUrl)
# The certificate names your host, not the load balancer's.
curl --insecure --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$url/readyz"
echo "$url/readyz answers"
