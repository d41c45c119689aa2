#!/bin/sh
# Brings one image to one environment, and goes back to the version before if the rollout does not finish.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh dev sha256:<64 hexadecimal digits>
#
# kubectl uses the current context, so choose the environment's cluster first. The digest is written into the overlay:
# commit it when you deploy by hand. Exits 0 only when every pod runs the new version.
set -eu

fail() {
  echo "error: $1" >&2
  exit 1
}

[ $# -eq 2 ] || fail "usage: deploy.sh ENVIRONMENT DIGEST"
environment=$1
digest=$2
namespace=invoices-$environment
overlay=$(dirname "$0")/overlays/$environment
kustomization=$overlay/kustomization.yaml

[ -f "$kustomization" ] || fail "no environment '$environment': $kustomization does not exist"
hexadecimal=${digest#sha256:}
case $hexadecimal in
  "$digest" | *[!0-9a-f]*) fail "'$digest' is not sha256: and 64 hexadecimal digits" ;;
  *[!0]*) ;;
  *) fail "the digest of zeros stands for no image" ;;
esac
[ ${#hexadecimal} -eq 64 ] || fail "'$digest' is not sha256: and 64 hexadecimal digits"
[ "$(grep -c '^ *digest: ' "$kustomization")" = 1 ] || fail "$kustomization must hold exactly one line 'digest: …'"

# `kustomize edit` is not part of kubectl. The suffix makes -i mean the same to GNU and BSD sed.
write_digest() {
  sed -i.bak "s/^\( *digest: \).*/\1$1/" "$kustomization"
  rm "$kustomization.bak"
}

# Whatever fails below, the overlay goes on naming the image that it named before.
previous=$(sed -n 's/^ *digest: //p' "$kustomization")
trap 'write_digest "$previous"' EXIT
write_digest "$digest"

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

# These files own their fields: without --force-conflicts the first apply after a `rollout undo` would be refused.
apply() {
  kubectl apply --kustomize "$overlay" --server-side --force-conflicts "$@"
}

before=$(in_namespace get deployment invoices --ignore-not-found \
  --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')

# The API server looks at every object before the first one changes.
apply --dry-run=server >/dev/null
apply

if in_namespace rollout status deployment/invoices --timeout=10m; then
  trap - EXIT
  echo "$namespace runs $digest"
  exit 0
fi

# What a person would look at first; nothing here may stop the way back.
in_namespace get pods --output wide >&2 || true
in_namespace get events --sort-by=.lastTimestamp >&2 || true

[ -n "$before" ] || fail "the first rollout in $namespace did not finish, and there is no version to go back to"
in_namespace rollout undo deployment/invoices --to-revision="$before"
in_namespace rollout status deployment/invoices --timeout=5m || fail "the rollout failed, and so did undoing it"
fail "the rollout in $namespace did not finish; it runs revision $before again"
