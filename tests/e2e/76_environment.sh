#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the machine may lack: the log names it, and the best service that is still possible is given.
# docs/troubleshooting.md has the same list for operators.
# shellcheck disable=SC2317 # parts are called by name
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
BIN=${XDNS_BIN:-build/mesos-xdns} # with less than its unit gives it

WEB="172.16.1.1 172.16.1.2 172.16.1.3"
BPF_OBJ_PIN=6 # command of bpf()
FAKETIME=$(dpkg -L libfaketime | grep '/libfaketimeMT\.so')

attached() {
	ip -n "$(net_name server)" link show client0 | grep -q xdp
}

# Without EDNS the question fits the smallest MTU.
by_kernel() {
	[ -e "$BPF_DIR/counters" ] && [[ $(by_whom +noedns web.marathon.mesos A) = kernel* ]]
}

# served TEXT PLANE: by UDP and TCP, the names that are there and those that are not
served() {
	if [ "$2" = kernel ]; then
		succeeds "$1: the kernel answers" within 15 by_kernel
	else
		succeeds "$1: nothing is attached" eval "! attached"
	fi
	equal "$1: A" "$WEB" "$(data +noedns web.marathon.mesos)"
	equal "$1: A by TCP" "$WEB" "$(data +tcp web.marathon.mesos)"
	equal "$1: no such name" NXDOMAIN "$(status +noedns nobody.marathon.mesos)"
}

# row TEXT kernel|userspace MESSAGE WRAPPER...: MESSAGE is a regular expression, '' if there is nothing to say
row() {
	local text=$1 plane=$2 message=$3
	shift 3
	daemon "$@"
	served "$text" "$plane"
	if [ -n "$message" ]; then
		succeeds "$text: the log says so" within 10 said "$message"
	else
		equal "$text: nothing to say" "" "$(grep -E ' (warning|error): ' "$DAEMON_LOG")"
	fi
	daemon_stop
}

# with CAPABILITIES: no more than these
with() {
	echo "setpriv --bounding-set=-all,$1 --inh-caps=-all"
}


# mounts COMMANDS ROW...: the row in a mount namespace where these were run before
mounts() {
	local commands=$1 text=$2 plane=$3 message=$4
	# shellcheck disable=SC2016 # the inner shell's
	row "$text" "$plane" "$message" unshare --mount --propagation private \
		sh -c 'eval "$0"; exec "$@"' "$commands"
}

privileges() {
	local all="bpf perfmon net_admin net_bind_service" missing rest
	for missing in bpf perfmon net_admin; do
		# shellcheck disable=SC2086 # words
		rest=$(printf '+%s\n' $all | grep -v "^+$missing$" | paste -sd ,)
		# shellcheck disable=SC2046 # words
		row "without CAP_${missing^^}" userspace "xdp: .*CAP_${missing^^}.*from userspace" $(with "$rest")
	done
	# shellcheck disable=SC2046 # words
	net_start server "$NET_DIR/log" $(with +bpf,+perfmon,+net_admin) "$BIN" -config="$NET_DIR/config.json"
	wait "$NET_PID"
	equal "without CAP_NET_BIND_SERVICE: there is no port 53, and no daemon" 1 $?
	matches "without CAP_NET_BIND_SERVICE: the log says so" \
		'error: listening on 0\.0\.0\.0:53 .*CAP_NET_BIND_SERVICE' "$(cat "$NET_DIR/log")"
	row "bpf() refused" userspace 'xdp: .*[Oo]peration not permitted.*from userspace' \
		"$PYTHON" -B tests/e2e/without_call.py bpf
}

the_kernel_lacks() {
	mounts 'mount --bind /dev/null /sys/kernel/btf/vmlinux' "no BTF" kernel ''
	mounts "umount $NET_BPF" "no BPF file system" userspace 'xdp: bpfDir .*mount -t bpf.*from userspace'
	mounts "mount --bind $NET_BPF $NET_BPF; mount -o remount,bind,ro $NET_BPF" "pins cannot be made" userspace \
		'xdp: bpfDir .*Read-only file system.*from userspace'
	row "no space for pins" userspace 'xdp: .*No space left on device.*from userspace' \
		"$PYTHON" -B tests/e2e/without_call.py "bpf:$BPF_OBJ_PIN:ENOSPC"
	row "no memory may be locked" kernel '' prlimit --memlock=0
	net_exec server sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	row "no IPv6" kernel ''
	net_exec server sysctl -qw net.ipv6.conf.all.disable_ipv6=0
	net_address server client0 "$SERVER6/64"
}

