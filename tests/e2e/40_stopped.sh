#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The daemon stopped dead (SIGSTOP): every question in the domain has its answer from the kernel.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

stage
few_tasks
many_tasks 90
for mode in native generic; do
	daemon_xdp $mode externalOn false
	kill -STOP "$DAEMON"
	within 5 grep -q '^State:.*T' "/proc/$DAEMON/status" || not_ok "$mode: the daemon is stopped"
	for at in $SERVER $SERVER6; do
		while read -r query expected; do
			# shellcheck disable=SC2086 # a query is several words
			equal "$mode, $at, stopped: $query" "$expected" "$(data "@$at" ${query//,/ })"
		done <<-'END'
			leader.mesos,A 10.53.1.1
			web.marathon.mesos,A 172.16.1.1 172.16.1.2 172.16.1.3
			six.marathon.mesos,AAAA fd00:16::1
			_leader._tcp.mesos,SRV 0 1 5050 leader.mesos.
		END
		while read -r query expected; do
			# shellcheck disable=SC2086
			equal "$mode, $at, stopped: $query" "$expected" "$(status "@$at" ${query//,/ })"
		done <<-'END'
			mesos,SOA NOERROR
			leader.mesos,AAAA NOERROR
			_tcp.marathon.mesos,A NOERROR
			nobody.marathon.mesos,A NXDOMAIN
			nobody.marathon.mesos,SRV NXDOMAIN
		END
		# shellcheck disable=SC2086
		matches "$mode, $at, stopped: a large set is truncated" 'flags: qr aa tc' \
			"$(ask "@$at" $ROOM +ignore many.marathon.mesos A)"
	done
	equal "$mode, stopped: outside the domain nobody answers" "" "$(status +time=1 example.com)"
	kill -CONT "$DAEMON"
	equal "$mode: running again" REFUSED "$(status +tries=3 example.com)"
	daemon_stop
done
finish
