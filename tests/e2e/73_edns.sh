#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# EDNS, header flags, opcodes and broken messages: as BIND answers them, from the kernel and from userspace.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

command -v named >/dev/null || skip_all "named is not installed"

stage
plain_path
few_tasks
many_tasks 90
daemon_xdp native externalOn false recurseOn false SOAMinttl 30 refreshSeconds 3600 nsid '"conform"'
within 20 is 90 count_of many.marathon.mesos || not_ok "the zone is there" "$(tail "$DAEMON_LOG")"
dump_zone
peer_bind ''
results "" net_exec client "$PYTHON" tests/conform/edns.py --kernel $SERVER --userspace $PLAIN --bind $BIND_ADDRESS
finish
