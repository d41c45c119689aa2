#!/bin/sh
# Makes the namespace of one environment, with what the administrator owns in it, and writes down which cluster that is:
# deploy.sh refuses every other. Run again, it brings the namespace up to date.
#
#     sh deploy/kubernetes/setup.sh ENVIRONMENT
#
# For an administrator, with kubectl on the cluster.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: setup.sh ENVIRONMENT"
choose_environment "$1"
server=$(current_server)
[ ! -f "$pinned" ] || [ "$server" = "$(cat "$pinned")" ] ||
  fail "kubectl speaks to $server, and $environment is on $(cat "$pinned"); to move it, delete $pinned first"
check_namespace absent
kubectl apply --kustomize "$here/namespaces/$environment"
echo "$server" >"$pinned"
echo "$environment is on $server: commit $pinned"
