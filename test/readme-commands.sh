#!/usr/bin/env bash
# Runs the commands of the README and of docs as a new user would: the demo with the curl lines it prints, then every
# `npm run spoor` line, on a data directory of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
export SPOOR_DATA_DIR="$folder/data" PORT=0
demo=
finish() {
  [ -z "$demo" ] || kill -TERM -- "-$demo" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

touch "$folder/demo.log"
set -m
npm run demo >"$folder/demo.log" 2>&1 &
demo=$!
set +m
for _ in $(seq 600); do
  grep -q 'Ctrl-C stops it' "$folder/demo.log" && break
  kill -0 "$demo" 2>/dev/null || break
  sleep 0.1
done
grep '^  curl ' "$folder/demo.log" >"$folder/curl-lines" || { cat "$folder/demo.log"; exit 1; }
[ "$(wc -l <"$folder/curl-lines")" = 3 ]
while read -r line; do
  echo "$ ${line//spoo_*\'/spoo_…\'}"
  answer=$(bash -c "${line/curl -s/curl -sS --fail-with-body}")
  node -e 'const answer = JSON.parse(process.argv[1]); if (answer.error || !(answer.accepted === 1 || answer.summary.total_clicks > 0)) process.exit(1)' "$answer"
done <"$folder/curl-lines"

sed -n '/^```sh$/,/^```$/p' README.md docs/*.md | grep '^npm run spoor' >"$folder/commands"
[ "$(wc -l <"$folder/commands")" -ge 9 ]
while read -r line; do
  echo "$ $line"
  bash -c "${line/-o clicks/-o $folder/clicks}" </dev/null >"$folder/out" 2>&1 || { cat "$folder/out"; exit 1; }
done <"$folder/commands"
echo 'The commands of the README work.'