the_system_lacks() {
	mounts 'mount -t tmpfs tmpfs /proc' "no /proc" kernel ''
	mounts "awk '{ print \$5 }' /proc/self/mountinfo | grep -v '^$NET_BPF' | while read -r at; do
		mount -o remount,bind,ro \$at 2>/dev/null; done" "a file system to read only" kernel ''
	row "few open files" kernel '' prlimit --nofile=100
	little_memory
}

# The maps count as the memory of the control group. With less, the kernel kills.
little_memory() {
	local group=/sys/fs/cgroup/memory/$NET_PREFIX
	if mkdir "$group" 2>/dev/null && echo 40M >"$group/memory.limit_in_bytes"; then
		# shellcheck disable=SC2016 # the inner shell's
		row "40 MB of memory" kernel '' sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group"
		rmdir "$group"
	else
		skip "40 MB of memory" "no control group can be made here"
	fi
}

# Where nobody can be told, DNS is served all the same.
unheard() {
	local text=$1
	shift
	net_start server "$NET_DIR/log" "$@" "$BIN" -config="$NET_DIR/config.json" -v=1
	within 20 serving
	served "$text" kernel
	net_stop "$NET_PID"
}

# unheard_rows: the log's disk is full; nothing is open: the log must not go into the first socket
unheard_rows() {
	# shellcheck disable=SC2016 # the inner shell's
	unheard "the disk of the log is full" sh -c 'exec "$@" 2>/dev/full' sh
	# shellcheck disable=SC2016 # the inner shell's
	unheard "no standard files" sh -c 'exec "$@" <&- >&- 2>&-' sh
}

# No Ethernet is that small, but links are.
mtus() {
	local mtu
	for mtu in 576 68; do
		ip -n "$(net_name server)" link set client0 mtu "$mtu"
		ip -n "$(net_name client)" link set eth0 mtu "$mtu"
		row "an MTU of $mtu" kernel ''
	done
	ip -n "$(net_name server)" link set client0 mtu 1500
	ip -n "$(net_name client)" link set eth0 mtu 1500
	net_address server client0 "$SERVER6/64"
	net_address client eth0 fd53::2/64
}

machines() {
	row "one CPU" kernel '' taskset -c 0
	echo 0-255 >"$NET_DIR/possible"
	mounts "mount --bind $NET_DIR/possible /sys/devices/system/cpu/possible" "more CPUs possible than there are" kernel ''
}

serial() {
	data mesos SOA | awk '{ print $3 }'
}

# clock_step OFFSET TASK DATE: the wall clock goes, the zone and what is counted stay
clock_step() {
	local before
	before=$(serial)
	echo "$1" >"$NET_DIR/clock"
	kill -HUP "$DAEMON"
	succeeds "clock $1: the daemon's clock is that" within 10 said "^$(date -u -d "$3" +%Y-%m-%dT%H).*reread"
	task "$2" "$2.1" 0 '["172.16.4.1"]' '[]'
	becomes "clock $1: the kernel follows the cluster" 172.16.4.1 data "$2.marathon.mesos"
	matches "clock $1: from the kernel" '^kernel' "$(by_whom web.marathon.mesos)"
	equal "clock $1: userspace, too" "$WEB" "$(data +tcp web.marathon.mesos)"
	succeeds "clock $1: the serial goes on" [ $((($(serial) - before - 1) & 0xffffffff)) -lt $((1 << 31)) ]
}

clock() {
	config externalOn false xdpMode '"native"' SOAExpire 60 failoverHoldSeconds 60
	echo +0 >"$NET_DIR/clock"
	daemon env LD_PRELOAD="$FAKETIME" FAKETIME_TIMESTAMP_FILE="$NET_DIR/clock" FAKETIME_NO_CACHE=1 \
		FAKETIME_DONT_FAKE_MONOTONIC=1
	within 10 kernel_serving
	clock_step +7h later '7 hours'
	clock_step -30d earlier '-30 days'
	clock_step +0 again now
	equal "clock: nothing to say" "" "$(grep -E ' (warning|error): ' "$DAEMON_LOG")"
	daemon_stop
}

stage
few_tasks
config externalOn false xdpMode '"native"'
[ $# -gt 0 ] || set -- privileges the_kernel_lacks the_system_lacks unheard_rows mtus machines clock
for part; do
	"$part"
done
finish
