#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The HTTP API on the daemon: what is answered, refused, redacted; clients that are slow or broken.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip_all "jq is not installed"
API=http://$SERVER:8123

# http PATH [CURL-ARGUMENTS...]: the body
http() {
	local path=$1
	shift
	net_exec client curl -s --path-as-is --max-time 20 "$@" "$API$path"
}

# code PATH [CURL-ARGUMENTS...]: the status
code() {
	http "$@" -o "$NET_DIR/body" -w '%{http_code}'
}

# json FILTER PATH: what jq makes of it, compact
json() {
	http "$2" | jq -c "$1"
}

lookups() {
	equal "version" 'Mesos-DNS' "$(json .Service /v1/version | tr -d '"')"
	equal "hosts" '[{"host":"web.marathon.mesos.","ip":"172.16.1.1"},{"host":"web.marathon.mesos.","ip":"172.16.1.2"},{"host":"web.marathon.mesos.","ip":"172.16.1.3"}]' \
		"$(json 'sort_by(.ip)' /v1/hosts/web.marathon.mesos)"
	equal "hosts, in other letters" 172.16.1.1 "$(json 'map(.ip) | min' /v1/hosts/WEB.Marathon.mesos. | tr -d '"')"
	equal "hosts, with a wildcard" 3 "$(json length '/v1/hosts/web.*.marathon.mesos')"
	equal "hosts, both families" '["172.16.2.1","fd00:16::1"]' "$(json 'map(.ip)' /v1/hosts/six.marathon.mesos)"
	equal "hosts, nothing" '[{"host":"","ip":""}]' "$(json . /v1/hosts/nope)"
	equal "hosts, outside the domain" '[{"host":"","ip":""}]' "$(json . /v1/hosts/example.com)"
	equal "hosts, nothing left of it" 400 "$(code '/v1/hosts/.*')"
	equal "services" '["31001","31002","31003"]' "$(json 'map(.port) | sort' /v1/services/_web._tcp.marathon.mesos.)"
	equal "services, as asked" '_WEB._tcp.marathon.mesos' "$(json '.[0].service' /v1/services/_WEB._tcp.marathon.mesos | tr -d '"')"
	equal "services, nothing" '[{"service":"","host":"","ip":"","port":""}]' "$(json . /v1/services/nope)"
	equal "ports" '["dns","http"]' "$(json '[.[] | select(.service | test("^_(http|dns)[.].*marathon.mesos")) | .service[1:] | split(".")[0]] | unique' /v1/hosts/svc.marathon.mesos/ports)"
	equal "ports, protocol and number" '["5353","udp"]' \
		"$(json '[.[] | select(.service == "_dns._svc._udp.marathon.mesos.")][0] | [.port, .protocol]' /v1/hosts/svc.marathon.mesos/ports)"
	equal "ports, nothing" '[]' "$(json . /v1/hosts/nope.mesos/ports)"
}

lists() {
	equal "enumerate: tasks" '["six","svc","web","web","web"]' \
		"$(json '[.frameworks[] | select(.name == "marathon") | .tasks[].name] | sort' /v1/enumerate)"
	equal "enumerate: a task's records" '["A","A","A","A","AAAA","AAAA"]' \
		"$(json '[.frameworks[].tasks[]? | select(.id == "six.1") | .records[].rtype] | sort' /v1/enumerate)"
	equal "axfr: a set" '["172.16.1.1","172.16.1.2","172.16.1.3"]' "$(json '.Records.As["web.marathon.mesos."]' /v1/axfr)"
	equal "axfr: names are sorted" true "$(json '(.Records.SRVs | keys_unsorted) == (.Records.SRVs | keys_unsorted | sort)' /v1/axfr)"
	equal "axfr: serial" "$(data mesos SOA | cut -d' ' -f3)" "$(json .Serial /v1/axfr)"
}

