#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The domain answers as NSD and Knot do for the same zone, from the kernel and from userspace.
# CONFORM_QUESTIONS says how many are asked, CONFORM_SEED which.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/peers.sh
. tests/e2e/peers.sh

for program in nsd knotd; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done

# ported_tasks NAME COUNT NET: each with an address and a port
ported_tasks() {
	local i
	for ((i = 1; i <= $2; i++)); do
		task "$1" "$1.$i" $((i % 8)) "[\"172.16.$3.$i\", \"fd00:16:$3::$i\"]" "[$((31600 + i))]"
	done
}

# Names of every length, with many records and few; SRV sets whose targets' addresses fit with them,
# or only without.
cluster() {
	few_tasks
	many_tasks 90
	ported_tasks half 7 10
	ported_tasks full 18 11
	task "$(printf 'long-%.0s' {1..11})name" long.1 1 '["172.16.5.1", "fd00:16::5"]' '[31500]' \
		"{\"name\": \"$(printf 'x.%.0s' {1..40})y\", \"ports\": {\"ports\": [
			{\"number\": 1, \"name\": \"first\", \"protocol\": \"tcp\"}]}}"
}

answered_by_kernel() {
	counters | awk '/^answer_/ { sum += $2 } END { print sum }'
}

stage --tasks 60 --agents 8 --seed 7
plain_path
cluster
# The negative TTL is not the records', and nothing changes while it is compared.
daemon_xdp native externalOn false recurseOn false ttl 60 SOAMinttl 30 refreshSeconds 3600
within 20 is 90 count_of many.marathon.mesos || not_ok "the zone is there" "$(tail "$DAEMON_LOG")"
dump_zone
peer_nsd
peer_knot ''
answered_before=$(answered_by_kernel)
results "" net_exec client "$PYTHON" tests/conform/respdiff.py --zone "$ZONE_FILE" \
	--kernel "$SERVER,$SERVER6" --userspace "$PLAIN,$PLAIN6" --nsd $NSD_ADDRESS --knot $KNOT_ADDRESS \
	--questions "${CONFORM_QUESTIONS:-3000}" --seed "${CONFORM_SEED:-1}"
answered=$(($(answered_by_kernel) - answered_before))
succeeds "the kernel has answered at least a third of them: $answered" \
	[ $((answered * 3)) -ge "${CONFORM_QUESTIONS:-3000}" ]
finish
