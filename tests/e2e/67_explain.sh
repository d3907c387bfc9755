#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Why the zone holds what it holds: /v1/explain and /v1/conflicts, and xdnsctl's view of them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip_all "jq is not installed"
API=http://$SERVER:8123

http() {
	net_exec client curl -s --max-time 20 "$API$1"
}

# explain FILTER NAME: what jq makes of it, raw and compact
explain() {
	http "/v1/explain/$2" | jq -rc "$1"
}

start() {
	sim_post start "$1"
}

tasks() {
	few_tasks
	start '{"framework": "marathon", "name": "Web_App", "id": "big.1", "agent": 0, "ips": ["172.16.4.1"], "ports": [31005, 31005]}'
	start '{"framework": "marathon", "name": "web-app", "id": "small.1", "agent": 1, "ips": ["172.16.4.2"], "ports": []}'
	start '{"framework": "Marathon", "name": "twin", "id": "twin.1", "agent": 0, "ips": ["172.16.4.3"], "ports": []}'
	start '{"framework": "leader", "name": "worker", "id": "worker.1", "agent": 0, "ips": ["172.16.4.4"], "ports": []}'
	start '{"framework": "marathon", "name": "late", "id": "late.1", "agent": 0, "ips": ["172.16.4.5"], "ports": [], "lifecycle": "staged"}'
	start '{"framework": "marathon", "name": "found", "id": "found.1", "agent": 1, "ips": ["172.16.4.6"], "ports": [],
		"discovery": {"name": "My.App", "ports": {"ports": [{"number": 8080, "name": "HTTP_api", "protocol": "tcp"}]}}}'
	start '{"framework": "marathon", "name": "bare", "id": "bare.1", "agent": 2, "ips": [], "ports": []}'
}

stage --tasks 0 --agents 3 --staging-seconds 600
tasks
config xdpOn false httpOn true reverseDnsOn true IPSources '["netinfo", "mesos", "docker", "host"]'
daemon

given() {
	local from='.givers[0]'
	equal "a record for each task" '["172.16.1.1","172.16.1.2","172.16.1.3"]' "$(explain '[.records[].data]' web.marathon.mesos)"
	equal "each has the task that gives it" 'web.2 true' \
		"$(explain '.givers[.records[1].givers[0]].task.id + " " + (.records[1].served | tostring)' web.marathon.mesos)"
	equal "the rule" 'task {task}.{framework}.{domain}' "$(explain "$from.rule + \" \" + $from.pattern" web.marathon.mesos)"
	equal "framework, state, agent" 'marathon TASK_RUNNING 10.64.0.1' \
		"$(explain "$from | .framework.name + \" \" + .task.state + \" \" + .agent.host" web.marathon.mesos)"
	equal "the source that knew an address, and those before it" '["netinfo","mesos","docker","host"] host' \
		"$(explain "[$from.ipSources[].source], $from.ipSource" bare.marathon.mesos | paste -sd ' ')"
	equal "the name as DNS asks for it" 3 "$(explain '.records | length' WEB.Marathon.MESOS.)"
	equal "the leading master" 'master true' "$(explain ".givers[.records[0].givers[0]] | .kind + \" \" + (.leader | tostring)" leader.mesos)"
	equal "all agents" 3 "$(explain '[.givers[] | select(.kind == "agent")] | length' slave.mesos)"
	equal "SOA and NS" '["SOA","NS"] configuration' "$(explain "[.records[].type], $from.kind" mesos | paste -sd ' ')"
	equal "PTR" 'web-app.marathon.mesos. reverse' "$(explain ".records[0].data + \" \" + $from.rule" 1.4.16.172.in-addr.arpa)"
	equal "a framework's port" 'framework-port marathon' "$(explain "$from.rule + \" \" + $from.framework.name" _framework._tcp.marathon.mesos)"
	equal "a port of the resources" port "$(explain "$from.rule" _web._tcp.marathon.mesos)"
	equal "a named port of DiscoveryInfo" 'discovery-named http-api' \
		"$(explain "$from.rule + \" \" + ($from.labels[] | select(.part == \"port\" and .from == \"HTTP_api\") | .label)" _http-api._my-app._tcp.marathon.mesos)"
}

