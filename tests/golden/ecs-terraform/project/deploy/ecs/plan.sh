#!/usr/bin/env bash
# Compares the files with what is there, for one state, and changes nothing: neither there nor in the state. The plan is printed, and
# written to plan.txt.
#
#   bash deploy/ecs/plan.sh ENVIRONMENT
#   bash deploy/ecs/plan.sh prod
#
# Needs Terraform, and rights to look. TERRAFORM=tofu takes OpenTofu.
set -euo pipefail

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: bash deploy/ecs/plan.sh ENVIRONMENT"
state=$1
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$folder/terraform/service
values=$folder/terraform/environments/$state.tfvars
backend=$folder/terraform/environments/$state.backend.hcl
terraform=${TERRAFORM:-terraform}
[ -f "$values" ] || fail "there is no $values"
[ -f "$root/.terraform.lock.hcl" ] || fail "$root has no .terraform.lock.hcl: README.md says how to make and commit it"

export TF_DATA_DIR=$root/.terraform/$state TF_IN_AUTOMATION=1 TF_INPUT=0
"$terraform" -chdir="$root" init -lockfile=readonly -reconfigure -backend-config="$backend" >/dev/null
said=$("$terraform" -chdir="$root" output -json)
jq -e 'has("image")' >/dev/null <<<"$said" || fail "nothing was deployed to $state yet: deploy.sh is the first"
# What runs stays: only the files can make a difference.
status=0
"$terraform" -chdir="$root" plan -lock=false -detailed-exitcode -no-color -var-file="$values" \
  -var "image=$(jq -r .image.value <<<"$said")" \
  -var "commit=$(jq -r .commit.value <<<"$said")" \
  -var "author=$(jq -r .author.value <<<"$said")" >plan.txt || status=$?
cat plan.txt
case $status in
  0) changes=false ;;
  2) changes=true ;;
  *) fail "there is no plan of $state" ;;
esac
[ -z "${GITHUB_OUTPUT:-}" ] || echo "changes=$changes" >>"$GITHUB_OUTPUT"
echo "changes: $changes"
