#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Floods from one host while another one asks: names that do not exist, from one network and from
# very many, and names of another domain. Who is not a part of it is answered, memory stays what it is,
# and with a limit less goes out than came in. XDNS_FLOOD_RATE=0: as fast as a CPU can;
# XDNS_FLOOD_SECONDS=60: so long, each.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

RATE=${XDNS_FLOOD_RATE:-20000} LENGTH=${XDNS_FLOOD_SECONDS:-2}
GUEST_SERVER=10.53.9.1
FRAME=$((14 + 20 + 8 + 12 + 4)) # octets of a query's frame but for its name
NAME_LEN=38                     # of each of the flood's names, as on the wire
SLACK_KB=2048
INSIDE=flood.marathon.mesos OUTSIDE=flood.example.test

command -v nsd >/dev/null || skip_all "nsd is not installed"

# flood_names SUFFIX: 50,000 names of equal length
flood_names() {
	awk -v suffix="$1" -v len=$((NAME_LEN - 2)) 'BEGIN {
		srand(7)
		for (i = 0; i < 50000; i++) {
			name = sprintf("%08x.%s", rand() * 4294967295, suffix)
			while (length(name) < len) name = "x" name
			print name, "A"
		}
	}'
}

resident() {
	awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"
}

# What all pinned maps take, in octets
maps_memory() {
	local pin sum=0
	for pin in "$BPF_DIR"/*; do
		[[ $pin = */link-* ]] || sum=$((sum + $(bpftool -j map show pinned "$pin" | grep -o '"bytes_memlock":[0-9]*' | cut -d: -f2)))
	done
	echo "$sum"
}

# flood NAMES [XDNS-LOAD-OPTION]...: its report is in $NET_DIR/flood
flood() {
	local names=$1 rate=()
	shift
	[ "$RATE" -eq 0 ] || rate=(--rate "$RATE")
	client_xdp off # the generator has a program of its own
	net_exec client build/xdns-load --dev eth0 --server "$SERVER" --queries "$names" --seconds "$LENGTH" \
		"${rate[@]}" --json "$@" >"$NET_DIR/flood" 2>"$NET_DIR/flood.log"
	client_xdp obj build/xdp-pass.bpf.o sec xdp
}

client_xdp() {
	ip -n "$(net_name client)" link set eth0 xdpdrv "$@"
}

# reported NAME: a number of the report
reported() {
	grep -o "\"$1\": [0-9]*" "$NET_DIR/flood" | head -1 | awk '{ print $2 }'
}

guest_start() {
	mkfifo "$NET_DIR/stop"
	net_exec guest build/tests/e2e/ask --server $GUEST_SERVER --names "$NET_DIR/names" --rate 500 --wait 5 \
		--seconds 600 --until-eof >"$NET_DIR/asked" 2>&1 <"$NET_DIR/stop" &
	ASKING=$!
	exec 9>"$NET_DIR/stop"
}

