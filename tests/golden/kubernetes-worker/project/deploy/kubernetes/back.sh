#!/bin/sh
# Rolls one environment back to the previous version, at once.
#
#     sh deploy/kubernetes/back.sh ENVIRONMENT
#
# kubectl uses the current context, so choose the environment's cluster first. The previous version is the Deployment as it
# was applied then, with its image and configuration. The overlay in git still names the other version: correct it.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: back.sh ENVIRONMENT"
choose_environment "$1"
check_cluster
lock

kept orders before >"$work/orders"
[ -s "$work/orders" ] || fail "no previous version is known to have come up in $namespace"
in_namespace apply --server-side --force-conflicts --filename "$work/orders"
if await_pods orders; then
  check_applied orders
  # A second run, by somebody else, must not return to the version that misbehaved.
  : >"$work/before"
  keep orders
  echo "$namespace runs the previous version"
  exit 0
fi

explain
fail "the previous version did not come up in $namespace"
