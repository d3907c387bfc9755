#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# xdnsctl capture, top and diff: frames of the XDP path, and the maps against the zone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ctl() {
	net_exec server "$CTL" --bpf-dir "$BPF_DIR" "$@"
}

# live ARGUMENTS...: starts it in the background; $LIVE is its pid, $NET_DIR/live its output
live() {
	nsenter --net="/run/netns/$(net_name server)" "$CTL" --bpf-dir "$BPF_DIR" "$@" \
		>"$NET_DIR/live" 2>"$NET_DIR/live.err" 9>&- &
	LIVE=$!
	NET_PIDS+=("$LIVE")
}

link_program() {
	bpftool -j link show pinned "$BPF_DIR/link-client0" | grep -oE '"prog_id":[0-9]+' | tr -dc 0-9
}

daemons_program() {
	[ "$(link_program)" = "$PROGRAM" ]
}

other_program() {
	! daemons_program
}

# looking WHAT: until the frames pass it
looking() {
	within 10 other_program || not_ok "$1 stands before the program" "$(cat "$NET_DIR/live.err")"
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

# live_ended STATUS TEXT
live_ended() {
	local status
	within 10 ended "$LIVE" || kill "$LIVE"
	wait "$LIVE"
	status=$?
	equal "$2" "$1" "$status"
	within 10 daemons_program
	equal "$2: and the daemon's program is alone again" "$PROGRAM" "$(link_program)"
}

questions() {
	ask +noedns web.marathon.mesos >/dev/null
	ask +noedns "@$SERVER6" nobody.mesos >/dev/null
	ask +noedns example.com >/dev/null
	ask +noedns _web._tcp.marathon.mesos SRV >/dev/null
}

# What tshark says of the captured frames; it takes a second to start.
read_capture() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -T fields \
		-E separator=' ' -e frame.comment -e frame.packet_flags_direction \
		-e frame.verdict.ebpf_xdp -e dns.qry.name -e dns.flags.response -e frame.packet_id \
		-e udp.checksum.status -e _ws.malformed 2>/dev/null >"$NET_DIR/fields"
}

capture_file() {
	live capture -w "$NET_DIR/capture" --count 4
	looking capture
	matches "$1: a second look is refused" 'another xdnsctl looks' "$(ctl capture 2>&1)"
	questions
	live_ended 0 "$1: capture ends after four frames"
	if ! command -v tshark >/dev/null; then
		skip "$1: tshark reads the file" "tshark is not installed"
		return
	fi
	read_capture "$NET_DIR/capture"
	equal "$1: questions and answers, with outcome, direction and verdict" "answer_a 0x00000001 3 web.marathon.mesos 0
answer_a 0x00000002 3 web.marathon.mesos 1
answer_nxdomain 0x00000001 3 nobody.mesos 0
answer_nxdomain 0x00000002 3 nobody.mesos 1
pass_outside 0x00000001 2 example.com 0
answer_srv 0x00000001 3 _web._tcp.marathon.mesos 0
answer_srv 0x00000002 3 _web._tcp.marathon.mesos 1" "$(cut -d' ' -f1-5 "$NET_DIR/fields")"
	equal "$1: question and answer share a number, which no other has" "1 2 2 2" \
		"$(cut -d' ' -f6 "$NET_DIR/fields" | sort | uniq -c | awk '{ print $1 }' | sort | paste -sd ' ')"
	equal "$1: the answers' checksums are right" "1 1 1" \
		"$(awk '$5 == 1 { print $7 }' "$NET_DIR/fields" | paste -sd ' ')"
	equal "$1: none is malformed" "" "$(cut -d' ' -f8 "$NET_DIR/fields" | tr -d '\n')"
}

capture_lines() {
	live capture --count 2 --name WEB.marathon.mesos
	looking capture
	questions
	questions
	live_ended 0 "capture of one name ends after two frames"
	equal "only questions for it" 2 "$(grep -cE '^[0-9:.]+ client0 10\.53\.0\.2#[0-9]+ web\.marathon\.mesos\. A answer_a [0-9]+ -> [0-9]+$' "$NET_DIR/live")"
	equal "and no other line" 2 "$(wc -l <"$NET_DIR/live")"
	live --json capture --count 2 --reason pass_outside,answer_nxdomain
	looking capture
	questions
	live_ended 0 "capture of two outcomes ends"
	equal "JSON, a line each" '["answer_nxdomain", "pass_outside"]' "$($PYTHON -c 'import json, sys
print(json.dumps([json.loads(l)["outcome"] for l in sys.stdin]))' <"$NET_DIR/live")"
	# of all that is passed, which may be neighbours' questions of the network as well
	live --json capture --count 1 --reason pass
	looking capture
	questions
	live_ended 0 "capture of what is passed ends"
	matches "which is one of several outcomes" '"outcome": *"pass_' "$(cat "$NET_DIR/live")"
	matches "no such outcome" 'no counter' "$(ctl capture --reason answer_b 2>&1)"
	matches "no such name" 'no domain name' "$(ctl capture --name a..b 2>&1)"
}

