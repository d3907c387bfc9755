#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# make run, as a new user meets it: the simulated cluster, and recorded documents of real ones.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
probe=xdns-probe-$$
ip netns add $probe 2>/dev/null || skip_all "no network namespaces here"
ip netns exec $probe true 2>/dev/null || { ip netns del $probe; skip_all "no network namespaces here"; }
ip netns del $probe

# left: what runs could leave behind on this machine
left() {
	ip netns list | grep -c '^xdns-[0-9]*-'
	grep -c '/run/xdns-[0-9]' /proc/mounts
	find /run -maxdepth 1 -name 'xdns-[0-9]*' | wc -l
}

run() {
	local text=$1 output
	shift
	if output=$(env "$@" ONCE=1 tools/run.sh 2>&1); then
		ok "$text ($(grep -c 'by the kernel' <<<"$output") answers by the kernel)"
	else
		not_ok "$text" "$output"
	fi
}

before=$(left)
run "the simulated cluster" TASKS=300
for state in dcosui-healthy-1.2.0 mesosstate-state6-1.0.0 megos-0.28.1 dcosui-big-0.22.0; do
	if [ -r "$SHARED/states/$state.json" ]; then
		run "$state" STATE="$SHARED/states/$state.json"
	else
		skip "$state" "not in $SHARED/states"
	fi
done
equal "nothing is left" "$before" "$(left)"
finish
