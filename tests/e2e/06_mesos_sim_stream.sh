#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The simulated masters' event stream, elections, faults and scripts. Needs no root.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

results "" "$PYTHON" tests/e2e/sim_stream.py
results "" "$PYTHON" tests/e2e/sim_faults.py
finish
