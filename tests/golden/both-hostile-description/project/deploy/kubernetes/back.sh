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

kept a1 before >"$work/a1"
[ -s "$work/a1" ] || fail "no previous version is known to have come up in $namespace"
in_namespace apply --server-side --force-conflicts --filename "$work/a1"
if await_pods a1; then
  check_applied a1
  # A second run, by somebody else, must not return to the version that misbehaved.
  : >"$work/before"
  keep a1
  echo "$namespace runs the previous version"
  exit 0
fi

explain
fail "the previous version did not come up in $namespace"
