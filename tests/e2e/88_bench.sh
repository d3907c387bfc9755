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
for case in "A, IPv6" "A, EDNS" "A, VLAN" "SRV, 2 records" NXDOMAIN "outside the domain" "not DNS"; do
	matches "measured: $case" "^$case.*10000" "$(jq -r '.rows[].row' "$result")"
done
matches "measured: a program that limits" "^A, one hot name, responsesPerSecond" "$(jq -r '.rows[].row' "$result")"

# Its instructions counted: with another verdict or frame than the kernel's there is no figure.
counted=$(jq -r '.rows[] | select(.unit == "BPF instructions") | .row' "$result")
why=$(jq -r '.skipped[] | "\(.row): \(.why)"' "$result")
case $why in
*"/proc/kallsyms"* | *"no BTF of itself"* | *"translated program"*)
	skip "the instructions of each case of one name are counted" "$why"
	finish
	;;
esac
equal "no case is left out when instructions are counted" "" "$why"
one_name=$(jq -r '.rows[].row' "$result" |
	sed -n '/random names/d; s/, zone of 10000$/: instructions of the program/p
		/responsesPerSecond, zone/s/, zone of 1000$/: instructions of the program/p')
equal "the instructions of each case of one name are counted" \
	"$(sort <<<"$one_name")" "$(sort <<<"$counted")"

lines=$(mktemp -d build/test-logs/steps.XXXXXX)
succeeds "and where they are" build/tests/bench/bench_packets --steps "$lines"
equal "a file for each case" "$(wc -l <<<"$counted")" "$(find "$lines" -name '*.txt' | wc -l)"
equal "its lines add up to the case's figure" "$(jq '[.rows[] | select(.unit == "BPF instructions") | .min] | add' "$result")" \
	"$(tail -q -n +2 "$lines"/*.txt | awk '{ sum += $1 } END { print sum }')"
matches "it has the source" '^ *[0-9]+  mesos-xdns\.bpf\.c:[1-9][0-9]*  [^ ]' "$(cat "$lines/A__one_hot_name.txt")"
rm -r "$lines"
finish
