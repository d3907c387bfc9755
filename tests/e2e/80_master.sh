#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The master changes, fails, moves, wants a password: what the zone makes of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# complaints REGEX: how many lines of the log match
complaints() {
	grep -cE "$1" "$DAEMON_LOG"
}

more_complaints() {
	[ "$(complaints "$1")" -gt "$2" ]
}

# spoiled TEXT OPTIONS REASON UNDO: documents that must change nothing
spoiled() {
	local before
	NUMBER=$((NUMBER + 1))
	before=$(complaints "$3")
	sim_post options "$2"
	task "late$NUMBER" "late.$NUMBER" 0 "[\"172.16.7.$NUMBER\"]" '[]'
	if within 12 more_complaints "$3" "$before"; then
		ok "$1: the log gives the reason"
	else
		not_ok "$1: the log gives the reason" "$(tail -5 "$DAEMON_LOG")"
	fi
	equal "$1: the zone is as before" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
	equal "$1: nothing came in" NXDOMAIN "$(status "late$NUMBER.marathon.mesos")"
	sim_post options "$4"
	becomes "$1: and it goes on" "172.16.7.$NUMBER" data "late$NUMBER.marathon.mesos"
}

changes() {
	task web web.4 0 '["172.16.1.4"]' '[]'
	becomes "a task starts" "172.16.1.1 172.16.1.2 172.16.1.3 172.16.1.4" data web.marathon.mesos
	equal "and the kernel has it" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	sim_post stop '{"id": "web.4"}'
	becomes "a task ends" "172.16.1.1 172.16.1.2 172.16.1.3" data web.marathon.mesos
	sim_post stop '{"name": "six"}'
	becomes "a name ends" NXDOMAIN status six.marathon.mesos
	equal "and the kernel denies it" "kernel answer_nxdomain" "$(by_whom six.marathon.mesos)"
	task six six.2 0 '["172.16.2.2"]' '[]'
	becomes "and comes again" 172.16.2.2 data six.marathon.mesos
}

# Most of the tasks gone at once, and no election: a document that says so is not believed at first.
collapse() {
	many_tasks 30
	becomes "thirty tasks more" 30 answers many.marathon.mesos
	sim_post stop '{"name": "many"}'
	succeeds "all gone at once: the log doubts it" within 20 said 'lacks 30 of [0-9]+ tasks at once; keeping'
	becomes "the next document is believed" NXDOMAIN status many.marathon.mesos
	equal "it was doubted once" 1 "$(times_said 'tasks at once; keeping')"
	equal "the others are there" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
}

answers() {
	ask +tcp +short "$1" | wc -l
}

failures() {
	NUMBER=0
	spoiled "status 503" '{"status": 503}' 503 '{"status": 200}'
	spoiled "a document cut short" '{"truncate": 300}' 'trunc|short|incomplete|transfer|partial|end of' \
		'{"truncate": null}'
	spoiled "no leader" '{"no_leader": true}' leader '{"no_leader": false}'
	spoiled "a document that drips" '{"drip": 20}' '[tT]ime|[sS]low' '{"drip": 0}'
	spoiled "a master that thinks too long" '{"delay": 4}' '[tT]ime' '{"delay": 0}'
}

# For a daemon that will have no zone.
daemon_unready() {
	DAEMON_LOG=$NET_DIR/daemon.log
	net_start server "$DAEMON_LOG" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
}

first_fetch() {
	sim_post options '{"status": 500}'
	config eventStreamOn false stateTimeoutSeconds 2 refreshSeconds 60
	daemon_unready
	becomes "no zone yet: SERVFAIL at once" SERVFAIL status leader.mesos
	equal "no zone yet: over TCP, too" SERVFAIL "$(status +tcp leader.mesos)"
	matches "no zone yet: EDE 14 says so" 'EDE: 14|OPT=15: 00 0e' "$(ask leader.mesos)"
	sim_post options '{"status": 200}'
	becomes "the first fetch is tried again before the next tick" 10.53.1.1 data leader.mesos
	daemon_stop
}

masters() {
	sim_post options '{"old": true}'
	daemon_xdp native
	equal "a master that knows only /state.json" 10.53.1.1 "$(data leader.mesos)"
	daemon_stop
	sim_post options '{"old": false, "user": "ops:s3cret"}'
	daemon_xdp native mesosAuthentication '"basic"' \
		mesosCredentials '{"principal": "ops", "secret": "s3cret"}'
	equal "basic authentication" 10.53.1.1 "$(data leader.mesos)"
	equal "the secret is not logged" 0 "$(complaints s3cret)"
	daemon_stop
	sim_post options '{"user": null}'

	net_start master "$NET_DIR/sim2.log" tools/mesos-sim --listen 10.53.1.3:5051 --tasks 0 --agents 7 --seed 2
	within 10 net_exec master curl -sf http://10.53.1.3:5051/sim/stats
	sim_post options '{"redirect": "10.53.1.3:5051"}'
	daemon_xdp native
	equal "the leader a standby redirects to" 7 "$(section answer slave.mesos | wc -l)"
	daemon_stop
	sim_post options '{"redirect": null, "leader": "10.53.1.3:5051"}'
	daemon_xdp native
	equal "the leader a standby names" 7 "$(section answer slave.mesos | wc -l)"
	equal "its own port" "0 1 5051 leader.mesos." "$(data _leader._tcp.mesos SRV)"
	daemon_stop
	sim_post options '{"leader": null}'
	config eventStreamOn false masters '["10.53.1.1:5999", "10.53.1.1:5050"]'
	daemon
	equal "the second master when the first is gone" 3 "$(section answer slave.mesos | wc -l)"
	daemon_stop
}

# certificate NAME: NET_DIR/NAME.pem and NAME.key, for the master's address
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext subjectAltName=IP:10.53.1.1 \
		-keyout "$NET_DIR/$1.key" -out "$NET_DIR/$1.pem" 2>/dev/null
}

tls() {
	certificate sim
	certificate other
	net_start master "$NET_DIR/sim3.log" tools/mesos-sim --listen 10.53.1.1:5443 --tasks 0 --agents 5 \
		--tls "$NET_DIR/sim.pem" "$NET_DIR/sim.key"
	config eventStreamOn false masters '["10.53.1.1:5443"]' mesosHTTPSOn true caCertFile "\"$NET_DIR/sim.pem\""
	daemon
	equal "HTTPS, verified" 5 "$(section answer slave.mesos | wc -l)"
	daemon_stop
	config eventStreamOn false masters '["10.53.1.1:5443"]' mesosHTTPSOn true caCertFile "\"$NET_DIR/other.pem\""
	daemon_unready
	becomes "HTTPS, another CA: no zone" SERVFAIL status leader.mesos
	succeeds "HTTPS, another CA: the log says so" within 5 more_complaints 'SSL|certificate|TLS' 0
	daemon_stop
}

stage
few_tasks
daemon_xdp native eventStreamOn false stateTimeoutSeconds 2
changes
collapse
failures
daemon_stop
first_fetch
masters
tls
finish
