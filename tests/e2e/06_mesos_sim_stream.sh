#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The simulated masters' event stream, elections, faults and scripts. Needs no root.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

results "" "$PYTHON" tests/e2e/sim_stream.py
results "" "$PYTHON" tests/e2e/sim_faults.py
if [ -e /usr/share/java/zookeeper.jar ] && "$PYTHON" -c 'import kazoo' 2>/dev/null; then
	results "ZooKeeper: " "$PYTHON" tests/e2e/sim_zookeeper.py
else
	skip "candidates in ZooKeeper" "zookeeper or python3-kazoo is not there"
fi
finish
