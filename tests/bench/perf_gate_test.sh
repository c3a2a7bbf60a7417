#!/usr/bin/env bash
# perf_gate_test.sh PERF_GATE HOLDFAST_MICRO: the gate on one build against itself, without a
# change, and against counts that were doctored.
set -euo pipefail
gate=$1 micro=$2
if ! command -v valgrind >/dev/null; then
  echo "FAILED: valgrind is not here, and the gate counts by it; tools/test.sh installs it"
  exit 1
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; cat "$dir/out"; exit 1; }
# run CODE argument…: the gate ends with this exit code.
run() {
  local expected=$1 code=0
  shift
  "$gate" "$@" >"$dir/out" 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || fail "perf-gate.sh $* ended with $code, not $expected:"
}

pieces='^(record_encode|checksum/bytes:4096|lane_hop/bulk:16)$'
run 0 --before "$micro" --after "$micro" --pieces "$pieces" --save "$dir"
[ "$(grep -c '+0\.0%' "$dir/out")" -eq 3 ] || fail "a build differs from itself:"

# The record then took 10% fewer instructions, and the checksum 10% more.
python3 - "$dir/before.json" <<'PYTHON'
import json, sys
counts = json.load(open(sys.argv[1]))
counts["record_encode"]["instructions"] = counts["record_encode"]["instructions"] * 9 // 10
checksum = counts["checksum/bytes:4096"]
checksum["instructions"] = checksum["instructions"] * 11 // 10
del counts["lane_hop/bulk:16"]
json.dump(counts, open(sys.argv[1], "w"))
PYTHON
run 1 --before "$dir/before.json" --after "$dir/after.json"
grep -Eq '^record_encode .*\+11\.[01]%  MORE$' "$dir/out" ||
  fail "more instructions are not marked:"
grep -Eq '^checksum/bytes:4096 .*-9\.[01]%  less$' "$dir/out" || fail "fewer are not marked:"
grep -Eq '^lane_hop/bulk:16 .* new$' "$dir/out" || fail "a new piece is not told:"
run 0 --before "$dir/before.json" --after "$dir/after.json" --show
run 0 --before "$dir/before.json" --after "$dir/after.json" --threshold 12
run 2 --before "$dir/out" --after "$dir/after.json"
run 2 --before "$micro" --after "$micro" --pieces no_such_piece
echo "the gate tells what changed"
