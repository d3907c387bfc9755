#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The kernel outlives the daemon: killed, restarted, told to keep serving, without a master; and the
# zone ends when nobody refreshes it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# asking: starts the client that asks all the time
asking() {
	mkfifo "$NET_DIR/asking"
	exec {ASKING}<>"$NET_DIR/asking"
	rm "$NET_DIR/asking"
	net_exec client $PYTHON "$PWD/tests/e2e/paced.py" "$SERVER" leader.mesos=10.53.1.1 \
		web.marathon.mesos=172.16.1.1,172.16.1.2,172.16.1.3 nobody.marathon.mesos=NXDOMAIN \
		<&"$ASKING" >"$NET_DIR/asked" 2>&1 &
	ASKER=$!
	within 60 grep -q asking "$NET_DIR/asked"
}

# asked TEXT: ends it; nothing may be lost or wrong
asked() {
	echo >&"$ASKING"
	wait "$ASKER"
	exec {ASKING}>&-
	matches "$1: nothing lost, nothing wrong" '^asked [1-9][0-9]* lost 0 wrong 0$' "$(cat "$NET_DIR/asked")"
}

killed() {
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
}

log_says() {
	grep -qE "$1" "$DAEMON_LOG"
}

# launch: starts the daemon and does not wait for it
launch() {
	DAEMON_LOG=$NET_DIR/daemon.log
	net_start server "$DAEMON_LOG" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
}

# What the folder and the interface hold: names of pins, and how many programs and maps are behind.
pins() {
	find "$BPF_DIR" -type f -printf '%f\n' | sort | paste -sd ' '
}

program_id() {
	bpftool -j link show pinned "$BPF_DIR/link-client0" | sed 's/.*"prog_id": *\([0-9]*\).*/\1/'
}

program_changes() {
	[ "$(program_id)" != "$1" ]
}

# Ids of our programs here, and of the maps that pins and programs hold: those of this test's
# generations only, which have been noted in $NET_DIR/ids.
note_ids() {
	local map
	echo "prog $(program_id)"
	for map in "$BPF_DIR"/*; do
		bpftool -j map show pinned "$map" 2>/dev/null | sed -n 's/^{"id": *\([0-9]*\).*/map \1/p'
	done
}

alive() {
	sort -u "$NET_DIR/ids" | while read -r kind id; do
		bpftool "$kind" show id "$id" >/dev/null 2>&1 && echo "$kind $id"
	done | wc -l
}

as_many_alive() {
	[ "$(alive)" = "$1" ]
}

somebody_answers() {
	[ -n "$(status leader.mesos)" ]
}

# A sets that the program has sent, also before it was this one.
answered() {
	counters | awk '$1 == "answer_a" { print $2 }'
}

# all_counted LEAST: what the client has asked was counted, but for some frames while programs are
# exchanged; a third of its questions get no A set
all_counted() {
	local asked now
	asked=$(sed -n 's/^asked \([0-9]*\) .*/\1/p' "$NET_DIR/asked") now=$(answered)
	if [ "$now" -ge "$1" ] && [ "$now" -ge $((asked * 2 / 3 - 20 * ${XDNS_KILLS:-6})) ]; then
		echo yes
	else
		echo "$now of $asked, $1 at the last kill"
	fi
}

restarts() {
	local mode=$1 i before wanted count id answers
	daemon_xdp "$mode" externalOn false
	before=$(pins)
	note_ids >"$NET_DIR/ids"
	wanted=$(wc -l <"$NET_DIR/ids")
	asking
	answers=0
	for ((i = 0; i < ${XDNS_KILLS:-6}; i++)); do
		id=$(program_id)
		killed
		[ "$(answered)" -ge "$answers" ] || not_ok "$mode: restart $i: the counters went on from $answers" "$(answered)"
		answers=$(answered)
		launch
		within 20 program_changes "$id" || not_ok "$mode: restart $i took the program over" \
			"$(tail -20 "$DAEMON_LOG")"
		note_ids >>"$NET_DIR/ids"
	done
	asked "$mode, $i times killed and restarted"
	equal "$mode: everything is counted" yes "$(all_counted "$answers")"
	equal "$mode: the same pins" "$before" "$(pins)"
	within 20 as_many_alive "$wanted"
	count=$(alive)
	equal "$mode: as many programs and maps" "$wanted" "$count"
	matches "$mode: the kernel serves" '^kernel' "$(by_whom leader.mesos)"
	daemon_stop
	succeeds "$mode: a clean end leaves no pins" within 10 pins_gone
}

