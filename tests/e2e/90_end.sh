#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# How it ends: by signals, killed, beside another one; and what is left then.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

attached() {
	ip -n "$(net_name server)" -d link show client0 | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

unloaded() {
	! bpftool prog show id "$1"
}

ends_by() {
	local mode=$1 signal=$2 program pin
	daemon_xdp "$mode"
	program=$(attached)
	succeeds "$mode: a program is attached" test -n "$program"
	for pin in names front records a_sets aaaa_sets srv_sets name_tails targets state counters link-client0; do
		succeeds "$mode: $pin is pinned" test -e "$BPF_DIR/$pin"
	done
	kill -USR1 "$DAEMON"
	succeeds "$mode: SIGUSR1 logs the counters" within 5 grep -q answer_a "$DAEMON_LOG"
	kill "-$signal" "$DAEMON"
	wait "$DAEMON"
	equal "$mode: SIG$signal ends it well" 0 $?
	equal "$mode, SIG$signal: no program on the interface" "" "$(attached)"
	succeeds "$mode, SIG$signal: it is unloaded" within 5 unloaded "$program"
	succeeds "$mode, SIG$signal: no pins" within 10 pins_gone
	equal "$mode, SIG$signal: nobody answers" "" "$(status +time=1 leader.mesos)"
}

grown() {
	[[ $(data web.marathon.mesos) = *172.16.1.4 ]]
}

killed_and_started() {
	daemon_xdp native
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	daemon_xdp native
	equal "killed and started again" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	task web web.4 0 '["172.16.1.4"]' '[]'
	succeeds "and it follows the cluster" within 10 grown
}

a_second_one() {
	net_start server "$NET_DIR/second.log" "$BIN" -config="$NET_DIR/config.json"
	wait "$NET_PID"
	equal "a second one beside it ends with status 1" 1 $?
	matches "and says why" 'use|listen|bind|running' "$(cat "$NET_DIR/second.log")"
	equal "the first one goes on" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	succeeds "its pins are there" test -e "$BPF_DIR/names"
	matches "a dump of the names can be read by people" '"text": "web.marathon.mesos"' \
		"$(bpftool map dump pinned "$BPF_DIR/names")"
	daemon_stop
	succeeds "no pins at the end" within 10 pins_gone
}

command_line() {
	local output
	echo '{ "masters": ["10.53.1.1:5050"], "port": "53" }' >"$NET_DIR/bad.json"
	output=$("$BIN" -config="$NET_DIR/bad.json" 2>&1)
	equal "a bad file: status 1" 1 $?
	equal "a bad file: one line" 1 "$(wc -l <<<"$output")"
	matches "a bad file: file, key and value are named" 'bad\.json.*[pP]ort.*"53"' "$output"
	matches "-version" '^[0-9]+\.[0-9]+\.[0-9]+$' "$("$BIN" -version)"
	equal "--version says the same" "$("$BIN" -version)" "$("$BIN" --version)"
	"$BIN" -nonsense >/dev/null 2>&1
	equal "an unknown flag: status 2" 2 $?
}

stage
few_tasks
for mode in native generic; do
	ends_by $mode TERM
	ends_by $mode INT
done
killed_and_started
a_second_one
command_line
finish
