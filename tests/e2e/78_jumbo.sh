#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A jumbo MTU: native mode needs the program for frames in several buffers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# mtu OCTETS SECTION: with that program at the client's end, which lets native answers in there
mtu() {
	ip -n "$(net_name client)" link set eth0 xdp off
	ip -n "$(net_name server)" link set client0 mtu "$1" &&
		ip -n "$(net_name client)" link set eth0 mtu "$1" &&
		ip -n "$(net_name client)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec "$2"
}

mode() {
	ip -n "$(net_name server)" link show client0 | grep -oE 'xdp(generic)? ' | head -1
}

# large_frame MAC: a query with 6000 octets behind it, more than one buffer holds
large_frame() {
	net_exec client "$PYTHON" - "$1" <<'END'
import socket, struct, sys
query = bytes.fromhex("123401000001000000000000") + b"\3web\10marathon\5mesos\0\0\1\0\1"
udp = struct.pack(">HHHH", 40000, 53, 8 + len(query), 0) + query
ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                 socket.inet_aton("10.53.0.2"), socket.inet_aton("10.53.0.1"))
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
link.send(mac + link.getsockname()[4] + b"\x08\0" + ip + udp + bytes(6000))
END
}

several_buffers() {
	local before mac
	mac=$(ip -n "$(net_name server)" -o link show client0 | grep -oE 'ether [0-9a-f:]+')
	before=$(counters)
	large_frame "${mac#ether }"
	sleep 0.3
	matches "a frame of several buffers is passed" 'pass_buffers 1$' \
		"$(diff <(echo "$before") <(counters) | grep '^>')"
}

answers() {
	equal "$1: A" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	equal "$1: SRV" "kernel answer_srv" "$(by_whom _svc._tcp.marathon.mesos SRV)"
	equal "$1: NXDOMAIN" "kernel answer_nxdomain" "$(by_whom none.marathon.mesos)"
	equal "$1: what was sent" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
}

stage
few_tasks
succeeds "both ends have an MTU of 9000" mtu 9000 xdp.frags
daemon_xdp native
equal "MTU 9000: native mode" "xdp " "$(mode)"
answers "MTU 9000"
several_buffers
daemon_stop
succeeds "both ends have an MTU of 1500" mtu 1500 xdp
daemon_xdp native
answers "MTU 1500"
# the plain program is in the way of a larger MTU, and veth says so
succeeds "veth refuses a jumbo MTU under the plain program" \
	test "$(ip -n "$(net_name client)" link set eth0 mtu 9000 2>&1 | wc -c)" -gt 0
daemon_stop
finish
