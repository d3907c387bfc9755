#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Interfaces that come, go and belong to somebody else; zones that grow at such a moment.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# another_link INDEX: client0 goes and comes back as another device of the same index
another_link() {
	ip -n "$(net_name server)" link delete client0
	ip link add client0 index "$1" netns "$(net_name server)" type veth \
		peer name eth0 netns "$(net_name client)"
	ip -n "$(net_name server)" link set client0 up
	ip -n "$(net_name client)" link set eth0 up
	net_address server client0 10.53.0.1/24 fd53::1/64
	net_address client eth0 10.53.0.2/24 fd53::2/64
}

index_of() {
	ip -n "$(net_name server)" -o link show client0 | cut -d: -f1
}

log_says() {
	grep -qE "$1" "$DAEMON_LOG"
}

recreated() {
	local index
	index=$(index_of)
	another_link "$index"
	equal "another device has the same index" "$index" "$(index_of)"
	succeeds "the program is on it" within 10 kernel_serving
	bpftool link detach pinned "$BPF_DIR/link-client0"
	ip -n "$(net_name server)" address add 10.53.0.9/24 dev client0
	succeeds "detached by hand: back with the next change" within 10 kernel_serving
	ip -n "$(net_name server)" link set client0 name client.5
	ip -n "$(net_name server)" link set client.5 name client0
	succeeds "named to and fro" within 10 kernel_serving
}

# 30976 ports on one name are one run of 4096 elements: far more than a small zone's maps have in use.
large_set() {
	task wide wide.1 0 '["172.16.4.1"]' '[1025, 32000]'
	succeeds "a set far larger than the maps were made for" within 15 wide_served
	succeeds "the kernel serves on" within 10 kernel_serving
	sim_post stop '{"id": "wide.1"}'
}

wide_served() {
	[ "$(ask +tcp _wide._tcp.marathon.mesos SRV | grep -c 'IN.*SRV.*wide-')" -gt 1000 ]
}

# An address that routes lead to stands on lo, as one does that several hosts share.
address_of_lo() {
	ip -n "$(net_name server)" address add 10.53.7.7/32 dev lo
	ip -n "$(net_name client)" route add 10.53.7.7 via 10.53.0.1
	SERVER=10.53.7.7
	succeeds "an address on lo is answered by the kernel" within 10 kernel_serving
	SERVER=10.53.0.1
}

foreign() {
	local i
	ip -n "$(net_name server)" link set client0 xdpgeneric obj build/xdp-pass.bpf.o sec xdp
	config xdpInterfaces '["client0", "nowhere0"]' bpfDir "\"$BPF_DIR\""
	daemon
	succeeds "a foreign program: the log says so" within 5 log_says 'client0.*another XDP program'
	succeeds "no such interface: the log says so" within 5 log_says 'nowhere0.*No such device'
	for i in 1 2 3; do
		ip -n "$(net_name server)" address add "10.53.0.20$i/24" dev client0
		sleep 0.3
	done
	equal "each said once" 2 "$(grep -c 'not attached' "$DAEMON_LOG")"
	ip -n "$(net_name server)" link set client0 xdpgeneric off
	ip -n "$(net_name server)" address add 10.53.0.204/24 dev client0
	succeeds "it went: ours is there" within 10 kernel_serving
	daemon_stop
}

lost_events() {
	local i
	kill -STOP "$DAEMON"
	for ((i = 0; i < 3000; i++)); do
		echo "address add 10.54.$((i / 250)).$((i % 250 + 1))/32 dev lo"
		echo "address delete 10.54.$((i / 250)).$((i % 250 + 1))/32 dev lo"
	done | ip -n "$(net_name server)" -batch -
	kill -CONT "$DAEMON"
	ip -n "$(net_name server)" address add 10.53.0.99/24 dev client0
	succeeds "more changes than the kernel queues" within 10 answers_at 10.53.0.99
	ip -n "$(net_name server)" address add 10.53.0.98/24 dev client0
	succeeds "and the next one" within 10 answers_at 10.53.0.98
}

# Where there are addresses of all kinds, only those that another link can use are published.
no_link_local() {
	local addresses

	addresses=$(ip -n "$(net_name server)" -6 -oneline address show dev client0 scope link)
	matches "the interface has a link-local address" fe80: "$addresses"
	equal "which the name server's name does not have" "" "$(data ns1.mesos AAAA | grep -i fe80)"
}

# answers_at ADDRESS: the name server's addresses follow the interfaces'
answers_at() {
	[[ " $(data ns1.mesos A) " = *" $1 "* ]]
}

left_behind() {
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	succeeds "killed: the pins are there" test -e "$BPF_DIR/link-client0"
	config xdpOn false
	daemon
	succeeds "without XDP afterwards: no pins" within 10 pins_gone
	equal "nor a program" 0 "$(ip -n "$(net_name server)" link show client0 | grep -c xdp)"
	daemon_stop
}

stage
few_tasks
daemon_xdp generic
recreated
address_of_lo
large_set
lost_events
no_link_local
left_behind
foreign
finish
