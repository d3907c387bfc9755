#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What tshark says of our packets, as they arrive at the client.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v tshark >/dev/null || skip_all "tshark is not installed"
ANSWERS='dns.flags.response == 1 && (udp.srcport == 53 || tcp.srcport == 53)'

# judged FILTER: how many of the captured answers it picks
judged() {
	tshark -n -r "$CAPTURE" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -Y "$ANSWERS && ($1)" 2>/dev/null | wc -l
}

captured() {
	[ "$(judged dns)" -ge "$1" ]
}

capturing() {
	ask leader.mesos >/dev/null
	captured 1
}

questions() {
	local at edns name
	for at in $SERVER $SERVER6; do
		for edns in +edns=0 +noedns; do
			for name in "leader.mesos A" "web.marathon.mesos A" "six.marathon.mesos AAAA" \
				"_web._tcp.marathon.mesos SRV" "_http._svc._tcp.marathon.mesos SRV" \
				"many.marathon.mesos A" "leader.mesos AAAA" "nobody.marathon.mesos A" \
				"mesos SOA" "mesos NS" "leader.mesos TXT" "example.com A"; do
				# shellcheck disable=SC2086 # two words
				ask "@$at" $edns +ignore $name >/dev/null
			done
		done
		ask "@$at" +tcp many.marathon.mesos A >/dev/null
	done
}

stage
few_tasks
many_tasks 90
for mode in native generic; do
	CAPTURE=$NET_DIR/$mode.pcap
	daemon_xdp $mode externalOn false
	# Userspace's own packets cross a veth with their checksums still to be filled in.
	net_exec server ethtool -K client0 tx off >/dev/null 2>&1
	net_start client "$NET_DIR/tshark.log" tshark -n -i eth0 -w "$CAPTURE"
	within 20 capturing || not_ok "$mode: tshark captures" "$(cat "$NET_DIR/tshark.log")"
	questions
	within 10 captured 51
	net_stop "$NET_PID"
	succeeds "$mode: every answer is in the capture ($(judged dns))" captured 51
	equal "$mode: none is malformed" 0 "$(judged '_ws.malformed || _ws.expert.severity == error')"
	equal "$mode: no bad IP checksum" 0 "$(judged 'ip.checksum.status == 0')"
	equal "$mode: no bad UDP or TCP checksum" 0 \
		"$(judged 'udp.checksum.status == 0 || tcp.checksum.status == 0')"
	equal "$mode: every checksum was verified" "$(judged dns)" \
		"$(judged 'udp.checksum.status == 1 || tcp.checksum.status == 1')"
	equal "$mode: no trailing bytes" 0 "$(judged 'eth.trailer && frame.len > 60')"
	daemon_stop
done
finish
