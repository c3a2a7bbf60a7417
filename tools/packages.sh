# Sourced by the scripts beside it: installs what is missing on a Debian 12 machine.
# shellcheck shell=bash

holdfast_packages_build=(
  cmake ninja-build g++ ccache pkg-config ca-certificates
  libboost1.81-dev libabsl-dev libconcurrentqueue-dev liburing-dev libxxhash-dev
  libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libzstd-dev zlib1g-dev
  libbenchmark-dev libgtest-dev libpugixml-dev python3 tzdata
)
# Client libraries for `holdfast-bench peers`, which builds without them too.
holdfast_packages_bench=(libhiredis-dev libpq-dev)
# What it measures beside Holdfast; only install-peers.sh installs these.
holdfast_packages_peers=(redis-server postgresql-15)
# libFuzzer comes with clang; 14, Debian's default, does not know std::expected.
# valgrind counts instructions (perf-gate.sh).
holdfast_packages_test=(clang-19 libclang-rt-19-dev e2fsprogs util-linux valgrind)

# holdfast_install PACKAGE…: installs those that are missing, as root or through sudo.
holdfast_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "error: these Debian packages are needed and apt-get is not here: ${missing[*]}" >&2
    return 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "error: missing packages: ${missing[*]}" >&2
      echo "       run as root, or first: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# holdfast_jobs: compile jobs; two at most, because each may take over a gigabyte.
holdfast_jobs() {
  local cores
  cores=$(nproc)
  echo $((cores < 2 ? cores : 2))
}
