#!/bin/sh
# Brings one image to the track of one environment that clients do not reach. switch.sh then makes it the live one.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh dev sha256:<64 hexadecimal digits>
#
# kubectl uses the current context, so choose the environment's cluster first. Which track is live and what it runs is
# asked from the cluster and written into the overlay with the digest: commit that when you deploy by hand. Exits 0 only
# when every pod of the track runs the new version. The first deployment brings the image to both tracks.
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

# GitHub has signed which workflow built the image, of which branch, and what is in it. Whatever else was pushed to the registry is not
# deployed; ATTESTATION=none does, as for an image that was built by hand.
origin=my-org/orders
if [ "${ATTESTATION:-}" != none ]; then
  for predicate in https://slsa.dev/provenance/v1 https://spdx.dev/Document/v2.3; do
    gh attestation verify oci://ghcr.io/my-org/orders@"$digest" --repo "$origin" --predicate-type "$predicate" \
      --source-ref refs/heads/main --signer-workflow "$origin/.github/workflows/deploy-kubernetes.yaml" >/dev/null ||
      fail "the workflow of $origin has not attested $digest ($predicate); ATTESTATION=none deploys it without"
  done
fi
lock

# The file names two tracks in two Services, the live one first.
write_live() {
  awk -v live="$1" -v idle="$2" '/^ *track: / { sub(/track: .*/, "track: " (seen++ ? idle : live)) } { print }' \
    "$overlay/live.yaml" > "$overlay/live.yaml.new"
  mv "$overlay/live.yaml.new" "$overlay/live.yaml"
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

read_field() {
  sed -n "s/^ *$2: //p" "$overlay/$1/kustomization.yaml"
}

# `kustomize edit` is not part of kubectl. The suffix makes -i mean the same to GNU and BSD sed.
write_field() {
  sed -i.bak "s/^\( *$2: \).*/\1$3/" "$overlay/$1/kustomization.yaml"
  rm "$overlay/$1/kustomization.yaml.bak"
}

for track in blue green; do
  [ "$(read_field "$track" digest | wc -l)" -eq 1 ] ||
    fail "$overlay/$track/kustomization.yaml must hold exactly one line 'digest: …'"
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
  # Nothing of the live track is applied: a changed configuration, too, reaches clients with the switch.
  selection="track!=$live"
else
  write_image "$live_track" "$digest" "\"$commit\"" "\"$author\""
  selection=
fi

kubectl kustomize "$overlay" >"$work/all"
workload_of "orders-blue" <"$work/all" >"$work/orders-blue"
workload_of "orders-green" <"$work/all" >"$work/orders-green"

# These files own their fields, whatever somebody else wrote into them.
apply() {
  kubectl apply --filename "$work/all" --selector "$selection" --server-side --force-conflicts "$@"
}

kept "orders-$idle" now >"$work/before"

# The API server looks at every object before the first one changes.
apply --dry-run=server >/dev/null

# From here on, nobody can switch back to what this track ran.
way_back=
[ -z "$live" ] || way_back=$(left_behind)
[ -z "$way_back" ] || in_namespace annotate service orders way-back-
apply

if [ -z "$live" ]; then
  await_pods "orders-$live_track" ||
    fail "the first rollout in $namespace did not finish, and there is no version to roll back to"
  check_applied "orders-$live_track"
  keep "orders-$live_track"
fi
if await_pods "orders-$idle"; then
  check_applied "orders-$idle"
  keep "orders-$idle"
  if [ -z "$live" ]; then
    in_namespace annotate service orders --overwrite way-back="$digest"
    echo "$namespace runs $digest in both tracks; clients reach $live_track"
  else
    echo "$digest stands ready in $namespace as $idle; this lets clients reach it: sh deploy/kubernetes/switch.sh $environment $digest"
  fi
  exit 0
fi

explain
[ -s "$work/before" ] || fail "the first rollout of $idle in $namespace did not finish; clients reach $live_track as before"
go_back "orders-$idle" || fail "the rollout of $idle failed, and so did the rollback; clients reach $live_track as before"
[ -z "$way_back" ] || in_namespace annotate service orders --overwrite way-back="$way_back"
fail "the rollout of $idle did not finish; it runs the previous version again, and clients reach $live_track as before"