labels() {
	local instance
	equal "how a label was made" 'web-app ["letters lowered","dots and underscores are dashes"]' \
		"$(explain '.givers[] | select(.task.id == "big.1") | .labels[0] | .label, .how' web-app.marathon.mesos | paste -sd ' ')"
	instance=$(explain '.records[0].data | sub(":.*"; "")' _web._tcp.marathon.slave.mesos)
	equal "the target of an SRV is another name to explain: agent, hash" 'instance-slave ["task","hash","agent","framework"]' \
		"$(explain '.givers[0] | .rule, [.labels[].part]' "$instance" | paste -sd ' ')"
	matches "its hash is of the task's id" '^web\.[123]$' "$(explain '.givers[0].labels[] | select(.part == "hash") | .from' "$instance")"
}

missing() {
	equal "a task that is staged" 'NXDOMAIN not-running TASK_STAGING not-running' \
		"$(explain '.answer + " " + .state + " " + .givers[0].task.state + " " + .leftOut[0].reason' late.marathon.mesos)"
	equal "a framework that is called leader" 'owned leader' \
		"$(explain '.leftOut[0].reason + " " + .givers[.leftOut[0].giver].framework.name' leader.mesos)"
	equal "a name before it is a label" 'web-app.marathon.mesos. unreachable' "$(explain '.instead + " " + .leftOut[0].reason' web_app.marathon.mesos)"
	equal "no such task" 'NXDOMAIN no-task' "$(explain '.answer + " " + .state' none.marathon.mesos)"
	equal "no such framework" 'NXDOMAIN no-framework' "$(explain '.answer + " " + .state' web.none.mesos)"
	equal "an empty non-terminal" 'NOERROR empty' "$(explain '.answer + " " + .state' marathon.slave.mesos)"
	equal "what is below it" true "$(explain '.below | index("web.marathon.slave.mesos.") != null' marathon.slave.mesos)"
	equal "a name of the daemon that nothing gives" no-source "$(explain .state master7.mesos)"
	equal "outside" outside "$(explain .state example.com)"
	equal "nobody's address" no-address "$(explain .state 9.9.9.9.in-addr.arpa)"
	equal "no name" '400: Bad Request' "$(http /v1/explain/a..b)"
}

conflicts() {
	http /v1/conflicts >"$NET_DIR/conflicts"
	equal "how many of a kind" '{"owned":1,"unreachable":2,"framework":1,"name":1,"hash":0}' "$(jq -c .counts "$NET_DIR/conflicts")"
	equal "who is called as the leader" 'leader.mesos. leader' \
		"$(jq -r '.conflicts[] | select(.kind == "owned") | .name + " " + .by[0].framework.name' "$NET_DIR/conflicts")"
	equal "two frameworks of one name" 'marathon.mesos. ["Marathon","marathon"]' \
		"$(jq -rc '.conflicts[] | select(.kind == "framework") | .name, ([.by[].framework.name] | sort)' "$NET_DIR/conflicts" | paste -sd ' ')"
	equal "two tasks of one name" 'web-app.marathon.mesos. ["big.1","small.1"]' \
		"$(jq -rc '.conflicts[] | select(.kind == "name") | .name, ([.by[].task.id] | sort)' "$NET_DIR/conflicts" | paste -sd ' ')"
}

ctl() {
	net_exec server "$CTL" --config "$NET_DIR/config.json" "$@" 2>&1
}

# says TEXT STATUS REGEX ARGUMENTS...: of ctl; REGEX matches one of its lines
says() {
	local text=$1 expected=$2 regex=$3 output status=0
	shift 3
	output=$(ctl "$@") || status=$?
	if [ $status = "$expected" ]; then
		matches "$text" "$regex" "$output"
	else
		not_ok "$text" "xdnsctl $*: exit status $status, not $expected
$output"
	fi
}

# counted METRIC: its value
counted() {
	http /metrics | sed -n "s/^mesos_xdns_$1 //p"
}

metrics() {
	equal "metrics: records left out for whom the daemon owns the name" 2 "$(counted 'records_left_out_now{reason="conflict"}')"
	equal "metrics: frameworks of one name" 1 "$(counted frameworks_alike)"
}

