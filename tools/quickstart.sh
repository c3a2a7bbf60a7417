#!/usr/bin/env bash
# Builds Holdfast, serves payments, kills the server in the middle, and shows that nothing that was
# told is lost. Installs what is missing (Debian 12; as root or through sudo).
#
#   tools/quickstart.sh                                   payments made up by the load generator
#   tools/quickstart.sh --trace berka|purchase-cards FILE real payments (csv, csv.gz or csv.zst)
#   tools/quickstart.sh --seconds N                       length of the load, default 8
#   tools/quickstart.sh --keep DIR                        keep the data directory there
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
refuse() { echo "error: $1" >&2; exit 64; }
trace="" trace_file="" seconds=8 keep=""
while [ $# -gt 0 ]; do
  case "$1" in
    --trace)
      [ $# -ge 3 ] || refuse "--trace needs a kind (berka or purchase-cards) and a file"
      trace=$2 trace_file=$3; shift 3
      case "$trace" in
        berka|purchase-cards) ;;
        *) refuse "unknown trace '$trace': berka or purchase-cards" ;;
      esac
      [ -r "$trace_file" ] || { echo "error: cannot read $trace_file" >&2; exit 66; } ;;
    --seconds) seconds=${2:?--seconds needs a number}; shift 2
      case "$seconds" in
        ''|*[!0-9]*|0) refuse "--seconds '$seconds' is not a number above 0" ;;
      esac ;;
    --keep) keep=${2:?--keep needs a directory}; shift 2
      [ ! -e "$keep" ] || refuse "$keep exists already" ;;
    -h|--help) usage; exit 0 ;;
    *) echo "error: unknown option '$1'" >&2; usage >&2; exit 64 ;;
  esac
done

say() { printf '\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '%s\n' "$*"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-quickstart.XXXXXX")
data=${keep:-$work/data}
server_pid=""
cleanup() {
  [ -z "$server_pid" ] || kill -9 "$server_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

holdfast_install "${holdfast_packages_build[@]}"
say "building (the first time takes a few minutes)"
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release -j "$(holdfast_jobs)" \
       --target holdfastd holdfast holdfast-bench; } >build/quickstart.log 2>&1; then
  tail -30 build/quickstart.log >&2
  echo "error: the build failed; all of it stands in build/quickstart.log" >&2
  exit 1
fi
bin=$PWD/build/release/bin

# start_server: starts it on the embedded default and any free port; sets server_pid, listen, ready.
start_server() {
  : >"$work/ready"
  "$bin/holdfastd" --data-dir "$data" --listen 127.0.0.1:0 >"$work/ready" 2>>"$work/server.log" &
  server_pid=$!
  until grep -q '^ready ' "$work/ready"; do
    if ! kill -0 "$server_pid" 2>/dev/null; then
      cat "$work/server.log" >&2
      echo "error: the server ended before it was ready" >&2
      exit 1
    fi
    sleep 0.05
  done
  ready=$(cat "$work/ready")
  listen=${ready#*listen=}
  listen=${listen%% *}
}
kill_server() {
  kill -9 "$server_pid"
  wait "$server_pid" 2>/dev/null || true
  server_pid=""
}
status() { "$bin/holdfast" --connect "$listen" --json status --digest; }

start_server
say "serving on $listen, data in $data"

if [ -n "$trace" ]; then
  "$bin/holdfast-bench" drive --connect "$listen" --trace "$trace" --json "$work/drive.json" \
    "$trace_file"
  status >"$work/status-before.json"
  say "SIGKILL"
  kill_server
else
  # Rules, and accounts that can run dry, so that not everything is approved.
  "$bin/holdfast" --connect "$listen" program put 0 tools/quickstart_policy.json >/dev/null
  # The load runs for some seconds; in its middle the server is killed, with requests under way.
  "$bin/holdfast-bench" run --connect "$listen" --fund 200000 --duration "$seconds" --warm-up 0 \
    --allow-lost --quiet --acked "$work/acked" --json "$work/run.json" &
  load_pid=$!
  sleep "$(awk -v s="$seconds" 'BEGIN { print s * 0.75 }')"
  kill_server
  wait "$load_pid" || { echo "error: the load failed" >&2; exit 1; }
  say "SIGKILL in the middle of the load"
fi

say "replaying the log of the killed server, read-only"
"$bin/holdfast" --json wal replay "$data" >"$work/replay.json"
start_server
say "started again on $listen"
status >"$work/status-after.json"
if [ -n "$trace" ]; then
  "$bin/holdfast-bench" drive --connect "$listen" --trace "$trace" --json "$work/again.json" \
    "$trace_file" >/dev/null
else
  "$bin/holdfast-bench" verify --connect "$listen" --json "$work/verify.json" \
    "$work/acked" >/dev/null
fi
status >"$work/status-end.json"
kill -TERM "$server_pid"
wait "$server_pid" || { echo "error: the server did not stop cleanly" >&2; exit 1; }
server_pid=""

python3 tools/quickstart_summary.py "$work" "$ready"
