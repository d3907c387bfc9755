#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The daemon under what its unit allows it, without systemd: user, capabilities, a file system to read only,
# of /proc its own processes, and the unit's list of system calls beside the daemon's own. Takes the
# daemon's arguments; the end-to-end tests run it in the daemon's place with XDNS_CONFINED=1.
set -eu
cd "$(dirname "$0")/../.."
UNIT=tools/systemd/mesos-xdns.service USER_ID=64711
CONFIG=''
for word in "$@"; do
	[[ $word != -config=* ]] || CONFIG=${word#-config=}
done
# Of the machine itself nothing is changed: only what lies in a test's own folder (net_init).
[[ $CONFIG = /run/xdns-*/* ]] || exec build/mesos-xdns "$@"

# The pins' unit makes the folder; the BPF file system above it is not for the daemon.
PINS=$(jq -r .bpfDir "$CONFIG" 2>/dev/null || true)
[[ $PINS = /run/xdns-*/* ]] || exec build/mesos-xdns "$@"
install -d -o $USER_ID -g $USER_ID -m 700 "$PINS" 2>/dev/null || true
# What the test has made for the daemon to read is the daemon's: keys are for nobody else.
find "$(dirname "$CONFIG")" -maxdepth 1 \( -type f -o -type s \) -user root -exec chown $USER_ID {} +
chmod 711 "$(dirname "$CONFIG")" "$(dirname "$PINS")"

capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' $UNIT | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
# shellcheck disable=SC2016 # the inner shell's
exec unshare --mount --propagation private sh -c '
	pins=$1
	shift
	mount --bind "$pins" "$pins" 2>/dev/null
	awk "{ print \$5 }" /proc/self/mountinfo | while read -r at; do
		[ "$at" = "$pins" ] || mount -o remount,bind,ro "$at" 2>/dev/null
	done
	mount -t proc -o ro,hidepid=2 proc /proc
	umask 0077
	exec "$@"' sh "$PINS" \
	setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps "-all,$capabilities" \
	--ambient-caps "-all,$capabilities" --bounding-set "-all,$capabilities" --no-new-privs \
	/usr/bin/python3 -B tests/e2e/confined.py $UNIT build/mesos-xdns "$@"
