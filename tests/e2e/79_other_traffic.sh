#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What is no DNS goes through the interface as if there were no program: bulk, terminal-like and
# datagram streams come back octet for octet, with GRO, jumbo frames and fragments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# ends MTU SECTION GRO: both ends of the link
ends() {
	ip -n "$(net_name client)" link set eth0 xdp off
	ip -n "$(net_name server)" link set client0 mtu "$1" &&
		ip -n "$(net_name client)" link set eth0 mtu "$1" &&
		ip -n "$(net_name client)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec "$2" &&
		net_exec server ethtool -K client0 gro "$3" &&
		net_exec client ethtool -K eth0 gro "$3"
}

# raised BEFORE PATTERN: the counters that were, and by how much: "NAME N"
raised() {
	diff <(echo "$1") <(counters) | awk -v pattern="$2" '
		{ count[$2] = $1 == "<" ? count[$2] - $3 : count[$2] + $3 }
		END { for (name in count) if (name ~ pattern) print name, count[name] }'
}

at_least() {
	[ "${1:-0}" -ge "$2" ]
}

# speed TEXT IPERF3-ARGUMENTS...: iperf3 comes to its end and has sent what it was told to
speed() {
	local text=$1
	shift
	succeeds "$text" net_exec client iperf3 -c "$SERVER" "$@"
}

# all TEXT: every kind of traffic, and what the program has counted of it
all() {
	local before passed
	before=$(counters)
	results "$1: " net_exec client "$PYTHON" tests/e2e/echo_streams.py ask "$SERVER" "$SERVER6"
	speed "$1: iperf3, TCP" -n 30M
	speed "$1: iperf3, TCP, four at once, back" -n 20M -P 4 -R
	speed "$1: iperf3, UDP" -u -b 300M -n 10M
	passed=$(raised "$before" '^pass_')
	equal "$1: none was answered or dropped" '' "$(raised "$before" '^(answer|drop)_')"
	succeeds "$1: TCP was counted" at_least "$(awk '/^pass_not_udp / { print $2 }' <<<"$passed")" 2000
	succeeds "$1: UDP was counted" at_least "$(awk '/^pass_port / { print $2 }' <<<"$passed")" 200
	equal "$1: and the kernel answers" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	echo "# $1: $(paste -sd ' ' <<<"$passed")"
}

# mode NAME TEXT
mode() {
	daemon_xdp "$1"
	all "$2"
	daemon_stop
}

stage
few_tasks
net_start server "$NET_DIR/echo.log" "$PYTHON" tests/e2e/echo_streams.py serve
net_start server "$NET_DIR/iperf3.log" iperf3 -s --forceflush
within 10 grep -q ready "$NET_DIR/echo.log"
within 10 grep -q listening "$NET_DIR/iperf3.log"
succeeds "an MTU of 1500, GRO" ends 1500 xdp on
mode native "native"
succeeds "an MTU of 9000, GRO" ends 9000 xdp.frags on
mode native "native, jumbo frames"
mode generic "generic, jumbo frames"
finish
