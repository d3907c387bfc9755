# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# Network namespaces joined by veth, a private bpffs and background processes,
# all gone again after net_cleanup. For `make run` and the end-to-end tests.
#
#   net_init NAME          once; NET_DIR is a directory for files, NET_BPF a bpffs
#   net_add ROLE           a namespace
#   net_join ROLE IF ROLE IF   a veth pair between two of them
#   net_address ROLE IF ADDRESS/LEN...
#   net_exec ROLE COMMAND...   in the namespace, with this machine's mounts
#   net_start ROLE LOG COMMAND...   in the background; its pid is in NET_PID
#   net_stop PID           SIGTERM, and SIGKILL if it will not hear

NET_PREFIX='' NET_DIR='' NET_BPF='' NET_PID=''
NET_ROLES=() NET_PIDS=()

net_init() {
	NET_PREFIX=$1-$$
	NET_DIR=$(mktemp -d "/run/$NET_PREFIX.XXXXXX")
	NET_BPF=$NET_DIR/bpf
	mkdir "$NET_BPF"
	mount -t bpf bpf "$NET_BPF"
}

net_name() {
	echo "$NET_PREFIX-$1"
}

net_add() {
	ip netns add "$(net_name "$1")" || return 1
	NET_ROLES+=("$1")
	ip -n "$(net_name "$1")" link set lo up
}

net_join() {
	ip link add "$2" netns "$(net_name "$1")" type veth peer name "$4" netns "$(net_name "$3")" &&
		ip -n "$(net_name "$1")" link set "$2" up &&
		ip -n "$(net_name "$3")" link set "$4" up
}

net_address() {
	local role=$1 interface=$2 address
	shift 2
	for address in "$@"; do
		# without duplicate detection an IPv6 address is there at once
		[[ $address = *:* ]] && address="$address nodad"
		# shellcheck disable=SC2086 # an address and its flag
		ip -n "$(net_name "$role")" address add dev "$interface" $address
	done
}

net_exec() {
	local role=$1
	shift
	nsenter --net="/run/netns/$(net_name "$role")" "$@"
}

net_start() {
	local role=$1 log=$2
	shift 2
	: >"$log" # at once: nobody finds there what an earlier one has said
	nsenter --net="/run/netns/$(net_name "$role")" "$@" >"$log" 2>&1 </dev/null 9>&- &
	NET_PID=$!
	NET_PIDS+=("$NET_PID")
}

net_stop() {
	local pid=$1 i
	kill -CONT "$pid" 2>/dev/null
	kill -TERM "$pid" 2>/dev/null
	for ((i = 0; i < 100 * ${PATIENCE:-1}; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

net_cleanup() {
	local pid role
	for pid in "${NET_PIDS[@]}"; do
		if kill -0 "$pid" 2>/dev/null; then
			net_stop "$pid"
		fi
	done
	for role in "${NET_ROLES[@]}"; do
		ip netns delete "$(net_name "$role")"
	done
	NET_PIDS=() NET_ROLES=()
	if [ -n "$NET_BPF" ]; then
		umount "$NET_BPF"
		rm -rf "$NET_DIR"
		NET_BPF=''
	fi
}
