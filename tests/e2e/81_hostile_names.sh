#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Tasks and frameworks whose names are up to no good: nobody gets a name that is not his, and nothing
# of them gets into a log, JSON, metrics or a terminal as it is (docs/hostile.md).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

LONG=$(printf 'x%.0s' {1..300})
# As they stand in JSON.
NAMES=("$LONG" '\ud83d\udca9' 'a\r\nb: error: forged' '\u001b]0;title\u0007\u001b[31mred' '\\\"quoted\"'
	'../../etc/passwd' '<script>alert(1)</script>' 'leader' 'master' 'slave' 'ns1' '_tcp' '*' '.' '-' '\u0000nul'
	'\u202egnp.exe' '%s%n%x' '{\"a\": 1}' 'mesos_xdns_up 1\nforged 2')

hostile_tasks() {
	local name i=0
	for name in "${NAMES[@]}"; do
		i=$((i + 1))
		sim_post start "{\"framework\": \"marathon\", \"name\": \"$name\", \"id\": \"hostile.$i\", \"agent\": 0,
			\"ips\": [\"172.16.66.$i\"], \"ports\": []}"
		sim_post start "{\"framework\": \"$name\", \"name\": \"inner\", \"id\": \"inner.$i\", \"agent\": 0,
			\"ips\": [\"172.16.67.$i\"], \"ports\": []}"
	done
	task last last.1 0 '["172.16.65.1"]' '[]'
	becomes "they have come" 172.16.65.1 data last.marathon.mesos
}

# controls FILE...: lines with control characters other than tabs
controls() {
	LC_ALL=C grep -anP '[\x00-\x08\x0b-\x1f\x7f]' "$@" | cat -v | head -5
}

http() {
	net_exec client curl -s --max-time 20 "http://$SERVER:8123/$1" >"$NET_DIR/body"
}

reserved() {
	equal "leader is the daemon's own" 10.53.1.1 "$(data leader.mesos)"
	equal "master is" 10.53.1.1 "$(data master.mesos)"
	equal "slave is" "$SLAVES" "$(data slave.mesos)"
	equal "the name server is" "$SOA" "$(data mesos SOA | cut -d' ' -f1,2)"
	equal "in userspace, too" 10.53.1.1 "$(data +tcp leader.mesos)"
	equal "the others are as before" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
}

told() {
	local path
	equal "the log: no control characters, nothing forged" "" "$(controls "$DAEMON_LOG")"
	equal "the log: every line is one of the daemon's" "" "$(grep -vE '^[0-9T:.-]+Z [a-z]+: ' "$DAEMON_LOG" | head -3)"
	for path in v1/enumerate v1/conflicts v1/axfr v1/config v1/explain/last.marathon.mesos v1/hosts/web.marathon.mesos.; do
		http "$path"
		succeeds "/$path: is JSON" jq -e . "$NET_DIR/body"
		equal "/$path: no control characters" "" "$(controls "$NET_DIR/body")"
	done
	http metrics
	equal "/metrics: no line that is none" "" \
		"$(grep -vE '^(#.*|mesos_xdns_[a-z_]+(\{.*\})? [0-9.eE+NaInf-]+)$' "$NET_DIR/body" | head -3)"
	http ""
	equal "the page: no markup of theirs" 0 "$(grep -c 'alert(1)' "$NET_DIR/body")"
	build/xdnsctl --bpf-dir "$BPF_DIR" dump >"$NET_DIR/body" 2>&1
	succeeds "xdnsctl dump has said something" grep -q last.marathon.mesos "$NET_DIR/body"
	equal "xdnsctl dump: no control characters" "" "$(controls "$NET_DIR/body")"
	net_exec client build/xdnsctl --url "http://$SERVER:8123" explain last.marathon.mesos >"$NET_DIR/body" 2>&1
	succeeds "xdnsctl explain has said something" grep -q 172.16.65.1 "$NET_DIR/body"
	equal "xdnsctl explain: no control characters" "" "$(controls "$NET_DIR/body")"
}

command -v jq >/dev/null || skip_all "jq is not installed"
stage
few_tasks
daemon_xdp native httpOn true
within 20 is 172.16.2.1 data six.marathon.mesos
SLAVES=$(data slave.mesos) SOA=$(data mesos SOA | cut -d' ' -f1,2)
hostile_tasks
reserved
told
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|Assert' "$DAEMON_LOG")"
daemon_stop
finish
