#!/bin/sh
# Lets the new version go on that waits in one environment. Nothing happens where none waits.
#
#     sh deploy/kubernetes/promote.sh ENVIRONMENT [DIGEST]
#
# With a digest it promotes that image alone.
# What no request reached while it was measured is taken as it is, without further measurements.
# kubectl uses the current context, so choose the environment's cluster first. Exits 0 only when the version has all the
# traffic and was measured. `kubectl argo rollouts promote orders`, from the plugin, does the same without waiting.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: promote.sh ENVIRONMENT [DIGEST]"
choose_environment "$1"
check_cluster

image=$(in_namespace get rollout orders --output 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *"@${2:-}"*) ;;
  *) fail "$namespace has $image, not $2; nothing was promoted" ;;
esac
digest=${image##*@}

if [ "$(in_namespace get rollout orders --output 'jsonpath={.status.phase}')" = Paused ]; then
  if is_undecided; then status '"promoteFull":true,"pauseConditions":null'; else status '"pauseConditions":null'; fi
fi
if await_rollout '' && [ "$state" = settled ]; then
  echo "$namespace runs $image"
  exit 0
fi

explain
[ "$state" != undecided ] ||
  fail "no request reached the new version while it was measured, and it waits. The same line takes it as it is"
[ "$state" = aborted ] || status '"abort":true'
fail "the new version was given up; $namespace runs the previous version"
