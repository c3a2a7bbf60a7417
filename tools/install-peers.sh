#!/usr/bin/env bash
# Installs what `holdfast-bench peers` measures beside Holdfast: Redis, PostgreSQL 15 and their
# client libraries (Debian 12; as root or through sudo). Build holdfast-bench again afterwards when
# it was built without the libraries.
#
#   tools/install-peers.sh
#
# No service is started and none will start at boot: holdfast-bench starts servers of its own, in
# directories of its own. A service that was installed before stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'; }
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

# Debian's maintainer scripts ask policy-rc.d before they start a service; 101 forbids it.
policy=/usr/sbin/policy-rc.d
made_policy=""
undo() { [ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"; }
trap undo EXIT
if [ ! -e "$policy" ]; then
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

# Installing PostgreSQL makes a cluster; without this it would be a service of its own.
new_services=()
if ! is_installed postgresql-15; then
  new_services+=(postgresql)
  holdfast_install postgresql-common
  "${as_root[@]}" sed -i 's/^#\?create_main_cluster *=.*/create_main_cluster = false/' \
    /etc/postgresql-common/createcluster.conf
fi
is_installed redis-server || new_services+=(redis-server)
holdfast_install "${holdfast_packages_peers[@]}" "${holdfast_packages_bench[@]}"
if command -v systemctl >/dev/null; then
  for service in "${new_services[@]}"; do
    "${as_root[@]}" systemctl disable --quiet --now "$service" 2>/dev/null || true
  done
fi

redis-server --version
/usr/lib/postgresql/15/bin/postgres --version
