#!/bin/sh
# Takes one environment down, with everything in its namespace, after it has asked. Only a new deployment brings it back.
#
#     sh deploy/kubernetes/destroy.sh ENVIRONMENT
#
# For an administrator, with kubectl on each cluster of the environment in turn. deploy/kubernetes/README.md says what stays.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: destroy.sh ENVIRONMENT"
choose_environment "$1"
check_namespace absent

# What does not exist shows nothing; a query that fails ends the script.
[ -z "$owner" ] || in_namespace get replicaset,service,pod
printf 'This ends %s and deletes %s. Type the name of the environment to go on: ' "$environment" "$namespace"
read -r answer || answer=
[ "$answer" = "$environment" ] || fail "nothing was deleted"

# First who would bring it back. Where Flux itself is gone, nobody does, and kubectl knows no such kinds.
for kind in kustomizations.kustomize.toolkit.fluxcd.io gitrepositories.source.toolkit.fluxcd.io; do
  known=$(kubectl get customresourcedefinition "$kind" --ignore-not-found --output name)
  [ -z "$known" ] || kubectl --namespace flux-system delete "$kind" "$namespace" --ignore-not-found
done

kubectl delete namespace "$namespace" --ignore-not-found
echo "$environment is gone from this cluster"
