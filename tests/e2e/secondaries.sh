# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# NSD, Knot and BIND as secondaries of the daemon, on addresses of the client host. A script sources
# this after lib.sh. Each function takes an address and, to sign with it, the name of a key.

declare -A SECRET=([one]=hmac-sha256:c2VjcmV0LW9mLWtleS1vbmUtc2VjcmV0LW9mLWtleS0=
	[two]=hmac-sha512:c2VjcmV0LW9mLWtleS10d28tc2VjcmV0LW9mLWtleS0=
	[lost]=hmac-sha256:YW5vdGhlci1zZWNyZXQtYW5vdGhlci1zZWNyZXQtYW4=)

# dig_key NAME [SECRET-OF]: what dig and kdig take after -y
dig_key() {
	local of=${SECRET[${2:-$1}]}
	echo "${of%%:*}:$1:${of#*:}"
}

# secondary ADDRESS COMMAND...: starts it, its log beside it
secondary() {
	local address=$1
	shift
	net_start client "$NET_DIR/$address.log" "$@"
}

secondary_address() {
	net_address client eth0 "$1/24"
	mkdir "$NET_DIR/$1"
}

secondary_nsd() {
	local address=$1 key=${2:-NOKEY} of=${SECRET[${2:-one}]}
	secondary_address "$address"
	cat >"$NET_DIR/$address.conf" <<-END
		server:
		  ip-address: $address
		  server-count: 1
		  username: ""
		  chroot: ""
		  database: ""
		  zonesdir: "$NET_DIR/$address"
		  zonelistfile: "$NET_DIR/$address/list"
		  xfrdfile: "$NET_DIR/$address/xfrd"
		  xfrdir: "$NET_DIR/$address"
		  pidfile: ""
		  verbosity: 2
		remote-control:
		  control-enable: no
		key:
		  name: ${2:-one}
		  algorithm: ${of%%:*}
		  secret: "${of#*:}"
		zone:
		  name: mesos
		  zonefile: mesos.zone
		  request-xfr: $SERVER $key
		  allow-notify: $SERVER $key
		  outgoing-interface: $address
		  provide-xfr: 0.0.0.0/0 NOKEY
	END
	secondary "$address" nsd -d -c "$NET_DIR/$address.conf"
}

secondary_knot() {
	local address=$1 of=${SECRET[${2:-one}]}
	secondary_address "$address"
	cat >"$NET_DIR/$address.conf" <<-END
		server:
		  rundir: $NET_DIR/$address
		  listen: $address@53
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		log:
		  - target: stderr
		    any: info
		control:
		  listen: $NET_DIR/$address/control
		database:
		  storage: $NET_DIR/$address
		key:
		  - id: ${2:-one}
		    algorithm: ${of%%:*}
		    secret: ${of#*:}
		remote:
		  - id: primary
		    address: $SERVER@53
		    via: $address
		    ${2:+key: $2}
		acl:
		  - id: told
		    address: $SERVER
		    action: notify
		    ${2:+key: $2}
		  - id: read
		    action: transfer
		zone:
		  - domain: mesos
		    storage: $NET_DIR/$address
		    file: mesos.zone
		    master: primary
		    acl: [told, read]
		    zonefile-load: none
		    zonefile-sync: -1
		    journal-content: none
	END
	secondary "$address" knotd -c "$NET_DIR/$address.conf"
}

secondary_bind() {
	local address=$1 of=${SECRET[${2:-one}]}
	secondary_address "$address"
	cat >"$NET_DIR/$address.conf" <<-END
		options {
		  directory "$NET_DIR/$address";
		  listen-on port 53 { $address; };
		  listen-on-v6 { none; };
		  recursion no;
		  notify no;
		  transfer-source $address;
		  query-source address $address;
		  dnssec-validation no;
		  empty-zones-enable no;
		  pid-file none;
		  session-keyfile none;
		  managed-keys-directory "$NET_DIR/$address";
		};
		controls { };
		key "${2:-one}" { algorithm ${of%%:*}; secret "${of#*:}"; };
		zone "mesos" {
		  type secondary;
		  file "mesos.zone";
		  primaries { $SERVER ${2:+key $2}; };
		  allow-transfer { any; };
		};
	END
	secondary "$address" named -g -n 1 -c "$NET_DIR/$address.conf"
}

# serial_of [ADDRESS]: of the zone there; nothing: it has none
serial_of() {
	data "@${1:-$SERVER}" mesos SOA | cut -d' ' -f3
}

# zone_at [ADDRESS]: all of it, a record a line, sorted; the SOA once
zone_at() {
	ask "@${1:-$SERVER}" mesos AXFR | grep -v '^;' | grep . | tr -s '\t ' ' ' | sort -u
}
