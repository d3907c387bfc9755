#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Behind other people's forwarders: what does not exist stays so when it is asked again, from their caches; a large
# set comes whole; and the C library finds names with three nameservers, one of them dead.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

DNSMASQ=127.0.0.5 UNBOUND=127.0.0.6 UNBOUND_STUB=127.0.0.7 BIND_FORWARD=127.0.0.8 SILENT=127.0.0.9

for program in dnsmasq unbound named; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

forward_dnsmasq() {
	peer dnsmasq $DNSMASQ dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
		--pid-file= --listen-address=$DNSMASQ --bind-interfaces --cache-size=1000 --log-facility=- \
		--server="/mesos/$SERVER"
}

# forward_unbound NAME ADDRESS KIND KEY: as a forwarder, or as a resolver that is told the zone's server;
# the latter asks label by label (RFC 9156), both in mixed case
forward_unbound() {
	cat >"$NET_DIR/$1.conf" <<-END
		server:
		  interface: $2
		  access-control: 127.0.0.0/8 allow
		  num-threads: 1
		  do-ip6: no
		  do-not-query-localhost: no
		  module-config: "iterator"
		  use-caps-for-id: yes
		  qname-minimisation: yes
		  qname-minimisation-strict: yes
		  do-daemonize: no
		  username: ""
		  chroot: ""
		  directory: "$NET_DIR"
		  pidfile: ""
		  use-syslog: no
		  logfile: ""
		remote-control:
		  control-enable: no
		$3:
		  name: mesos
		  $4: $SERVER
	END
	peer "$1" "$2" unbound -d -c "$NET_DIR/$1.conf"
}

forward_bind() {
	mkdir "$NET_DIR/bind"
	net_address client lo $BIND_FORWARD/8
	cat >"$NET_DIR/named.conf" <<-END
		options {
		  directory "$NET_DIR/bind";
		  listen-on port 53 { $BIND_FORWARD; };
		  listen-on-v6 { none; };
		  recursion yes;
		  allow-recursion { any; };
		  dnssec-validation no;
		  empty-zones-enable no;
		  pid-file none;
		  session-keyfile none;
		  managed-keys-directory "$NET_DIR/bind";
		};
		controls { };
		zone "mesos" { type forward; forward only; forwarders { $SERVER; }; };
	END
	peer bind $BIND_FORWARD named -g -n 1 -c "$NET_DIR/named.conf"
}

# What the daemon has answered so far, in the kernel and behind it.
asked_of_us() {
	counters | awk '/^answer_/ || /^pass_(qtype|opcode|counts|opt) / { sum += $2 } END { print sum }'
}

# negative TEXT ADDRESS STATUS NAME TYPE: no records, once and again; and then from the forwarder's cache
negative() {
	local before
	equal "$1: $4 $5 is $3" "$3" "$(status "@$2" "$4" "$5")"
	before=$(asked_of_us)
	equal "$1: $4 $5 is $3 again" "$3 0" "$(status "@$2" "$4" "$5") $(data "@$2" "$4" "$5" | wc -w)"
	equal "$1: $4 $5 is remembered" "$before" "$(asked_of_us)"
}

behind() {
	local who=$1 at=$2 again
	equal "$who: A" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data "@$at" web.marathon.mesos)"
	equal "$who: A in mixed case" "172.16.1.1 172.16.1.2 172.16.1.3" "$(data "@$at" WEB.mArathon.Mesos)"
	equal "$who: AAAA" fd00:16::1 "$(data "@$at" six.marathon.mesos AAAA)"
	matches "$who: SRV" '^0 1 8080 svc-.*\.marathon\.mesos\.$' "$(data "@$at" _http._svc._tcp.marathon.mesos SRV)"
	negative "$who" "$at" NXDOMAIN nobody.marathon.mesos A
	# Unbound remembers the name above, where its first question ended
	for again in "" " again"; do
		equal "$who: deep below a missing name: NXDOMAIN$again" NXDOMAIN "$(status "@$at" deep.below.nobody2.mesos AAAA)"
	done
	negative "$who" "$at" NOERROR web.marathon.mesos AAAA
	negative "$who" "$at" NOERROR _tcp.marathon.mesos A
	equal "$who: a large set comes whole" 90 "$(data "@$at" many.marathon.mesos | wc -w)"
	equal "$who: over TCP, too" 90 "$(data "@$at" +tcp many.marathon.mesos | wc -w)"
}

# getent_all NAME: its addresses, sorted, in one line, by the resolv.conf of the client
getent_all() {
	ip netns exec "$(net_name client)" getent ahosts "$1" | awk '$2 == "STREAM" { print $1 }' | sort -u | paste -sd ' '
}

# Silent: who does not even say that nobody is there.
three_nameservers() {
	local i name expected
	net_start client "$NET_DIR/silent.log" "$PYTHON" -c "import signal, socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(('$SILENT', 53)) or signal.pause()"
	etc=/etc/netns/$(net_name client)
	mkdir -p "$etc"
	trap 'rm -rf "$etc"; rmdir /etc/netns 2>/dev/null; net_cleanup' EXIT
	printf 'nameserver %s\nnameserver %s\nnameserver %s\noptions rotate timeout:1 attempts:3\n' \
		$SILENT "$SERVER" $DNSMASQ >"$etc/resolv.conf"
	for i in 1 2 3; do
		while read -r name expected; do
			equal "getent, one of three dead, look-up $i: $name" "$expected" "$(getent_all "$name")"
		done <<-END
			leader.mesos 10.53.1.1
			six.marathon.mesos 172.16.2.1 fd00:16::1
			nobody.marathon.mesos
		END
	done
}

stage
few_tasks
many_tasks 90
daemon_xdp native externalOn false
within 20 is 90 count_of many.marathon.mesos || not_ok "the zone is there" "$(tail "$DAEMON_LOG")"
forward_dnsmasq
forward_unbound unbound $UNBOUND forward-zone forward-addr
forward_unbound unbound-stub $UNBOUND_STUB stub-zone stub-addr
forward_bind
behind dnsmasq $DNSMASQ
behind "unbound, forwarding" $UNBOUND
behind "unbound, resolving" $UNBOUND_STUB
behind BIND $BIND_FORWARD
three_nameservers
finish
