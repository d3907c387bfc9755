# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# Other authoritative servers beside the daemon, with the zone that it serves: NSD, Knot and
# BIND on the client host's loopback, and a second way to the daemon that has no XDP.
# A script sources this after lib.sh.

NSD_ADDRESS=127.0.0.2 KNOT_ADDRESS=127.0.0.3 BIND_ADDRESS=127.0.0.4
PLAIN=10.53.4.1 PLAIN6=fd53:4::1 # the daemon, behind an interface without XDP
ZONE_FILE='' # a dump of the zone
PEERS=()     # started, and not waited for yet

# plain_path: a second cable between client and server
plain_path() {
	net_join server client1 client eth1
	net_address server client1 $PLAIN/24 $PLAIN6/64
	net_address client eth1 10.53.4.2/24 fd53:4::2/64
}

# count_of NAME: its addresses, that the kernel serves
count_of() {
	kernel_serving && data +tcp "$1" | wc -w
}

# dump_zone: what the daemon serves, as a master file
dump_zone() {
	ZONE_FILE=$NET_DIR/mesos.zone
	net_exec server "$CTL" --bpf-dir "$BPF_DIR" dump >"$ZONE_FILE" ||
		{ not_ok "the zone is dumped"; finish; }
}

peer_serving() {
	net_exec client dig +time=1 +tries=1 "@$1" mesos SOA | grep -q 'status: NOERROR'
}

# peer_start NAME ADDRESS COMMAND...: peers_wait waits for it
peer_start() {
	PEERS+=("$1 $2")
	net_start client "$NET_DIR/$1.log" "${@:3}"
}

peers_wait() {
	local name address
	while read -r name address; do
		within 20 peer_serving "$address" || { not_ok "$name starts" "$(cat "$NET_DIR/$name.log")"; finish; }
	done < <(printf '%s\n' "${PEERS[@]}")
	PEERS=()
}

# peer NAME ADDRESS COMMAND...: starts it and waits for it
peer() {
	peer_start "$@"
	peers_wait
}

peer_nsd() {
	cat >"$NET_DIR/peer-nsd.conf" <<-END
		server:
		  ip-address: $NSD_ADDRESS
		  server-count: 1
		  minimal-responses: no
		  ipv4-edns-size: 1232
		  rrl-ratelimit: 0
		  rrl-whitelist-ratelimit: 0
		  tcp-query-count: 0
		  username: ""
		  chroot: ""
		  database: ""
		  zonesdir: "$NET_DIR"
		  zonelistfile: "$NET_DIR/peer-nsd.list"
		  xfrdfile: "$NET_DIR/peer-nsd.xfrd"
		  xfrdir: "$NET_DIR"
		  pidfile: ""
		remote-control:
		  control-enable: no
		zone:
		  name: mesos
		  zonefile: $ZONE_FILE
	END
	peer nsd $NSD_ADDRESS nsd -d -c "$NET_DIR/peer-nsd.conf"
}

# peer_knot [COOKIE-SECRET]: with it a client has to show a cookie
peer_knot() {
	mkdir "$NET_DIR/knot"
	cat >"$NET_DIR/knot.conf" <<-END
		server:
		  rundir: $NET_DIR/knot
		  listen: $KNOT_ADDRESS@53
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		  udp-max-payload: 1232
		log:
		  - target: stderr
		    any: warning
		control:
		  listen: $NET_DIR/knot/control
		database:
		  storage: $NET_DIR/knot
		mod-cookies:
		  - id: cookies
		    badcookie-slip: 1
		    secret: 0x${1:-00000000000000000000000000000000}
		zone:
		  - domain: mesos
		    ${1:+module: mod-cookies/cookies}
		    storage: $NET_DIR
		    file: $ZONE_FILE
		    journal-content: none
		    zonefile-sync: -1
	END
	peer knot $KNOT_ADDRESS knotd -c "$NET_DIR/knot.conf"
}

# peer_bind [OPTIONS]: of its own
peer_bind() {
	mkdir "$NET_DIR/bind"
	net_address client lo $BIND_ADDRESS/8 # BIND looks at the interfaces' addresses
	cat >"$NET_DIR/named.conf" <<-END
		options {
		  directory "$NET_DIR/bind";
		  listen-on port 53 { $BIND_ADDRESS; };
		  listen-on-v6 { none; };
		  recursion no;
		  minimal-responses no-auth;
		  minimal-any yes;
		  max-udp-size 1232;
		  edns-udp-size 1232;
		  notify no;
		  dnssec-validation no;
		  empty-zones-enable no;
		  pid-file none;
		  session-keyfile none;
		  managed-keys-directory "$NET_DIR/bind";
		  server-id "conform";
		  ${1:-}
		};
		controls { };
		zone "mesos" { type primary; file "$ZONE_FILE"; };
	END
	peer bind $BIND_ADDRESS named -g -n 1 -c "$NET_DIR/named.conf"
}
