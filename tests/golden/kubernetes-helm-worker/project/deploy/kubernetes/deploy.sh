#!/bin/sh
# Brings one image to one environment, and rolls back to the previous version if the rollout does not finish.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh dev sha256:<64 hexadecimal digits>
#
# helm and kubectl use the current context, so choose the environment's cluster first. The digest is written into values/:
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
# The suffix makes -i mean the same to GNU and BSD sed.
sed -i.bak -e "s/^\( *digest: \).*/\1$digest/" -e "s/^\( *commit: \).*/\1\"$commit\"/" \
  -e "s/^\( *author: \).*/\1\"$author\"/" "$owned"
rm "$owned.bak"

chart=$here/chart

# Helm 4 would apply on the server, and refuse a field that somebody else has changed. Helm 3 does not know the flag.
case $(helm version --short) in
  v3*) on_client= ;;
  *) on_client=--server-side=false ;;
esac

# Without --wait, which in Helm 3 takes its whole time even for a pod that crashes at once.
apply() {
  helm upgrade orders "$chart" --install --namespace "$namespace" --values "$owned" $on_client
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

before=$(release_of good)

render orders
try

if apply && await_pods orders; then
  check_applied orders
  remember "$before"
  echo "$namespace runs $digest"
  exit 0
fi

explain
[ -n "$before" ] || fail "the rollout in $namespace did not finish, and no previous version is known to have come up"
helm rollback orders "$before" --namespace "$namespace"
await_pods orders || fail "the rollout failed, and so did the rollback to the release $before"
remember "$(release_of former)"
fail "the rollout in $namespace did not finish; it runs the release $before again"