search() {
	local axfr
	axfr=$(json '[.Records[] | keys[]] | unique | length' /v1/axfr)
	equal "names: each that has records, once" "$axfr" "$(json .matches /v1/names)"
	equal "names: in order" true "$(json '[.names[].name] | . == sort' /v1/names)"
	equal "names: those with a part, whatever its case" '["_web._tcp.marathon.mesos.","_web._udp.marathon.mesos."]' \
		"$(json '[.names[].name | select(endswith(".slave.mesos.") | not)]' /v1/names/_WEB)"
	equal "names: what they have" '[3,["172.16.1.1","172.16.1.2","172.16.1.3"],[],[]]' \
		"$(json '.names[] | select(.name == "web.marathon.mesos.") | [.records, (.a | sort), .aaaa, .srv]' /v1/names/web.mara)"
	equal "names: services" '["svc.marathon.mesos.:5353"]' \
		"$(json '[.names[] | select(.name == "_dns._udp.svc._tcp.marathon.mesos." or .name == "_svc._udp.marathon.mesos.") | .srv[] | sub("-[^.]*"; "")] | unique' /v1/names/_udp)"
	equal "names: none" '{"matches":0,"names":[]}' "$(json . /v1/names/nobody)"
	many_tasks 130
	task long long.1 0 '[]' '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]'
	within 20 is '"130"' json '.names[] | select(.name == "many.marathon.mesos.") | .records | tostring' /v1/names/many.mara
	equal "names: of a set the first 8" '[130,8]' \
		"$(json '.names[] | select(.name == "many.marathon.mesos.") | [.records, (.a | length)]' /v1/names/many.mara)"
	equal "names: the first 100 of more" '[true,100]' "$(json '[.matches > 200, (.names | length)]' /v1/names/)"
}

refusals() {
	equal "another path" '404 404: Page Not Found' "$(code /nope) $(cat "$NET_DIR/body")"
	equal "a trailing slash" 200 "$(code /v1/version/)"
	equal "paths are case-sensitive" 404 "$(code /V1/version)"
	equal "an encoded slash" 404 "$(code /v1/hosts/a%2Fb)"
	equal "a NUL" 400 "$(code /v1/hosts/a%00b)"
	equal "another redirection" "301 $API/v1/version" \
		"$(http /nowhere/../v1/version -o "$NET_DIR/body" -w '%{http_code} %{redirect_url}')"
	equal "to the top" "301 $API/" "$(http /.. -o "$NET_DIR/body" -w '%{http_code} %{redirect_url}')"
	equal "a redirection" "301 $API/v1/version" "$(http //v1/./version -o "$NET_DIR/body" -w '%{http_code} %{redirect_url}')"
	equal "POST" '405 405: Method Not Allowed' "$(code /v1/version -d x=1) $(cat "$NET_DIR/body")"
	equal "another Accept" 406 "$(code /v1/version -H 'Accept: text/html')"
	equal "any Accept" 200 "$(code /v1/version -H 'Accept: text/html, */*;q=0.1')"
	equal "a path too long" 414 "$(code "/$(printf 'x%.0s' {1..5000})")"
	equal "headers too long" 431 "$(code /v1/version -H "X: $(printf 'x%.0s' {1..60000})")"
}

secrets() {
	equal "the secret is not shown" '{"Principal":"admin","Secret":"***"}' "$(json .MesosCredentials /v1/config)"
	equal "nor anywhere else" 0 "$(http /v1/config | grep -c top-secret)"
	equal "the file's keys" '[1,"mesos",true]' "$(json '[.RefreshSeconds, .Domain, .HttpOn]' /v1/config)"
}

health() {
	equal "healthz" '"ok"' "$(json .status /healthz)"
	equal "ready" 'true 200' "$(json .ready /ready) $(code /ready)"
	equal "ready: interfaces" '[{"name":"client0","mode":"native"}]' "$(json .xdp.interfaces /ready)"
	equal "ready: serial" "$(data mesos SOA | cut -d' ' -f3)" "$(json .zone.serial /ready)"
	equal "metrics: the names" "$(json .zone.names /ready)" "$(http /metrics | sed -n 's/^mesos_xdns_zone_names //p')"
	equal "ready: heard" number "$(json '.source.heardSecondsAgo | type' /ready | tr -d '"')"
}