# Killed right after the start, wherever it is by then.
anywhere() {
	local i
	daemon_xdp native externalOn false
	asking
	for ((i = 0; i < 12; i++)); do
		killed
		launch
		sleep "0.0$((RANDOM % 10))"
	done
	within 20 kernel_serving || not_ok "it serves in the end" "$(tail -20 "$DAEMON_LOG")"
	asked "killed at any moment"
	daemon_stop
}

keeps() {
	daemon_xdp native externalOn false xdpKeepServing true
	asking
	daemon_stop
	equal "kept: the kernel answers alone" 10.53.1.1 "$(data leader.mesos)"
	succeeds "kept: the pins are there" test -e "$BPF_DIR/link-client0"
	daemon
	asked "xdpKeepServing, stopped and started"
	killed
}

# The pins are those of keeps(); the master is away.
without_master() {
	config xdpMode '"native"' externalOn false masters '["10.53.1.1:5999"]'
	daemon
	succeeds "no master: the zone is taken over" within 20 said 'taken over'
	matches "no master: the kernel answers" '^kernel' "$(by_whom web.marathon.mesos)"
	equal "no master: userspace answers" "172.16.1.1 172.16.1.2 172.16.1.3" \
		"$(data +tcp web.marathon.mesos)"
	equal "no master: and denies" NXDOMAIN "$(status +tcp nobody.marathon.mesos)"
	equal "no master: SRV" "0 1 5050 leader.mesos." "$(data +tcp _leader._tcp.mesos SRV)"
}

is_gone() {
	! kill -0 "$1"
}

second() {
	local pid=$DAEMON log=$NET_DIR/second.log
	net_start server "$log" "$BIN" -config="$NET_DIR/config.json" -v=1
	within 10 is_gone "$NET_PID"
	matches "a second daemon is refused by the name of the first" "PID $pid \(mesos-xdns" \
		"$(cat "$log")"
	matches "the first one serves on" '^kernel' "$(by_whom leader.mesos)"
	killed
}

# The pins of a daemon of another layout: its program answers until the new one has a zone.
other_layout() {
	local value id
	id=$(program_id)
	value=$(bpftool -j map lookup pinned "$BPF_DIR/state" key 0 0 0 0 |
		$PYTHON -c 'import json, sys; print(" ".join(["0x63"] + json.load(sys.stdin)["value"][1:]))')
	# shellcheck disable=SC2086 # octets
	bpftool map update pinned "$BPF_DIR/state" key 0 0 0 0 value $value
	asking
	config xdpMode '"native"' externalOn false
	launch
	succeeds "another layout: replaced" within 20 program_changes "$id"
	asked "another layout"
	matches "another layout: the log says so" 'cannot be taken over' "$(cat "$DAEMON_LOG")"
	daemon_stop
}

expiry() {
	daemon_xdp generic externalOn false eventStreamOn false SOAExpire 3
	killed
	succeeds "nobody is there: the kernel stops" within 20 counted pass_expired
	equal "expired: nobody answers" "" "$(status +time=1 leader.mesos)"
	config xdpMode '"generic"' externalOn false eventStreamOn false SOAExpire 3 masters '["10.53.1.1:5999"]'
	launch
	within 20 somebody_answers
	equal "restarted without master: SERVFAIL" SERVFAIL "$(status leader.mesos)"
	matches "with the reason" 'EDE: 22' "$(ask leader.mesos)"
	equal "and no denial" SERVFAIL "$(status nobody.marathon.mesos)"
	killed
	config xdpMode '"generic"' externalOn false eventStreamOn false SOAExpire 3
	daemon
	succeeds "the master is back: the kernel serves" within 20 kernel_serving
	sleep 4
	matches "and goes on, since it is heard" '^kernel' "$(by_whom leader.mesos)"
	daemon_stop
}

# counted COUNTER: a query counts there
counted() {
	[ "$(by_whom +time=1 leader.mesos)" = "userspace $1" ]
}

stage
few_tasks
restarts native
restarts generic
anywhere
keeps
without_master
second
other_layout
expiry
finish
