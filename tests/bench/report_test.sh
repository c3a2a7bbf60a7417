#!/usr/bin/env bash
# report_test.sh HOLDFAST_BENCH: a report of small measurements by real servers, read again and
# compared with itself.
set -euo pipefail
bench=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; cat "$dir/out"; exit 1; }

"$bench" report --quick --parts many,run,apply_ratio,scale --temp-dir "$dir" --html "$dir/a.html" \
  --json "$dir/a.json" --load-processors 0 -- --core-processor auto >"$dir/out" 2>&1 ||
  fail "report ended with $?:"
for text in "Latency against throughput" "64 x 1 in flight" "Holdfast, 64 connections" \
    "bytes an account" "its memory work alone" "memory ahead: scale" "64.0 MiB" \
    "options of all servers</td><td>--core-processor auto<" \
    "processors of whoever makes load</td><td>0<"; do
  grep -q "$text" "$dir/a.html" || fail "the page does not say \"$text\""
done
"$bench" report --from "$dir/a.json" --html "$dir/b.html" >"$dir/out" 2>&1 || fail "report --from:"
cmp "$dir/a.html" "$dir/b.html" >"$dir/out" 2>&1 || fail "read again, the page is another:"
"$bench" compare "$dir/a.json" "$dir/a.json" --fail-on-worse >"$dir/out" 2>&1 || fail "compare:"
grep -q "too few runs" "$dir/out" || fail "one run is too few:"
if "$bench" report --from "$dir/a.json" --html "$dir/c.html" -- --spin 0 >"$dir/out" 2>&1; then
  fail "--from starts no servers:"
fi
grep -q "measures nothing" "$dir/out" || fail "--from with options of servers:"
if "$bench" report --from "$dir/b.html" --html "$dir/c.html" >"$dir/out" 2>&1; then
  fail "a page is no JSON:"
fi
[ -z "$(find "$dir" -mindepth 1 -type d)" ] || { find "$dir" >"$dir/out"; fail "left behind:"; }
echo "the report is there, and the same when it is read again"
