#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Calls of the daemon fail, one call site after the other: a few seconds of what `make faults` does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

stage --tasks 0 --agents 3
stage_upstream
net_start upstream "$NET_DIR/upstream.log" "$PYTHON" tests/e2e/upstream.py 10.53.2.1 "$NET_DIR/asked"
task web web.1 0 '["172.16.1.1"]' '[31001]'
settings=(xdpKeepServing true httpOn true resolvers '["10.53.2.1"]' timeout 1 xdpMode '"native"' stateTimeoutSeconds 2)
config "${settings[@]}" refreshSeconds 2 mesosAuthentication '"basic"' mesosCredentials '{"principal": "a", "secret": "b"}'
cp "$NET_DIR/config.json" "$NET_DIR/other.json"
config "${settings[@]}"
read -ra options <<<"${FAULTS:---seconds 10}"
results "" "$PYTHON" tests/faults/faults.py "$NET_PREFIX" "$NET_DIR" "${options[@]}"
finish
