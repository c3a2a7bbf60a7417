#!/usr/bin/env bash
# The figures of docs/performance.md, in one run, as ratios to each other: builds if need be, starts
# a server on loopback in a temporary directory, and stops it.
#
#   tools/measure.sh [SECONDS]      length of each measurement, default 10
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
case "$seconds" in ''|*[!0-9]*|0) echo "error: '$seconds' is not a number of seconds above 0" >&2; exit 64 ;; esac
. tools/packages.sh
holdfast_install "${holdfast_packages_build[@]}" "${holdfast_packages_bench[@]}"
mkdir -p build
{ cmake --preset release && cmake --build --preset release -j "$(holdfast_jobs)" \
    --target holdfastd holdfast-bench; } >build/measure.log 2>&1 ||
  { tail -20 build/measure.log >&2; exit 1; }
bin=$PWD/build/release/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-measure.XXXXXX")
server_pid=""
trap '[ -z "$server_pid" ] || kill -9 "$server_pid" 2>/dev/null || true; rm -rf "$work"' EXIT

# measure NAME OPTION…: a server of its own for each, so that none finds the tables of another.
measure() {
  local name=$1
  shift
  "$bin/holdfastd" --data-dir "$work/$name" --listen 127.0.0.1:0 >"$work/ready" 2>"$work/$name.log" &
  server_pid=$!
  until grep -q '^ready ' "$work/ready"; do
    kill -0 "$server_pid" 2>/dev/null || { cat "$work/$name.log" >&2; exit 1; }
    sleep 0.05
  done
  local listen
  listen=$(sed 's/.*listen=\([^ ]*\).*/\1/' "$work/ready")
  "$bin/holdfast-bench" run --connect "$listen" --duration "$seconds" --mix 100,0,0,0 --quiet \
    --json "$work/$name.json" "$@"
  kill -TERM "$server_pid"
  wait "$server_pid"
  server_pid=""
  rm -rf "${work:?}/$name"
}

measure one --connections 1 --in-flight 1 --accounts 10000
measure many --connections 64 --in-flight 1 --accounts 10000
measure pipelined --connections 4 --in-flight 1024 --accounts 10000
measure million --connections 4 --in-flight 1024 --accounts 1000000
python3 - "$work" <<'PY'
import json, os, pathlib, platform, sys
work = pathlib.Path(sys.argv[1])
names = {"one": "1 connection, 1 in flight, 10 thousand accounts",
         "many": "64 connections, 1 in flight each, 10 thousand accounts",
         "pipelined": "4 connections, 1,024 in flight each, 10 thousand accounts",
         "million": "4 connections, 1,024 in flight each, 1 million accounts"}
load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
print(f"{os.cpu_count()} processors, {platform.release()}, load averages at the end {load}")
base = None
for name, text in names.items():
    run = json.loads((work / f"{name}.json").read_text())
    rate, us = run["throughput_per_s"], run["latency_us"]
    base = base or rate
    print(f"{text:<58} {rate:>12,.0f} /s  {rate / base:>7.1f}x   p50 {us['p50']:>8,.0f} us   p99 {us['p99']:>8,.0f} us   p99.9 {us['p999']:>8,.0f} us")
PY
