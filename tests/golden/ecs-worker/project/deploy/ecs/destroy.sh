#!/bin/sh
# Deletes one environment, or in the end what the environments share, and asks before it does.
#
#   sh deploy/ecs/destroy.sh dev
#   sh deploy/ecs/destroy.sh --shared
#
# Needs the AWS CLI and the rights of the person who created orders-bootstrap. README.md says what stays, and why.
set -eu

environments="dev staging prod"
regions="us-east-1"

fail() {
  echo "error: $1" >&2
  exit 1
}

# Tells whether what a command of the AWS CLI looks up is there: its error says the first word if not. Any other error is one.
found() {
  missing=$1
  shift
  said=$(aws "$@" 2>&1) && return
  case $said in
    *"$missing"*) return 1 ;;
    *) fail "this could not be looked up: aws $*
$said" ;;
  esac
}

is_there() {
  found "does not exist" cloudformation describe-stacks --region "$1" --stack-name "$2"
}

# Continues only if the answer is the name.
ask() {
  printf 'Type %s to go on: ' "$1"
  read -r answer || answer=
  [ "$answer" = "$1" ] || fail "nothing was deleted"
}

delete_stack() {
  if is_there "$1" "$2"; then
    echo "deleting $2 in $1"
    aws cloudformation delete-stack --region "$1" --stack-name "$2"
    aws cloudformation wait stack-delete-complete --region "$1" --stack-name "$2"
  fi
}

# Refuses the stack of another project that came to the same name.
check_owner() {
  tags=$(aws cloudformation describe-stacks --region "$1" --stack-name "$stack" --output text --query \
    "Stacks[0].Tags[?Key=='service' && Value=='orders' || Key=='environment' && Value=='$environment'] | length(@)")
  [ "$tags" = 2 ] || fail "the stack $stack in $1 is another project's: its tags service and environment say so"
}

delete_environment() {
  if is_there "$1" "$stack"; then
    aws cloudformation update-termination-protection --region "$1" --stack-name "$stack" --no-enable-termination-protection \
      >/dev/null
    delete_stack "$1" "$stack"
  fi
}

# Says what is lost with a queue. Messages that were sent a moment ago may be missing from the numbers.
count_messages() {
  for queue in "$stack" "$stack-dead-letters"; do
    if found "queue does not exist" sqs get-queue-url --region "$1" --queue-name "$queue"; then
      url=$(aws sqs get-queue-url --region "$1" --queue-name "$queue" --query QueueUrl --output text)
      messages=$(aws sqs get-queue-attributes --region "$1" --queue-url "$url" --output text \
        --attribute-names ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed \
        --query 'Attributes.[ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed]')
      # shellcheck disable=SC2086 # three numbers
      set -- "$1" $messages
      echo "The queue $queue in $1 has about $(($2 + $3 + $4)) messages, which are deleted with it."
    fi
  done
}

[ $# -eq 1 ] || fail "usage: sh deploy/ecs/destroy.sh ENVIRONMENT, or --shared"
environment=$1
stack=orders-$environment

case $environment in
  dev | staging | prod)
    for region in $regions; do
      ! is_there "$region" "$stack" || check_owner "$region"
    done
    for region in $regions; do
      count_messages "$region"
    done
    echo "This deletes the service of $environment, its queue, alarms and log."
    ask "$stack"
    for region in $regions; do
      delete_environment "$region"
    done
    # This stack comes last, because CloudFormation deletes the others with one of its roles.
    delete_stack us-east-1 "$stack-roles"
    ;;
  --shared)
    for environment in $environments; do
      stack=orders-$environment
      for region in $regions; do
        ! is_there "$region" "$stack" || fail "$stack in $region is still there: destroy its environment first"
      done
    done
    echo "This deletes all images of orders and the role that pushes them."
    ask orders-bootstrap
    for region in $regions; do
      # CloudFormation does not delete a registry that holds images.
      if found RepositoryNotFoundException ecr describe-repositories --region "$region" --repository-names orders; then
        aws ecr delete-repository --region "$region" --repository-name orders --force >/dev/null
      fi
    done
    delete_stack us-east-1 orders-bootstrap
    ;;
  *) fail "there is no environment $environment" ;;
esac
