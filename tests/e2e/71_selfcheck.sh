#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Somebody writes to the maps: xdnsctl diff says what differs, the daemon finds it, repairs it and
# counts it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# key NAME: its key in the map `names`, as bpftool wants octets
key() {
	bpftool -j map dump pinned "$BPF_DIR/names" | jq -r --arg name "$1" \
		'.[] | select(.formatted.value.text == $name) | .key | join(" ")'
}

# record NAME: its number
record() {
	bpftool -j map dump pinned "$BPF_DIR/names" | jq -r --arg name "$1" \
		'.[].formatted.value | select(.text == $name) | .record'
}

metric() {
	net_exec server curl -s http://127.0.0.1:8123/metrics | awk -v m="mesos_xdns_$1" '$1 == m { print $2 }'
}

# diffed OPTION...: what xdnsctl says, and its exit status
diffed() {
	net_exec server "$CTL" -d "$BPF_DIR" -c "$NET_DIR/config.json" "$@" diff 2>&1
	echo "status $?"
}

is_equal() {
	diffed | sed 's/: .*//' | paste -sd ' '
}

# Damages, and asks before the daemon has repaired it.
seen() {
	local i
	for i in 1 2 3 4 5; do
		redirect six.marathon.mesos svc.marathon.mesos
		DIFF=$(diffed)
		JSON=$(diffed --json)
		[[ $DIFF = *"status 1" && $JSON = *"status 1" ]] && return
		within 20 is "$i" metric xdp_check_wrong_total
	done
}

# value RECORD: octets of an entry, without a text
value() {
	printf '%d %d %d %d' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
	printf ' 0%.0s' {1..68}
}

# For while something is damaged: the daemon stands still, so it cannot repair too early.
damaged() {
	kill -STOP "$DAEMON"
	"$@"
	kill -CONT "$DAEMON"
}

delete() {
	# shellcheck disable=SC2046 # octets
	bpftool map delete pinned "$BPF_DIR/names" key $(key "$1")
}

redirect() {
	# shellcheck disable=SC2046
	bpftool map update pinned "$BPF_DIR/names" key $(key "$1") value $(value "$(record "$2")")
}

add() {
	# shellcheck disable=SC2046
	bpftool map update pinned "$BPF_DIR/names" key 1 2 3 4 5 6 7 8 value $(value "$(record "$1")")
}

repaired() {
	becomes "$1" "$3" metric "xdp_check_$2_total"
}

stage
few_tasks
daemon_xdp native httpOn true
within 20 is 172.16.3.1 data svc.marathon.mesos
within 20 said 'subscribed to'
within 10 is 200 net_exec server curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8123/ready
becomes "the maps are the zone" "equal status 0" is_equal

seen
matches "diff: a record that is not in the maps" '^only in the zone  six.marathon.mesos. A 172.16.2.1$' "$DIFF"
matches "diff: an entry that leads elsewhere" '^entries of names that lead nowhere.*: 1$' "$DIFF"
equal "diff: the same as JSON" '["six.marathon.mesos. A 172.16.2.1","six.marathon.mesos. AAAA fd00:16::1"] 1' \
	"$(sed '$d' <<<"$JSON" | jq -c -r '"\(.onlyInZone) \(.broken)"')"
becomes "it is put right" "equal status 0" is_equal
wrong=$(metric xdp_check_wrong_total)

before=$(record web.marathon.mesos)
damaged delete web.marathon.mesos
repaired "a name that is missing is put back" missing 1
equal "as it was" "$before" "$(record web.marathon.mesos)"
damaged redirect six.marathon.mesos svc.marathon.mesos
repaired "a name with another's record is put right" wrong $((wrong + 1))
damaged add six.marathon.mesos
repaired "an entry of no name is taken out" extra 1
succeeds "it is gone" [ -z "$(bpftool map lookup pinned "$BPF_DIR/names" key 1 2 3 4 5 6 7 8 2>/dev/null | grep value)" ]
succeeds "the log says so" said 'xdp: the maps differed from the zone: 1 names missing'
equal "the names are answered: missing" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data web.marathon.mesos)"
equal "wrong" 172.16.2.1 "$(data six.marathon.mesos)"
becomes "the maps are the zone again" "equal status 0" is_equal
walks=$(metric xdp_check_walks_total)
more_walks() {
	[ "$(metric xdp_check_walks_total)" -gt $((walks + 1)) ]
}
succeeds "it goes on" within 20 more_walks
equal "and finds nothing more" "1 $((wrong + 1)) 1 0" \
	"$(metric xdp_check_missing_total) $(metric xdp_check_wrong_total) $(metric xdp_check_extra_total) $(metric xdp_check_front_total)"
daemon_stop
finish
