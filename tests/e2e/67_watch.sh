#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# /v1/watch on the daemon: what happens in the cluster is told, and nothing is lost by hanging up;
# clients that do not read.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip_all "jq is not installed"
API=http://$SERVER:8123

# watch_start QUERY [CURL-ARGUMENTS...]: follows; what it is told comes to $NET_DIR/told
watch_start() {
	local query=$1
	shift
	net_start client "$NET_DIR/told" curl -sN "$@" "$API/v1/watch$query"
	WATCH=$NET_PID
}

# events JQ-FILTER: what the filter makes of all changes so far, one a line
events() {
	sed -n 's/^data: //p' "$NET_DIR/told" | jq -c "select(.name) | $1"
}

# of NAME: what became of its A set, step by step, sorted
of() {
	events "select(.name == \"$1\" and .type == \"A\") | [(.old | sort), (.new | sort)]" | paste -sd ' '
}

resets() {
	grep -c '^event: reset' "$NET_DIR/told"
}

# The last id in $NET_DIR/told.
last_id() {
	sed -n 's/^id: //p' "$NET_DIR/told" | tail -1
}

last_reset() {
	sed -n '/^event: reset/,/^$/s/^data: //p' "$NET_DIR/told" | tail -1
}

serial() {
	net_exec client curl -s "$API/v1/axfr" | jq .Serial
}

told_something() {
	[ -s "$NET_DIR/told" ]
}

# A task starts, moves and ends.
life() {
	watch_start ''
	within 20 told_something
	equal "a fresh client is to fetch the zone" "{\"serial\": $(serial), \"reason\": \"start\"}" "$(last_reset)"
	task web web.4 0 '["172.16.1.4"]' '[31004]'
	becomes "a start" '[["172.16.1.1","172.16.1.2","172.16.1.3"],["172.16.1.1","172.16.1.2","172.16.1.3","172.16.1.4"]]' \
		of web.marathon.mesos.
	equal "with its SRV" '[3,4]' "$(events 'select(.name == "_web._tcp.marathon.mesos.") | [(.old | length), (.new | length)]')"
	sim_post move '{"task": "web.4", "address": "172.16.1.44"}'
	within 20 is 2 moves
	equal "a move" '[["172.16.1.1","172.16.1.2","172.16.1.3","172.16.1.4"],["172.16.1.1","172.16.1.2","172.16.1.3","172.16.1.44"]]' \
		"$(of web.marathon.mesos. | cut -d' ' -f2)"
	sim_post stop '{"id": "web.4"}'
	within 20 is 3 moves
	equal "an end" '[["172.16.1.1","172.16.1.2","172.16.1.3","172.16.1.44"],["172.16.1.1","172.16.1.2","172.16.1.3"]]' \
		"$(of web.marathon.mesos. | cut -d' ' -f3)"
	becomes "the serial is the zone's" "$(serial)" last_serial
	equal "no reset but the first" 1 "$(resets)"
}

moves() {
	of web.marathon.mesos. | wc -w
}

last_serial() {
	events .serial | tail -1
}

# The client is away while something happens.
resume() {
	local id serial
	id=$(last_id) serial=$(serial)
	net_stop "$WATCH"
	task away away.1 0 '["172.16.5.1"]' '[]'
	becomes "away: it starts" 172.16.5.1 data away.marathon.mesos
	sim_post stop '{"id": "away.1"}'
	becomes "away: it ends" NXDOMAIN status away.marathon.mesos
	watch_start '' -H "Last-Event-ID: $id"
	becomes "by Last-Event-ID nothing is missed" '[[],["172.16.5.1"]] [["172.16.5.1"],[]]' of away.marathon.mesos.
	net_stop "$WATCH"
	equal "without a reset" 0 "$(resets)"
	watch_start "?serial=$serial"
	becomes "nor by serial" '[[],["172.16.5.1"]] [["172.16.5.1"],[]]' of away.marathon.mesos.
	net_stop "$WATCH"
	equal "without a reset, too" 0 "$(resets)"
	watch_start "?serial=$((serial - 1000000))"
	within 20 told_something
	equal "too old: a reset" "{\"serial\": $(serial), \"reason\": \"lost\"}" "$(last_reset)"
	net_stop "$WATCH"
	watch_start '' -H "Last-Event-ID: ${id#*-}-${id%-*}"
	within 20 told_something
	equal "another daemon's id: a reset" "{\"serial\": $(serial), \"reason\": \"lost\"}" "$(last_reset)"
	net_stop "$WATCH"
}

