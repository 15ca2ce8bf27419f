#!/bin/sh
# Shows why git notes are no store: 40 processes add a note to 40 different commits at once; count who says yes and
# what is left. See docs/decisions.md, decision 1.
#
# Usage: sh bench/notes-race.sh [PROCESSES]
set -eu
processes=${1:-40}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git init -q "$folder"
cd "$folder"
number=0
while [ "$number" -lt "$processes" ]; do
  git commit -q --allow-empty -m "commit $number"
  number=$((number + 1))
done
for commit in $(git rev-list HEAD); do
  { git notes --ref=race add -m "note" "$commit" 2>/dev/null && echo "$commit" >>.git/said-yes; } &
done
wait
said_yes=$(wc -l <.git/said-yes)
left=$(git notes --ref=race list | wc -l)
echo "$processes processes, $((said_yes)) exited 0, $((left)) notes are left"
