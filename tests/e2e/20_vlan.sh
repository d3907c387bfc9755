#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Frames with one and two VLAN tags, written and read raw: there need be no VLAN devices.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" -c 'import scapy.all' 2>/dev/null || skip_all "python3-scapy is not installed"
stage
few_tasks
mac=$(ip -n "$(net_name server)" -o link show client0 | grep -o 'link/ether [0-9a-f:]*')
for mode in native generic; do
	daemon_xdp $mode
	results "$mode: " net_exec client "$PYTHON" tests/e2e/vlan.py eth0 "${mac#link/ether }"
	daemon_stop
done
finish
