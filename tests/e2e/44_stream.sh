#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The master's event stream: what happens is in the zone at once, without a document; what becomes
# of it when the stream fails.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# State documents that the master has served.
documents() {
	times_said 'mesos: state from'
}

events() {
	local before
	succeeds "the stream is followed" within 15 said 'subscribed to 10.53.1.1:5050'
	becomes "what was there before is served" "172.16.1.1 172.16.1.2 172.16.1.3" data web.marathon.mesos
	before=$(documents)
	task web web.4 0 '["172.16.1.4"]' '[]'
	becomes "a task starts" "172.16.1.1 172.16.1.2 172.16.1.3 172.16.1.4" data web.marathon.mesos
	equal "and the kernel has it" "kernel answer_a" "$(by_whom web.marathon.mesos)"
	sim_post stop '{"id": "web.4"}'
	becomes "a task ends" "172.16.1.1 172.16.1.2 172.16.1.3" data web.marathon.mesos
	sim_post move '{"task": "six.1", "address": "172.16.2.9"}'
	becomes "a task's address changes" 172.16.2.9 data six.marathon.mesos
	sim_post stop '{"name": "six"}'
	becomes "a name ends" NXDOMAIN status six.marathon.mesos
	equal "and the kernel denies it" "kernel answer_nxdomain" "$(by_whom six.marathon.mesos)"
	sim_post agent '{"add": 1}'
	becomes "an agent comes" yes has_agent 10.64.0.4
	sim_post agent '{"remove": 3}'
	becomes "and goes" no has_agent 10.64.0.4
	equal "all that without a document" "$before" "$(documents)"
}

has_agent() {
	if [[ " $(data slave.mesos) " == *" $1 "* ]]; then echo yes; else echo no; fi
}

# Where a framework is the stream does not say: a document does.
frameworks() {
	sim_post framework '{"add": "fresh"}'
	becomes "a new framework has its address" NOERROR status fresh.mesos
	becomes "and its SRV" 1 srv_count _framework._tcp.fresh.mesos
	sim_post framework '{"rename": "fresh", "to": "stale"}'
	becomes "renamed, it is found by its new name" NOERROR status stale.mesos
	becomes "and not by the old one" NXDOMAIN status fresh.mesos
	sim_post framework '{"remove": "stale"}'
	becomes "it goes" NXDOMAIN status stale.mesos
}

srv_count() {
	ask +short "$1" SRV | wc -l
}

# fault TEXT OPTIONS UNDO: the stream breaks, and is followed again; nothing is missed
fault() {
	local before
	NUMBER=$((NUMBER + 1))
	before=$(times_said 'subscribed to')
	sim_post options "$2"
	task "hit$NUMBER" "hit.$NUMBER" 0 "[\"172.16.7.$NUMBER\"]" '[]'
	succeeds "$1: the log says so" within 30 more_said 'no event stream' "$LOST"
	LOST=$(times_said 'no event stream')
	sim_post options "$3"
	becomes "$1: the change is not missed" "172.16.7.$NUMBER" data "hit$NUMBER.marathon.mesos"
	succeeds "$1: the stream is followed again" within 60 more_said 'subscribed to' "$before"
	LOST=$(times_said 'no event stream')
	task "after$NUMBER" "after.$NUMBER" 0 "[\"172.16.8.$NUMBER\"]" '[]'
	becomes "$1: and heard" "172.16.8.$NUMBER" data "after$NUMBER.marathon.mesos"
}

faults() {
	NUMBER=0 LOST=0
	fault "a record cut short" '{"stream_fault": "cut"}' '{"stream_fault": null}'
	fault "garbage" '{"stream_fault": "garbage"}' '{"stream_fault": null}'
	fault "a wrong length" '{"stream_fault": "long"}' '{"stream_fault": null}'
	fault "an end" '{"stream_fault": "end"}' '{"stream_fault": null}'
	fault "silence" '{"stream_silence": true}' '{"stream_silence": false}'
}

unsupported() {
	daemon_stop
	sim_post options '{"stream_status": 404}'
	config refreshSeconds 1
	daemon
	succeeds "no such API: the log says so" within 15 said 'no event stream: .*404'
	task polled polled.1 0 '["172.16.9.1"]' '[]'
	becomes "and documents are fetched" 172.16.9.1 data polled.marathon.mesos
	daemon_stop
	sim_post options '{"stream_status": 200}'
	config refreshSeconds 1 eventStreamOn false
	daemon
	task polled2 polled.2 0 '["172.16.9.2"]' '[]'
	becomes "eventStreamOn false: documents, too" 172.16.9.2 data polled2.marathon.mesos
	equal "and no subscription" 0 "$(times_said 'subscribed to')"
}

# What the stream has not said a document finds, and the log says it.
reconciled() {
	daemon_stop
	config refreshSeconds 3600 reconcileSeconds 2
	daemon
	succeeds "the stream is followed" within 15 said 'subscribed to'
	task calm calm.1 0 '["172.16.9.9"]' '[]'
	becomes "documents beside it change nothing" 172.16.9.9 data calm.marathon.mesos
	succeeds "they are fetched" within 15 more_said 'mesos: state from' 3
	equal "and nothing was missed" 0 "$(times_said 'had missed')"
}

stage --tasks 0 --agents 3 --heartbeat 1
few_tasks
config xdpMode '"native"' refreshSeconds 3600
daemon
succeeds "the kernel serves" within 10 kernel_serving
events
frameworks
faults
unsupported
reconciled
daemon_stop
finish
