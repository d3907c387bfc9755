#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Installs the packages of the named groups of tools/packages that are not
# there yet. Asks apt for nothing when nothing is missing.
#
#   tools/install-packages.sh GROUP...
set -eu
cd "$(dirname "$0")/.."

wanted=$(awk -v groups=" $* " '!/^#/ && NF && index(groups, " " $1 " ") { print $2 }' tools/packages)
[ -n "$wanted" ] || { echo "tools/packages has no group '$*'" >&2; exit 1; }

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in $wanted; do
	installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "Missing packages, and only root can install them. Run as root:" >&2
	echo "  apt-get install ${missing[*]}" >&2
	exit 1
fi

# NSD's package starts a server on port 53 of this machine; the tests only want
# the program. policy-rc.d is Debian's way to say so.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' > $policy
	chmod 755 $policy
fi

export DEBIAN_FRONTEND=noninteractive
install() {
	apt-get install -y -q --no-install-recommends "${missing[@]}"
}

echo "Installing: ${missing[*]}"
# The package lists of a fresh machine are empty, those of an old one out of date.
if apt-cache show "${missing[@]}" >/dev/null 2>&1 && install; then
	exit 0
fi
apt-get update -q
install
