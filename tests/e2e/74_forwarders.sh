#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Behind other people's forwarders: what does not exist stays so when it is asked again, from their caches, and a large
# set comes whole.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

DNSMASQ=127.0.0.5 UNBOUND=127.0.0.6 UNBOUND_STUB=127.0.0.7 BIND_FORWARD=127.0.0.8 KRESD=127.0.0.11 KRESD_STUB=127.0.0.12

for program in dnsmasq unbound named kresd; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

forward_dnsmasq() {
	peer_start dnsmasq $DNSMASQ dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
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
	peer_start "$1" "$2" unbound -d -c "$NET_DIR/$1.conf"
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
	peer_start bind $BIND_FORWARD named -g -n 1 -c "$NET_DIR/named.conf"
}

# forward_kresd NAME ADDRESS LUA: as a forwarder, or as a resolver that takes us for a root server, which asks label by
# label; both in mixed case
forward_kresd() {
	mkdir "$NET_DIR/$1"
	cat >"$NET_DIR/$1.conf" <<-END
		net.listen('$2', 53, { kind = 'dns' })
		net.ipv6 = false
		trust_anchors.remove('.')
		for _, module in ipairs({'ta_update', 'ta_signal_query', 'priming', 'detect_time_skew'}) do
			modules.unload(module)
		end
		cache.open(10 * MB, 'lmdb://cache')
		$3
	END
	peer_start "$1" "$2" kresd -n -q -c "$NET_DIR/$1.conf" "$NET_DIR/$1"
}

# What the daemon has answered so far, in the kernel and behind it.
asked_of_us() {
	counters | awk '/^answer_/ || /^pass_(qtype|opcode|counts|opt) / { sum += $2 } END { print sum }'
}

# told DIG-ARGUMENTS...: several questions; a line for each, with status and data, sorted
told() {
	ask +noall +comments +question +answer "$@" | awk '
		function say(i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && data[j] < data[j - 1]; j--) {
					t = data[j]; data[j] = data[j - 1]; data[j - 1] = t
				}
			if (question) {
				printf "%s %s", question, status
				for (i = 1; i <= n; i++) printf " %s", data[i]
				print ""
			}
			question = ""; n = 0
		}
		/->>HEADER<<-/ { say(); match($0, /status: [A-Z]+/); status = substr($0, RSTART + 8, RLENGTH - 8) }
		/^;[^; ].*IN/ { question = substr($1, 2, length($1) - 2) " " $3 }
		/^[^;]/ && $3 == "IN" { data[++n] = $4 == "SRV" ? $6 " " $7 : $5 }
		END { say() }'
}

# Names that are there; then ones that are not, which are asked twice, the second time of the cache.
POSITIVE=(web.marathon.mesos A WEB.mArathon.Mesos A six.marathon.mesos AAAA _http._svc._tcp.marathon.mesos SRV)
NEGATIVE=(nobody.marathon.mesos A web.marathon.mesos AAAA _tcp.marathon.mesos A)
POSITIVELY="web.marathon.mesos A NOERROR 172.16.1.1 172.16.1.2 172.16.1.3
WEB.mArathon.Mesos A NOERROR 172.16.1.1 172.16.1.2 172.16.1.3
six.marathon.mesos AAAA NOERROR fd00:16::1
_http._svc._tcp.marathon.mesos SRV NOERROR 1 8080"
NEGATIVELY="nobody.marathon.mesos A NXDOMAIN
web.marathon.mesos AAAA NOERROR
_tcp.marathon.mesos A NOERROR"

behind() {
	local who=$1 at=$2 again before
	equal "$who: names that are there" "$POSITIVELY" "$(told "@$at" "${POSITIVE[@]}")"
	equal "$who: names and types that are not" "$NEGATIVELY" "$(told "@$at" "${NEGATIVE[@]}")"
	before=$(asked_of_us)
	equal "$who: the same again" "$NEGATIVELY" "$(told "@$at" "${NEGATIVE[@]}")"
	equal "$who: is remembered" "$before" "$(asked_of_us)"
	# Unbound remembers the name above, where its first question ended
	for again in "" " again"; do
		equal "$who: deep below a missing name$again" "deep.below.nobody2.mesos AAAA NXDOMAIN" \
			"$(told "@$at" deep.below.nobody2.mesos AAAA)"
	done
	equal "$who: a large set comes whole" 90 "$(data "@$at" many.marathon.mesos | wc -w)"
	equal "$who: over TCP, too" 90 "$(data "@$at" +tcp many.marathon.mesos | wc -w)"
}

stage
few_tasks
task many many.1 0 "[$(printf '"172.16.9.%d", ' {1..89})\"172.16.9.90\"]" '[]'
daemon_xdp native externalOn false
within 20 is 90 count_of many.marathon.mesos || not_ok "the zone is there" "$(tail "$DAEMON_LOG")"
forward_dnsmasq
forward_unbound unbound $UNBOUND forward-zone forward-addr
forward_unbound unbound-stub $UNBOUND_STUB stub-zone stub-addr
forward_bind
forward_kresd kresd $KRESD "policy.add(policy.suffix(policy.FORWARD({'$SERVER'}), {todname('mesos')}))"
forward_kresd kresd-stub $KRESD_STUB "modules.load('hints') hints.root({ ['ns1.mesos.'] = { '$SERVER' } })"
peers_wait
behind dnsmasq $DNSMASQ
behind "unbound, forwarding" $UNBOUND
behind "unbound, resolving" $UNBOUND_STUB
behind BIND $BIND_FORWARD
behind "kresd, forwarding" $KRESD
behind "kresd, resolving" $KRESD_STUB
finish
