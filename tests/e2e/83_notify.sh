#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What systemd is told: ready, status, reloads, the watchdog, the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

told() {
	grep -cE -- "$1" "$NET_DIR/notify.log"
}

told_more() {
	[ "$(told "$1")" -gt "$2" ]
}

# is_told TEXT REGEX [TIMES]: more than that many times
is_told() {
	within 20 told_more "$2" "${3:-0}"
	succeeds "$1" told_more "$2" "${3:-0}"
}

stage
few_tasks
net_start server "$NET_DIR/notify.log" "$PYTHON" tests/e2e/notify.py "$NET_DIR/notify"
within 20 test -S "$NET_DIR/notify"
config externalOn false
daemon env NOTIFY_SOCKET="$NET_DIR/notify" WATCHDOG_USEC=200000
is_told "ready" '^READY=1$'
is_told "the zone's status" '^STATUS=mesos: serial [0-9]+, [0-9]+ names'
is_told "the watchdog is fed" '^WATCHDOG=1$' 5
kill -HUP "$DAEMON"
is_told "a reload begins" '^RELOADING=1; MONOTONIC_USEC=[0-9]+$'
is_told "and ends" '^READY=1$' 1
equal "in this order" 'READY RELOADING READY' \
	"$(grep -oE '^(READY|RELOADING)' "$NET_DIR/notify.log" | paste -sd ' ')"
config ttl '"7"'
kill -HUP "$DAEMON"
is_told "so does one of a bad file" '^READY=1$' 2
daemon_stop
is_told "the end" '^STOPPING=1$'

# Without systemd nothing of it is missed.
config externalOn false
daemon
daemon_stop
ok "served without a socket to tell"
finish
