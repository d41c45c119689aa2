#!/usr/bin/env bash
# Checks the project. The findings are in the log, and as SARIF in a file whose name is an output.
#   DIRECTORY   the folder of the project
set -euo pipefail

sarif=$RUNNER_TEMP/launchway.sarif
status=0
launchway check "$DIRECTORY" --output sarif >"$sarif" || status=$?
# The workflow uploads the file. One that a fault has cut off is none.
if [ "$status" -le 1 ]; then echo "sarif=$sarif" >>"$GITHUB_OUTPUT"; fi
launchway check "$DIRECTORY"
exit "$status"
