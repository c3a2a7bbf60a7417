#!/usr/bin/env bash
# Compares this build with the merge base's by the instructions that each hot piece executes.
#
#   tools/perf-gate.sh             against the merge base with main
#   tools/perf-gate.sh HEAD~3      against the merge base with another branch or commit
#
# Instructions are counted by callgrind: the same on any machine and at any load, also where a
# virtual machine hides the processor's counters. They are not time: a cache miss counts as little
# as a hit. A piece that executes more than 5% more is marked, and the exit code is then 1; 2 says
# that nothing could be compared.
#
#   --show             only show: exit code 0 whatever changed
#   --threshold N      percent (5)
#   --pieces REGEX     only pieces with such a name (holdfast-micro lists them all)
#   --before FILE      instead of building the merge base: a holdfast-micro, or counts saved before
#   --after FILE       instead of building this tree
#   --save DIR         keeps the counts: DIR/before.json, DIR/after.json
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
# shellcheck source=tools/packages.sh
source "$here/packages.sh"

fail() { echo "perf-gate: $*" >&2; exit 2; }
usage() { sed -n '2,/^set -/p' "$0" | sed '$d; s/^# \{0,1\}//'; }

base=main before='' after='' save='' pieces=. threshold=5 show=()
while [ $# -gt 0 ]; do
  case $1 in
    --show) show=(--show) ;;
    --threshold | --pieces | --before | --after | --save)
      [ $# -ge 2 ] || fail "$1 needs a value"
      printf -v "${1#--}" '%s' "$2"
      shift ;;
    -h | --help) usage; exit 0 ;;
    -*) fail "unknown option $1; see --help" ;;
    *) base=$1 ;;
  esac
  shift
done
for file in "$before" "$after"; do
  [ -z "$file" ] || [ -f "$file" ] || fail "no such file: $file"
done

work=$(mktemp -d)
base_tree=
clean_up() {
  if [ -n "$base_tree" ]; then git -C "$root" worktree remove --force "$base_tree" || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

# build TREE: configures and builds holdfast-micro alone; its path on standard output.
build() {
  (
    cd "$1"
    # The compiler cache then knows files of another directory as the same.
    export CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1
    cmake --preset release >"$work/build.log" 2>&1 &&
      cmake --build --preset release --target holdfast-micro >>"$work/build.log" 2>&1
  ) || { tail -n 30 "$work/build.log" >&2; fail "$1 does not build (its last lines are above)"; }
  echo "$1/build/release/bin/holdfast-micro"
}

# count FILE NAME: leaves counts in $work/NAME.json. FILE: a holdfast-micro, or counts.
count() {
  if [ ! -x "$1" ]; then cp "$1" "$work/$2.json"; return; fi
  local dumps=$work/$2
  mkdir "$dumps"
  # Without instrumentation but in the measured part; each piece in a dump of its own.
  if ! valgrind --tool=callgrind --instr-atstart=no --collect-atstart=no --dump-line=no \
      --callgrind-out-file="$dumps/dump" "$1" "--count-instructions=$pieces" \
      >"$dumps.items" 2>"$dumps.log" || [ ! -s "$dumps.items" ]; then
    tail -n 5 "$dumps.log" >&2
    return 1
  fi
  python3 "$here/perf_gate.py" counts "$dumps.items" "$dumps" >"$work/$2.json"
}

holdfast_install valgrind python3
if [ -z "$after" ]; then
  echo "building this tree" >&2
  after=$(build "$root")
fi
if [ -z "$before" ]; then
  commit=$(git -C "$root" merge-base "$base" HEAD) || fail "$base and HEAD have no commit in common"
  echo "building the merge base, $(git -C "$root" log -1 --format='%h %s' "$commit")" >&2
  base_tree=$work/base
  git -C "$root" worktree add --quiet --detach "$base_tree" "$commit"
  before=$(build "$base_tree")
fi
echo "counting instructions by $(valgrind --version), callgrind" >&2
count "$after" after || fail "$after counts nothing (with --pieces $pieces)"
count "$before" before ||
  fail "$before counts nothing: it is older than --count-instructions, or has no such pieces"
if [ -n "$save" ]; then
  mkdir -p "$save"
  cp "$work/before.json" "$work/after.json" "$save"
fi
python3 "$here/perf_gate.py" compare "$work/before.json" "$work/after.json" \
  --threshold "$threshold" "${show[@]}"
