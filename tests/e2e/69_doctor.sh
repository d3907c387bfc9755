#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# xdnsctl doctor: a host where all is well, before and after the daemon starts, and ones where it is not.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# doctor TEXT STATUS [OPTION]...: on the server host; $NET_DIR/out has its report. RESOLV is the host's
# resolv.conf, AS what it is run by.
doctor() {
	local text=$1 expected=$2 status
	shift 2
	# shellcheck disable=SC2016,SC2086 # $0 and $@ are the inner shell's
	net_exec server unshare --mount sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' \
		"$NET_DIR/resolv.conf" ${AS:-} "$CTL" --config "$NET_DIR/config.json" doctor "$@" \
		>"$NET_DIR/out" 2>"$NET_DIR/err"
	status=$?
	if [ $status = "$expected" ]; then ok "$text: exit status"; else not_ok "$text: exit status" "$status
$(cat "$NET_DIR/out" "$NET_DIR/err")"; fi
}

# finds VERDICT PROBE REGEX: the last report has such a line
finds() {
	matches "  $1 $2: $3" "^$1 +$2 +.*$3" "$(cat "$NET_DIR/out")"
}

# advises REGEX
advises() {
	matches "  it says what to do: $1" "^ {20}-> .*$1" "$(cat "$NET_DIR/out")"
}

resolv_conf() {
	printf '%s\n' "$@" >"$NET_DIR/resolv.conf"
}

# configure JSON: what config() writes, and these keys instead of its own
configure() {
	config
	$PYTHON - "$NET_DIR/config.json" "$1" <<-'END'
		import json, sys
		config = json.load(open(sys.argv[1])) | json.loads(sys.argv[2])
		json.dump(config, open(sys.argv[1], "w"))
	END
}

stage --listen 10.53.1.4:5050 --tasks 0 --agents 3
few_tasks
resolv_conf "nameserver $SERVER"
configure '{"httpOn": true, "httpListener": "10.53.0.1"}'
doctor "no daemon yet" 0
finds ok kernel 'Linux [0-9]+\.[0-9]+'
finds ok privileges 'this user has what the daemon needs'
finds ok bpffs "$BPF_DIR is on a BPF file system"
finds ok program '[0-9]+ octets of machine code'
finds ok interfaces 'client0: generic: native answers would be lost: its peer is in another network'
finds ok interfaces 'client0: MTU 1500'
finds ok interfaces 'client0: no program is attached'
finds ok port 'UDP port 53 is free'
finds ok resolv.conf 'names this server, as number 1 of 1'
finds ok masters '10.53.1.1:5050: leads, Mesos 1\.[0-9.]+'
finds ok state '10.53.1.1:5050: [0-9]+ octets: [0-9]+ frameworks, 5 tasks, 3 agents'
finds warn daemon "no daemon has $BPF_DIR"
advises 'systemctl start mesos-xdns'
daemon
within 10 kernel_serving || not_ok "the kernel serves" "$(tail "$DAEMON_LOG")"
doctor "a daemon that serves" 0
finds ok privileges "PID $DAEMON \(mesos-xdns\) has what"
finds ok interfaces 'client0: the program is attached'
finds ok port "TCP port 53 is the daemon's"
finds ok daemon "PID $DAEMON \(mesos-xdns\) runs"
finds ok pins 'the kernel serves mesos\., serial [0-9]+, heard of [0-9]+ s ago'
finds ok api 'the daemon answers, version [0-9.]+'
equal "  nothing failed" 0 "$(grep -c '^fail' "$NET_DIR/out")"
doctor "as JSON" 0 --json
succeeds "  with as many findings as it counts" jq -e '
	(.findings | length) == .ok + .warn + .fail and .fail == 0 and .ok > 10 and
	([.findings[].verdict] | unique - ["ok", "warn"]) == [] and
	([.findings[] | select(.probe == "pins" and .verdict == "ok" and .todo == null)] | length) == 1' "$NET_DIR/out"
kill -KILL "$DAEMON"
wait "$DAEMON" 2>/dev/null
doctor "a daemon that was killed" 0
finds warn pins 'the kernel serves mesos\., serial [0-9]+, alone'
rm -r "$BPF_DIR"

