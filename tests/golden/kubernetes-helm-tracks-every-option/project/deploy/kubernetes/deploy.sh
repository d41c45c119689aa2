#!/bin/sh
# Brings one image to the track of one environment that clients do not reach. switch.sh then makes it the live one.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh staging sha256:<64 hexadecimal digits>
#
# helm and kubectl use the current context, so choose the environment's cluster first. Which track is live and what it
# runs is asked from the cluster and written into values/ with the digest: commit that when you deploy by hand. Exits 0
# only when every pod of the track runs the new version. The first deployment brings the image to both tracks.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 2 ] || fail "usage: deploy.sh ENVIRONMENT DIGEST"
choose_environment "$1"
digest=$2
hexadecimal=${digest#sha256:}
case $hexadecimal in
  "$digest" | *[!0-9a-f]*) fail "'$digest' is not sha256: and 64 hexadecimal digits" ;;
  *[!0]*) ;;
  *) fail "the digest of zeros stands for no image" ;;
esac
[ ${#hexadecimal} -eq 64 ] || fail "'$digest' is not sha256: and 64 hexadecimal digits"
check_cluster
lock

# `live` begins its line, and the chart knows the other track.
write_live() {
  sed -i.bak "s/^live: .*/live: $1/" "$owned"
  rm "$owned.bak"
}

# Tells where a Service leads; nothing if there is none yet.
track_of() {
  in_namespace get service "$1" --ignore-not-found --output 'jsonpath={.spec.selector.track}'
}

digest_of() {
  image=$(in_namespace get deployment "orders-$1" --output 'jsonpath={.spec.template.spec.containers[0].image}')
  echo "${image##*@}"
}

# The digest that clients left with the last switch, as long as its track still runs it.
left_behind() {
  in_namespace get service orders --output 'jsonpath={.metadata.annotations.way-back}'
}

# The commit of these files, and its author, for the annotations of the workload. What is not committed is in neither.
commit=$(git -C "$here" rev-parse HEAD 2>/dev/null) || commit=none
author=$(git -C "$here" log -1 --format=%ae 2>/dev/null | tr -cd 'A-Za-z0-9@._+-')
author=${author:-none}

# The image of a track stands below its name. The suffix makes -i mean the same to GNU and BSD sed.
read_field() {
  sed -n "/^  $1:\$/,/^  [a-z]*:\$/ s/^    $2: //p" "$owned"
}

write_field() {
  sed -i.bak "/^  $1:\$/,/^  [a-z]*:\$/ s/^\(    $2: \).*/\1$3/" "$owned"
  rm "$owned.bak"
}

for track in blue green; do
  [ "$(read_field "$track" digest | wc -l)" -eq 1 ] || fail "$owned must hold exactly one line 'digest: …' below '$track:'"
done

write_image() {
  write_field "$1" digest "$2"
  write_field "$1" commit "$3"
  write_field "$1" author "$4"
}

live=$(track_of orders)
case $live in
  '' | blue) live_track=blue idle=green ;;
  green) live_track=green idle=blue ;;
  *) fail "the Service orders in $namespace leads to the track '$live'; there are blue and green" ;;
esac
[ -z "$live" ] || [ "$(track_of orders-preview)" = "$idle" ] ||
  fail "a switch in $namespace was killed half-way: sh deploy/kubernetes/switch.sh $environment finishes it"

# If anything fails below, the track keeps the image that it named before.
previous_digest=$(read_field "$idle" digest)
previous_commit=$(read_field "$idle" commit)
previous_author=$(read_field "$idle" author)
restore() {
  write_image "$idle" "$previous_digest" "$previous_commit" "$previous_author"
}
write_live "$live_track" "$idle"
write_image "$idle" "$digest" "\"$commit\"" "\"$author\""
if [ -n "$live" ]; then
  write_field "$live" digest "$(digest_of "$live")"
else
  write_image "$live_track" "$digest" "\"$commit\"" "\"$author\""
fi

chart=$here/chart

# Helm 4 would apply on the server, and refuse a field that somebody else has changed. Helm 3 does not know the flag.
case $(helm version --short) in
  v3*) on_client= ;;
  *) on_client=--server-side=false ;;
esac

# Without --wait, which in Helm 3 takes its whole time even for a pod that crashes at once.
apply() {
  helm upgrade orders "$chart" --install --namespace "$namespace" --values "$owned" $on_client "$@"
}

render() {
  helm template orders "$chart" --namespace "$namespace" --values "$owned" >"$work/all"
  workload_of "$1" <"$work/all" >"$work/$1"
}

# The Lease keeps other deployments away, so a release that is pending was killed. Helm would refuse every later one.
in_namespace delete secret --wait=false >/dev/null \
  --selector 'owner=helm,name=orders,status in (pending-install,pending-upgrade,pending-rollback)'

# The API server looks at every object before the first one changes.
try() {
  in_namespace apply --server-side --force-conflicts --dry-run=server --filename "$work/all" >/dev/null
}

render "orders-$idle"
[ -n "$live" ] || render "orders-$live_track"

# The newest revision of the track whose pods came up; a deployment that was killed may have left a newer one.
before=$(in_namespace get replicasets --selector "app.kubernetes.io/name=orders,track=$idle" --output \
  'jsonpath={range .items[*]}{.status.availableReplicas} {.metadata.annotations.deployment\.kubernetes\.io/revision}{"\n"}{end}' |
  awk '$1 > 0 && $2 > newest { newest = $2 } END { print newest }')

try

# From here on, nobody can switch back to what this track ran.
way_back=
[ -z "$live" ] || way_back=$(left_behind)
[ -z "$way_back" ] || in_namespace annotate service orders way-back-
apply

if [ -z "$live" ]; then
  await_pods "orders-$live_track" ||
    fail "the first rollout in $namespace did not finish, and there is no version to roll back to"
  check_applied "orders-$live_track"
fi
if await_pods "orders-$idle"; then
  check_applied "orders-$idle"
  if [ -z "$live" ]; then
    in_namespace annotate service orders --overwrite way-back="$digest"
    echo "$namespace runs $digest in both tracks; clients reach $live_track"
  else
    echo "$digest stands ready in $namespace as $idle; this lets clients reach it: sh deploy/kubernetes/switch.sh $environment $digest"
  fi
  exit 0
fi

explain
[ -n "$before" ] || fail "the first rollout of $idle in $namespace did not finish; clients reach $live_track as before"
# Not with `helm rollback`, which returns to an older release, and so perhaps to the other track. The release is made
# once more with the track as it then is: what the undo wrote belongs to Helm again, and later releases can take it away.
in_namespace rollout undo "deployment/orders-$idle" --to-revision="$before"
apply --set "held=$idle"
await_pods "orders-$idle" ||
  fail "the rollout of $idle failed, and so did undoing it; clients reach $live_track as before"
[ -z "$way_back" ] || in_namespace annotate service orders --overwrite way-back="$way_back"
fail "the rollout of $idle did not finish; it runs the previous version again, and clients reach $live_track as before"
