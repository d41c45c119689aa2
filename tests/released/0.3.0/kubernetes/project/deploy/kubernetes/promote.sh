#!/bin/sh
# Lets the new version go on that waits in one environment. Nothing happens where none waits.
#
#     sh deploy/kubernetes/promote.sh ENVIRONMENT [DIGEST]
#
# With a digest it promotes that image alone.
# kubectl uses the current context, so choose the environment's cluster first. Exits 0 only when the version has all the
# traffic and was measured. `kubectl argo rollouts promote shipping`, from the plugin, does the same without waiting.
set -eu

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: promote.sh ENVIRONMENT [DIGEST]"
namespace=shipping-$1
[ -d "$(dirname "$0")/overlays/$1" ] || fail "no environment '$1': deploy/kubernetes/overlays/$1 does not exist"

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

# Sets `state` to `settled` or `aborted`, or to the argument when the Rollout is paused, and fails when none of that happens
# in time. What the controller says counts only once it has seen the newest change.
await_rollout() {
  state=
  polls=0
  while [ -z "$state" ] && [ "$polls" -lt 240 ]; do
    polls=$((polls + 1))
    sleep 5
    seen=$(in_namespace get rollout shipping --output \
      'jsonpath={.metadata.generation}/{.status.observedGeneration}/{.status.phase}/{.status.abort}')
    generation=${seen%%/*}
    case $seen in
      "$generation/$generation/Healthy/"*) state=settled ;;
      "$generation/$generation/Paused/"*) state=$1 ;;
      "$generation/$generation/Degraded/true") state=aborted ;;
    esac
  done
  [ -n "$state" ]
}

status() {
  in_namespace patch rollout shipping --subresource=status --type=merge --patch "{\"status\":{$1}}"
}

# What a person would look at first; nothing here may stop the way back.
explain() {
  in_namespace get rollout,analysisrun,pod --output wide >&2 || true
  in_namespace get events --sort-by=.lastTimestamp >&2 || true
}

image=$(in_namespace get rollout shipping --output 'jsonpath={.spec.template.spec.containers[0].image}')
case $image in
  *"@${2:-}"*) ;;
  *) fail "$namespace has $image, not $2; nothing was promoted" ;;
esac

if [ "$(in_namespace get rollout shipping --output 'jsonpath={.status.phase}')" = Paused ]; then
  status '"pauseConditions":null'
fi
if await_rollout '' && [ "$state" = settled ]; then
  echo "$namespace runs $image"
  exit 0
fi

explain
[ "$state" = aborted ] || status '"abort":true'
fail "the new version was given up; $namespace runs the version before"
