#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# SIGHUP: what changes while the daemon runs, what waits, what a bad file does; a second daemon.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v nsd >/dev/null || skip_all "nsd is not installed"

# reload [KEY JSON]...: writes the configuration, and waits until the daemon has taken it up
reload() {
	config xdpMode '"native"' "$@"
	hang_up
}

hang_up() {
	local seen
	seen=$(rereadings)
	LINES_BEFORE=$(wc -l <"$DAEMON_LOG")
	if ! kill -HUP "$DAEMON" || ! within 20 reread_after "$seen"; then
		not_ok "the daemon rereads its file" "$(tail -20 "$DAEMON_LOG")"
		finish
	fi
}

rereadings() {
	grep -cE 'in effect now|takes effect with a restart|reread, nothing changed|keeping the previous configuration' \
		"$DAEMON_LOG"
}

reread_after() {
	[ "$(rereadings)" -gt "$1" ]
}

# logged REGEX: in what the last reload logged
logged() {
	within 10 since_reload "$1"
	succeeds "logged: $1" since_reload "$1"
}

since_reload() {
	tail -n +$((LINES_BEFORE + 1)) "$DAEMON_LOG" | grep -E -- "$1"
}

# eventually TEXT EXPECTED COMMAND...
eventually() {
	local text=$1 expected=$2
	shift 2
	within 20 is "$expected" "$@"
	equal "$text" "$expected" "$("$@")"
}

is() {
	local expected=$1
	shift
	[ "$("$@")" = "$expected" ]
}

attached() {
	ip -n "$(net_name server)" -d link show "$1" | grep -o 'prog/xdp id [0-9]*'
}

records() {
	eventually "netinfo's addresses" '172.16.1.1 172.16.1.2 172.16.1.3' data web.marathon.mesos
	reload IPSources '["host"]' externalOn false
	logged 'IPSources changed, in effect now'
	eventually "the agents' addresses" "$AGENTS" data web.marathon.mesos
	reload externalOn false
	eventually "netinfo's again" '172.16.1.1 172.16.1.2 172.16.1.3' data web.marathon.mesos
}

serving_keys() {
	equal "externalOn false" REFUSED "$(status www.example)"
	reload resolvers '["10.53.2.1"]'
	logged 'externalOn changed, in effect now'
	eventually "forwarded after the reload" 192.0.2.80 data www.example
	eventually "over TCP, too" 192.0.2.80 data +tcp www.example
	reload resolvers '["10.53.2.9"]' zoneResolvers '{"example": ["10.53.2.1"]}'
	eventually "by zoneResolvers" 192.0.2.80 data www.example
	reload externalOn false
	eventually "refused again" REFUSED status www.example
}

restart_keys() {
	reload ttl 7 externalOn false port 5353
	logged 'ttl changed, takes effect with a restart'
	logged 'port changed, takes effect with a restart'
	matches "the old TTL stays" ' 60 IN A ' "$(section answer leader.mesos)"
	task late late.1 0 '["172.16.5.1"]' '[]'
	eventually "a new task" 172.16.5.1 data late.marathon.mesos
	matches "has the old TTL, too" ' 60 IN A ' "$(section answer +tcp late.marathon.mesos)"
}

bad_files() {
	config ttl '"7"'
	hang_up
	logged 'ttl = "7": is a string; .*; keeping the previous configuration'
	rm "$NET_DIR/config.json"
	hang_up
	logged 'cannot read the configuration file: .*; keeping the previous configuration'
	equal "serving as before" 10.53.1.1 "$(data leader.mesos)"
	reload externalOn false
	logged 'reread, nothing changed'
}

# A zk that can be read and not used: the zone stays, and the next file is followed.
no_feeds() {
	reload externalOn false zk '"file:///nowhere"'
	logged 'following the masters: .*nowhere'
	kill -HUP "$DAEMON"
	equal "without anybody to ask it serves as before" 10.53.1.1 "$(data leader.mesos)"
	reload externalOn false
	task mended mended.1 0 '["172.16.9.7"]' '[]'
	becomes "masters that can be asked are asked" 172.16.9.7 data mended.marathon.mesos
}

interfaces() {
	local before
	before=$(attached client0)
	reload externalOn false xdpInterfaces '["client0", "master0"]'
	logged 'xdpInterfaces changed, in effect now'
	within 20 attached master0
	matches "attached to the new interface" 'prog/xdp' "$(attached master0)"
	reload externalOn false xdpInterfaces '["client0"]'
	eventually "and taken off" '' attached master0
	equal "the other was left alone" "$before" "$(attached client0)"
}

second_daemon() {
	local output status name
	name=$(cat "/proc/$DAEMON/comm") # valgrind's, where it runs under that
	output=$(net_exec server "$BIN" -config="$NET_DIR/config.json" 2>&1)
	status=$?
	equal "a second daemon ends with" 1 "$status"
	matches "and names the first, which has the pins" "bpfDir .* in use by PID $DAEMON \($name" "$output"
	sed "s|$BPF_DIR|$NET_BPF/other|" "$NET_DIR/config.json" >"$NET_DIR/other.json"
	output=$(net_exec server "$BIN" -config="$NET_DIR/other.json" 2>&1)
	matches "and, with pins of its own, the port" "port 53 of 0\.0\.0\.0 is in use by PID $DAEMON \($name" "$output"
	matches "which is still attached" 'prog/xdp' "$(attached client0)"
	equal "and serves" 10.53.1.1 "$(data leader.mesos)"
}

# Asked to read the file again from its first words on, for the second in which it starts.
early() {
	local i
	DAEMON_LOG=$NET_DIR/early.log
	net_start server "$DAEMON_LOG" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
	within 20 said . || not_ok "it says something" ""
	for ((i = 0; i < 100; i++)); do
		kill -HUP "$DAEMON" 2>/dev/null || break
		kill -USR1 "$DAEMON" 2>/dev/null
		sleep 0.01
	done
	succeeds "signals while it starts are not its end" within 20 serving
	succeeds "and are taken up" within 20 said 'reread, nothing changed'
}

stage
cat >"$NET_DIR/example.zone" <<-'END'
	$ORIGIN example.
	$TTL 60
	@ SOA ns root 1 60 60 60 60
	@ NS ns
	ns A 192.0.2.1
	www A 192.0.2.80
END
stage_nsd example "$NET_DIR/example.zone"
few_tasks
daemon_xdp native externalOn false
AGENTS=$(data slave.mesos)
records
serving_keys
restart_keys
bad_files
no_feeds
interfaces
second_daemon
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: .*Assert' "$DAEMON_LOG")"
daemon_stop
early
daemon_stop
finish
