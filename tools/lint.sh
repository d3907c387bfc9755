#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Quick checks of the sources, as TAP for tests/run.sh.
set -u
cd "$(dirname "$0")/.." || exit 1
number=0 failed=0

# check TEXT COMMAND...: passes if the command is silent and succeeds
check() {
	local text=$1 output
	shift
	number=$((number + 1))
	if output=$("$@" 2>&1) && [ -z "$output" ]; then
		echo "ok $number - $text"
	else
		echo "not ok $number - $text"
		head -60 <<<"$output" | sed 's/^/    error: /'
		failed=1
	fi
}

shopt -s nullglob
c_files=(bpf/*.[ch] include/*.h user/*.[ch] tests/*.[ch] tests/*/*.[ch] tools/*.[ch])
scripts=(tools/*.sh tests/*.sh tests/e2e/*.sh tests/soak/*.sh .ci/run)
pages=(docs/*.[58])

unformatted() {
	local file
	for file in "${c_files[@]}"; do
		clang-format "$file" | cmp -s - "$file" || echo "$file"
	done
}

spdx() {
	local file
	for file in "${c_files[@]}" "${scripts[@]}" tools/mesos-sim tools/mesos_sim/*.py tools/xdns-counters tests/*/*.py tools/*.py; do
		head -3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only' || echo "$file"
	done
}

executable() {
	local file
	for file in "${scripts[@]}" tools/mesos-sim; do
		[ -x "$file" ] || [[ $file == */lib.sh || $file == */netns.sh || $file == */peers.sh || $file == */secondaries.sh ]] || echo "$file"
	done
}

leftovers() {
	grep -nE '\b(TODO|FIXME|XXX)\b' "${c_files[@]}" Makefile tools/[cimr]*.sh tests/e2e/*.sh
	return 0
}

undescribed() {
	local file name
	for file in tests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_}
		grep -q "^| \`${name%.c}\` |" docs/fuzzing.md || echo "$file"
	done
}

check 'C sources are formatted (make fmt)' unformatted
# SC2317: functions that are only called by name
check 'scripts pass shellcheck' shellcheck -x -e SC2317 "${scripts[@]}"
check 'python compiles' python3 -c 'import sys
for f in sys.argv[1:]: compile(open(f).read(), f, "exec")' tools/mesos-sim tools/mesos_sim/*.py tools/xdns-counters tools/*.py tests/*/*.py
check 'includes follow the rules' tools/check-includes.sh
check 'every source names its licence' spdx
check 'scripts are executable' executable
check 'links between the pages lead somewhere' tools/check-links.py README.md docs/*.md
check 'every fuzz target is in docs/fuzzing.md' undescribed
check 'nothing is marked to be done' leftovers
[ ${#pages[@]} -eq 0 ] || check 'man pages are well-formed' mandoc -T lint -W warning "${pages[@]}"
echo "1..$number"
exit $failed
