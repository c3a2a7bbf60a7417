#!/usr/bin/env bash
# watch_pauses_test.sh HOLDFAST_BENCH: a small soak of a real server tells the machine's pauses in
# table and JSON, and one that may not watch them does nothing.
set -euo pipefail
bench=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; cat "$dir/out"; exit 1; }
soak=("$bench" soak --duration 4 --warm-up 2 --sample 0.5 --rate 2000 --hold-period 1 --retention 1
  --accounts 100 --temp-dir "$dir" --watch-pauses --json "$dir/soak.json")

if ! "${soak[@]}" >"$dir/out" 2>&1; then
  if grep -q "real-time priority" "$dir/out"; then
    [ ! -e "$dir/soak.json" ] || fail "refused, and yet a report:"
    echo "NOT TESTED: $(cat "$dir/out")"
    exit 77
  fi
  fail "soak ended with an error:"
fi
for text in "longest pause" "pauses of the machine" "any of them\|processor" "met no pause" \
  "slowest stage" "the stage with the largest is" "waited for their writer"; do
  grep -q "$text" "$dir/out" || fail "the table does not say \"$text\":"
done
python3 - "$dir/soak.json" >"$dir/out" 2>&1 <<'END' || fail "the JSON is not as told:"
import json, sys
report = json.load(open(sys.argv[1]))
pauses = report["pauses"]
assert pauses["tick_us"] == 1000 and report["pauses_error"] is None
assert len(pauses["processors"]) >= 1
assert [a["threshold_us"] for a in pauses["any"]["above"]] == [100, 500, 1000, 4000]
met, outside = pauses["requests_met"], pauses["latency_outside_us"]["count"]
assert met + outside == report["latency_us"]["count"] > 0
assert all(sample["longest_pause_us"] is not None for sample in report["samples"])
assert report["stages_us"]["total"]["count"] > 0
assert report["stages_slowest_p999"] in report["stages_us"]
for sample in report["samples"]:
    p999, longest = sample["stages_p999_us"], sample["stages_max_us"]
    assert list(p999) == list(longest) == list(report["stages_us"])
    assert p999["durable"] > 0, sample
    # Both are told by buckets, at most 1/16 too high.
    assert all(0 <= p999[stage] <= longest[stage] * 17 / 16 for stage in p999), sample
END
echo "pauses are told beside the load"
