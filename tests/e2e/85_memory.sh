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

# How many are open when nothing is under way: a connection that is just being closed does not count.
descriptors() {
	local i least=999999 now
	for ((i = 0; i < 10; i++)); do
		now=$(find "/proc/$DAEMON/fd" -mindepth 1 | wc -l)
		[ "$now" -ge "$least" ] || least=$now
		sleep 0.05
	done
	echo "$least"
}

no_more_descriptors() {
	[ "$(descriptors)" -le "$1" ]
}

grown() {
	[ $(($(recent "$1") - $2)) -gt $SLACK_KB ]
}

# flat TEXT COLUMN BEFORE: it is that still. A busy machine frees later, which can take a few pages
# once and for all; a leak goes on.
flat() {
	local before=$3
	if grown "$2" "$before"; then
		before=$(recent "$2")
		echo "# $1: a step from $3 to $before KiB; $REFRESHES refreshes more"
		refresh $REFRESHES
	fi
	echo "# $1: $before KiB, $REFRESHES refreshes later $(recent "$2")"
	if grown "$2" "$before"; then
		not_ok "$1" "$(tr '\n' ';' <"$NET_DIR/resident")"
	else
		ok "$1"
	fi
}

memory_measurable || skip_all "most of the memory is not the daemon's"
stage --tasks $TASKS --agents 30
daemon_xdp native refreshSeconds 3600
refresh $WARM
all=$(recent 1) anonymous=$(recent 2) fds=$(descriptors)
refresh $REFRESHES
flat "resident memory is flat" 1 "$all"
flat "anonymous memory is flat" 2 "$anonymous"
if within 10 no_more_descriptors "$fds"; then
	ok "no descriptor is left open"
else
	not_ok "no descriptor is left open" "$fds before, now:
$(ls -l "/proc/$DAEMON/fd")"
fi
finish
