#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A few seconds of `make soak`, which would not be run often enough to be known to work.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
command -v nsd >/dev/null || skip_all "nsd is not installed"

output=$(SOAK_ZOOKEEPER=no tests/soak/soak.sh 0.003 --services 40 2>&1)
status=$?
equal "a short soak is well" "0 soak: well" "$status $(tail -1 <<<"$output")"
grep -E '^(soak of|kernel|udp|tcp)' <<<"$output" | sed 's/^/# /'
for plane in kernel udp tcp forward http; do
	matches "it has asked: $plane" "^$plane +[1-9][0-9]* +[1-9]" "$output"
done
[ $FAILED -eq 0 ] || printf '    error: %s\n' "${output//$'\n'/$'\n'    error: }"
results "the judge: " "$PYTHON" tests/soak/judged.py
finish