tool() {
	says "xdnsctl: a record and its giver" 0 '^ +A +172\.16\.4\.2 +\[1\]$' explain web-app.marathon.mesos
	says "the giver" 0 '^\[1\] task "web-app"  id small\.1  TASK_RUNNING$' explain web-app.marathon.mesos
	says "how its label was made" 0 '^ +task +Web_App -> web-app  \(letters lowered; ' explain web-app.marathon.mesos
	says "the source, after those that knew nothing" 0 '^ +host +10\.64\.0\.3  <- used$' explain bare.marathon.mesos
	says "a name that is not there" 1 '^it is the name of a task that is not running$' explain late.marathon.mesos
	says "a name that cannot be" 2 'HTTP status 400' explain a..b
	says "nobody there" 2 '^xdnsctl: http://127.0.0.1:1: ' --url http://127.0.0.1:1 explain web.marathon.mesos
	equal "JSON" "$(explain .serial web.marathon.mesos)" "$(ctl --json explain web.marathon.mesos | jq .serial)"
	says "conflicts" 1 '^owned +leader\.mesos\.  2 records left out$' conflicts
	says "whose" 1 '^    framework "Marathon"$' conflicts
	equal "conflicts as JSON" 5 "$(ctl -j conflicts | jq '.conflicts | length')"
	start '{"framework": "marathon", "name": "x\u001b[31m", "id": "esc.1", "agent": 0, "ips": ["172.16.4.9"], "ports": []}'
	becomes "a name with an escape for terminals" 172.16.4.9 data x31m.marathon.mesos
	says "is tamed" 0 'task "x\?\[31m"' explain x31m.marathon.mesos
}

# Over TLS, with a token, all of it out of the configuration.
guarded() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=dns1.example \
		-addext subjectAltName=DNS:dns1.example -keyout "$NET_DIR/key.pem" -out "$NET_DIR/cert.pem" 2>/dev/null
	(umask 077 && echo 0123456789abcdef0123456789abcdef >"$NET_DIR/token")
	daemon_stop
	config xdpOn false httpOn true httpCertFile "\"$NET_DIR/cert.pem\"" httpKeyFile "\"$NET_DIR/key.pem\"" \
		httpTokenFile "\"$NET_DIR/token\""
	daemon
	says "over TLS, with the configured token" 0 '10\.53\.1\.1' explain leader.mesos
	says "a certificate that no CA vouches for" 2 'certificate' --url https://127.0.0.1:8123 explain web.marathon.mesos
	says "one that a CA vouches for, of another name" 2 'host name|alternative' --url https://127.0.0.1:8123 \
		--cacert "$NET_DIR/cert.pem" explain web.marathon.mesos
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
		-keyout "$NET_DIR/other-key.pem" -out "$NET_DIR/cert.pem" 2>/dev/null
	cp "$NET_DIR/other-key.pem" "$NET_DIR/key.pem"
	says "another certificate than the configured one" 2 'pinned' explain web.marathon.mesos
	kill -HUP "$DAEMON"
	becomes "the new one after SIGHUP" 'CN = 127.0.0.1' served_name
	says "is what the tool finds" 0 '10\.53\.1\.1' explain leader.mesos
	sed -i 's/M/N/' "$NET_DIR/key.pem"
	kill -HUP "$DAEMON"
	succeeds "a key that cannot be used changes nothing" within 10 said 'API goes on as it was before|keeping the previous'
	equal "the server still shows the certificate" 'CN = 127.0.0.1' "$(served_name)"
	config xdpOn false httpOn true httpPort 8124
	kill -HUP "$DAEMON"
	becomes "another port, without TLS, after SIGHUP" 200 plain_status 8124
	equal "and no server at the old one" 000 "$(plain_status 8123)"
	config xdpOn false httpOn false
	kill -HUP "$DAEMON"
	becomes "no server" 000 plain_status 8124
}

served_name() {
	net_exec server openssl s_client -connect 127.0.0.1:8123 </dev/null 2>/dev/null | openssl x509 -noout -subject | sed 's/^subject=//'
}

plain_status() {
	net_exec server curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/v1/version"
}

held() {
	sim_post elect '{"empty": true}'
	succeeds "a new leader knows no tasks" within 20 said 'does not know'
	says "a held task" 0 'id web\.1  TASK_RUNNING  held: the new leader does not know it yet' explain web.marathon.mesos
	equal "as JSON" true "$(explain '.givers[0].task.held' web.marathon.mesos)"
}

becomes "all tasks are there" 172.16.4.6 data my-app.marathon.mesos
given
labels
missing
conflicts
metrics
tool
held
guarded
daemon_stop
finish