# What is captured of 20 questions at one frame of ten
capture_sampled() {
	local n i
	live capture --every 10 --seconds 30
	looking capture
	for i in 1 2 3 4 5; do questions; done
	kill -TERM "$LIVE"
	live_ended 0 "a sampled capture ends when it is told to"
	n=$(wc -l <"$NET_DIR/live")
	succeeds "and has some of the frames ($n of 20)" test "$n" -lt 20
}

# The process is killed: what stands before the program goes with it, and nothing is lost meanwhile.
killed() {
	echo "web.marathon.mesos A +" >"$NET_DIR/names"
	asking_start
	live capture
	looking capture
	kill -KILL "$LIVE"
	within 10 daemons_program
	wait "$LIVE" 2>/dev/null
	equal "killed: the daemon's program is alone again" "$PROGRAM" "$(link_program)"
	asking_end "killed: no answer was lost or wrong, before and after"
	matches "killed: and the kernel answers" '^kernel' "$(by_whom leader.mesos)"
}

# asks RATE LINE: in the background, until all ends
asks() {
	echo "$2" >"$NET_DIR/asks.$1"
	net_start client "$NET_DIR/asks.log.$1" build/tests/e2e/ask --server "$SERVER" \
		--names "$NET_DIR/asks.$1" --rate "$1" --seconds 60
	CROWD+=("$NET_PID")
}

# At known shares: 6, 3 and 1 of ten.
crowd() {
	CROWD=()
	asks 240 "leader.mesos A NOERROR 10.53.1.1"
	asks 120 "web.marathon.mesos A NOERROR 172.16.1.1 172.16.1.2 172.16.1.3"
	asks 40 "nobody.mesos A NXDOMAIN"
}

# last JQ-EXPRESSION: of the last second that top has told
last() {
	tail -1 "$NET_DIR/live" | jq -c "$1"
}

top() {
	crowd
	live --config "$NET_DIR/config.json" --json top --seconds 3
	looking top
	ask +tcp leader.mesos >/dev/null
	live_ended 0 "top ends after its time"
	equal "top: who is asked for most, in order" '["leader.mesos.","web.marathon.mesos.","nobody.mesos."]' \
		"$(last '[.names[:3][].name]')"
	equal "top: with about these shares" '[true,true,true]' \
		"$(last '[(.names[0].share > 40), (.names[1].share | . > 15 and . < 45), (.names[2].share | . > 2 and . < 25)]')"
	equal "top: outcomes add up to the kernel's answers" true \
		"$(last '([.framesASecond | to_entries[] | select(.key | startswith("answer_")) | .value] | add) - .answersASecond.kernel | . < 0.01 and . > -0.01')"
	equal "top: the kernel answers all of it" true "$(last '.kernelPercent > 99')"
	live --config "$NET_DIR/config.json" top --seconds 1
	live_ended 0 "top as text"
	matches "the zone" '^mesos\. serial [0-9]+, heard ' "$(cat "$NET_DIR/live")"
	matches "rates by plane" '^answers a second  kernel +[0-9.]+   udp +0\.0   tcp +[0-9.]+ ' "$(cat "$NET_DIR/live")"
	matches "names" '^ +[0-9.]+ %  leader\.mesos\.$' "$(cat "$NET_DIR/live")"
	live top
	looking top
	kill -KILL "$LIVE"
	wait "$LIVE" 2>/dev/null
	succeeds "top is killed: the daemon's program is alone again" within 10 daemons_program
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	live --config "$NET_DIR/config.json" top --seconds 1
	live_ended 0 "top without the daemon"
	matches "says what it lacks" "userspace: the daemon's HTTP API does not answer" "$(cat "$NET_DIR/live")"
	matches "and what the kernel answers" '^answers a second  kernel +[1-9]' "$(cat "$NET_DIR/live")"
	for pid in "${CROWD[@]}"; do net_stop "$pid"; done
	equal "nothing was lost meanwhile, and nothing wrong" "lost 0 lost 0 lost 0 wrong 0 wrong 0 wrong 0" \
		"$(sed -nE 's/^((lost|wrong) [0-9]+).*/\1/p' "$NET_DIR"/asks.log.* | sort | paste -sd ' ')"
}

stage
few_tasks
for mode in native generic; do
	daemon_xdp $mode externalOn false
	PROGRAM=$(link_program)
	capture_file $mode
	[ $mode = generic ] || daemon_stop
done
capture_lines
capture_sampled
killed
kill -KILL "$DAEMON"
wait "$DAEMON" 2>/dev/null
capture_file "without the daemon"
rm -r "$BPF_DIR"
daemon_xdp native httpOn true
PROGRAM=$(link_program)
top
finish
