#!/bin/sh
# Brings one image to one environment. Argo Rollouts measures the new version; when it is not good, the old one goes on
# serving, or serves again.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh prod sha256:<64 hexadecimal digits>
#
# kubectl uses the current context, so choose the environment's cluster first. The digest is written into the overlay:
# commit it when you deploy by hand. Exits 0 when the new version waits for promote.sh, or needs no promotion.
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

# From the client's side: a server-side apply would take the selectors of the Services away from Argo Rollouts.
apply() {
  kubectl apply --filename "$work/all" "$@"
}

before=$(in_namespace get rollout orders --ignore-not-found --output \
  'jsonpath={.status.stableRS}/{.status.abort}/{.status.phase}/{.spec.template.spec.containers[0].image}')

case $before in
  */*/Paused/*"@$digest" | */*/Progressing/*"@$digest")
    # Argo Rollouts works on it: the files would take the weights of the HTTPRoute back.
    echo "$digest is on its way in $namespace already"
    ;;
  *)
    # The API server looks at every object before the first one changes.
    apply --dry-run=server >/dev/null
    apply
    ;;
esac

# A Rollout that was aborted stays so when it is given the same version again; this lets it try once more.
case $before in
  */true/*) status '"abort":false' ;;
esac

if await_rollout paused && { [ "$state" = paused ] || [ "$state" = undecided ] || [ "$state" = settled ]; }; then
  check_applied orders
  [ "$state" != undecided ] || echo "warning: no request reached $digest while it was measured; nothing says that it is good" >&2
  if [ "$state" = settled ]; then
    echo "$namespace runs $digest"
  else
    echo "$digest waits in $namespace; this lets it go on: sh deploy/kubernetes/promote.sh $environment"
  fi
  exit 0
fi

explain
[ -n "${before%%/*}" ] || fail "the first rollout in $namespace did not finish, and there is no version to roll back to"
[ "$state" != aborted ] || fail "the new version was given up; $namespace runs the previous version"
status '"abort":true'
fail "the rollout in $namespace did not finish and was aborted; the previous version serves"
