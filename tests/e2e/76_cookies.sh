#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# DNS Cookies and NSID, from the kernel and from userspace: kept over a kill, changed by a signal, shared with BIND
# and Knot.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

for program in named knotd kdig; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

CLIENT=0102030405060708 # its cookie
FROM=10.53.0.2          # and its address, for whomever it asks
FIRST=e5e973e5a6b2a43f48e7dc849e37bfcf SECOND=445536bcd2513298075a5d379663c962
SECRET_SEEN="$FIRST|e5e973e5|0xe5,?0xe9,?0x73|$((0x3fa4b2a6e573e9e5))" # in hexadecimal, or as a number
NOBODYS=${CLIENT}0100000000000000deadbeefdeadbeef

# cookie SENT DIG-ARGUMENTS...: the one that comes back, if dig says that it is good
cookie() {
	local sent=$1
	shift
	ask -b $FROM +cookie="$sent" +nobadcookie "$@" | sed -n 's/^; COOKIE: \([0-9a-f]*\) (good)$/\1/p'
}

# judged COOKIE [@ADDRESS]: by the rcode of a query for a cookie alone (RFC 7873 5.4), which userspace answers
judged() {
	local sent=$1
	shift
	status -b $FROM +header-only +cookie="$sent" +nobadcookie "$@"
}

# secrets HEX...: into the file that the configuration names
secrets() {
	(umask 077 && printf '%s\n' "$@" >"$NET_DIR/secrets")
}

reload() {
	local seen
	seen=$(times_said 'in effect now|nothing changed')
	kill -HUP "$DAEMON"
	within 20 more_said 'in effect now|nothing changed' "$seen" || not_ok "it reloads" "$(tail "$DAEMON_LOG")"
}

given() {
	local mine
	mine=$(cookie $CLIENT leader.mesos)
	matches "a server cookie, from the kernel" "^${CLIENT}01000000.{24}$" "$mine"
	equal "by the kernel" "kernel answer_a" "$(by_whom +cookie=$CLIENT leader.mesos)"
	equal "the same for who shows it" "$mine" "$(cookie "$mine" leader.mesos)"
	equal "and with another answer" "$mine" "$(cookie "$mine" nobody.mesos)"
	equal "from userspace, too" "$mine" "$(cookie "$mine" leader.mesos TXT)"
	equal "and over TCP" "$mine" "$(cookie "$mine" +tcp leader.mesos)"
	equal "userspace knows it" NOERROR "$(judged "$mine")"
	equal "but nobody's not" BADCOOKIE "$(judged $NOBODYS)"
	matches "nobody's gets a good one" "^${CLIENT}01000000" "$(cookie $NOBODYS leader.mesos)"
	equal "the kernel and userspace answer without any" NOERROR "$(status +nocookie leader.mesos)"
	matches "kdig" 'COOKIE: [0-9A-F]{48}' "$(net_exec client kdig +cookie "@$SERVER" leader.mesos)"
	matches "IPv6" "^${CLIENT}01000000" \
		"$(ask "@$SERVER6" +cookie=$CLIENT leader.mesos | sed -n 's/^; COOKIE: \(.*\) (good)/\1/p')"
}

# A daemon that is killed leaves its secret with the pinned maps, for root's eyes.
kept() {
	local mine
	mine=$(cookie $CLIENT leader.mesos)
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	equal "killed: the kernel goes on with it" "$mine" "$(cookie "$mine" leader.mesos)"
	daemon
	equal "the next daemon knows it" NOERROR "$(judged "$mine")"
	equal "and so does the kernel" "$mine" "$(cookie "$mine" leader.mesos)"
	equal "the secret's pin is its owner's" 600 "$(stat -c %a "$BPF_DIR/cookies")"
}

# RFC 9018 5: the new secret is accepted, then in use, then alone.
rolled() {
	local old new
	secrets $FIRST
	config xdpMode '"native"' externalOn false httpOn true cookieSecretFile "\"$NET_DIR/secrets\""
	reload
	succeeds "SIGHUP: the file is in effect" said 'cookieSecretFile changed, in effect now'
	old=$(cookie $CLIENT leader.mesos)
	equal "kernel and userspace have the same secret" NOERROR "$(judged "$old")"
	secrets $SECOND $FIRST
	reload
	equal "by the secret before: known" NOERROR "$(judged "$old")"
	new=$(cookie "$old" leader.mesos)
	succeeds "and replaced by one of the secret in use" [ "$new" != "$old" ]
	equal "which is known" NOERROR "$(judged "$new")"
	secrets $SECOND
	reload
	equal "a secret that is gone: not known" BADCOOKIE "$(judged "$old")"
	equal "the other is" "$new" "$(cookie "$new" leader.mesos)"
	secrets not-hex
	kill -HUP "$DAEMON"
	succeeds "a broken file changes nothing" within 10 said 'cookieSecretFile.*keeping the previous configuration'
	equal "it is still known" NOERROR "$(judged "$new")"
	secrets $FIRST
	reload
}

