#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A zone that is larger than xdpMemory lets its maps be: every name is answered, none denied.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# What tasks are called, as names; some have others, by their discovery or for their characters.
# Their sets are large, so the maps may be too small for each of them.
task_names() {
	net_exec master curl -sf http://10.53.1.1:5050/state | "$PYTHON" -c '
import json, sys
for framework in json.load(sys.stdin)["frameworks"]:
    for name in sorted({task["name"] for task in framework["tasks"]}):
        print("%s.%s.mesos A" % (name, framework["name"]))'
}

# COUNT of the names that the maps hold, evenly chosen: nearly all have one or two addresses, and
# of so many some are in the maps and others are not, whichever are entered first.
held_names() {
	bpftool -j map dump pinned "$BPF_DIR/names" | "$PYTHON" -c '
import json, sys
texts = sorted(entry["formatted"]["value"]["text"] for entry in json.load(sys.stdin))
plain = [text for text in texts if len(text) < 60 and text.endswith(".mesos") and text[0] != "_"]
for i in range(int(sys.argv[1])):
    print(plain[i * len(plain) // int(sys.argv[1])], "A")' "$1"
}

counter() {
	counters | awk -v name="$1" '$1 == name { print $2 }'
}

limited() {
	[ -e "$BPF_DIR/counters" ] && grep -q xdpMemory "$DAEMON_LOG"
}

# asked FILE: every name is asked once; names and rcodes
asked() {
	net_exec client dig +time=2 +tries=2 +noall +comments +question "@$SERVER" -f "$NET_DIR/names" |
		awk '/status:/ { sub(/.*status: /, ""); status = $1 } /IN.*A$/ { print $1, status }' >"$1"
}

stage --tasks 9000 --agents 30
daemon_xdp native refreshSeconds 3600
{ task_names; held_names 500; } >"$NET_DIR/names"
count=$(wc -l <"$NET_DIR/names")
matches "there are names to ask for" '^6[0-9]{2}$' "$count"
asked "$NET_DIR/unlimited"
daemon_stop
matches "most names exist" '^[1-9][0-9]+$' "$(grep -c NOERROR "$NET_DIR/unlimited")"

config xdpMode '"native"' refreshSeconds 3600 xdpMemory 1
daemon
succeeds "the log says that the limit is reached" within 20 limited
within 10 test -e "$BPF_DIR/link-client0"
asked "$NET_DIR/limited"
equal "every name is answered as without a limit" "" "$(diff "$NET_DIR/unlimited" "$NET_DIR/limited")"
equal "all of them" "$count" "$(wc -l <"$NET_DIR/limited")"
answered=$(counter answer_a) passed=$(counter pass_memory)
echo "# of $count names the kernel answered ${answered:-0} and passed ${passed:-0}"
matches "some by the kernel" '^[1-9]' "$answered"
matches "others are passed" '^[1-9]' "$passed"
equal "a missing name is userspace's" "userspace pass_memory" "$(by_whom none.marathon.mesos)"
equal "which says so" NXDOMAIN "$(status none.marathon.mesos)"
daemon_stop
finish
