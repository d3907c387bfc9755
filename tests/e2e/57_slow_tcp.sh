#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Clients over TCP that are slow, deaf, half-closed, reset, by the thousand: UDP does not notice, in
# either plane; who behaves is served; memory and descriptors are bounded (docs/forwarding.md).
# XDNS_SLOW_CLIENTS sets how many, 2,000 unless it is given.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

CLIENTS=${XDNS_SLOW_CLIENTS:-2000}
ADDRESSES=40                 # they come from so many: 128 connections of each are taken
WORKERS=$(nproc)
MEMORY_MAX=$((18432 * WORKERS)) # KiB: what 1,024 connections of a worker keep, and what that takes
FILES_MAX=$((1024 * WORKERS + 300))

field() {
	awk -v key="$1" '$1 == key ":" { print $2 }' "/proc/$DAEMON/status"
}

files() {
	find "/proc/$DAEMON/fd" -mindepth 1 | wc -l
}

# in_background ROLE OUTPUT COMMAND...: it ends when descriptor 9 is closed
in_background() {
	local role=$1 output=$2
	shift 2
	net_exec "$role" "$@" >"$NET_DIR/$output" 2>&1 <"$NET_DIR/stop" 9>&- &
	BACKGROUND+=("$!")
}

addresses() {
	local i
	for ((i = 0; i < ADDRESSES; i++)); do
		echo "10.53.0.$((100 + i))"
	done
}

# The questions of whoever behaves: the kernel's plane, by a wire of its own, since a veth's ring has
# room for 256 frames of all who share it; userspace's (no program is on that interface); TCP.
begin_asking() {
	printf '%s\n' 'web.marathon.mesos A NOERROR 172.16.1.1 172.16.1.2 172.16.1.3' \
		'nobody.marathon.mesos A NXDOMAIN' >"$NET_DIR/names"
	in_background guest kernel build/tests/e2e/ask --server 10.53.9.1 --names "$NET_DIR/names" \
		--rate 500 --seconds 600 --until-eof
	in_background master userspace build/tests/e2e/ask --server 10.53.1.2 --names "$NET_DIR/names" \
		--rate 500 --seconds 600 --until-eof
	in_background master honest "$PYTHON" tests/e2e/honest_dns.py 10.53.1.2 web.marathon.mesos
}

slow() {
	local before after most=0 i
	before=$(field VmRSS)
	BACKGROUND=()
	mkfifo "$NET_DIR/stop"
	exec 9<>"$NET_DIR/stop"
	begin_asking
	# shellcheck disable=SC2046 # words
	in_background client slow "$PYTHON" tests/e2e/slow_dns.py "$SERVER" "$CLIENTS" $(addresses)
	for ((i = 0; i < 600; i++)); do
		[ "$(files)" -le "$most" ] || most=$(files)
		grep -q '^all' "$NET_DIR/slow" && break
		sleep 0.1
	done
	matches "$CLIENTS have come" '^all have come' "$(cat "$NET_DIR/slow")"
	sleep 3 # they drip
	after=$(field VmHWM)
	exec 9>&-
	wait "${BACKGROUND[@]:0:2}"
	equal "UDP in the kernel: none lost, none wrong" "" "$(bad "$NET_DIR/kernel")"
	equal "UDP in userspace: none lost, none wrong" "" "$(bad "$NET_DIR/userspace")"
	wait "${BACKGROUND[2]}" "${BACKGROUND[3]}"
	matches "over TCP all who behave are answered" '^asked [1-9][0-9]+ lost 0 ' "$(cat "$NET_DIR/honest")"
	memory_bounded $((after - before)) $MEMORY_MAX
	if [ "$most" -le "$FILES_MAX" ]; then ok "descriptors are bounded: $most"; else not_ok "descriptors are bounded" "$most"; fi
	grep -hE '^(sent|lost|asked|begun)' "$NET_DIR"/{kernel,userspace,honest,slow} | sed 's/^/# /'
}

# What an `ask` found to be bad.
bad() {
	grep -E '^(sent|lost|wrong)' "$1" | grep -vE '^(sent [1-9]|lost 0|wrong 0)'
	grep -q '^sent [1-9]' "$1" || cat "$1"
}

gone() {
	[ "$(files)" -le "$1" ]
}

stage
few_tasks
many_tasks 150
# shellcheck disable=SC2046 # words
net_address client eth0 $(addresses | sed 's,$,/24,')
net_add guest
net_join server guest0 guest eth0
net_address server guest0 10.53.9.1/24
net_address guest eth0 10.53.9.2/24
ip -n "$(net_name guest)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec xdp
daemon_xdp native xdpInterfaces '["client0", "guest0"]'
within 20 is "172.16.2.1" data six.marathon.mesos
FILES=$(files)
slow
succeeds "then: all are gone" within 20 gone $((FILES + 5))
equal "then: TCP" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data +tcp web.marathon.mesos)"
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: |Assert' "$DAEMON_LOG")"
daemon_stop
finish
