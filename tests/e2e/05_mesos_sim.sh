#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The simulated master, which the other scripts rely on. Needs no root.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

directory=$(mktemp -d)
trap 'kill $pids 2>/dev/null; rm -rf "$directory"' EXIT
pids=''

# sim OPTIONS...: starts one; its URL is in URL
sim() {
	: >"$directory/out" # what the last one said is not for within
	tools/mesos-sim --listen 127.0.0.1:0 "$@" >"$directory/out" 2>&1 &
	pids="$pids $!"
	within 20 grep -q serving "$directory/out" || not_ok "mesos-sim $*" "$(cat "$directory/out")"
	URL=$(sed -n 's/.*serving \(http[^ ]*\)\/master\/state/\1/p' "$directory/out")
}

# picked PYTHON: an expression over the document d
picked() {
	curl -s --compressed "$URL/master/state" |
		"$PYTHON" -c "import json, sys; d = json.load(sys.stdin); print($1)" 2>&1
}

tasks='sum(len(f["tasks"]) for f in d["frameworks"])'
sim --tasks 50 --agents 4 --churn 40/s --seed 5
equal "it names itself the leader" "master@${URL#http://}" "$(picked 'd["leader"]')"
equal "agents as asked for" 4 "$(picked 'len(d["slaves"])')"
equal "every task is on one of them" True \
	"$(picked '{t["slave_id"] for f in d["frameworks"] for t in f["tasks"]} <= {s["id"] for s in d["slaves"]}')"
changed() {
	[ "$(picked 'len([t for f in d["frameworks"] for t in f["completed_tasks"]])')" -gt 3 ]
}
succeeds "tasks come and go" within 10 changed
curl -s "$URL/sim/options" -d '{"churn": 0}' >/dev/null
before=$(picked "$tasks")
curl -s "$URL/sim/start" -d '{"framework": "marathon", "name": "new", "id": "new.1"}' >/dev/null
equal "a task is started" $((before + 1)) "$(picked "$tasks")"
curl -s "$URL/sim/stop" -d '{"id": "new.1"}' >/dev/null
equal "and stopped" "$before" "$(picked "$tasks")"
equal "a wrong option is refused" 400 \
	"$(curl -s -o /dev/null -w '%{http_code}' "$URL/sim/options" -d '{"nonsense": 1}')"
curl -s "$URL/sim/options" -d '{"truncate": 10, "status": 503}' >/dev/null
equal "a body cut short, as curl sees it" "503 10 18" \
	"$(curl -s -o /dev/null -w '%{http_code} %{size_download}' "$URL/master/state"; echo " $?")"

sim --tasks 0 --no-leader
equal "no leader" False "$(picked '"leader" in d')"
sim --old
equal "an old master has no /master/state" 404 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/master/state")"
equal "but /state.json" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/state.json")"

printf '{"a": {"leader": "x"}, "b": "\\"leader\\": {", "leader" : "master@1.2.3.4:5", "c": [1.50]}' >"$directory/s.json"
sim --state "$directory/s.json"
equal "of a recorded document only the top-level leader changes" \
	"{\"a\": {\"leader\": \"x\"}, \"b\": \"\\\"leader\\\": {\", \"leader\" : \"master@${URL#http://}\", \"c\": [1.50]}" \
	"$(curl -s "$URL/state")"
finish