echo '{' >"$NET_DIR/config.json"
doctor "a configuration that is none" 1
finds fail config 'config.json'
finds ok program 'machine code'
configure '{"masters": ["10.53.1.1:5999", "10.53.1.4:5050"], "xdpMode": "native", "listener": "10.53.0.1",
	"resolvers": ["10.53.0.1"], "zk": "zk://10.53.1.1:5998/mesos", "bpfDir": "'"$NET_DIR"'/nowhere",
	"xdpInterfaces": ["client0", "eth7"]}'
resolv_conf "nameserver 10.53.9.9" "nameserver $SERVER" "options rotate"
net_exec server ip link set dev client0 mtu 1000
net_exec server ip link set dev client0 xdpgeneric obj build/xdp-pass.bpf.o sec xdp
net_start server "$NET_DIR/squatter.log" $PYTHON -c "import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('$SERVER', 53))
time.sleep(600)"
squatter=$NET_PID
udp_taken() {
	net_exec server ss -lun sport = 53 | grep -q ":53 "
}
within 10 udp_taken || not_ok "somebody has the port" "$(cat "$NET_DIR/squatter.log")"
AS='setpriv --bounding-set=-net_admin,-net_bind_service --inh-caps=-all' \
	doctor "a host where nothing is right" 1
finds warn config 'resolvers: "10.53.0.1" is this server itself'
finds fail privileges 'this user has not: CAP_NET_ADMIN CAP_NET_BIND_SERVICE'
finds fail bpffs 'nowhere is not on a BPF file system'
finds fail interfaces 'eth7: xdpInterfaces names it, and there is none'
finds warn interfaces 'client0: native answers of veth are lost'
finds warn interfaces 'client0: MTU 1000'
finds fail interfaces 'client0: another XDP program is there: xdp_pass'
advises 'ip link set dev client0 xdp off'
finds fail port "UDP port 53 is in use by PID $squatter"
finds ok port 'TCP port 53 is free'
finds warn resolv.conf 'options rotate: every server'
finds warn resolv.conf 'a server that is down costs each look-up 5 s'
finds warn zookeeper '10.53.1.1:5998'
finds warn masters '10.53.1.1:5999: .*(refused|Could|Failed)'
finds ok masters '10.53.1.4:5050: follows 10.53.1.1:5050'
finds ok state '10.53.1.1:5050: [0-9]+ octets'
equal "  each failure and each warning of the machine is counted" \
	"$(grep -c '^fail' "$NET_DIR/out") failed, $(grep -c '^warn' "$NET_DIR/out") warned, $(grep -c '^ok' "$NET_DIR/out") ok" \
	"$(tail -1 "$NET_DIR/out")"
configure '{"dnsOn": false, "httpOn": true, "httpPort": 8126}'
resolv_conf "nameserver 10.53.9.9"
net_exec server ip link set dev client0 down
net_start server "$NET_DIR/other.log" $PYTHON -c "import http.server
class Other(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{\"Version\": \"5.0\"}')
http.server.HTTPServer(('127.0.0.1', 8126), Other).serve_forever()"
another_answers() {
	net_exec server curl -sf http://127.0.0.1:8126/
}
within 10 another_answers || not_ok "another server has the port" "$(cat "$NET_DIR/other.log")"
doctor "other servers" 1
finds ok port 'dnsOn is false'
finds fail interfaces 'client0: xdpInterfaces names it, but it is down'
finds ok resolv.conf 'names 1 servers, not this one'
net_exec server ip link set dev client0 up
configure '{"xdpOn": false, "httpOn": true, "httpPort": 8126}'
net_stop "$squatter"
resolv_conf "nameserver 10.53.9.9" "nameserver $SERVER" "options timeout:1"
doctor "the second of two" 0
finds warn resolv.conf 'names this server as number 2'
finds warn api 'who answers at port 8126 is no mesos-xdns: 5.0'
advises 'is another server at httpPort'
resolv_conf "nameserver 10.53.9.7" "nameserver 10.53.9.8" "nameserver 10.53.9.9" "nameserver $SERVER"
doctor "the fourth of four" 0
finds warn resolv.conf 'names this server as the 4th'
echo '{"masters": ["10.53.1.1:5999"], "xdpOn": false, "httpOn": false, "externalOn": false}' >"$NET_DIR/config.json"
doctor "without XDP, and without a master" 1
finds ok xdp 'xdpOn is false'
finds fail masters 'no master can be used'
equal "  nothing is said of BPF" 0 "$(grep -cE '^[a-z]+ +(bpffs|program|interfaces|pins) ' "$NET_DIR/out")"
finish
