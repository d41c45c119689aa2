#!/bin/sh
# Hands one image to one environment: commits its digest to the branch env/ENVIRONMENT, which Flux brings to the
# clusters.
#
#     sh deploy/kubernetes/deploy.sh ENVIRONMENT DIGEST
#     sh deploy/kubernetes/deploy.sh dev sha256:<64 hexadecimal digits>
#
# The commit holds deploy/kubernetes of the current commit with this one digest in it, so manifests and image go from
# environment to environment together. The working tree stays as it is, and uncommitted changes stay out. Exits 0 when
# the branch is pushed; the clusters follow.
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

branch=env/$environment
folder=$(git -C "$(dirname "$0")" rev-parse --show-prefix)
commit=$(git rev-parse HEAD)

# Builds the tree in a separate index, beside that of the working tree.
export GIT_INDEX_FILE="$work/index"
git read-tree --prefix="$folder" "$commit:${folder%/}"
git update-index --cacheinfo "100644,$(git hash-object -w "$owned"),${folder}overlays/$environment/kustomization.yaml"
restore
tree=$(git write-tree)

# Commits on top of the branch, so that its history says what ran when; a missing branch is created.
set --
if git fetch --quiet origin "refs/heads/$branch" 2>/dev/null; then
  set -- -p "$(git rev-parse FETCH_HEAD)"
fi
message="Deploy $digest to $environment

Manifests of commit $commit."
deployed=$(git commit-tree "$tree" "$@" -m "$message")
git push --quiet origin "$deployed:refs/heads/$branch"
echo "$branch holds $digest"
