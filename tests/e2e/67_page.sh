#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The page at /, as a browser shows it: figures, search, explanation, conflicts; on a telephone, in
# the dark, with the keyboard alone. XDNS_SHOTS=DIR keeps pictures.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

stage
few_tasks
many_tasks 12
sim_post start '{"framework": "leader", "name": "thief", "id": "thief.1", "agent": 0, "ips": ["172.16.8.1"], "ports": []}'
daemon_xdp native httpOn true
within 20 is 172.16.3.1 data svc.marathon.mesos
# something to draw
net_start client "$NET_DIR/asking.log" timeout 120 build/tests/e2e/ask --server "$SERVER" \
	--names <(echo "leader.mesos A NOERROR 10.53.1.1") --rate 200 --seconds 100
results "" net_exec client "$PYTHON" tests/e2e/page.py "http://$SERVER:8123/" "$NET_DIR"
finish
