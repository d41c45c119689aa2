#!/usr/bin/env bash
# Proposes the newest version of the template as a pull request, which is a draft while it has conflicts. A second run renews the
# pull request, unless somebody has added a commit to it.
#   DIRECTORY   the folder of the project
#   GH_TOKEN    may push branches and workflows, and open pull requests
set -euo pipefail

: "${GH_TOKEN:?set \`token\` to one that may push branches and workflows, and open pull requests}"
branch=launchway/update
name="launchway"
email="launchway@users.noreply.github.com"
base=$(git branch --show-current)
if [ -z "$base" ]; then
  echo "::error::check out a branch: the pull request goes to the one that is checked out"
  exit 1
fi

status=0
said=$RUNNER_TEMP/launchway-update.txt
launchway update "$DIRECTORY" --no-input --defaults --conflicts=marks --lang en >"$said" 2>&1 || status=$?
cat "$said"
# 1 is an update that left conflicts, with their marks in the files.
if [ "$status" -gt 1 ]; then exit "$status"; fi
if git diff --cached --quiet; then
  echo "There is nothing to update."
  exit "$status"
fi
git -c user.name="$name" -c user.email="$email" commit --quiet --message "Update to the newest template"

gh auth setup-git
# Without the whole history nobody can say which commits are the branch's own.
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then git fetch --quiet --unshallow origin; fi
known=
if git fetch --quiet origin "refs/heads/$branch" 2>/dev/null; then
  known=$(git rev-parse FETCH_HEAD)
  others=$(git log --format=%ce "HEAD^..$known" | grep --invert-match --line-regexp --fixed-strings "$email" || true)
  if [ -n "$others" ]; then
    echo "::notice::$branch has commits of other people, and stays as it is"
    exit 0
  fi
fi
if [ -n "$known" ] && git diff --quiet "$known" HEAD; then
  echo "$branch has this update already."
else
  git push --quiet --force-with-lease="refs/heads/$branch:$known" origin "HEAD:refs/heads/$branch"
fi

body=$RUNNER_TEMP/launchway-update.md
{
  if [ "$status" -eq 1 ]; then
    echo "The update has conflicts, with marks in the files. Resolve them on this branch, then mark the pull request as ready for review."
    echo
  fi
  echo '````text'
  cat "$said"
  echo '````'
} >"$body"
draft=()
if [ "$status" -eq 1 ]; then draft=(--draft); fi
open=$(gh pr list --head "$branch" --base "$base" --state open --json url --jq '.[0].url // empty')
if [ -z "$open" ]; then
  open=$(gh pr create --head "$branch" --base "$base" --title "Update to the newest template" --body-file "$body" "${draft[@]}")
else
  gh pr edit "$open" --body-file "$body"
  if [ "$status" -eq 1 ]; then gh pr ready "$open" --undo; fi
fi
echo "pull-request=$open" >>"$GITHUB_OUTPUT"
echo "$open"