# Sixty connections that say half a request, one that says garbage, one that reads nothing: DNS
# does not notice, and neither does another client.
bad_clients() {
	net_start client "$NET_DIR/slow.log" "$PYTHON" -c '
import socket, sys, time
held = []
for i in range(60):
    s = socket.create_connection((sys.argv[1], 8123))
    s.sendall(b"GET /v1/version HTTP/1.1\r\nHost:")
    held.append(s)
for junk in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"\r\n" * 100, b"\xff" * 4000):
    s = socket.create_connection((sys.argv[1], 8123))
    s.sendall(junk)
    s.shutdown(socket.SHUT_WR)
    held.append(s)
print("held", flush=True)
time.sleep(600)
' "$SERVER"
	within 20 grep -q held "$NET_DIR/slow.log"
	succeeds "slow clients are there" grep -q held "$NET_DIR/slow.log"
	equal "DNS over UDP" 10.53.1.1 "$(data leader.mesos)"
	equal "DNS over TCP" 10.53.1.1 "$(data +tcp leader.mesos)"
	task late late.1 0 '["172.16.5.1"]' '[]'
	becomes "changes are served" 172.16.5.1 data late.marathon.mesos
	equal "another host's client is answered" 200 \
		"$(net_exec master curl -s --max-time 20 -o /dev/null -w '%{http_code}' http://10.53.1.2:8123/v1/version)"
	net_stop "$NET_PID"
	within 20 is 200 code /healthz
	equal "and theirs again when they are gone" 200 "$(code /healthz)"
}

config_off() {
	daemon_stop
	daemon_xdp native httpOn true enumerationOn false
	equal "EnumerationOn false: enumerate" 404 "$(code /v1/enumerate)"
	equal "EnumerationOn false: names" '404 404' "$(code /v1/names) $(code /v1/names/web)"
	equal "EnumerationOn false: axfr" 404 "$(code /v1/axfr)"
	equal "EnumerationOn false: hosts" 200 "$(code /v1/hosts/leader.mesos)"
}

no_master() {
	daemon_stop
	config httpOn true masters '["10.53.1.9:5050"]' xdpOn false
	net_start server "$DAEMON_LOG" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
	within 20 is 200 code /healthz
	equal "without a zone: healthz" 200 "$(code /healthz)"
	equal "without a zone: ready" '503 false' "$(code /ready) $(jq .ready "$NET_DIR/body")"
	equal "without a zone: hosts" 503 "$(code /v1/hosts/leader.mesos)"
}

# The API alone: no port 53, and nothing in the kernel, whatever xdpOn says.
no_dns() {
	config httpOn true dnsOn false
	net_start server "$NET_DIR/no-dns.log" "$BIN" -config="$NET_DIR/config.json" -v=1
	DAEMON=$NET_PID
	within 20 is 200 code /ready
	equal "without DNS: ready" 200 "$(code /ready)"
	equal "without DNS: hosts" '["172.16.2.1","fd00:16::1"]' "$(json 'map(.ip)' /v1/hosts/six.marathon.mesos)"
	matches "without DNS: metrics" '^mesos_xdns_zone_names [1-9]' "$(http /metrics | grep zone_names)"
	equal "without DNS: no port" "" "$(net_exec server ss -Hlnu 'sport = 53')"
	equal "without DNS: no program" 0 "$(ip -n "$(net_name server)" link show client0 | grep -c xdp)"
	matches "without DNS: it says so" 'serving the HTTP API alone' "$(grep dnsOn "$NET_DIR/no-dns.log" | tail -1)"
	daemon_stop
}

stage
few_tasks
daemon_xdp native httpOn true mesosCredentials '{"principal": "admin", "secret": "top-secret"}'
within 20 is '"172.16.2.1"' json '.[0].ip' /v1/hosts/six.marathon.mesos
lookups
lists
search
refusals
secrets
health
bad_clients
config_off
no_master
equal "nothing went wrong" "" "$(grep -E 'Sanitizer|error: .*Assert' "$DAEMON_LOG")"
daemon_stop
no_dns
finish
