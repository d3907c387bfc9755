#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Without XDP, for whatever reason, userspace serves everything and the log says why.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
BIN=${XDNS_BIN:-build/mesos-xdns} # with less than its unit gives it

everything_served() {
	local transport at
	for at in $SERVER $SERVER6; do
		for transport in +notcp +tcp; do
			equal "$1: A, $at $transport" "172.16.1.1 172.16.1.2 172.16.1.3" \
				"$(data "@$at" $transport web.marathon.mesos A)"
			equal "$1: SRV, $at $transport" "0 1 5050 leader.mesos." \
				"$(data "@$at" $transport _leader._tcp.mesos SRV)"
			equal "$1: NXDOMAIN, $at $transport" NXDOMAIN \
				"$(status "@$at" $transport nobody.marathon.mesos)"
		done
	done
	equal "$1: NODATA" NOERROR "$(status leader.mesos AAAA)"
	equal "$1: outside" REFUSED "$(status example.com)"
	equal "$1: no XDP on the interface" 0 "$(ip -n "$(net_name server)" link show client0 | grep -c xdp)"
}

stage
few_tasks

config xdpOn false externalOn false
daemon
everything_served "xdpOn false"
matches "xdpOn false: the log says so" '[xX][dD][pP].*(off|xdpOn|false)' "$(cat "$DAEMON_LOG")"
daemon_stop

config externalOn false
daemon setpriv --bounding-set=-all,+net_bind_service --inh-caps=-all
everything_served "no privilege"
matches "no privilege: the log says so" '[xX][dD][pP].*(permi|privilege|CAP_|denied)' "$(cat "$DAEMON_LOG")"
daemon_stop

config xdpMode '"native"'
daemon setpriv --bounding-set=-all,+bpf,+perfmon,+net_admin,+net_bind_service --inh-caps=-all
succeeds "four capabilities are enough for XDP" within 10 kernel_serving
daemon_stop

config externalOn false xdpInterfaces '["nowhere0"]'
daemon
everything_served "no such interface"
matches "no such interface: the log names it" nowhere0 "$(cat "$DAEMON_LOG")"
daemon_stop

config externalOn false bpfDir "\"$NET_DIR/plain\""
daemon
equal "bpfDir is not on a bpffs: served all the same" 10.53.1.1 "$(data leader.mesos)"
matches "bpfDir is not on a bpffs: the log names it" "$NET_DIR/plain" "$(cat "$DAEMON_LOG")"
daemon_stop
finish
