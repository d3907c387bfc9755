#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Runs test programs and scripts, two at a time (XDNS_TEST_JOBS), and counts what they
# report. Two dialects are understood, alone or mixed: cmocka's
# "[  PASSED  ] N test(s)" and TAP's "ok"/"not ok" lines (with "# SKIP reason").
# Lines that begin with "# " are shown; the whole output is in build/test-logs. What a sanitizer
# or valgrind reports of any process of a test is a failure of that test, however it ended.
# The last line is "N passed, N failed, N skipped"; the exit status is 1 if
# anything failed, said nothing, or ended badly without saying what failed.
#
#   tests/run.sh PROGRAM...
set -u
cd "$(dirname "$0")/.." || exit 1

logs=build/test-logs
mkdir -p $logs
limit=${XDNS_TEST_SECONDS:-300}
jobs=${XDNS_TEST_JOBS:-2}
sanitized=$PWD/$logs/reports

# Prints "passed failed skipped" for one output. TAP without a right plan ended early: a failure.
count() {
	awk '
	BEGIN { planned = -1 }
	/^\[  (PASSED|FAILED|SKIPPED) +\] [0-9]+ test\(s\)/ {
		n = $0; sub(/^[^\]]*\] /, "", n); n += 0
		if (/PASSED/) passed += n
		else if (/FAILED/) failed += n
		else skipped += n
	}
	/^1\.\.[0-9]+/ { planned = substr($0, 4) + 0 }
	/^not ok / { failed++; tap++; next }
	/^ok .*# SKIP/ { skipped++; tap++; next }
	/^ok / { passed++; tap++ }
	END {
		if (tap && planned != tap)
			failed++
		print passed + 0, failed + 0, skipped + 0
	}' "$1"
}

show_failure() {
	grep -aE 'not ok|FAILED|ERROR|error:|Error|assert|!=|^    [a-z]' "$1" | head -40 | cut -c1-300 | sed 's/^/    | /'
	echo "    the whole output: $1"
}

# reports_begin NAME: where the processes of this test write what is wrong with them
reports_begin() {
	local to=log_path=$sanitized/$1
	mkdir -p "$sanitized"
	rm -f "$sanitized/$1".*
	export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16:$to
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:$to
	export VALGRIND_OPTS="-q --leak-check=full --suppressions=$PWD/tools/valgrind.suppress --log-file=$sanitized/$1.%p"
	export TSAN_OPTIONS=second_deadlock_stack=1:history_size=5:suppressions=$PWD/tools/tsan.suppress:$to
}

# reports NAME: the first ones. Lines of valgrind about itself ("--PID-- unhandled eBPF command") are none.
reports() {
	local files
	mapfile -t files < <(grep -lvs '^--' "$sanitized/$1".*)
	[ ${#files[@]} -gt 0 ] && head -n 60 "${files[@]}"
}

# one PROGRAM: runs it, and prints what there is to say of it; "passed failed skipped" goes to a file
one() {
	local program=$1 name log status passed failed skipped note=
	name=${program#build/}
	name=${name/san\/tests/san}
	name=${name#tests/}
	log=$logs/${name//\//-}.log
	reports_begin "${name//\//-}"
	under=()
	[[ -z ${XDNS_VALGRIND:-} || $program = *.sh ]] || under=(valgrind)
	timeout -k 10 "$limit" "${under[@]}" "./$program" >"$log" 2>&1
	status=$?
	read -r passed failed skipped <<<"$(count "$log")"
	if reports "${name//\//-}" >>"$log"; then
		failed=$((failed + 1)) note="reported: a sanitizer or valgrind"
	fi

	if [ $status -eq 124 ] || [ $status -eq 137 ]; then
		failed=$((failed + 1)) note="did not end within ${limit}s"
	elif [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
		failed=1 note="ended with status $status"
	elif [ $((passed + failed + skipped)) -eq 0 ]; then
		failed=1 note="ran no test"
	fi
	printf '%-34s %5d passed' "$name" "$passed"
	[ "$failed" -eq 0 ] || printf ' %5d FAILED' "$failed"
	[ "$skipped" -eq 0 ] || printf ' %5d SKIPPED' "$skipped"
	printf '%s\n' "${note:+  ($note)}"
	grep -aE '^# |# SKIP|^\[  SKIPPED \]' "$log" | sort -u | head -40 | sed 's/^/    /'
	[ "$failed" -eq 0 ] || show_failure "$log"
	echo "$passed $failed $skipped" >"$results/${name//\//-}.count"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 143' INT TERM HUP

# Most tests wait for something most of the time. What one has to say is printed in one piece.
running=0
for program in "$@"; do
	if [ $running -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
	(
		said=$(one "$program")
		echo "$said"
	) &
	running=$((running + 1))
done
wait

read -r total_passed total_failed total_skipped <<<"$(cat "$results"/*.count 2>/dev/null |
	awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')"
missing=$(($# - $(find "$results" -name '*.count' | wc -l)))
if [ $# -eq 0 ]; then
	echo "no tests were given" >&2
	total_failed=1
elif [ $missing -ne 0 ]; then
	echo "$missing of $# programs have no result" >&2
	total_failed=$((total_failed + missing))
fi
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ]
