#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Names outside the domain: a real upstream (NSD), a hostile one, none at all.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v nsd >/dev/null || skip_all "nsd is not installed"
"$PYTHON" -c 'import dns.message' 2>/dev/null || skip_all "python3-dnspython is not installed"

zone() {
	cat <<-'END'
		$ORIGIN example.
		$TTL 60
		@ SOA ns.example. root.example. 1 60 60 60 60
		@ NS ns.example.
		ns A 192.0.2.1
		www A 192.0.2.80
		www AAAA 2001:db8::80
		text TXT "forwarded as it is"
	END
	for ((i = 1; i <= 200; i++)); do
		echo "large A 192.0.2.$i"
	done
}

real_upstream() {
	local at transport
	daemon_xdp native timeout 1 resolvers '["10.53.2.1"]'
	for at in $SERVER $SERVER6; do
		for transport in +notcp +tcp; do
			equal "$at $transport: A" 192.0.2.80 "$(data "@$at" $transport www.example A)"
			equal "$at $transport: AAAA" 2001:db8::80 "$(data "@$at" $transport www.example AAAA)"
			equal "$at $transport: TXT" '"forwarded as it is"' "$(data "@$at" $transport text.example TXT)"
			equal "$at $transport: NXDOMAIN" NXDOMAIN "$(status "@$at" $transport nobody.example)"
			equal "$at $transport: our own" 10.53.1.1 "$(data "@$at" $transport leader.mesos A)"
		done
	done
	matches "a large answer is truncated over UDP" 'flags: qr[a-z ]* tc' "$(ask +ignore large.example A)"
	equal "and whole over TCP" 200 "$(section answer large.example A | wc -l)"
	equal "an AA of the upstream passes" 1 "$(ask www.example | grep -c 'flags: qr aa')"
	equal "DS in the domain is ours to answer" NOERROR "$(status leader.mesos DS)"
	daemon_stop
}

dead_upstreams() {
	local transport
	daemon_xdp native timeout 1 resolvers '["10.53.2.1:5399", "10.53.2.99", "10.53.2.1"]'
	equal "the next resolver after a closed port and a silent one" 192.0.2.80 "$(data +time=6 www.example A)"
	equal "the same over TCP" 192.0.2.80 "$(data +time=8 +tcp www.example A)"
	daemon_stop

	daemon_xdp native timeout 1 resolvers '["10.53.2.1:5399", "10.53.2.99"]' \
		zoneResolvers '{ "example": ["10.53.2.1"] }'
	equal "a zone's own resolver" 192.0.2.80 "$(data www.example A)"
	equal "names of a zone in any case" 192.0.2.80 "$(data WWW.eXample A)"
	equal "no resolver answers: SERVFAIL" SERVFAIL "$(status +time=6 elsewhere.test)"
	equal "no resolver answers, TCP: SERVFAIL" SERVFAIL "$(status +time=8 +tcp elsewhere.test)"
	equal "the kernel goes on meanwhile" 10.53.1.1 "$(data leader.mesos A)"
	daemon_stop

	daemon_xdp native externalOn false
	for transport in +notcp +tcp; do
		equal "externalOn false, $transport: REFUSED" REFUSED "$(status $transport www.example)"
		equal "externalOn false, $transport: our own" 10.53.1.1 "$(data $transport leader.mesos)"
	done
	daemon_stop
}

hostile_upstream() {
	local kind i
	net_stop "$NSD"
	net_start upstream "$NET_DIR/hostile.out" "$PYTHON" tests/e2e/upstream.py 10.53.2.1 "$NET_DIR/hostile.log"
	within 10 net_exec server dig +time=1 +tries=1 +short @10.53.2.1 ready.test ||
		not_ok "the hostile upstream starts" "$(cat "$NET_DIR/hostile.out")"
	daemon_xdp native timeout 1 resolvers '["10.53.2.1"]'
	for kind in wrongid wrongname wrongtype wrongport query short; do
		equal "a forged reply is not believed: $kind" 192.0.2.1 "$(data $kind.test A)"
	done
	equal "an upstream's SERVFAIL, no other to ask" SERVFAIL "$(status +time=4 servfail.test A)"
	equal "a truncated reply is asked again over TCP for a TCP client" 200 \
		"$(section answer +tcp large.test A | wc -l)"
	for ((i = 0; i < 16; i++)); do
		ask +qid=4242 "port$i.test" A >/dev/null
	done
	# that four random 16-bit numbers of 16 are alike is a chance in many millions
	i=$(awk '/port[0-9]/ { print $1 }' "$NET_DIR/hostile.log" | grep -vx 4242 | sort -u | wc -l)
	succeeds "every query has an ID of its own ($i of 16)" test "$i" -ge 13
	i=$(awk '/port[0-9]/ { print $2 }' "$NET_DIR/hostile.log" | sort -u | wc -l)
	succeeds "every query has a port of its own ($i of 16)" test "$i" -ge 13
	daemon_stop
}

stage
zone >"$NET_DIR/example.zone"
stage_nsd example "$NET_DIR/example.zone"
NSD=$NET_PID
real_upstream
dead_upstreams
hostile_upstream
finish