# Servers with one secret know each other's cookies, at the same client.
shared() {
	local mine theirs
	mine=$(cookie $CLIENT leader.mesos)
	equal "$1 demands cookies" BADCOOKIE "$(status -b $FROM "@$2" +cookie=$NOBODYS +nobadcookie leader.mesos)"
	equal "$1 takes ours" NOERROR "$(status -b $FROM "@$2" +cookie="$mine" +nobadcookie leader.mesos)"
	theirs=$(cookie $CLIENT "@$2" leader.mesos)
	matches "$1 gives one" "^${CLIENT}01000000.{24}$" "$theirs"
	equal "the kernel takes it" "$theirs" "$(cookie "$theirs" leader.mesos)"
	equal "userspace takes it" NOERROR "$(judged "$theirs")"
}

# Neither the log nor the API nor a dump says it.
secret() {
	local api seen
	api=$(net_exec server curl -s http://127.0.0.1:8123/v1/config)
	matches "the API has the file's name" 'cookieSecretFile.*secrets' "$api"
	seen=$(cat "$DAEMON_LOG"; tr '\0' '\n' <"/proc/$DAEMON/cmdline"; tr '\0' '\n' <"/proc/$DAEMON/environ"
		net_exec server build/xdnsctl --bpf-dir "$BPF_DIR" dump
		bpftool map dump pinned "$BPF_DIR/state" | tr -d ' \n')
	equal "and nothing has the secret" 0 "$(grep -ciE "$SECRET_SEEN" <<<"$api$seen")"
	matches "but the map of root's" "$SECRET_SEEN" \
		"$(bpftool map lookup pinned "$BPF_DIR/cookies" key 0 0 0 0 | tr -d ' \n')"
}

nsid() {
	config xdpMode '"native"' externalOn false cookieSecretFile "\"$NET_DIR/secrets\"" nsid '"site-7"'
	reload
	matches "NSID" '^; NSID: .*"site-7"' "$(ask +nsid leader.mesos | tr -d '()')"
	equal "by userspace" "userspace pass_edns_option" "$(by_whom +nsid leader.mesos)"
	matches "NSID, another kind of answer" '^; NSID: .*"site-7"' "$(ask +nsid leader.mesos TXT | tr -d '()')"
	equal "others are answered by the kernel" "kernel answer_a" "$(by_whom +cookie leader.mesos)"
	config xdpMode '"native"' externalOn false cookies false
	reload
	equal "without cookies there is none" "" "$(ask +cookie=$CLIENT leader.mesos | grep 'COOKIE:.*good')"
	equal "nor from userspace" "" "$(ask +cookie=$CLIENT leader.mesos TXT | grep 'COOKIE:.*good')"
	equal "nor an NSID, of which the kernel knows" "kernel answer_a" "$(by_whom +nsid leader.mesos)"
}

# A resolver that demands cookies made by itself: ours are none of its business, nor its of the client's.
forwarded() {
	local mine
	stage_upstream
	printf '%s\n' '@ 60 SOA ns host 1 60 60 60 60' '@ 60 NS ns' 'ns 60 A 192.0.2.1' 'www 60 A 192.0.2.7' \
		>"$NET_DIR/example.zone"
	cat >"$NET_DIR/above.conf" <<-END
		options {
		  directory "$NET_DIR";
		  listen-on port 53 { 10.53.2.1; };
		  listen-on-v6 { none; };
		  recursion no;
		  require-server-cookie yes;
		  empty-zones-enable no;
		  pid-file none;
		  session-keyfile none;
		};
		controls { };
		zone "example" { type primary; file "$NET_DIR/example.zone"; };
	END
	net_start upstream "$NET_DIR/above.log" named -g -n 1 -c "$NET_DIR/above.conf"
	config xdpMode '"native"' resolvers '["10.53.2.1"]' timeout 1 cookieSecretFile "\"$NET_DIR/secrets\""
	reload
	becomes "a name elsewhere" 192.0.2.7 data www.example
	mine=$(cookie $CLIENT leader.mesos)
	equal "a name elsewhere: its server never sees a cookie" NOERROR \
		"$(status -b $FROM +cookie="$mine" +nobadcookie www.example)"
	equal "the client gets ours" "$mine" "$(cookie "$mine" www.example)"
	equal "over TCP" "$mine" "$(cookie "$mine" +tcp www.example)"
	kill "$NET_PID"
	wait "$NET_PID" 2>/dev/null
	equal "no resolver: SERVFAIL" SERVFAIL "$(status -b $FROM +cookie="$mine" www.example)"
	equal "and ours all the same" "$mine" "$(cookie "$mine" www.example)"
}

stage
few_tasks
daemon_xdp native externalOn false httpOn true
given
kept
rolled
dump_zone
peer_bind "cookie-algorithm siphash24; cookie-secret \"$FIRST\"; require-server-cookie yes;"
shared BIND $BIND_ADDRESS
peer_knot "$FIRST"
shared Knot $KNOT_ADDRESS
secret
forwarded
nsid
finish
