#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every kind of record over IPv4 and IPv6, UDP and TCP, by three programs that
# know nothing of each other, with XDP native, generic and in auto mode.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# lookup PROGRAM FAMILY TRANSPORT NAME TYPE: the answers' data, sorted, in one line
lookup() {
	local at=$SERVER
	[ "$2" = 6 ] && at=$SERVER6
	case $1$3 in
	digudp) net_exec client dig +notcp +time=2 +tries=1 +short "@$at" "$4" "$5" ;;
	digtcp) net_exec client dig +tcp +time=2 +tries=1 +short "@$at" "$4" "$5" ;;
	kdigudp) net_exec client kdig +notcp +time=2 +retry=0 +short "@$at" "$4" "$5" ;;
	kdigtcp) net_exec client kdig +tcp +time=2 +retry=0 +short "@$at" "$4" "$5" ;;
	drilludp) net_exec client drill "@$at" "$4" "$5" | drill_short "$5" ;;
	drilltcp) net_exec client drill -t "@$at" "$4" "$5" | drill_short "$5" ;;
	esac | sort | paste -sd ' '
}

drill_short() {
	awk -v type="$1" '/ANSWER SECTION/ { on = 1; next } /SECTION/ { on = 0 }
		on && $4 == type { $1 = $2 = $3 = $4 = ""; sub(/^ +/, ""); print }'
}

everything() {
	local mode=$1 program family transport where name type expected
	for program in dig kdig drill; do
		for family in 4 6; do
			for transport in udp tcp; do
				where="$mode $program IPv$family $transport"
				while read -r name type expected; do
					equal "$where: $name $type" "$expected" \
						"$(lookup $program $family $transport "$name" "$type")"
				done <<-END
					leader.mesos A 10.53.1.1
					master0.mesos A 10.53.1.1
					slave.mesos A 10.64.0.1 10.64.0.2 10.64.0.3
					marathon.mesos A 10.64.0.1
					web.marathon.mesos A 172.16.1.1 172.16.1.2 172.16.1.3
					WEB.Marathon.Mesos A 172.16.1.1 172.16.1.2 172.16.1.3
					web.marathon.slave.mesos A 10.64.0.1 10.64.0.2 10.64.0.3
					six.marathon.mesos A 172.16.2.1
					six.marathon.mesos AAAA fd00:16::1
					_leader._tcp.mesos SRV 0 1 5050 leader.mesos.
					_slave._tcp.mesos SRV 0 1 5051 slave.mesos.
					_framework._tcp.marathon.mesos SRV 0 1 15000 marathon.mesos.
					mesos NS ns1.mesos.
					1.3.16.172.in-addr.arpa PTR svc.marathon.mesos.
					leader.mesos AAAA
					nobody.marathon.mesos A
				END
			done
		done
	done
}

