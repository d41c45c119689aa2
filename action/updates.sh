#!/usr/bin/env bash
# Says what a newer template would bring: in the summary of the run, and in a file that a comment takes. Being behind is no failure.
#   DIRECTORY   the folder of the project
set -euo pipefail

said=$RUNNER_TEMP/launchway-updates.txt
summary=$RUNNER_TEMP/launchway-updates.md
status=0
launchway check "$DIRECTORY" --updates --lang en >"$said" 2>&1 || status=$?
cat "$said"
if [ "$status" -gt 1 ]; then exit "$status"; fi

{
  echo "### Launchway"
  echo
  echo '````text'
  cat "$said"
  echo '````'
} >"$summary"
cat "$summary" >>"$GITHUB_STEP_SUMMARY"
# The versions were fetched above.
behind=$(launchway check "$DIRECTORY" --updates --offline --output json | jq '[.projects[].update | .behind > 0 or .changes] | any') || true
{
  echo "summary=$summary"
  echo "behind=$behind"
} >>"$GITHUB_OUTPUT"
