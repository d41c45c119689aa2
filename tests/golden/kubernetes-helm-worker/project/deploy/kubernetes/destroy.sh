#!/bin/sh
# Takes one environment down, with everything in its namespace, after it has asked. Only a new deployment brings it back.
#
#     sh deploy/kubernetes/destroy.sh ENVIRONMENT
#
# For an administrator, with kubectl on the environment's cluster. deploy/kubernetes/README.md says what stays.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: destroy.sh ENVIRONMENT"
choose_environment "$1"
check_cluster absent

# What does not exist shows nothing; a query that fails ends the script.
[ -z "$owner" ] || in_namespace get replicaset,service,pod
printf 'This ends %s and deletes %s. Type the name of the environment to go on: ' "$environment" "$namespace"
read -r answer || answer=
[ "$answer" = "$environment" ] || fail "nothing was deleted"

# If the namespace is gone or terminating, as after a run that was killed, nobody can take the lock, and nobody deploys.
ending=$(kubectl get namespace "$namespace" --ignore-not-found --output 'jsonpath={.metadata.deletionTimestamp}')
[ -z "$owner" ] || [ -n "$ending" ] || lock
# The Lease goes with the namespace.
locked=
kubectl delete namespace "$namespace" --ignore-not-found
rm -f "$pinned"
echo "$environment is gone: commit that $pinned is, too"
