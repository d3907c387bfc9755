#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# make run: a simulated cluster, mesos-xdns with XDP attached natively, and a
# client host, each in a network namespace of its own:
#
#   master 10.53.1.1 ---- 10.53.1.2 server 10.53.0.1 ==XDP== 10.53.0.2 client
#
# Environment: STATE=file.json serves that recorded /state document,
# CONFIG=file runs on this machine with the operator's own configuration,
# ONCE=1 ends after the queries, with status 1 if one was not answered right,
# TASKS=n sizes the simulated cluster.
set -u
cd "$(dirname "$0")/.." || exit 1
STATE=${STATE:-} CONFIG=${CONFIG:-} ONCE=${ONCE:-} TASKS=${TASKS:-300}
BIN=${XDNS_BIN:-build/mesos-xdns}

die() {
	echo "make run: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || die "needs root: XDP programs, network namespaces"
if [ -n "$CONFIG" ]; then
	[ -r "$CONFIG" ] || die "cannot read CONFIG=$CONFIG"
	echo "$BIN -config=$CONFIG -v=1    (Ctrl-C ends it)"
	exec "$BIN" -config="$CONFIG" -v=1
fi
[ -z "$STATE" ] || [ -r "$STATE" ] || die "cannot read STATE=$STATE"

# shellcheck source=tools/netns.sh
. tools/netns.sh
trap 'trap "" INT TERM HUP; net_cleanup' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

net_init xdns || die "cannot mount a bpffs"
for role in master server client; do
	net_add $role || die "cannot make network namespaces"
done
net_join server client0 client eth0 || die "cannot make a veth pair"
net_join server master0 master eth0
net_address server client0 10.53.0.1/24 fd53::1/64
net_address client eth0 10.53.0.2/24 fd53::2/64
net_address server master0 10.53.1.2/24
net_address master eth0 10.53.1.1/24
# What the server sends with XDP_TX reaches a veth peer only if that runs XDP, too.
ip -n "$(net_name client)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec xdp ||
	die "cannot attach XDP natively to a veth device"

bpf_dir=$NET_BPF/mesos-xdns
cat >"$NET_DIR/config.json" <<END
{
  "masters": ["10.53.1.1:5050"],
  "refreshSeconds": 5,
  "domain": "mesos",
  "externalOn": false,
  "xdpInterfaces": ["client0"],
  "xdpMode": "native",
  "bpfDir": "$bpf_dir"
}
END
if [ -n "$STATE" ]; then
	sim=(--state "$STATE")
else
	sim=(--tasks "$TASKS" --agents 20 --churn 2/s)
fi
net_start master "$NET_DIR/mesos-sim.log" tools/mesos-sim --listen 10.53.1.1:5050 "${sim[@]}"
sim_pid=$NET_PID
for ((i = 0; i < 600; i++)); do
	grep -q serving "$NET_DIR/mesos-sim.log" && break
	kill -0 $sim_pid 2>/dev/null || { cat "$NET_DIR/mesos-sim.log"; die "mesos-sim ended"; }
	sleep 0.1
done
net_start server "$NET_DIR/mesos-xdns.log" "$BIN" -config="$NET_DIR/config.json"
daemon_pid=$NET_PID

ask() {
	net_exec client dig +time=2 +tries=1 @10.53.0.1 "$@"
}

echo "Waiting for the zone..."
for ((i = 0; ; i++)); do
	kill -0 $daemon_pid 2>/dev/null || { cat "$NET_DIR/mesos-xdns.log"; die "mesos-xdns ended"; }
	ask leader.mesos | grep -q 'status: NOERROR' && break
	[ $i -lt 600 ] || { cat "$NET_DIR/mesos-xdns.log"; die "no zone after two minutes"; }
	sleep 0.2
done
# Userspace answers from the moment the zone is there; the kernel follows at once.
answered() {
	tools/xdns-counters "$bpf_dir" 2>/dev/null | awk '$1 == "answer_a" { print $2 }'
}
for ((i = 0; ; i++)); do
	before=$(answered)
	ask leader.mesos >/dev/null
	[ -n "$before" ] && [ "$(answered)" -gt "$before" ] && break
	[ $i -lt 50 ] || { cat "$NET_DIR/mesos-xdns.log"; die "the kernel does not answer"; }
	sleep 0.1
done
cat "$NET_DIR/mesos-xdns.log"

failed=0
# show STATUS WHO QUERY...: asks, shows the answer and who gave it (any: kernel or userspace), and compares
show() {
	local status=$1 who=$2 before after answer got by
	shift 2
	before=$(tools/xdns-counters "$bpf_dir")
	answer=$(ask +nocmd +noall +comments +answer "$@")
	after=$(tools/xdns-counters "$bpf_dir")
	got=$(sed -n 's/.*status: \([A-Z]*\).*/\1/p' <<<"$answer")
	# What was counted in between; the background noise of a link counts, too.
	by=$(diff <(echo "$before") <(echo "$after") |
		awk '/^>/ && !/pass_(not_ip|not_udp|port|address) / { print $2; exit }')
	case $by in
	answer_*) by="kernel ($by)" ;;
	pass_*) by="userspace ($by)" ;;
	*) by="userspace" ;;
	esac
	printf '%-58s %-9s by %s\n' "dig $*" "${got:-no reply}" "${by/#kernel/the kernel}"
	grep -vE '^;|^$' <<<"$answer" | head -3 | sed 's/^/    /'
	# A frame that a local socket sent over veth is allocated to measure: some 250 octets can be
	# added in front and that is all. The frames of a network card lie in pages.
	if [ "$by" = "userspace (pass_room)" ] && [ "$who" = any ]; then
		echo "    (too large an answer to fit into the frame of a veth device)"
	elif [ "$got" != "$status" ] || { [ "$who" != any ] && [[ $by != $who* ]]; }; then
		echo "    expected $status by $who" >&2
		failed=1
	fi
}

echo
show NOERROR kernel leader.mesos A
while read -r type name; do
	show NOERROR any "$name.mesos" "$type"
done < <(net_exec master curl -s 'http://10.53.1.1:5050/sim/names?count=6')
show NOERROR kernel leader.mesos AAAA
show NOERROR kernel _leader._tcp.mesos SRV
show NXDOMAIN kernel nobody.marathon.mesos A
show NOERROR userspace leader.mesos TXT
show NOERROR userspace leader.mesos A +tcp
show REFUSED userspace example.com A
echo
[ -z "$ONCE" ] || exit $failed

cat <<END
Up until Ctrl-C. In another terminal:
  ip netns exec $(net_name client) dig @10.53.0.1 leader.mesos      (or @fd53::1)
  bpftool map dump pinned $bpf_dir/records | less
  tools/xdns-counters $bpf_dir
  kill -USR1 $daemon_pid        (counters into the log)
  ip netns exec $(net_name master) curl -s http://10.53.1.1:5050/sim/names
The daemon's log follows.
END
tail -n 0 -f "$NET_DIR/mesos-xdns.log" &
NET_PIDS+=($!)
wait $daemon_pid && exit 0
die "mesos-xdns ended with an error"