# guest_end TEXT: at least 999 of 1000 were answered (MAY_LOSE more are not), none wrongly
guest_end() {
	local sent lost wrong
	exec 9>&-
	wait "$ASKING"
	rm "$NET_DIR/stop"
	read -r sent lost wrong < <(awk '$1 == "sent" { s = $2 } $1 == "lost" { l = $2 } $1 == "wrong" { w = $2 }
		END { print s + 0, l + 0, w + 0 }' "$NET_DIR/asked")
	echo "# meanwhile the guest asked $sent, lost $lost, wrong $wrong"
	if [ "$sent" -gt 500 ] && [ "$wrong" -eq 0 ] && [ $((lost * 1000)) -le $((sent * ${MAY_LOSE:-1})) ]; then
		ok "$1: the guest is answered"
	else
		not_ok "$1: the guest is answered" "$(cat "$NET_DIR/asked")"
	fi
}

# during TEXT NAMES [OPTION]...: a flood, and what it does to others and to memory
during() {
	local text=$1 before maps
	shift
	before=$(resident) maps=$(maps_memory)
	guest_start
	flood "$@"
	guest_end "$text"
	echo "# $text: sent $(reported sent_per_second)/s, answered $(reported answered_per_second)/s, truncated $(reported truncated)"
	[ "$(reported sent)" -gt 1000 ] || not_ok "$text: it was a flood" "$(cat "$NET_DIR/flood" "$NET_DIR/flood.log")"
	equal "$text: the maps take what they took" "$maps" "$(maps_memory)"
	echo "# resident: $before KiB before, $(resident) after"
	succeeds "$text: so does the daemon" test $(($(resident) - before)) -le $SLACK_KB
}

# amplification: octets out per octet in, of frames
amplification() {
	awk -v out="$(reported octets)" -v sent="$(reported sent)" -v len=$((FRAME + NAME_LEN)) \
		'BEGIN { printf "%.3f\n", out / (sent * len) }'
}

below_one() {
	awk -v got="$1" 'BEGIN { exit !(got < 1) }'
}

zone() {
	printf '%s\n' "\$ORIGIN example.test." "\$TTL 60" '@ SOA ns root 1 60 60 60 60' '@ NS ns' 'ns A 192.0.2.1' 'www A 192.0.2.80'
}

stage
zone >"$NET_DIR/example.zone"
stage_nsd example.test "$NET_DIR/example.zone"
net_add guest
net_join server guest0 guest eth0
net_address server guest0 10.53.9.1/24
net_address guest eth0 10.53.9.2/24
ip -n "$(net_name guest)" link set eth0 xdpdrv obj build/xdp-pass.bpf.o sec xdp
# what the flood says it comes from is found behind its host
ip -n "$(net_name server)" route add 11.0.0.0/8 via 10.53.0.2 dev client0
few_tasks
flood_names $INSIDE >"$NET_DIR/inside"
flood_names $OUTSIDE >"$NET_DIR/outside"
LISTS='["client0", "guest0"]'

printf '%s\n' 'leader.mesos A NOERROR 10.53.1.1' 'svc.marathon.mesos A NOERROR 172.16.3.1' 'nobody.mesos A NXDOMAIN' >"$NET_DIR/kernels"
printf '%s\n' 'leader.mesos A NOERROR 10.53.1.1' 'www.example.test A NOERROR 192.0.2.80' 'six.marathon.mesos TXT NOERROR' >"$NET_DIR/userspaces"
USERSPACE_RATE=$((RATE / 10)) # userspace is slower, and this is no measurement

daemon_xdp native xdpInterfaces "$LISTS" resolvers '["10.53.2.1"]'
cp "$NET_DIR/kernels" "$NET_DIR/names"
during "random names" "$NET_DIR/inside"
echo "# without a limit amplification is $(amplification)"
succeeds "without a limit more goes out than came in" test "$(reported octets)" -gt $(($(reported sent) * (FRAME + NAME_LEN)))
cp "$NET_DIR/userspaces" "$NET_DIR/names"
# as fast as a CPU can is more than userspace can read, and not defended without a limit
MAY_LOSE=$((RATE ? 1 : 1000)) RATE=$USERSPACE_RATE during "names of another domain" "$NET_DIR/outside"
daemon_stop

daemon_xdp native xdpInterfaces "$LISTS" resolvers '["10.53.2.1"]' responsesPerSecond 1000
cp "$NET_DIR/kernels" "$NET_DIR/names"
during "random names, limited" "$NET_DIR/inside"
got=$(amplification)
succeeds "amplification of one network is $got" below_one "$got"
during "from 4,096 networks, limited" "$NET_DIR/inside" --source 11.0.0.0/1048576
got=$(amplification)
echo "# amplification of 4,096 networks is $got"
during "from 65,536 networks, limited" "$NET_DIR/inside" --source 11.0.0.0/16777216
cp "$NET_DIR/userspaces" "$NET_DIR/names"
during "names of another domain, limited" "$NET_DIR/outside"
got=$(amplification)
succeeds "amplification of forwarding is $got" below_one "$got"
echo "# the program dropped $(counters | awk '$1 == "drop_limited_pass" { print $2 }') of them, and sent TC to some"
daemon_stop
finish
