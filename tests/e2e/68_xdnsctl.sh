#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# xdnsctl: what it says while the daemon lives, and after it was killed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ctl() {
	net_exec server "$CTL" --bpf-dir "$BPF_DIR" "$@"
}

# exits TEXT STATUS ARGUMENTS...: of ctl; $NET_DIR/out and err have what it said
exits() {
	local text=$1 expected=$2 status
	shift 2
	ctl "$@" >"$NET_DIR/out" 2>"$NET_DIR/err"
	status=$?
	if [ $status = "$expected" ]; then ok "$text"; else not_ok "$text" "xdnsctl $*: exit status $status
$(cat "$NET_DIR/out" "$NET_DIR/err")"; fi
}

# says TEXT STATUS REGEX ARGUMENTS...: on stdout, or on stderr if it fails
says() {
	local text=$1 status=$2 regex=$3
	shift 3
	exits "$text: exit status" "$status" "$@"
	matches "$text" "$regex" "$(cat "$NET_DIR/out" "$NET_DIR/err")"
}

# json TEXT EXPRESSION ARGUMENTS...: is it true of the output d?
json() {
	local text=$1 expression=$2 output
	shift 2
	ctl --json "$@" >"$NET_DIR/out" 2>"$NET_DIR/err"
	if output=$($PYTHON -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval("(" + sys.argv[2] + ")") else json.dumps(d))' "$NET_DIR/out" "$expression" 2>&1); then
		ok "$text"
	else
		not_ok "$text" "not true: $expression
$output
$(cat "$NET_DIR/err")"
	fi
}

# records NAME TYPE: of xdnsctl, as section() has dig's
records() {
	ctl lookup "$@" | grep -v '^;' | tr -s '\t ' ' ' | sort
}

lookups() {
	local when=$1 name type
	while read -r name type; do
		equal "$when: $name $type as dig has it" "$(cat "$NET_DIR/dig.$name.$type")" \
			"$(records "$name" "$type")"
	done <"$NET_DIR/questions"
	says "$when: by the program" 0 '^;; NOERROR, zone mesos\. serial [0-9]+, by the program$' \
		lookup WEB.Marathon.Mesos
	says "$when: a set too large for a message comes from the maps" 0 'read from the maps' \
		lookup many.marathon.mesos
	equal "$when: all of it" 120 "$(records many.marathon.mesos A | grep -c 172.16.9)"
	says "$when: NXDOMAIN" 1 '^;; NXDOMAIN,' lookup nobody.marathon.mesos
	says "$when: NODATA" 1 '^;; NODATA,' lookup web.marathon.mesos AAAA
	says "$when: not the kernel's type" 3 'pass_qtype' lookup web.marathon.mesos TXT
	says "$when: not the zone's" 3 'pass_outside' lookup example.org
	json "$when: JSON" 'd["status"] == "NOERROR" and d["source"] == "program" and d["passed"] is None
		and sorted(r["data"] for r in d["answer"]) == ["172.16.1.1", "172.16.1.2", "172.16.1.3"]
		and {r["type"] for r in d["answer"]} == {"A"}' lookup web.marathon.mesos
	json "$when: JSON has the targets, too" 'len(d["answer"]) == 1 and d["additional"][0]["data"] == "10.53.1.1"' \
		lookup _leader._tcp.mesos SRV
	json "$when: JSON of a name that is not" 'd["status"] == "NXDOMAIN" and d["answer"] == []
		and d["authority"][0]["type"] == "SOA"' lookup nobody.mesos
}

# What dig gets from the kernel, to compare with.
questions() {
	cat >"$NET_DIR/questions" <<-END
		leader.mesos A
		web.marathon.mesos A
		six.marathon.mesos AAAA
		_leader._tcp.mesos SRV
		_http._svc._tcp.marathon.mesos SRV
		mesos SOA
	END
	while read -r name type; do
		section answer "$name" "$type" >"$NET_DIR/dig.$name.$type"
	done <"$NET_DIR/questions"
}

counts() {
	local when=$1 before
	before=$(ctl counters | awk '$1 == "answer_a" { print $2 }')
	ctl lookup leader.mesos >/dev/null
	says "$when: counters" 0 "^answer_a $((before + 1))\$" counters
	json "$when: counters as JSON" "d['answer_a'] >= $((before + 1)) and d['drop_write'] == 0" counters
}

# screen WHEN DAEMON(regex)
screen() {
	local when=$1 daemon=$2
	says "$when: status has the zone" 0 '^zone +mesos\.  serial [0-9]+  [0-9]+ names, [0-9]+ records$' \
		-i 0.1 status
	matches "$when: and that it is served" '^ +serving, heard [0-9.]+ (s|min) ago, expires in' "$(cat "$NET_DIR/out")"
	matches "$when: and whether the daemon runs" "^daemon +$daemon" "$(cat "$NET_DIR/out")"
	matches "$when: and the interface" '^interfaces +client0 +generic +veth +mtu 1500$' "$(cat "$NET_DIR/out")"
	matches "$when: and the addresses" "^addresses +.*$SERVER.*  port 53\$" "$(cat "$NET_DIR/out")"
	matches "$when: and the map of large sets" '^  a_sets +[0-9]+ +8 +[0-9]+% +[0-9]+$' "$(cat "$NET_DIR/out")"
	matches "$when: and counters" '^  answer_a +[0-9]+ +[0-9]+\.[0-9]   A set sent$' "$(cat "$NET_DIR/out")"
	COLUMNS=40 ctl -i 0.1 status >"$NET_DIR/out"
	equal "$when: a narrow terminal cuts the lines" 40 "$(wc -L <"$NET_DIR/out")"
	json "$when: status as JSON" 'd["zone"]["domain"] == "mesos." and d["zone"]["state"] == "serving"
		and d["zone"]["complete"] and d["interfaces"][0]["name"] == "client0"
		and d["interfaces"][0]["mode"] == "generic" and d["port"] == 53 and "'$SERVER'" in d["addresses"]
		and [m["used"] for m in d["maps"] if m["name"] == "names"] == [d["zone"]["names"]]
		and d["counters"]["answer_a"]["count"] > 0 and d["program"]["seen"]' -i 0.1 status
}