filters() {
	watch_start "?name=six.marathon.mesos&type=aaaa"
	within 20 told_something
	task six six.2 0 '["172.16.2.2", "fd00:16::2"]' '[]'
	becomes "name and type" '["six.marathon.mesos.","AAAA",2]' events '[.name, .type, (.new | length)]'
	net_stop "$WATCH"
	equal "a type that is not told" 400 "$(code "/v1/watch?type=TXT")"
	equal "a serial that is none" 400 "$(code "/v1/watch?serial=x")"
	equal "a name that is none" 400 "$(code "/v1/watch?name=..")"
	equal "HEAD" "200 text/event-stream" "$(code /v1/watch -I -w '%{http_code} %{content_type}')"
}

# code PATH [CURL-ARGUMENTS...]: the status
code() {
	local path=$1
	shift
	net_exec client curl -s --max-time 20 -o /dev/null -w '%{http_code}' "$@" "$API$path"
}

# Changes by the hundred while a client hangs up again and again.
replay() {
	local replay before
	before=$(changes)
	mkfifo "$NET_DIR/replay.stop"
	net_exec client "$PYTHON" tests/e2e/watch_replay.py "$API" <"$NET_DIR/replay.stop" >"$NET_DIR/replay" &
	replay=$!
	exec 8>"$NET_DIR/replay.stop"
	within 20 grep -q following "$NET_DIR/replay"
	sim_post events '{"rate": 100, "seconds": 2}'
	within 30 paced $((before + 200))
	exec 8>&-
	wait "$replay"
	results "replay: " grep -v '^#' "$NET_DIR/replay"
}

# ctl_start ARGUMENTS...: xdnsctl watch; what it prints comes to $NET_DIR/told
ctl_start() {
	net_start client "$NET_DIR/told" "$CTL" --url "$API" "$@"
	WATCH=$NET_PID
}

printed() {
	grep -qE -- "$1" "$NET_DIR/told"
}

# xdnsctl follows, also while the daemon is started again.
follower() {
	ctl_start watch
	succeeds "xdnsctl: from when on" within 20 printed '^# serial [0-9]+: changes from here on$'
	task ctl ctl.1 0 '["172.16.6.1"]' '[]'
	succeeds "xdnsctl: a name comes" within 20 printed '^[0-9]+ ctl\.marathon\.mesos\. A \+172\.16\.6\.1$'
	sim_post move '{"task": "ctl.1", "address": "172.16.6.2"}'
	succeeds "xdnsctl: it moves" within 20 printed '^[0-9]+ ctl\.marathon\.mesos\. A -172\.16\.6\.1 \+172\.16\.6\.2$'
	daemon_stop
	succeeds "xdnsctl: the daemon is away" within 20 printed 'asking again$'
	daemon
	succeeds "xdnsctl: and there again" within 20 printed '^# serial [0-9]+: changes before it were lost$'
	sim_post stop '{"id": "ctl.1"}'
	succeeds "xdnsctl: the name goes" within 20 printed '^[0-9]+ ctl\.marathon\.mesos\. A -172\.16\.6\.2$'
	net_stop "$WATCH"
	ctl_start --json watch six.marathon.mesos AAAA
	within 20 told_something
	task six six.9 0 '["172.16.2.9", "fd00:16::9"]' '[]'
	succeeds "xdnsctl: JSON, one name, one type" within 20 printed '"type": "AAAA", "old": \[.*\], "new": \['
	equal "xdnsctl: lines are objects" 2 "$(jq -c . "$NET_DIR/told" | wc -l)"
	net_stop "$WATCH"
	ctl_start watch 'a b'
	succeeds "xdnsctl: no name" within 20 printed 'is no name'
}

changes() {
	sim_get stats | jq .changes
}

# paced NUMBER: so many changes have been made
paced() {
	[ "$(changes)" -ge "$1" ]
}

stage --tasks 0 --agents 3
few_tasks
daemon_xdp native httpOn true refreshSeconds 3600
within 20 is 172.16.2.1 data six.marathon.mesos
succeeds "the stream is followed" within 15 said 'subscribed to 10.53.1.1:5050'
life
resume
filters
replay
follower
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: |Assert' "$DAEMON_LOG")"
daemon_stop
finish
