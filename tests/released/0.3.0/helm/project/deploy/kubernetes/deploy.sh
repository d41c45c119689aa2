#!/bin/sh
# Brings one image to the track of one environment that clients do not reach. switch.sh then makes it the live one.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh test sha256:<64 hexadecimal digits>
#
# helm and kubectl use the current context, so choose the environment's cluster first. Which track is live and what it
# runs is asked from the cluster and written into values/ with the digest: commit that when you deploy by hand. Exits 0
# only when every pod of the track runs the new version. The first deployment brings the image to both tracks.
set -eu

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 2 ] || fail "usage: deploy.sh ENVIRONMENT DIGEST"
environment=$1
digest=$2
namespace=accounts-$environment
owned=$(dirname "$0")/values/$environment.yaml

[ -f "$owned" ] || fail "no environment '$environment': $owned does not exist"
hexadecimal=${digest#sha256:}
case $hexadecimal in
  "$digest" | *[!0-9a-f]*) fail "'$digest' is not sha256: and 64 hexadecimal digits" ;;
  *[!0]*) ;;
  *) fail "the digest of zeros stands for no image" ;;
esac
[ ${#hexadecimal} -eq 64 ] || fail "'$digest' is not sha256: and 64 hexadecimal digits"

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

# `live` begins its line, and the chart knows the other track.
write_live() {
  sed -i.bak "s/^live: .*/live: $1/" "$owned"
  rm "$owned.bak"
}

# A digest stands below the name of its track.
read_digest() {
  sed -n "/^  $1:\$/,/^    digest: / s/^    digest: //p" "$owned"
}

# The suffix makes -i mean the same to GNU and BSD sed.
write_digest() {
  sed -i.bak "/^  $1:\$/,/^    digest: / s/^\(    digest: \).*/\1$2/" "$owned"
  rm "$owned.bak"
}

for track in blue green; do
  [ "$(read_digest "$track" | wc -l)" -eq 1 ] || fail "$owned must hold exactly one line 'digest: …' below '$track:'"
done

live=$(in_namespace get service accounts --ignore-not-found --output 'jsonpath={.spec.selector.track}')
case $live in
  '' | blue) live_track=blue idle=green ;;
  green) live_track=green idle=blue ;;
  *) fail "the Service accounts in $namespace leads to the track '$live'; there are blue and green" ;;
esac

# Whatever fails below, the track goes on naming the image that it named before.
previous=$(read_digest "$idle")
trap 'write_digest "$idle" "$previous"' EXIT
write_live "$live_track" "$idle"
write_digest "$idle" "$digest"
if [ -n "$live" ]; then
  image=$(in_namespace get deployment "accounts-$live" --output 'jsonpath={.spec.template.spec.containers[0].image}')
  write_digest "$live" "${image##*@}"
else
  write_digest "$live_track" "$digest"
fi

chart=$(dirname "$0")/chart

# Helm 4 would apply on the server, and refuse a field that somebody else has changed. Helm 3 does not know the flag.
case $(helm version --short) in
  v3*) on_client= ;;
  *) on_client=--server-side=false ;;
esac

# Without --wait, which in Helm 3 takes its whole time even for a pod that crashes at once.
apply() {
  helm upgrade accounts "$chart" --install --namespace "$namespace" --values "$owned" $on_client
}

# The API server looks at every object before the first one changes.
try() {
  helm template accounts "$chart" --namespace "$namespace" --values "$owned" |
    in_namespace apply --server-side --force-conflicts --dry-run=server --filename - >/dev/null
}

before=$(in_namespace get deployment "accounts-$idle" --ignore-not-found \
  --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')

try
apply

if [ -z "$live" ]; then
  in_namespace rollout status "deployment/accounts-$live_track" --timeout=10m ||
    fail "the first rollout in $namespace did not finish, and there is no version to go back to"
fi
if in_namespace rollout status "deployment/accounts-$idle" --timeout=10m; then
  trap - EXIT
  if [ -z "$live" ]; then
    echo "$namespace runs $digest in both tracks; clients reach $live_track"
  else
    echo "$digest stands ready in $namespace as $idle; this lets clients reach it: sh deploy/kubernetes/switch.sh $environment"
  fi
  exit 0
fi

# What a person would look at first; nothing here may stop the way back.
in_namespace get pods --output wide >&2 || true
in_namespace get events --sort-by=.lastTimestamp >&2 || true

# The track keeps what it had, so that switching back stays possible. Helm itself would go back to an older release, and so
# perhaps to the other track.
[ -n "$before" ] || fail "the first rollout of $idle in $namespace did not finish; clients reach $live_track as before"
in_namespace rollout undo "deployment/accounts-$idle" --to-revision="$before"
in_namespace rollout status "deployment/accounts-$idle" --timeout=5m ||
  fail "the rollout of $idle failed, and so did undoing it; clients reach $live_track as before"
fail "the rollout of $idle did not finish; it runs revision $before again, and clients reach $live_track as before"
