#!/bin/sh
# Takes one environment down, with everything in its namespace, after it has asked. There is no way back but a deployment.
#
#     sh deploy/kubernetes/destroy.sh ENVIRONMENT
#
# For an administrator, with kubectl on each cluster of the environment in turn. deploy/kubernetes/README.md says what stays.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: destroy.sh ENVIRONMENT"
choose_environment "$1"
check_namespace present

in_namespace get deployment,service,pod
printf 'This ends %s and deletes %s. Type the name of the environment to go on: ' "$environment" "$namespace"
read -r answer || answer=
[ "$answer" = "$environment" ] || fail "nothing was deleted"

# First who would bring it back.
kubectl --namespace flux-system delete kustomization,gitrepository "$namespace" --ignore-not-found
kubectl delete namespace "$namespace"
