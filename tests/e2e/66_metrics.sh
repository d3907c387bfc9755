#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The counts are true: known numbers of queries, answered by the kernel, by userspace over UDP and
# TCP, and by a resolver; every counter adds up. XDNS_QUERIES=500000 asks that many over UDP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v nsd >/dev/null || skip_all "nsd is not installed"
command -v dnsperf >/dev/null || skip_all "dnsperf is not installed"

# metric NAME
metric() {
	net_exec client curl -s --max-time 20 "http://$SERVER:8123/metrics" |
		grep -F "mesos_xdns_$1 " | grep -v '^#' | cut -d' ' -f2-
}

others() {
	local before bytes
	within 20 is 1 metric stream_connected
	equal "the stream is connected" 1 "$(metric stream_connected)"
	equal "names, as the log says" "$(grep -oE 'zone: [0-9]+ names' "$DAEMON_LOG" | tail -1 | tr -dc 0-9)" \
		"$(metric zone_names)"
	equal "the program's interface" 1 "$(metric 'xdp_interface{interface="client0",mode="native"}')"
	equal "the index has the zone's names" "$(metric zone_names) $(metric zone_names)" \
		"$(metric 'xdp_map_used{map="names"}') $(metric 'xdp_map_used{map="front"}')"
	before=$(metric stream_events_total)
	bytes=$(metric stream_bytes_total)
	task late late.1 0 '["172.16.5.1"]' '[]'
	becomes "a task starts" 172.16.5.1 data late.marathon.mesos
	becomes "its event is counted" yes more_than "$before" stream_events_total
	becomes "its octets are counted" yes more_than "$bytes" stream_bytes_total
	becomes "the zone is young" yes less_than 20 zone_age_seconds
	equal "each event was timed" "$(metric stream_events_total)" "$(metric event_served_seconds_count)"
	if command -v promtool >/dev/null; then
		net_exec client curl -s "http://$SERVER:8123/metrics" >"$NET_DIR/metrics"
		succeeds "promtool has nothing to say" promtool check metrics <"$NET_DIR/metrics"
	else
		skip "promtool has nothing to say" "promtool is not installed (Debian package prometheus)"
	fi
}

# more_than NUMBER METRIC
# shellcheck disable=SC2317 # it is called: by becomes
more_than() {
	if [ "$(metric "$2")" -gt "$1" ]; then echo yes; else echo no; fi
}

# less_than NUMBER METRIC
# shellcheck disable=SC2317 # it is called: by becomes
less_than() {
	metric "$2" | awk -v limit="$1" '{ print ($1 < limit) ? "yes" : "no" }'
}

stage
cat >"$NET_DIR/example.zone" <<-'END'
	$ORIGIN example.
	$TTL 60
	@ SOA ns root 1 60 60 60 60
	@ NS ns
	ns A 192.0.2.1
	*.www A 192.0.2.80
END
stage_nsd example "$NET_DIR/example.zone"
few_tasks
many_tasks 60
daemon_xdp native httpOn true reverseDnsOn true resolvers '["10.53.2.1"]' timeout 60
within 20 is 5353 eval 'data _dns._svc._udp.marathon.mesos SRV | cut -d" " -f3'
within 20 is 60 eval 'data +tcp many.marathon.mesos A | wc -w'
results "" net_exec client "$PYTHON" tests/e2e/counted.py "$SERVER" "${XDNS_QUERIES:-50000}" "$NET_DIR"
others
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: .*Assert' "$DAEMON_LOG")"
daemon_stop
finish
