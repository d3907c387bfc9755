#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Masters are elected, come up empty, and go away, with and without ZooKeeper; every name that was
# alive before is answered right throughout.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
SIM_CONTROL=10.53.1.1:6000
MASTERS='["10.53.1.1:5050", "10.53.1.3:5050", "10.53.1.4:5050"]'

# Tasks on every agent; what must be answered, whatever happens.
tasks() {
	local i
	: >"$NET_DIR/names"
	for i in 0 1 2 3 4 5; do
		task "app$i" "app.$i" "$i" "[\"172.16.5.$i\"]" "[3100$i, 3100$i]"
		echo "app$i.marathon.mesos A NOERROR 172.16.5.$i" >>"$NET_DIR/names"
	done
	echo "none.marathon.mesos A NXDOMAIN" >>"$NET_DIR/names"
	echo "app0.marathon.mesos AAAA NOERROR" >>"$NET_DIR/names"
}

waiting() {
	sim_get stats | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["agents"])'
}

# Everything below is asked about meanwhile.
elections() {
	asking_start
	succeeds "the events of the leader are followed" within 20 said 'subscribed to 10.53.1.1:5050'
	equal "it leads" 10.53.1.1 "$(data leader.mesos)"
	sim_post elect '{"master": 1, "empty": true, "down": true}'
	becomes "another one is elected, empty: the zone has it" 10.53.1.3 data leader.mesos
	succeeds "what it does not know is held" within 20 said 'does not know 6 tasks'
	equal "its tasks are answered" 172.16.5.3 "$(data app3.marathon.mesos)"
	equal "its agents, too" 6 "$(data slave.mesos | wc -w)"
	sim_post agent '{"register": 3}'
	becomes "three agents are back" 3 waiting
	sim_post agent '{"register": 3}'
	succeeds "all are back: the hold is over" within 30 said 'hold over \(everything is known'
	asking_end "all in-domain answers were right during the election"
	sim_post stop '{"id": "app.5"}'
	becomes "a task that ends afterwards is gone" NXDOMAIN status app5.marathon.mesos
}

# The same master again, in another life, without one of its agents.
restart() {
	local before
	before=$(times_said 'another master leads')
	asking_start
	sim_post elect '{"master": 2, "empty": true, "reregister": 50, "lost": 1}'
	succeeds "a restarted master is another master" within 20 more_said 'another master leads' "$before"
	becomes "five agents are back" 5 waiting
	asking_end "all in-domain answers were right during the restart"
	succeeds "an agent that never comes back is let go" within 40 said 'hold over \(failoverHoldSeconds'
	becomes "and its task with it" 5 answered
}

answered() {
	local i n=0
	for i in 0 1 2 3 4 5; do
		[ "$(status "app$i.marathon.mesos")" = NOERROR ] && n=$((n + 1))
	done
	echo "$n"
}

away() {
	local before
	task app5 app.5b 5 '["172.16.5.5"]' '[31005, 31005]'
	becomes "the task is there again" 172.16.5.5 data app5.marathon.mesos
	asking_start
	before=$(times_said 'mesos: state again')
	for i in 1 2; do sim_post down "{\"master\": $i}"; done
	succeeds "all masters are away: the log says so" within 20 said 'keeping the previous zone'
	sleep 2
	equal "the names are answered" 172.16.5.1 "$(data app1.marathon.mesos)"
	sim_post up '{"master": 2, "empty": true, "reregister": 20}'
	succeeds "one is back" within 30 more_said 'mesos: state again' "$before"
	becomes "and leads" 10.53.1.4 data leader.mesos
	asking_end "all in-domain answers were right without any master"
}

# The daemon, too, is another one by the time a master is elected that knows nothing.
both() {
	asking_start
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	sim_post elect '{"master": 0, "empty": true, "down": true}'
	daemon
	succeeds "a daemon that takes a zone over knows that it was another master's" within 20 \
		said 'zone in the maps is from another master'
	becomes "who leads now is in the zone" 10.53.1.1 data leader.mesos
	equal "what it does not know is answered" 172.16.5.3 "$(data app3.marathon.mesos)"
	sim_post agent '{"register": 3}'
	becomes "three agents are back" 3 waiting
	sim_post agent '{"register": 3}'
	succeeds "all are back: nothing is held" within 30 said 'hold over \(everything is known'
	asking_end "all in-domain answers were right while daemon and master were replaced"
	sim_post up '{"master": 2}'
}

stage --listen 10.53.1.3:5050 --listen 10.53.1.4:5050 --control $SIM_CONTROL --tasks 0 --agents 6 \
	--heartbeat 2
tasks
config masters "$MASTERS" xdpMode '"native"' refreshSeconds 3600 failoverHoldSeconds 12
daemon
succeeds "the kernel serves" within 10 kernel_serving
elections
away
both
restart
daemon_stop
finish
