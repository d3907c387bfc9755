#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The daemon's memory stays what it is over many refreshes, a third of the tasks new at each.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

TASKS=1500 NEW=500
WARM=35 REFRESHES=60
# More is growth: 17 octets for each of the new tasks would be.
SLACK_KB=512

refreshed() {
	[ "$(grep -c ' zone: [0-9]* names' "$DAEMON_LOG")" -ge "$1" ]
}

# refresh COUNT: so many states, each with other tasks, asked for one after the other
refresh() {
	local i zones
	for ((i = 0; i < $1; i++)); do
		zones=$(grep -c ' zone: [0-9]* names' "$DAEMON_LOG")
		sim_post churn "{\"tasks\": $NEW}"
		kill -HUP "$DAEMON"
		if ! within 10 refreshed $((zones + 1)); then
			not_ok "a refresh is done" "$(tail -5 "$DAEMON_LOG")"
			finish
		fi
		resident >>"$NET_DIR/resident"
	done
}

# KiB: all, and anonymous
resident() {
	awk '/^VmRSS|^RssAnon/ { kb[$1] = $2 } END { print kb["VmRSS:"], kb["RssAnon:"] }' "/proc/$DAEMON/status"
}

# recent COLUMN: its median over the last 15 refreshes
recent() {
	tail -15 "$NET_DIR/resident" | awk -v c="$1" '{ print $c }' | sort -n | sed -n 8p
}

descriptors() {
	find "/proc/$DAEMON/fd" -mindepth 1 | wc -l
}

# flat TEXT BEFORE AFTER
flat() {
	local details
	details="after $WARM refreshes $2 KiB, after $REFRESHES more $3 KiB
$(tr '\n' ';' <"$NET_DIR/resident")"
	echo "# $1: ${details%%$'\n'*}"
	if [ $(($3 - $2)) -le $SLACK_KB ]; then ok "$1"; else not_ok "$1" "$details"; fi
}

stage --tasks $TASKS --agents 30
daemon_xdp native refreshSeconds 3600
refresh $WARM
all=$(recent 1) anonymous=$(recent 2) fds=$(descriptors)
refresh $REFRESHES
flat "resident memory is flat" "$all" "$(recent 1)"
flat "anonymous memory is flat" "$anonymous" "$(recent 2)"
equal "no descriptor is left open" "$fds" "$(descriptors)"
finish