details() {
	local mode=$1
	matches "$mode: SRV of a DiscoveryInfo port" \
		'^_http\._svc\._tcp\.marathon\.mesos\. 60 IN SRV 0 1 8080 svc-[a-z0-9]{5}-s1\.marathon\.mesos\.$' \
		"$(section answer _http._svc._tcp.marathon.mesos SRV)"
	matches "$mode: SRV of a udp port" ' SRV 0 1 5353 svc-[a-z0-9]{5}-s1\.marathon\.mesos\.$' \
		"$(section answer _svc._udp.marathon.mesos SRV)"
	matches "$mode: the target's address comes with it" \
		'^svc-[a-z0-9]{5}-s1\.marathon\.mesos\. 60 IN A 172\.16\.3\.1$' \
		"$(section additional _http._svc._tcp.marathon.mesos SRV)"
	equal "$mode: three SRV of a resource port" 3 "$(section answer _web._tcp.marathon.mesos SRV | wc -l)"
	equal "$mode: NODATA" NOERROR "$(status leader.mesos AAAA)"
	equal "$mode: NODATA of an empty non-terminal" NOERROR "$(status _tcp.marathon.mesos A)"
	equal "$mode: NXDOMAIN" NXDOMAIN "$(status nobody.marathon.mesos A)"
	matches "$mode: the SOA is the apex's" '^mesos\. 60 IN SOA ns1\.mesos\. root\.ns1\.mesos\. [0-9]+ 60 600 86400 60$' \
		"$(section authority nobody.marathon.mesos A)"
	matches "$mode: SOA of the apex" '^mesos\. 60 IN SOA ns1\.mesos\. ' "$(section answer mesos SOA)"
	matches "$mode: the question is echoed as it was asked" 'lEaDeR.MesoS\.' "$(ask +noall +question lEaDeR.MesoS A)"
	matches "$mode: flags" 'flags: qr aa rd ra;' "$(ask leader.mesos A)"
	matches "$mode: flags without RD" 'flags: qr aa ra;' "$(ask +norec leader.mesos A)"
	matches "$mode: EDNS for EDNS" 'EDNS: version: 0, flags:; udp: 1232' "$(ask +edns=0 +nocookie leader.mesos A)"
	matches "$mode: DO is echoed" 'EDNS: version: 0, flags: do; udp: 1232' "$(ask +dnssec +nocookie leader.mesos A)"
	equal "$mode: no EDNS without EDNS" 0 "$(ask +noedns leader.mesos A | grep -c EDNS)"
	equal "$mode: BADVERS" BADVERS "$(status +edns=1 +noednsnegotiation leader.mesos A)"
	equal "$mode: ANY over TCP has the data" 172.16.2.1 \
		"$(ask +tcp six.marathon.mesos ANY | awk '$4 == "A" { print $5 }')"
	equal "$mode: ANY over UDP is short" 1 "$(section answer +notcp six.marathon.mesos ANY | wc -l)"

	# 90 addresses: 16 octets each do not go into 1232, nor into 512
	matches "$mode: too large for UDP: TC" 'flags: qr aa tc rd ra;' "$(ask +ignore many.marathon.mesos A)"
	matches "$mode: too large without EDNS: TC" 'flags: qr aa tc rd ra;' \
		"$(ask +ignore +noedns many.marathon.mesos A)"
	equal "$mode: all of it over TCP" 90 "$(section answer many.marathon.mesos A | wc -l)"
	equal "$mode: the order changes" yes \
		"$(for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			ask +short web.marathon.mesos A | head -1
		done | sort -u | wc -l | sed 's/^[23]$/yes/')"
}

who() {
	local mode=$1 expected query
	# shellcheck disable=SC2086 # three options
	equal "$mode: a truncated answer by the kernel, where there is room" "kernel answer_truncated" \
		"$(by_whom $ROOM many.marathon.mesos A +ignore)"
	# 700 octets less header, question and OPT
	# shellcheck disable=SC2086
	matches "$mode: and what it is like" 'flags: qr aa tc rd ra;.* ANSWER: 40,' \
		"$(ask $ROOM many.marathon.mesos A +ignore)"
	while read -r query expected; do
		# shellcheck disable=SC2086 # a query is several words
		equal "$mode: $query is answered by the $expected" "$expected" "$(by_whom ${query//,/ })"
	done <<-'END'
		leader.mesos,A kernel answer_a
		six.marathon.mesos,AAAA kernel answer_aaaa
		_web._tcp.marathon.mesos,SRV,+nocookie kernel answer_srv
		leader.mesos,AAAA kernel answer_nodata
		_tcp.marathon.mesos,A kernel answer_nodata
		nobody.marathon.mesos,A kernel answer_nxdomain
		many.marathon.mesos,A,+ignore userspace pass_room
		@fd53::1,leader.mesos,A kernel answer_a
		leader.mesos,CH,A userspace pass_qclass
		leader.mesos,A,+edns=1,+noednsnegotiation userspace pass_edns_version
		example.com,A userspace pass_outside
	END
}

stage
few_tasks
many_tasks 90
for mode in native generic auto; do
	daemon_xdp $mode reverseDnsOn true externalOn false
	expected=$mode
	# the veth's peer is in another namespace: nobody can know that it runs XDP
	[ $mode = auto ] && expected='(native|generic)'
	matches "$mode: the log says how it is attached" "xdp: client0 $expected" "$(cat "$DAEMON_LOG")"
	if [ $mode != auto ]; then
		everything $mode
		details $mode
	fi
	who $mode
	daemon_stop
done
finish
