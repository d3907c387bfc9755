#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Lists of clients and response-rate limiting, in the kernel and in userspace, turned on and off and
# changed by reloads while an exempt client asks all the time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

OTHER=10.53.8.2 OTHER6=fd53:0:0:800::2 # a client in another network
REREAD='changed, in effect now|reread, nothing changed|keeping the previous configuration'
EXEMPT='["10.53.0.0/24", "fd53::/64"]'

# reload [KEY JSON]...
reload() {
	local seen
	seen=$(times_said "$REREAD")
	config xdpMode '"native"' externalOn false httpOn true "$@"
	kill -HUP "$DAEMON"
	within 20 more_said "$REREAD" "$seen" || not_ok "the daemon rereads its file" "$(tail -20 "$DAEMON_LOG")"
}

# other DIG-ARGUMENTS...: asked from there, or from FROM
other() {
	ask +time=1 -b "${FROM:-$OTHER}" "$@"
}

# from ADDRESS COMMAND...: with `other` asking from there
from() {
	local FROM=$1
	shift
	"$@"
}

count() {
	counters | awk -v name="$1" '$1 == name { print $2 }'
}

counted_more() {
	[ "$(count "$1")" -gt "$2" ]
}

# metric TEXT: its value
metric() {
	net_exec server curl -s http://127.0.0.1:8123/metrics | grep -F "$1" | grep -v '^#' | awk '{ print $NF }'
}

# answered DIG-ARGUMENTS...: is there an answer?
answered() {
	other "$@" | grep -q 'status:'
}

truncated() {
	other +ignore "$@" | grep -qE 'flags: qr[a-z ]* tc'
}

# server_cookie: one made for OTHER, with the client's before it
server_cookie() {
	other +tcp +cookie=0102030405060708 leader.mesos | sed -n 's/^; COOKIE: \([0-9a-f]*\) (good)$/\1/p'
}

# dropped_before_userspace: asks what only userspace answers; was the question dropped on its way?
dropped_before_userspace() {
	local before
	before=$(count drop_limited_pass)
	unanswered leader.mesos TXT
	counted_more drop_limited_pass "$before"
}

# cookie_helps: a server cookie of ours makes that nothing limits its client, in both planes
cookie_helps() {
	local mine
	mine=$(server_cookie)
	succeeds "with a server cookie there is an answer, from the kernel" answered +cookie="$mine" leader.mesos
	succeeds "and another one" answered +cookie="$mine" leader.mesos
	succeeds "from userspace, too" answered +cookie="$mine" leader.mesos TXT
	succeeds "without it there is nothing" within 20 unanswered +nocookie leader.mesos
	succeeds "with a made up one neither" within 20 unanswered +cookie=01020304050607080100000000000000aaaaaaaaaaaaaaaa leader.mesos
}

unanswered() {
	! answered "$@"
}

generation() {
	ip -n "$(net_name server)" -d link show client0 | grep -o 'prog/xdp id [0-9]*'
}

deny() {
	local before program
	program=$(generation)
	reload clientsDeny "[\"10.53.8.0/24\", \"fd53:0:0:800::/56\"]"
	succeeds "another program took the place of the first" test "$program" != "$(generation)"
	before=$(count drop_denied)
	succeeds "a denied client gets nothing" unanswered leader.mesos
	succeeds "over IPv6 neither" from $OTHER6 unanswered "@$SERVER6" leader.mesos
	succeeds "which is the kernel's doing" counted_more drop_denied $((before + 1))
	succeeds "nor over TCP" unanswered +tcp leader.mesos
	equal "others go on" 10.53.1.1 "$(data leader.mesos)"
	succeeds "over TCP, too" is 10.53.1.1 data +tcp leader.mesos
	program=$(generation)
	reload clientsDeny '["10.53.8.0/25", "10.53.8.128/25", "10.53.0.0/16"]' clientsAllow '["10.53.0.0/24", "10.53.8.2", "fd53::/64"]'
	equal "other lists go into the same program" "$program" "$(generation)"
	equal "of two that hold a client the longer prefix decides" 10.53.1.1 "$(other +short leader.mesos)"
}

