#!/bin/sh
# Brings one image to one environment, and rolls back to the previous version if the rollout does not finish.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh dev sha256:<64 hexadecimal digits>
#
# kubectl uses the current context, so choose the environment's cluster first. The digest is written into the overlay:
# commit it when you deploy by hand. Exits 0 only when every pod runs the new version.
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
[ "$(grep -c '^ *digest: ' "$owned")" = 1 ] || fail "$owned must hold exactly one line 'digest: …'"

# The commit of these files, and its author, for the annotations of the workload. What is not committed is in neither.
commit=$(git -C "$here" rev-parse HEAD 2>/dev/null) || commit=none
author=$(git -C "$here" log -1 --format=%ae 2>/dev/null | tr -cd 'A-Za-z0-9@._+-')
author=${author:-none}

# If anything fails below, the file is as it was.
cp "$owned" "$work/owned"
restore() {
  cat "$work/owned" >"$owned"
}
# `kustomize edit` is not part of kubectl. The suffix makes -i mean the same to GNU and BSD sed.
sed -i.bak -e "s/^\( *digest: \).*/\1$digest/" -e "s/^\( *commit: \).*/\1\"$commit\"/" \
  -e "s/^\( *author: \).*/\1\"$author\"/" "$owned"
rm "$owned.bak"

kubectl kustomize "$overlay" >"$work/all"
workload_of orders <"$work/all" >"$work/orders"

# These files own their fields, whatever somebody else wrote into them.
apply() {
  kubectl apply --filename "$work/all" --server-side --force-conflicts "$@"
}

kept orders now >"$work/before"

# The API server looks at every object before the first one changes.
apply --dry-run=server >/dev/null
apply

if await_pods orders; then
  check_applied orders
  keep orders
  echo "$namespace runs $digest"
  exit 0
fi

explain
[ -s "$work/before" ] || fail "the rollout in $namespace did not finish, and no previous version is known to have come up"
go_back orders || fail "the rollout failed, and so did the rollback"
fail "the rollout in $namespace did not finish; it runs the previous version again"
