#!/usr/bin/env bash
# The first table of docs/performance.md, as ratios to each other: builds if need be, starts a server
# on loopback in a temporary directory for each measurement, and stops it. The loads take turns, so
# that a machine that drifts drifts for all of them; medians are told.
#
#   tools/measure.sh [SECONDS [ROUNDS]]    length of each measurement, default 5; rounds, default 3
#
# Memory for what a run will add (about 300 MB for each second) is touched before it: see
# --memory-ahead.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-5} rounds=${2:-3}
for number in "$seconds" "$rounds"; do
  case "$number" in
    ''|*[!0-9]*|0) echo "error: '$number' is not a number above 0" >&2; exit 64 ;;
  esac
done
. tools/packages.sh
holdfast_install "${holdfast_packages_build[@]}"
mkdir -p build
{ cmake --preset release && cmake --build --preset release -j "$(holdfast_jobs)" \
    --target holdfastd holdfast-bench; } >build/measure.log 2>&1 ||
  { tail -20 build/measure.log >&2; exit 1; }
bin=$PWD/build/release/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-measure.XXXXXX")
server_pid=""
trap '[ -z "$server_pid" ] || kill -9 "$server_pid" 2>/dev/null || true; rm -rf "$work"' EXIT

# measure NAME ROUND OPTION…: a server of its own for each, so that none finds another's tables.
measure() {
  local name=$1 round=$2
  shift 2
  : >"$work/ready"
  "$bin/holdfastd" --data-dir "$work/data" --listen 127.0.0.1:0 \
    --memory-ahead "$((seconds * 300))MB" >"$work/ready" 2>"$work/server.log" &
  server_pid=$!
  until grep -q '^ready ' "$work/ready"; do
    kill -0 "$server_pid" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
    sleep 0.05
  done
  local listen
  listen=$(sed 's/.*listen=\([^ ]*\).*/\1/' "$work/ready")
  "$bin/holdfast-bench" run --connect "$listen" --duration "$seconds" --warm-up 0.5 \
    --mix 100,0,0,0 --quiet --json "$work/$name.$round.json" "$@"
  kill -TERM "$server_pid"
  wait "$server_pid"
  server_pid=""
  rm -rf "$work/data"
}

for ((round = 1; round <= rounds; ++round)); do
  [ -t 2 ] && echo "round $round of $rounds" >&2
  measure one "$round" --connections 1 --in-flight 1 --accounts 10000
  measure many "$round" --connections 64 --in-flight 1 --accounts 10000
  measure pipelined "$round" --connections 8 --in-flight 1024 --accounts 10000
  measure million "$round" --connections 8 --in-flight 1024 --accounts 1000000
done
python3 - "$work" "$rounds" <<'PY'
import json, os, pathlib, platform, statistics, sys
work, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
names = {"one": "1 connection, 1 in flight, 10 thousand accounts",
         "many": "64 connections, 1 in flight each, 10 thousand accounts",
         "pipelined": "8 connections, 1,024 in flight each, 10 thousand accounts",
         "million": "8 connections, 1,024 in flight each, 1 million accounts"}
load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
print(f"{os.cpu_count()} processors, {platform.release()}, load averages at the end {load}; "
      f"medians of {rounds}, least and most")
base = None
for name, text in names.items():
    runs = [json.loads((work / f"{name}.{i + 1}.json").read_text()) for i in range(rounds)]
    rates = sorted(run["throughput_per_s"] for run in runs)
    us = {key: statistics.median(run["latency_us"][key] for run in runs)
          for key in ("p50", "p99", "p999")}
    rate = statistics.median(rates)
    base = base or rate
    print(f"{text:<58} {rate:>11,.0f} /s ({rates[0]:,.0f} .. {rates[-1]:,.0f})"
          f"  {rate / base:>6.1f}x   p50 {us['p50']:>6,.0f} us   p99 {us['p99']:>7,.0f} us"
          f"   p99.9 {us['p999']:>7,.0f} us")
PY
