#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The frames of the bench get the verdicts it expects: what it measures is what its rows say.
# Its figures are nobody's business here.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"

result=build/test-logs/bench_packets.json
mkdir -p build/test-logs
succeeds "every case runs" build/tests/bench/bench_packets "$result" 10000 200
# Further cases of the second size of zone only.
for case in "A, IPv6" "A, EDNS" "SRV, 2 records" NXDOMAIN "outside the domain" "not DNS"; do
	matches "measured: $case" "^$case.*10000" "$(jq -r '.rows[].row' "$result")"
done
matches "measured: a program that limits" "^A, one hot name, responsesPerSecond" "$(jq -r '.rows[].row' "$result")"
finish
