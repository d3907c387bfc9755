#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Runs libFuzzer programs one after the other, each for some seconds, from the corpus of the
# repository and what earlier runs found new (build/fuzz/corpus). An input that breaks something
# is kept in build/fuzz/found; then the exit status is 1.
#
#   tests/fuzz.sh SECONDS PROGRAM...
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=$1
shift
found=build/fuzz/found
mkdir -p $found

# last LOG WORD: the number behind the word's last appearance
last() {
	grep -aoE "$2:? +[0-9]+" "$1" | tail -1 | grep -oE '[0-9]+$' || echo '?'
}

failed=0
[ $# -gt 0 ] || { echo "there is no such target" >&2; exit 1; }
for program in "$@"; do
	name=${program##*/fuzz_}
	own=build/fuzz/corpus/$name log=build/fuzz/$name.log
	mkdir -p "$own"
	"./$program" -max_total_time="$seconds" -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$found/$name-" "$own" "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null
	status=$?
	printf '%-10s %11s inputs, %7s a second, %5s edges, %5s features, %4s MiB\n' "$name" \
		"$(last "$log" stat::number_of_executed_units)" \
		"$(last "$log" stat::average_exec_per_sec)" \
		"$(last "$log" cov)" "$(last "$log" ft)" "$(last "$log" stat::peak_rss_mb)"
	[ $status -ne 0 ] || continue
	failed=1
	grep -aE 'error:|ERROR|SUMMARY|Test unit written' "$log" | head -8 | cut -c1-200 | sed 's/^/    | /'
	echo "    ended with status $status; the whole output: $log"
done
exit $failed