daemon_pid() {
	ctl --json -i 0.1 status | $PYTHON -c 'import json, sys; print(json.load(sys.stdin)["daemon"]["pid"])'
}

dump() {
	local when=$1 name type
	exits "$when: dump" 0 dump
	mv "$NET_DIR/out" "$NET_DIR/zone"
	succeeds "$when: NSD takes the dump" nsd-checkzone mesos "$NET_DIR/zone"
	if [ -x "$(command -v named-checkzone)" ]; then
		succeeds "$when: BIND takes the dump" named-checkzone mesos "$NET_DIR/zone"
	else
		skip "$when: BIND takes the dump" "no named-checkzone"
	fi
	while read -r name type; do
		equal "$when: the dump has $name $type" "$(cat "$NET_DIR/dig.$name.$type")" \
			"$(tr -s '\t' ' ' <"$NET_DIR/zone" | grep -E "^$name\. [0-9]+ IN $type " | sort)"
	done <"$NET_DIR/questions"
	equal "$when: and all of a large set" 120 "$(grep -cP '^many.marathon.mesos.\t.*\tA\t' "$NET_DIR/zone")"
	json "$when: the dump as JSON" "len(d['records']) == $(grep -vc '^;' "$NET_DIR/zone")
		and d['complete'] and [r['type'] for r in d['records'][:2]] == ['SOA', 'NS']" dump
}

check_config() {
	says "a good configuration" 0 'config.json: good$' check-config "$NET_DIR/config.json"
	json "as JSON" 'd["good"] and d["error"] is None' check-config "$NET_DIR/config.json"
	echo '{"masters": ["10.53.1.1:5050"], "tttl": 5}' >"$NET_DIR/warned.json"
	says "one with a slip" 0 '^warning: .*unknown key "tttl" .*did you mean "ttl"' check-config "$NET_DIR/warned.json"
	json "as JSON, too" 'd["good"] and len(d["warnings"]) == 1' check-config "$NET_DIR/warned.json"
	echo '{"masters": ["10.53.1.1:5050"], "ttl": "5"}' >"$NET_DIR/bad.json"
	says "a bad one" 1 '^error: .*bad.json: ttl = "5": .*; allowed:' check-config "$NET_DIR/bad.json"
	json "a bad one as JSON" 'not d["good"] and "ttl" in d["error"]' check-config "$NET_DIR/bad.json"
	says "one that is not there" 1 '^error: .*nowhere.json' check-config "$NET_DIR/nowhere.json"
}

misuse() {
	says "no command" 2 'a command is missing' --
	says "no such command" 2 'no such command: lokup' lokup leader.mesos
	says "no such option" 2 'unrecognized option' --frob lookup leader.mesos
	says "no name" 2 'argument is missing: NAME \[TYPE\]' lookup
	says "too many words" 2 'too many arguments' counters now
	says "no domain name" 2 '"a\.\.b" is no domain name' lookup a..b
	says "no type" 2 '"AAAAA" is no type' lookup leader.mesos AAAAA
	says "no interval" 2 'interval and --seconds take seconds' --interval 0 counters
	says "no such configuration" 2 'no-such-file' --config "$NET_DIR/no-such-file" counters
	says "help" 0 '^  lookup NAME \[TYPE\]  ' --help
}

no_pins() {
	local command
	for command in "$@"; do
		# shellcheck disable=SC2086 # a command and its arguments
		says "no pins: $command" 2 "$BPF_DIR: no maps .* start the daemon .*--bpf-dir" $command
	done
}

zone_is_there() {
	[ "$(data +tcp many.marathon.mesos | wc -w)" = 120 ] && kernel_serving
}

stage
few_tasks
many_tasks 120
no_pins "lookup leader.mesos" status dump counters
daemon_xdp generic externalOn false
within 20 zone_is_there || not_ok "the zone is there" "$(tail "$DAEMON_LOG")"
misuse
questions
lookups alive
counts alive
dump alive
check_config
screen alive "PID $DAEMON \(mesos-xdns\)$"
equal "alive: JSON has the daemon's pid" "$DAEMON" "$(daemon_pid)"
says "the folder of the configuration" 0 '^;; NOERROR' --config "$NET_DIR/config.json" lookup leader.mesos
kill -KILL "$DAEMON"
wait "$DAEMON" 2>/dev/null
questions
lookups killed
counts killed
dump killed
screen killed 'not running'
equal "killed: JSON has no pid" None "$(daemon_pid)"
finish