allow() {
	local before how
	reload clientsAllow "$EXEMPT"
	before=$(count pass_refused)
	for how in +notcp +tcp; do
		equal "who is not allowed is refused ($how)" REFUSED "$(other $how leader.mesos | sed -n 's/.*status: \([A-Z]*\),.*/\1/p')"
		matches "and told why ($how)" 'EDE: 18 \(Prohibited\)' "$(other $how leader.mesos)"
	done
	succeeds "the kernel leaves them to userspace" counted_more pass_refused $((before + 1))
	equal "who is allowed is answered" 10.53.1.1 "$(data leader.mesos)"
}

limits() {
	reload responsesPerSecond 1 responsesSlip 1 responsesExempt "$EXEMPT"
	succeeds "beyond the limit TC is all there is" within 20 truncated leader.mesos
	succeeds "to what userspace would answer, too" within 20 truncated leader.mesos TXT
	succeeds "and to names that do not exist" within 20 truncated nobody.mesos
	succeeds "over IPv6" from $OTHER6 within 20 truncated "@$SERVER6" leader.mesos
	succeeds "a client that turns to TCP is answered" is 10.53.1.1 other +short leader.mesos
	succeeds "the kernel counts" counted_more answer_limited 0
	reload responsesPerSecond 1 responsesSlip 0 responsesExempt "$EXEMPT"
	succeeds "without slip there is nothing" within 20 unanswered leader.mesos
	succeeds "dropped by the kernel" counted_more drop_limited 0
	succeeds "what is userspace's, too" within 20 unanswered leader.mesos TXT
	succeeds "counted by itself" within 20 dropped_before_userspace
	cookie_helps
	reload responsesPerSecond 1000 responsesSlip 0 responsesExempt "$EXEMPT"
	succeeds "a higher rate is in effect at once" answered leader.mesos
}

# many_lists: exchanged again and again
many_lists() {
	local i j list
	for ((i = 1; i <= 10; i++)); do
		list=
		for ((j = 0; j < 200; j++)); do
			list+="\"10.$((i + 60)).$j.0/24\", "
		done
		reload clientsDeny "[$list \"10.53.8.$((i + 100))\"]" responsesPerSecond $((i * 10)) responsesExempt "$EXEMPT"
	done
	succeeds "the last list holds" from 10.53.8.110 unanswered leader.mesos
	succeeds "and not the one before" from 10.53.8.109 answered leader.mesos
}

off() {
	local program
	program=$(generation)
	reload
	succeeds "without lists and limits it is another program" test "$program" != "$(generation)"
	equal "which answers everybody" 10.53.1.1 "$(other +short leader.mesos)"
}

userspace() {
	daemon_stop
	config xdpOn false externalOn false httpOn true responsesPerSecond 1 responsesSlip 1 responsesExempt "$EXEMPT" \
		clientsDeny '["10.53.8.110"]'
	daemon
	succeeds "without XDP: TC beyond the limit" within 20 truncated leader.mesos
	succeeds "counted" test "$(metric 'answers_total{plane="udp",answer="limited"}')" -gt 0
	succeeds "a client that turns to TCP is answered" is 10.53.1.1 other +short leader.mesos
	succeeds "a denied one gets nothing" from 10.53.8.110 unanswered leader.mesos
	equal "counted" 1 "$(metric 'dropped_total{plane="udp",reason="denied"}')"
	succeeds "nor over TCP" from 10.53.8.110 unanswered +tcp leader.mesos
	succeeds "counted" test "$(metric tcp_denied_total)" -ge 1
	daemon_stop
	config xdpOn false externalOn false httpOn true responsesPerSecond 1 responsesSlip 0 responsesExempt "$EXEMPT"
	daemon
	succeeds "without slip there is nothing" within 20 unanswered leader.mesos
	succeeds "counted" test "$(metric 'dropped_total{plane="udp",reason="limited"}')" -gt 0
	cookie_helps
}

stage
net_address client eth0 10.53.8.2/24 10.53.8.109/24 10.53.8.110/24 "$OTHER6/64"
ip -n "$(net_name server)" route add 10.53.8.0/24 dev client0
ip -n "$(net_name server)" route add "${OTHER6%::2}::/64" dev client0
few_tasks
daemon_xdp native externalOn false httpOn true
printf '%s\n' 'leader.mesos A NOERROR 10.53.1.1' 'svc.marathon.mesos A NOERROR 172.16.3.1' 'nobody.mesos A NXDOMAIN' >"$NET_DIR/names"
asking_start
deny
allow
limits
many_lists
off
asking_end "an exempt client lost nothing meanwhile"
userspace
daemon_stop
finish
