#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What docs/frames.md leaves to the kernel to drop: the program passes it, and nobody answers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# of_server FAMILY PATTERN: the address of the server's interface
of_server() {
	ip -n "$(net_name server)" -o addr show client0 | grep -oE "$1 $2" | head -1 | cut -d' ' -f2
}

stage
few_tasks
net_exec server sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.client0.rp_filter=0
daemon_xdp native httpOn true
export BPF_DIR
mac=$(ip -n "$(net_name server)" -o link show client0 | grep -o 'link/ether [0-9a-f:]*')
results '' net_exec client "$PYTHON" tests/e2e/kernel_drops.py eth0 "${mac#link/ether }" \
	"$(of_server inet6 'fe80:[0-9a-f:]+')"
equal "and the program goes on" "kernel answer_a" "$(by_whom web.marathon.mesos)"
finish
