#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The daemon under valgrind, whose options come from tests/run.sh. Takes the daemon's arguments; the
# end-to-end tests run it in the daemon's place with SANITIZE=valgrind.
exec valgrind build/mesos-xdns "$@"
