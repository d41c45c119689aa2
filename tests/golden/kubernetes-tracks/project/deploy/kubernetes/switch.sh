#!/bin/sh
# Lets clients of one environment reach the other track.
#
#     sh deploy/kubernetes/switch.sh ENVIRONMENT DIGEST    forward, to the track that deploy.sh brought this image to
#     sh deploy/kubernetes/switch.sh ENVIRONMENT           back, to the version that clients left with the last switch
#
# Forward does nothing when clients reach the image already; back is possible until the next deployment takes that track.
# Nothing is switched unless the other track has as many ready pods as the live one. The next run finishes a switch that
# was killed half-way.
#
# kubectl uses the current context, so choose the environment's cluster first. live.yaml of the overlay then says which
# track is live: commit it when you switch by hand.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: switch.sh ENVIRONMENT [DIGEST]"
choose_environment "$1"
digest=${2:-}
check_cluster
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

# Only the selector, so that a rollback from a faulty version changes nothing else.
lead() {
  in_namespace patch service "$1" --type=merge --patch "{\"spec\":{\"selector\":{\"track\":\"$2\"}}$3}"
}

# The autoscaler lets a track without clients shrink, and undoes a larger number of replicas within seconds, but keeps its
# own minimum. The annotation remembers that minimum even if this script is killed.
raise_minimum() {
  set_minimum "$1" "$3" "\"$2\""
}

lower_minimum() {
  { own=$(in_namespace get hpa "orders-$1" --ignore-not-found --output 'jsonpath={.metadata.annotations.own-minimum}') &&
    { [ -z "$own" ] || set_minimum "$1" "$own" null; }; } ||
    fail "the autoscaler orders-$1 in $namespace may keep the minimum that a switch gave it: run this again, which lowers it"
}

set_minimum() {
  in_namespace patch hpa "orders-$1" --type=merge --patch \
    "{\"metadata\":{\"annotations\":{\"own-minimum\":$3}},\"spec\":{\"minReplicas\":$2}}"
}

# A Service moves only new connections. The pods that clients left serve the open ones until they end, so new pods replace
# them, and they drain with `Connection: close`. Clients have moved by then, so a failure is only reported.
finish() {
  lead orders-preview "$2" ''
  write_live "$1" "$2"
  echo "clients of $namespace reach $1"
  { in_namespace rollout restart "deployment/orders-$2" &&
    in_namespace rollout status "deployment/orders-$2" --timeout=5m; } || warn_of "$2"
}

warn_of() {
  echo "warning: $1, which clients left, did not restart: open connections may still lead to its old pods, and $1 may not be fit to switch back to" >&2
  in_namespace get pods --selector "app.kubernetes.io/name=orders,track=$1" --output wide >&2 || true
  digest=$(digest_of "$1") || digest=
  broken_pods >&2
  in_namespace get events --sort-by=.lastTimestamp >&2 || true
  echo "warning: this ends those connections: kubectl --namespace $namespace delete pod --selector app.kubernetes.io/name=orders,track=$1" >&2
}

live=$(track_of orders)
case $live in
  blue) next=green ;;
  green) next=blue ;;
  *) fail "the Service orders in $namespace leads to the track '$live'; there are blue and green" ;;
esac

# If a switch was killed, its larger minimum is still there.
lower_minimum "$live"
lower_minimum "$next"

if [ "$(track_of orders-preview)" = "$live" ]; then
  finish "$live" "$next"
  exit 0
fi

left=$(left_behind)
running=$(digest_of "$next")
if [ -z "$digest" ]; then
  [ -n "$left" ] ||
    fail "nothing to switch back to in $namespace: there was no switch since the last deployment or the last switch back; $next runs
    $running"
  [ "$running" = "$left" ] || fail "$next runs $running and not $left, which clients left; they reach $live as before"
  leaves=null
else
  current=$(digest_of "$live")
  # With one image in both tracks, the last switch tells which of them is the newer one.
  if [ "$current" = "$digest" ] && { [ "$running" != "$digest" ] || [ -n "$left" ]; }; then
    echo "clients of $namespace reach $digest already"
    exit 0
  fi
  [ "$running" = "$digest" ] || fail "$next does not run $digest, so clients of $namespace reach $live as before"
  leaves=\"$current\"
fi

in_namespace rollout status "deployment/orders-$next" --timeout=3m ||
  fail "$next is not ready, so clients of $namespace reach $live as before"

minimum=$(in_namespace get hpa "orders-$next" --ignore-not-found --output 'jsonpath={.spec.minReplicas}')
raised=
restore() {
  lower_minimum "$next"
}
polls=0
# Compares the sizes right before the patch; an API server that does not answer says nothing about them.
until
  wanted=$(in_namespace get deployment "orders-$live" --output 'jsonpath={.spec.replicas}') &&
    ready=$(in_namespace get deployment "orders-$next" --output 'jsonpath={.status.readyReplicas}') &&
    [ -n "$wanted" ] && [ "${ready:-0}" -ge "$wanted" ]
do
  polls=$((polls + 1))
  [ "$polls" -le 60 ] || fail "$next has ${ready:-no} ready pods of ${wanted:-unknown}, so clients of $namespace reach $live as before"
  if [ -n "$wanted" ] && [ -z "$minimum" ]; then
    in_namespace scale "deployment/orders-$next" --replicas="$wanted" || true
  elif [ "${wanted:-0}" -gt "${raised:-${minimum:-0}}" ]; then
    ! raise_minimum "$next" "$minimum" "$wanted" || raised=$wanted
  fi
  sleep 5
done

lead orders "$next" ",\"metadata\":{\"annotations\":{\"way-back\":$leaves}}"
finish "$next" "$live"
if [ -n "$raised" ]; then
  # By then the autoscaler has measured the load that came with the clients.
  sleep 120
  lower_minimum "$next"
fi
[ "$leaves" = null ] || echo "this switches back: sh deploy/kubernetes/switch.sh $environment"
