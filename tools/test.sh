#!/usr/bin/env bash
# Builds and runs every test. Installs what is missing (Debian 12; as root or through sudo).
#
#   tools/test.sh             everything: release, address+undefined, thread sanitizer, fuzz
#   tools/test.sh release     one build only (release, asan, tsan, fuzz), or several by name
#
# Each build's tests are run through ctest; a failing test prints what to run to see it again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

builds=("$@")
[ ${#builds[@]} -eq 0 ] && builds=(release asan tsan fuzz)
holdfast_install "${holdfast_packages_build[@]}" "${holdfast_packages_bench[@]}" \
  "${holdfast_packages_test[@]}"

# The sanitizers' reports must fail a test wherever the process runs; a second report is noise.
export ASAN_OPTIONS="abort_on_error=1:detect_leaks=1:strict_string_checks=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"

failed=()
declare -A seconds
for build in "${builds[@]}"; do
  started=$SECONDS
  echo "== $build: build"
  log="build/$build.log"
  mkdir -p build
  if ! { cmake --preset "$build" && cmake --build --preset "$build" -j "$(holdfast_jobs)"; } \
      >"$log" 2>&1; then
    grep -E "error|FAILED|CMake Error" "$log" | head -40 || true
    echo "== $build: the build failed; all of it stands in $log"
    failed+=("$build (build)")
    continue
  fi
  echo "== $build: test (built in $((SECONDS - started)) s)"
  rm -f "build/$build-tests.xml"
  # One job where there are tests of real processes: they share two cores with their servers and
  # their load. The sanitized builds have none.
  jobs=$(holdfast_jobs)
  [ "$build" = release ] && jobs=1
  ctest --preset "$build" -j "$jobs" --timeout 600 \
      --output-junit "$PWD/build/$build-tests.xml" ||
    failed+=("$build (ctest --preset $build --rerun-failed --output-on-failure)")
  seconds[$build]=$((SECONDS - started))
done

echo
for build in "${!seconds[@]}"; do echo "$build: ${seconds[$build]} s"; done
if [ ${#failed[@]} -gt 0 ]; then
  # At the end once more: who reads only the last lines of a long log sees what failed, and how.
  for build in "${!seconds[@]}"; do tools/failed_tests.py "build/$build-tests.xml" || true; done
  printf 'FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "all builds and tests passed: ${builds[*]}"
