#!/usr/bin/env bash
# Installs the program of a release, whose archive must have the digest that the workflow names.
#   VERSION   the release, such as 0.2.0
#   SHA256    of the archive for this machine, from the release's sha256.sum
set -euo pipefail

: "${VERSION:?set \`version\` to a release of Launchway, such as 0.2.0}"
: "${SHA256:?set \`sha256\` to the digest of the archive, as the release\'s sha256.sum names it}"
releases=${LAUNCHWAY_RELEASES:-https://github.com/launchway/launchway/releases/download}

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
  Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  *)
    echo "::error::no release of Launchway runs on $(uname -s) $(uname -m)"
    exit 1
    ;;
esac

archive=launchway-$target.tar.gz
folder=$RUNNER_TEMP/launchway-$VERSION
mkdir -p "$folder"
curl --fail --silent --show-error --location --retry 3 --output "$folder/$archive" "$releases/v$VERSION/$archive"

if command -v sha256sum >/dev/null; then found=$(sha256sum "$folder/$archive"); else found=$(shasum -a 256 "$folder/$archive"); fi
found=${found%% *}
if [ "$found" != "$SHA256" ]; then
  rm "$folder/$archive"
  echo "::error::$archive of v$VERSION has the SHA-256 $found, and the workflow names $SHA256"
  exit 1
fi

tar --extract --gzip --file "$folder/$archive" --directory "$folder" --strip-components 1
rm "$folder/$archive"
echo "$folder" >>"$GITHUB_PATH"
"$folder/launchway" --version
