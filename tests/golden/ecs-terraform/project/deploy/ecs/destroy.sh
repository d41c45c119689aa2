#!/bin/sh
# Deletes one environment, or in the end what the environments share, and asks before it does.
#
#   sh deploy/ecs/destroy.sh dev
#   sh deploy/ecs/destroy.sh --shared
#
# Needs Terraform, the AWS CLI and the rights of the person who applied terraform/bootstrap. README.md says what stays, and why.
# TERRAFORM=tofu takes OpenTofu.
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

# Continues only if the answer is the name.
ask() {
  printf 'Type %s to go on: ' "$1"
  read -r answer || answer=
  [ "$answer" = "$1" ] || fail "nothing was deleted"
}

# Opens the state of a folder: in it, as its file in environments/ says.
open_state() {
  backend=$folder/environments/$2.backend.hcl
  [ -f "$backend" ] || fail "there is no $backend"
  ! grep -q 'example-00000000' "$backend" || fail "$backend still holds an example: nothing was ever made with it"
  export TF_DATA_DIR="$folder/$1/.terraform/$2"
  "$terraform" -chdir="$folder/$1" init -lockfile=readonly -reconfigure -backend-config="$backend" >/dev/null
}

# Tells how many resources the opened state holds.
count() {
  "$terraform" -chdir="$folder/$1" state list | grep -vc '^data\.' || true
}

delete_environment() {
  open_state service "$environment"
  [ "$(count service)" != 0 ] || return 0
  balancer=$("$terraform" -chdir="$folder/service" output -raw load_balancer_arn 2>/dev/null) || balancer=
  [ -z "$balancer" ] || aws elbv2 modify-load-balancer-attributes --region "$1" --load-balancer-arn "$balancer" \
    --attributes Key=deletion_protection.enabled,Value=false >/dev/null
  # The values count for nothing here, but Terraform asks for all of them.
  "$terraform" -chdir="$folder/service" destroy -auto-approve -lock-timeout=5m \
    -var-file="$folder/environments/$environment.tfvars" -var "image=none@sha256:$zeros"
}

[ $# -eq 1 ] || fail "usage: sh deploy/ecs/destroy.sh ENVIRONMENT, or --shared"
environment=$1
folder=$(cd "$(dirname "$0")" && pwd)/terraform
terraform=${TERRAFORM:-terraform}
zeros=0000000000000000000000000000000000000000000000000000000000000000
export TF_IN_AUTOMATION=1 TF_INPUT=0

case $environment in
  dev | staging | prod)
    echo "This deletes the service of $environment, its load balancer, alarms and log."
    ask "orders-$environment"
    for region in $regions; do
      delete_environment "$region"
    done
    ;;
  --shared)
    for environment in $environments; do
      open_state service "$environment"
      [ "$(count service)" = 0 ] || fail "orders-$environment is still there: destroy its environment first"
    done
    open_state bootstrap bootstrap
    echo "This deletes all images of orders, the role that pushes them, and those that deploy."
    ask orders
    # Terraform does not delete a registry that holds images.
    for region in $regions; do
      if found RepositoryNotFoundException ecr describe-repositories --region "$region" --repository-names orders; then
        aws ecr delete-repository --region "$region" --repository-name orders --force >/dev/null
      fi
    done
    "$terraform" -chdir="$folder/bootstrap" destroy -auto-approve \
      -var github_subject=none/none -var 'state_buckets=[]' \
      -lock-timeout=5m
    ;;
  *) fail "there is no environment $environment" ;;
esac
