#!/bin/sh
# Rolls one environment back to the previous version, at once.
#
#     sh deploy/kubernetes/back.sh ENVIRONMENT
#
# helm and kubectl use the current context, so choose the environment's cluster first. The previous version is the
# previous release, with all of its objects and values. The values in git still name the other version: correct them.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: back.sh ENVIRONMENT"
choose_environment "$1"
check_cluster
lock

# Helm calls a release deployed once it is applied, whether its pods came up or not. The Deployment remembers the last two
# whose pods did.
release_of() {
  in_namespace get deployment orders --ignore-not-found --output "jsonpath={.metadata.annotations.$1-release}"
}

remember() {
  release=$(helm history orders --namespace "$namespace" --output json | tr '}' '\n' |
    sed -n 's/.*"revision":\([0-9]*\),.*"status":"deployed".*/\1/p')
  in_namespace annotate deployment orders --overwrite good-release="$release" former-release="$1"
}

before=$(release_of former)
[ -n "$before" ] || fail "no previous version is known to have come up in $namespace"
helm rollback orders "$before" --namespace "$namespace"
if await_pods orders; then
  remember ''
  echo "$namespace runs the previous version"
  exit 0
fi

explain
fail "the previous version did not come up in $namespace"
