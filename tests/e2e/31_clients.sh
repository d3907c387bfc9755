#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Resolvers that programs have in them (the C libraries', c-ares, getdns, Go's, Java's) find names with three
# nameservers of which one is dead or refuses, and take "no such name" and "no such type" for what they are.
# docs/clients.md has what is seen here as a table.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

SILENT=127.0.0.9 REFUSING=127.0.0.10
PROGRAMS=build/tests/clients
CLIENTS=()
# What some make of NODATA: they do not tell it from a missing name.
declare -A NODATA=([musl]=none [go]=none)
# To getdns a refusal is an answer, as any other.
REFUSED_TO=getdns
QUESTIONS=(A leader.mesos A web.marathon.mesos AAAA six.marathon.mesos A nobody.marathon.mesos AAAA web.marathon.mesos)

# compiled SOURCE NAME COMMAND...: "COMMAND -o NAME SOURCE", with what follows "--" behind it
compiled() {
	local source=tests/clients/$1 program=$PROGRAMS/$2 output before=() after=()
	shift 2
	[ "$program" -nt "$source" ] && return
	while [ $# -gt 0 ] && [ "$1" != -- ]; do before+=("$1") && shift; done
	[ $# -eq 0 ] || after=("${@:2}")
	output=$("${before[@]}" -o "$program" "$source" "${after[@]}" 2>&1) || not_ok "$source is compiled" "$output"
}

# client NAME PACKAGE PROGRAM-OR-FILE: is it here? One that is not is said aloud.
client() {
	if command -v "$3" >/dev/null || [ -e "$3" ]; then
		CLIENTS+=("$1")
	else
		skip "$1" "Debian's $2 is not installed"
		false
	fi
}

clients() {
	local cc=(-std=gnu11 -O2 -Wall -Wextra -Werror)
	mkdir -p $PROGRAMS
	client glibc gcc gcc && compiled lookup.c glibc gcc "${cc[@]}"
	client musl musl-tools musl-gcc && compiled lookup.c musl musl-gcc -static "${cc[@]}"
	client c-ares libc-ares-dev /usr/include/ares.h && compiled lookup_cares.c c-ares gcc "${cc[@]}" -- -lcares
	client getdns getdns-utils getdns_query
	client go "golang-go (make build/packages-clients)" go &&
		GOCACHE=$PWD/$PROGRAMS/go-cache compiled lookup.go go go build
	if client java "openjdk-17-jdk-headless (make build/packages-clients)" javac; then
		CLIENTS+=(java-jndi)
		[ $PROGRAMS/Lookup.class -nt tests/clients/Lookup.java ] ||
			succeeds "tests/clients/Lookup.java is compiled" javac -d $PROGRAMS tests/clients/Lookup.java
	fi
}

# in_client COMMAND...: with the client host's resolv.conf
in_client() {
	timeout 100 ip netns exec "$(net_name client)" "$@"
}

# All questions by one context, with lines as tests/clients/lookup.c prints them. It puts a question to one server
# only: one that was put to a dead server has failed, and the next goes to another one. So each is put thrice, and
# failures are left out.
getdns() {
	local file=$NET_DIR/getdns.$RANDOM i
	for ((i = 1; i < $#; i += 2)); do
		printf '%s %s\n%s %s\n%s %s\n' "${@:i+1:1}" "${@:i:1}" "${@:i+1:1}" "${@:i:1}" "${@:i+1:1}" "${@:i:1}"
	done >"$file"
	in_client getdns_query -s -j -G -t 700 -F "$file" | jq -r --slurp '
		def answer: (.replies_tree[0] // {}) as $reply |
			[$reply.answer[]? | .rdata | (.ipv4_address // .ipv6_address) | select(.)] as $found |
			if .status == 902 then "again" elif $reply.header.rcode == 3 then "none"
			elif $reply.header.rcode != 0 then "rcode \($reply.header.rcode)"
			elif $found == [] then "nodata" else $found | sort | join(" ") end;
		.[] | .replies_tree[0].question as $q | select(answer != "again") |
		"\(if $q.qtype == 1 then "A" else "AAAA" end) \($q.qname | rtrimstr(".")) \(answer)"' | uniq
}

# look_up CLIENT {TYPE NAME}...
look_up() {
	local who=$1 java=(java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$PROGRAMS" Lookup)
	shift
	case $who in
	getdns) getdns "$@" ;;
	go) GODEBUG=netdns=go in_client $PROGRAMS/go "$@" ;;
	java) in_client "${java[@]}" inet "$@" | sed 's/\(:0\)\{3,\}:/::/' ;;
	java-jndi) in_client "${java[@]}" jndi "$@" ;;
	*) in_client "$PROGRAMS/$who" "$@" ;;
	esac 2>&1
}

# resolv_conf LINE...
resolv_conf() {
	printf '%s\n' "$@" >"$ETC/resolv.conf"
}

# expected CLIENT WHAT-THE-FIRST-SERVER-IS
expected() {
	if [ "$1 $2" = "$REFUSED_TO refuses" ]; then
		printf '%s %s rcode 5\n' "${QUESTIONS[@]}"
		return
	fi
	cat <<-END
		A leader.mesos 10.53.1.1
		A web.marathon.mesos 172.16.1.1 172.16.1.2 172.16.1.3
		AAAA six.marathon.mesos fd00:16::1
		A nobody.marathon.mesos none
		AAAA web.marathon.mesos ${NODATA[$1]:-nodata}
	END
}

# all_find TEXT WHAT-THE-FIRST-SERVER-IS: with the present resolv.conf; all clients at once, since most of it is waiting
all_find() {
	local who pids=() pid
	for who in "${CLIENTS[@]}"; do
		look_up "$who" "${QUESTIONS[@]}" >"$NET_DIR/found.$who" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for who in "${CLIENTS[@]}"; do
		equal "$1: $who" "$(expected "$who" "$2")" "$(cat "$NET_DIR/found.$who")"
	done
}

answers_sent() {
	counters | awk '/^answer_/ { sum += $2 } END { print sum }'
}

# A missing name is asked for once by each family and entry of the search list, not again and again; a short name is
# found by the list.
searching() {
	local who before n
	resolv_conf "nameserver $SERVER" "search marathon.mesos chronos.mesos"
	for who in "${CLIENTS[@]}"; do
		before=$(answers_sent)
		look_up "$who" A nobody.marathon.mesos >"$NET_DIR/found.$who"
		n=$(($(answers_sent) - before))
		equal "search list: $who: a missing name" "A nobody.marathon.mesos none" "$(cat "$NET_DIR/found.$who")"
		succeeds "search list: $who: asked for in $n questions" test "$n" -ge 1 -a "$n" -le 6
		case $who in
		getdns | java-jndi) ;; # have no search list
		*) equal "search list: $who: a short name" "A svc 172.16.3.1" "$(look_up "$who" A svc)" ;;
		esac
	done
}

stage
few_tasks
plain_path
clients
daemon_xdp native externalOn false
ETC=/etc/netns/$(net_name client)
mkdir -p "$ETC"
trap 'rm -rf "$ETC"; rmdir /etc/netns 2>/dev/null; net_cleanup' EXIT
net_start client "$NET_DIR/bad.log" "$PYTHON" tests/e2e/bad_servers.py $SILENT $REFUSING
within 20 grep -q ready "$NET_DIR/bad.log" || not_ok "the bad servers start" "$(cat "$NET_DIR/bad.log")"
# retrans: c-ares's word for timeout, in ms; others do not know it
resolv_conf "nameserver $SILENT" "nameserver $SERVER" "nameserver $PLAIN" \
	"options rotate timeout:1 attempts:3 retrans:1000"
all_find "three, the first dead, rotate" dead
resolv_conf "nameserver $SERVER" "nameserver $SILENT" "nameserver $PLAIN" "options timeout:1 attempts:3 retrans:1000"
all_find "three, the second dead" serves
resolv_conf "nameserver $REFUSING" "nameserver $PLAIN" "nameserver $SERVER" "options timeout:1 attempts:3 retrans:1000"
all_find "three, the first refuses" refuses
searching
daemon_stop
finish
