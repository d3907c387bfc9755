# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
#
# The stage of the end-to-end tests: a simulated master, the daemon on the
# server host, a client host, all in network namespaces.
#
#   master 10.53.1.1, .3, .4 ---- 10.53.1.2 server 10.53.0.1 fd53::1 ==XDP== 10.53.0.2 fd53::2 client
#                         10.53.2.2 server ---- 10.53.2.1 upstream  (stage_upstream)
#
# A script sources this, calls stage, daemon and checks, and ends with `finish`.
# Results are TAP. Each script takes everything down again on any exit.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tools/netns.sh
. tools/netns.sh

BIN=${XDNS_BIN:-build/mesos-xdns}
# As its unit runs it, as far as that can be had without systemd (`make check-confined`).
[ -z "${XDNS_CONFINED:-}" ] || BIN=tests/e2e/confined.sh
CTL=${XDNS_CTL:-build/xdnsctl}
SHARED=${XDNS_SHARED:-../shared}
# Debian's interpreter: it is the one that finds python3-scapy and python3-dnspython.
PYTHON=/usr/bin/python3
SERVER=10.53.0.1 SERVER6=fd53::1
SIM_CONTROL=10.53.1.1:5050 # where the simulator takes requests
TESTS=0 FAILED=0 PATIENCE=1
# Under ThreadSanitizer and valgrind it takes several times as long, and as much memory.
[[ $BIN != build/tsan/* && -z ${XDNS_VALGRIND:-} ]] || PATIENCE=5
DAEMON='' DAEMON_LOG='' BPF_DIR=''

ok() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $*"
}

# not_ok TEXT [DETAILS]
not_ok() {
	TESTS=$((TESTS + 1)) FAILED=$((FAILED + 1))
	echo "not ok $TESTS - $1"
	[ -z "${2:-}" ] || printf '    error: %s\n' "${2//$'\n'/$'\n'    error: }" | head -60
}

skip() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $1 # SKIP $2"
}

# equal TEXT EXPECTED GOT
equal() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected: $2
got:      $3"; fi
}

# matches TEXT REGEX GOT: some line of GOT matches
matches() {
	if grep -qE -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1" "expected: /$2/
got:      $3"; fi
}

# succeeds TEXT COMMAND...
succeeds() {
	local text=$1 output
	shift
	if output=$("$@" 2>&1); then ok "$text"; else not_ok "$text" "$* failed: $output"; fi
}

finish() {
	echo "1..$TESTS"
	net_cleanup
	[ "$FAILED" -eq 0 ]
	exit
}

# For what makes every check of the script impossible.
skip_all() {
	skip "$(basename "$0")" "$1"
	finish
}

# within SECONDS COMMAND...: polls until the command succeeds
within() {
	local deadline=$((SECONDS + $1 * PATIENCE + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.1
	done
}

# The namespaces and the simulated master (arguments go to mesos-sim).
stage() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	trap net_cleanup EXIT
	trap 'exit 143' INT TERM HUP
	net_init "xdns-e2e" 2>/dev/null || skip_all "no bpffs can be mounted"
	net_add master 2>/dev/null || skip_all "no network namespaces here"
	net_add server
	net_add client
	net_join server client0 client eth0 || skip_all "no veth devices here"
	net_join server master0 master eth0
	net_address server client0 10.53.0.1/24 fd53::1/64
	net_address client eth0 10.53.0.2/24 fd53::2/64
	net_address server master0 10.53.1.2/24
	net_address master eth0 10.53.1.1/24 10.53.1.3/24 10.53.1.4/24
	# Native XDP_TX reaches a veth peer only if that runs an XDP program, too.
	ip -n "$(net_name client)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec xdp ||
		skip_all "no native XDP on veth here"
	[ $# -gt 0 ] || set -- --tasks 0 --agents 3
	net_start master "$NET_DIR/sim.log" tools/mesos-sim --listen 10.53.1.1:5050 "$@"
	within 20 sim_get stats || { not_ok "mesos-sim starts" "$(cat "$NET_DIR/sim.log")"; finish; }
	BPF_DIR=$NET_BPF/mesos-xdns
}

# stage_upstream: one more host, behind the server
stage_upstream() {
	net_add upstream
	net_join server upstream0 upstream eth0
	net_address server upstream0 10.53.2.2/24
	net_address upstream eth0 10.53.2.1/24
}

# stage_nsd ZONE FILE: NSD with that zone on the upstream host
stage_nsd() {
	stage_upstream
	cat >"$NET_DIR/nsd.conf" <<-END
		server:
		  server-count: 1
		  rrl-ratelimit: 0
		  username: ""
		  chroot: ""
		  database: ""
		  zonesdir: "$NET_DIR"
		  zonelistfile: "$NET_DIR/nsd.list"
		  xfrdfile: "$NET_DIR/nsd.xfrd"
		  xfrdir: "$NET_DIR"
		  pidfile: ""
		remote-control:
		  control-enable: no
		zone:
		  name: $1
		  zonefile: $2
	END
	net_start upstream "$NET_DIR/nsd.log" nsd -d -c "$NET_DIR/nsd.conf"
	within 10 nsd_serving "$1" || { not_ok "nsd starts" "$(cat "$NET_DIR/nsd.log")"; finish; }
}

nsd_serving() {
	net_exec server dig +time=1 +tries=1 @10.53.2.1 "$1" SOA | grep -q 'status: NOERROR'
}

sim_get() {
	net_exec master curl -sf "http://$SIM_CONTROL/sim/$1"
}

# sim_post start|stop|options JSON
sim_post() {
	net_exec master curl -sf "http://$SIM_CONTROL/sim/$1" -d "$2" >/dev/null ||
		not_ok "POST /sim/$1 $2"
}

# task NAME ID AGENT IPS(JSON list) PORTS(JSON list) [DISCOVERY(JSON)]: of framework marathon
task() {
	sim_post start "{\"framework\": \"marathon\", \"name\": \"$1\", \"id\": \"$2\", \"agent\": $3,
		\"ips\": $4, \"ports\": $5, \"discovery\": ${6:-null}}"
}

# The cluster most scripts ask about.
few_tasks() {
	local i
	for i in 1 2 3; do
		task web web.$i $((i - 1)) "[\"172.16.1.$i\"]" "[3100$i, 3100$i]"
	done
	task six six.1 0 '["172.16.2.1", "fd00:16::1"]' '[]'
	task svc svc.1 1 '["172.16.3.1"]' '[]' '{"name": "svc", "ports": {"ports": [
		{"number": 8080, "name": "http", "protocol": "tcp"},
		{"number": 5353, "name": "dns", "protocol": "udp"}]}}'
}

# many_tasks COUNT: instances of many.marathon, 172.16.9.N
many_tasks() {
	local i
	for ((i = 1; i <= $1; i++)); do
		task many "many.$i" 0 "[\"172.16.9.$i\"]" '[]'
	done
}

# config [KEY JSON]...: writes the daemon's configuration
config() {
	{
		echo '{ "masters": ["10.53.1.1:5050"], "refreshSeconds": 1, "xdpInterfaces": ["client0"],'
		echo "  \"bpfDir\": \"$BPF_DIR\", \"httpOn\": false"
		while [ $# -ge 2 ]; do
			echo "  , \"$1\": $2"
			shift 2
		done
		echo '}'
	} >"$NET_DIR/config.json"
}

# daemon [WRAPPER...]: starts it with what config() wrote and waits until it serves
daemon() {
	DAEMON_LOG=$NET_DIR/daemon.log
	net_start server "$DAEMON_LOG" "$@" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
	if ! within 20 listening || ! within 20 serving; then
		not_ok "the daemon serves the zone" "$(tail -40 "$DAEMON_LOG")"
		finish
	fi
}

is() {
	local expected=$1
	shift
	[ "$("$@")" = "$expected" ]
}

# becomes TEXT EXPECTED COMMAND...: the command's output is that before long
becomes() {
	local text=$1 expected=$2
	shift 2
	if within 20 is "$expected" "$@"; then
		ok "$text"
	else
		not_ok "$text" "expected: $expected
got:      $("$@")
$(tail -5 "$DAEMON_LOG")"
	fi
}

memory_measurable() {
	[ $PATIENCE -eq 1 ]
}

# memory_bounded KIB MOST: the daemon has not grown by more
memory_bounded() {
	if ! memory_measurable; then
		skip "memory is bounded" "most of it is not the daemon's"
	elif [ "$1" -le "$2" ]; then
		ok "memory is bounded: $1 KiB more"
	else
		not_ok "memory is bounded" "$1 KiB more at most, allowed $2"
	fi
}

# What the daemon has logged, by regular expression.
said() {
	grep -qE "$1" "$DAEMON_LOG"
}

times_said() {
	grep -cE "$1" "$DAEMON_LOG"
}

more_said() {
	[ "$(times_said "$1")" -gt "$2" ]
}

# A kernel that has been left answering says nothing of this daemon.
listening() {
	said ' serving .* on port [0-9]+$'
}

serving() {
	ask leader.mesos | grep -q 'status: NOERROR'
}

# A clean end leaves no pins; the folder itself is the pins' unit's where the daemon is confined.
pins_gone() {
	[ ! -e "$BPF_DIR" ] || { [ -n "${XDNS_CONFINED:-}" ] && [ -z "$(ls -A "$BPF_DIR")" ]; }
}

# kernel_serving: the XDP program answers
kernel_serving() {
	[ -e "$BPF_DIR/counters" ] && [[ $(by_whom leader.mesos) = kernel* ]]
}

# daemon_xdp MODE [KEY JSON]...: the daemon with XDP in that mode, which has to answer
daemon_xdp() {
	local mode=$1
	shift
	config xdpMode "\"$mode\"" "$@"
	daemon
	if ! within 30 kernel_serving; then
		not_ok "the kernel serves the zone ($mode)" "$(tail -40 "$DAEMON_LOG")"
		finish
	fi
}

# asking_start: asks what $NET_DIR/names says (see ask.c), 500 questions a second, until asking_end
asking_start() {
	mkfifo "$NET_DIR/stop"
	net_exec client build/tests/e2e/ask --server "$SERVER" --names "$NET_DIR/names" --rate 500 \
		--seconds 600 --until-eof >"$NET_DIR/asked" 2>&1 <"$NET_DIR/stop" &
	ASKING=$!
	exec 9>"$NET_DIR/stop"
}

# asking_end TEXT: nothing was lost, nothing wrong
asking_end() {
	exec 9>&-
	if wait "$ASKING"; then ok "$1"; else not_ok "$1" "$(cat "$NET_DIR/asked")
$(tail -20 "$DAEMON_LOG")"; fi
	rm "$NET_DIR/stop"
	grep -E '^(sent|lost|wrong)' "$NET_DIR/asked" | paste -sd ' ' | sed 's/^/# /'
}

daemon_stop() {
	net_stop "$DAEMON"
}

# ask DIG-ARGUMENTS...: @ADDRESS among them asks another than $SERVER; of two, dig would take the first
ask() {
	local at=@$SERVER word words=()
	for word in "$@"; do
		if [[ $word = @* ]]; then at=$word; else words+=("$word"); fi
	done
	net_exec client dig +time=$((2 * PATIENCE)) +tries=1 "$at" "${words[@]}"
}

# status DIG-ARGUMENTS...: the rcode's name
status() {
	ask "$@" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p'
}

# section NAME DIG-ARGUMENTS...: its records, sorted, blanks single; answer, authority or additional
section() {
	local name=$1
	shift
	ask +noall "+$name" "$@" | grep -v '^;' | tr -s '\t ' ' ' | sort
}

# data DIG-ARGUMENTS...: the answers' data, sorted, in one line
data() {
	ask +short "$@" | sort | paste -sd ' '
}

# results PREFIX COMMAND...: takes over the "pass TEXT" and "fail TEXT" lines that a helper prints
results() {
	local prefix=$1 verdict text seen=0
	shift
	while read -r verdict text; do
		case $verdict in
		pass) ok "$prefix$text" ;;
		fail) not_ok "$prefix$text" ;;
		*) echo "    error: $verdict $text" && continue ;;
		esac
		seen=$((seen + 1))
	done < <("$@" 2>&1)
	[ $seen -gt 0 ] || not_ok "$prefix$1 reported something"
}

counters() {
	tools/xdns-counters "$BPF_DIR"
}

# A frame that a socket sends over veth is allocated to measure: it has room for some 250 octets
# more. A large answer is had from the kernel by a large question: this option has 430 octets.
# The server cookie that dig would ask for takes some of the room.
ROOM="+nocookie +bufsize=700 +ednsopt=65001:$(printf '%0860d' 0)"

# by_whom DIG-ARGUMENTS...: "kernel COUNTER", "userspace REASON", from what was counted meanwhile
by_whom() {
	local before
	before=$(counters)
	ask "$@" >/dev/null
	diff <(echo "$before") <(counters) | awk '
		/^> answer_/ { print "kernel", $2; found = 1; exit }
		/^> pass_/ && !/pass_(not_ip|not_udp|port|address) / { print "userspace", $2; found = 1; exit }
		END { if (!found) print "userspace" }'
}
