#!/usr/bin/env bash
# usage_test.sh HOLDFAST_BENCH: options that make no sense end with exit code 2 before anything is
# measured, name the option, and say what is allowed.
set -uo pipefail
bench=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0

# wants SAID ARGUMENT…
wants() {
  local said=$1
  shift
  "$bench" "$@" >"$out" 2>&1 </dev/null
  local code=$?
  if [ "$code" != 2 ] || ! grep -qF -e "$said" "$out" ||
    ! grep -qF "Run holdfast-bench $1 --help" "$out"; then
    echo "FAILED: holdfast-bench $*: exit code $code, wanted 2 and \"$said\":"
    cat "$out"
    failed=1
  fi
}

# Nobody listens there: who asks it instead of looking at the options ends with 1.
server=(--connect 127.0.0.1:1)
wants "--connections, --in-flight and --threads must be 1" run "${server[@]}" --connections 0
wants "--connections must be 20000 or less" run "${server[@]}" --connections 30000
wants "--in-flight must be 4096 or less" run "${server[@]}" --in-flight 5000
wants "--accounts must be 1..100000000" run "${server[@]}" --accounts 4000000000
wants "--duration must be above 0" run "${server[@]}" --duration -1
wants "--rate" run "${server[@]}" --rate -1
wants "--rate" run "${server[@]}" --rate nan
wants "--mix: \"x\" is not a weight" run "${server[@]}" --mix x
wants "--run-id \"g\" is not a hexadecimal number" run "${server[@]}" --run-id g
wants "HOST:PORT" run --connect 127.0.0.1
wants "--percent must be numbers" sweep "${server[@]}" --percent 50,40
wants "--fund must be 1 or more" sweep "${server[@]}" --fund 0
wants "HOST:PORT" verify --connect nowhere acked
wants "--archive-dir is for --trace wal" drive "${server[@]}" --trace berka --archive-dir a file
wants "--percent must be above 0" soak --percent 0
wants "--threads 9 needs as many connections" soak --threads 9 --connections 8
wants "--file-mb" floor --data-dir . --file-mb 1
wants "--rounds must be 1..1000" floor --data-dir . --rounds 0
wants "--lookup-entries must be" floor --data-dir . --lookup-entries 1
wants "--turn must be above 0" unloaded --turn 0
wants "--connections" many --connections 1
wants "--accounts must be 1..10000000" many --accounts 0
wants "--trial" peers --trial -1
wants "--load-processors: this process may use" peers --load-processors 100000
wants "--load-processors: this process may use" soak --load-processors 100000
wants "--max" apply-ratio --max 0
wants "--accounts" scale --accounts 0
wants "--fill-only needs --data-dir" restart --fill-only
wants "--window" snapshot-cost --window 0
wants "--html FILE, --json FILE or both" report
wants "--against-json go together" report --html /dev/null --against .

# Options for a holdfastd stand behind --, with each that starts one.
for command in scale snapshot-cost soak restart many unloaded peers; do
  for form in "--server-option=--memory-ahead=1GB" "--server-option --memory-ahead=1GB"; do
    # shellcheck disable=SC2086
    wants "--server-option: options for holdfastd stand behind --" "$command" $form
    # shellcheck disable=SC2086
    wants "holdfast-bench $command ... -- --memory-ahead=1GB" "$command" $form
  done
done
[ "$failed" = 0 ] && echo "each is told, with exit code 2"
exit "$failed"
