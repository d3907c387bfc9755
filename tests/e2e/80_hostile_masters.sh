#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Each kind of state document in docs/hostile.md, to the daemon: what becomes of it is what that page says, in
# one line of the log; both planes answer on as before; and when the master behaves, its change is taken.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
PAGE=docs/hostile.md MASTER=10.53.1.3

# kinds: of each row "KIND<tab>WORDS": what the log has to say; no words: the document is used
kinds() {
	sed -nE -e 's/^\| \x60(.*)\x60 \| refused: "\.\.\. (.*) \.\.\." \|$/\1\t\2/p' \
		-e 's/^\| \x60(.*)\x60 \| used.*/\1\t/p' "$PAGE"
}

master_start() {
	mkfifo "$NET_DIR/tell" "$NET_DIR/told"
	net_exec master "$PYTHON" tests/unit/hostile_masters.py "$MASTER" 5050 <"$NET_DIR/tell" >"$NET_DIR/told" &
	NET_PIDS+=($!)
	exec 7<>"$NET_DIR/told" 8>"$NET_DIR/tell"
	read -r -t 20 _ <&7 || not_ok "the master starts"
}

# tell TASK KIND: what the master does from now on, and the name of its task
tell() {
	local said
	echo "task $1: $2" >&8
	read -r -t 20 said <&7
	[ "$said" = ok ] || not_ok "the master is told: $2" "$said"
}

# A reload with another timeout asks for a document at once.
ask_now() {
	config masters "[\"$MASTER:5050\"]" eventStreamOn false stateMaxBytes 1048576 xdpMode '"native"' \
		stateTimeoutSeconds "$1"
	kill -HUP "$DAEMON"
}

# since LINE REGEX: lines of the log behind that one
since() {
	tail -n "+$(($1 + 1))" "$DAEMON_LOG" | grep -aE "$2"
}

# planes NAME: who answers by UDP, and the address by TCP, from userspace: "kernel answer_a, ADDRESS"
planes() {
	echo "$(by_whom "$1"), $(data +tcp "$1")"
}

# wrong_lines WORDS LINE: what of the log does not belong there
wrong_lines() {
	local lines
	lines=$(since "$2" ' (warning|error|mesos: state again)|(warning|error): ')
	if [ -n "$1" ]; then
		[ "$(grep -c . <<<"$lines")" -eq 1 ] && grep -qF -- "$1" <<<"$lines" && return
	else
		grep -v 'unusable parts left out' <<<"$lines" | grep -q . || return 0
	fi
	echo "the log: $lines"
}

# try KIND WORDS: WORDS empty: its document is used. What one kind ends with is what the next begins with.
try() {
	local line old=task$NUMBER seconds=20
	NUMBER=$((NUMBER + 1))
	line=$(wc -l <"$DAEMON_LOG")
	[[ $2 != *'in time'* ]] || seconds=1
	tell "task$NUMBER" "$1"
	# never the timeout from before
	ask_now $((seconds + NUMBER % 2))
	if [ -z "$2" ]; then
		becomes "$1: it is used" 10.0.0.1 data "task$NUMBER.marathon.mesos"
		equal "$1: without a complaint" '' "$(wrong_lines "$2" "$line")"
		return
	fi
	within 10 since "$line" 'keeping the previous zone'
	equal "$1: both planes answer on" "kernel answer_a, 10.0.0.1" "$(planes "$old.marathon.mesos")"
	equal "$1: nothing of it is taken" NXDOMAIN "$(status "task$NUMBER.marathon.mesos")"
	equal "$1: one line says why" '' "$(wrong_lines "$2" "$line")"
	tell "task$NUMBER" "well behaved"
	becomes "$1: the next document is taken" 10.0.0.1 data "task$NUMBER.marathon.mesos"
}

stage
master_start
NUMBER=0
tell task0 "well behaved"
config masters "[\"$MASTER:5050\"]" eventStreamOn false stateMaxBytes 1048576 xdpMode '"native"' stateTimeoutSeconds 60
daemon
within 20 kernel_serving
equal "the zone before" "kernel answer_a, 10.0.0.1" "$(planes task0.marathon.mesos)"
while IFS=$'\t' read -r kind words; do
	try "$kind" "$words" </dev/null
done < <(kinds)
equal "and both planes have the last one" "kernel answer_a, 10.0.0.1" "$(planes "task$NUMBER.marathon.mesos")"
equal "every row of the page was tried" "$(grep -c $'^| \x60' "$PAGE")" "$NUMBER"
daemon_stop
finish
