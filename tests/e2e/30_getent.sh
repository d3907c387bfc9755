#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The C library's resolver: a resolv.conf of two servers and options rotate, where the
# cluster's server must refuse what is not its own for the other one to be asked.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v nsd >/dev/null || skip_all "nsd is not installed"

upstream_zone() {
	cat >"$NET_DIR/example.zone" <<-'END'
		$ORIGIN example.
		$TTL 60
		@ SOA ns.example. root.example. 1 60 60 60 60
		@ NS ns.example.
		ns A 192.0.2.1
		www A 192.0.2.80
		www AAAA 2001:db8::80
	END
}

# getent_all NAME: its addresses, sorted, in one line, by the resolv.conf of the client
getent_all() {
	ip netns exec "$(net_name client)" getent ahosts "$1" | awk '$2 == "STREAM" { print $1 }' | sort -u | paste -sd ' '
}

# rotating TEXT NAME EXPECTED: 12 look-ups, whichever server is asked first
rotating() {
	local i wrong=0
	for ((i = 0; i < 12; i++)); do
		[ "$(getent_all "$2")" = "$3" ] || wrong=$((wrong + 1))
	done
	equal "$1" "0 wrong" "$wrong wrong"
}

stage
few_tasks
upstream_zone
stage_nsd example "$NET_DIR/example.zone"
net_join client upstream0 upstream client0
net_address client upstream0 10.53.3.2/24
net_address upstream client0 10.53.3.1/24
etc=/etc/netns/$(net_name client)
mkdir -p "$etc"
trap 'rm -rf "$etc"; rmdir /etc/netns 2>/dev/null; net_cleanup' EXIT

for mode in native generic; do
	daemon_xdp $mode externalOn false
	printf 'nameserver %s\n' 10.53.0.1 >"$etc/resolv.conf"
	equal "$mode: getent leader.mesos" 10.53.1.1 "$(getent_all leader.mesos)"
	equal "$mode: getent of both families" "172.16.2.1 fd00:16::1" "$(getent_all six.marathon.mesos)"
	equal "$mode: getent of a missing name" "" "$(getent_all nobody.marathon.mesos)"
	equal "$mode: refused outside the domain" "" "$(getent_all www.example)"
	printf 'nameserver %s\n' fd53::1 >"$etc/resolv.conf"
	equal "$mode: getent over IPv6" "172.16.1.1 172.16.1.2 172.16.1.3" "$(getent_all web.marathon.mesos)"

	printf 'nameserver 10.53.0.1\nnameserver 10.53.3.1\noptions rotate timeout:1\n' >"$etc/resolv.conf"
	rotating "$mode: rotate, in the domain" leader.mesos 10.53.1.1
	rotating "$mode: rotate, outside" www.example "192.0.2.80 2001:db8::80"
	printf 'nameserver 10.53.0.1\nsearch marathon.mesos\noptions edns0 single-request\n' >"$etc/resolv.conf"
	equal "$mode: search list, EDNS, one request after the other" "172.16.2.1 fd00:16::1" "$(getent_all six)"
	printf 'nameserver 10.53.0.1\noptions use-vc\n' >"$etc/resolv.conf"
	equal "$mode: over TCP" 10.53.1.1 "$(getent_all leader.mesos)"
	daemon_stop
done
finish
