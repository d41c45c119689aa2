#!/bin/sh
# Lets clients of one environment reach the other track. Run once more, it goes back.
#
#     sh deploy/kubernetes/switch.sh ENVIRONMENT [DIGEST]
#
# With a digest it only switches to the track that runs that image, and does nothing when clients reach it already.
# kubectl uses the current context, so choose the environment's cluster first. Nothing is switched unless the other track
# is ready, at the size of the live one. Which track is live then stands in values/: commit it when you switch by hand.
set -eu

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail "usage: switch.sh ENVIRONMENT [DIGEST]"
environment=$1
digest=${2:-}
namespace=accounts-$environment
owned=$(dirname "$0")/values/$environment.yaml
[ -f "$owned" ] || fail "no environment '$environment': $owned does not exist"

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

# `live` begins its line, and the chart knows the other track.
write_live() {
  sed -i.bak "s/^live: .*/live: $1/" "$owned"
  rm "$owned.bak"
}

live=$(in_namespace get service accounts --output 'jsonpath={.spec.selector.track}')
case $live in
  blue) next=green ;;
  green) next=blue ;;
  *) fail "the Service accounts in $namespace leads to the track '$live'; there are blue and green" ;;
esac

if [ -n "$digest" ]; then
  digest_of() {
    in_namespace get deployment "accounts-$1" --output 'jsonpath={.spec.template.spec.containers[0].image}'
  }
  case $(digest_of "$live") in
    *"@$digest")
      echo "clients of $namespace reach $digest already"
      exit 0
      ;;
  esac
  case $(digest_of "$next") in
    *"@$digest") ;;
    *) fail "$next does not run $digest, so clients of $namespace reach $live as before" ;;
  esac
fi

# The autoscaler let the idle track shrink. It waits five minutes before it does so again.
replicas_of() {
  in_namespace get deployment "accounts-$1" --output 'jsonpath={.spec.replicas}'
}
wanted=$(replicas_of "$live")
if [ "$(replicas_of "$next")" -lt "$wanted" ]; then
  in_namespace scale "deployment/accounts-$next" --replicas="$wanted"
fi
in_namespace rollout status "deployment/accounts-$next" --timeout=3m ||
  fail "$next is not ready, so clients of $namespace reach $live as before"

# The selectors alone, so that nothing else changes on the way back from a bad version.
lead() {
  in_namespace patch service "$1" --type=merge --patch "{\"spec\":{\"selector\":{\"track\":\"$2\"}}}"
}
lead accounts "$next"
lead accounts-preview "$live"
write_live "$next" "$live"
echo "clients of $namespace reach $next; this goes back to $live: sh deploy/kubernetes/switch.sh $environment"
