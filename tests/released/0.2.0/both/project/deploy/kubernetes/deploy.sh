#!/bin/sh
# Brings one image to one environment. Argo Rollouts measures the new version; when it is not good, the old one goes on
# serving, or serves again.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh staging sha256:<64 hexadecimal digits>
#
# helm and kubectl use the current context, so choose the environment's cluster first. The digest is written into values/:
# commit it when you deploy by hand. Exits 0 when the new version waits for promote.sh, or needs no promotion.
set -eu

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 2 ] || fail "usage: deploy.sh ENVIRONMENT DIGEST"
environment=$1
digest=$2
namespace=tickets-$environment
owned=$(dirname "$0")/values/$environment.yaml

[ -f "$owned" ] || fail "no environment '$environment': $owned does not exist"
hexadecimal=${digest#sha256:}
case $hexadecimal in
  "$digest" | *[!0-9a-f]*) fail "'$digest' is not sha256: and 64 hexadecimal digits" ;;
  *[!0]*) ;;
  *) fail "the digest of zeros stands for no image" ;;
esac
[ ${#hexadecimal} -eq 64 ] || fail "'$digest' is not sha256: and 64 hexadecimal digits"
[ "$(grep -c '^ *digest: ' "$owned")" = 1 ] || fail "$owned must hold exactly one line 'digest: …'"

# The suffix makes -i mean the same to GNU and BSD sed.
write_digest() {
  sed -i.bak "s/^\( *digest: \).*/\1$1/" "$owned"
  rm "$owned.bak"
}

# Whatever fails below, the file goes on naming the image that it named before.
previous=$(sed -n 's/^ *digest: //p' "$owned")
trap 'write_digest "$previous"' EXIT
write_digest "$digest"

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

chart=$(dirname "$0")/chart

# Helm 4 would apply on the server, and refuse a field that somebody else has changed. Helm 3 does not know the flag.
case $(helm version --short) in
  v3*) on_client= ;;
  *) on_client=--server-side=false ;;
esac

# Without --wait: Helm 3 would not wait for a Rollout, and Helm 4 would never be done with it.
apply() {
  helm upgrade tickets "$chart" --install --namespace "$namespace" --values "$owned" $on_client
}

# The API server looks at every object before the first one changes.
try() {
  helm template tickets "$chart" --namespace "$namespace" --values "$owned" |
    in_namespace apply --server-side --force-conflicts --dry-run=server --filename - >/dev/null
}

# Sets `state` to `settled` or `aborted`, or to the argument when the Rollout is paused, and fails when none of that happens
# in time. What the controller says counts only once it has seen the newest change.
await_rollout() {
  state=
  polls=0
  while [ -z "$state" ] && [ "$polls" -lt 240 ]; do
    polls=$((polls + 1))
    sleep 5
    seen=$(in_namespace get rollout tickets --output \
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
  in_namespace patch rollout tickets --subresource=status --type=merge --patch "{\"status\":{$1}}"
}

# What a person would look at first; nothing here may stop the way back.
explain() {
  in_namespace get rollout,analysisrun,pod --output wide >&2 || true
  in_namespace get events --sort-by=.lastTimestamp >&2 || true
}

before=$(in_namespace get rollout tickets --ignore-not-found --output 'jsonpath={.status.stableRS}/{.status.abort}')

try
apply

# A Rollout that was aborted stays so when it is given the same version again; this lets it try once more.
if [ "${before#*/}" = true ]; then
  status '"abort":false'
fi

if await_rollout paused && [ "$state" != aborted ]; then
  trap - EXIT
  if [ "$state" = paused ]; then
    echo "$digest waits in $namespace; this lets it go on: sh deploy/kubernetes/promote.sh $environment"
  else
    echo "$namespace runs $digest"
  fi
  exit 0
fi

explain
[ -n "${before%%/*}" ] || fail "the first rollout in $namespace did not finish, and there is no version to go back to"
[ "$state" != aborted ] || fail "the new version was given up; $namespace runs the version before"
status '"abort":true'
fail "the rollout in $namespace did not finish and was aborted; the version before serves"
