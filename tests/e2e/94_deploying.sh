#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What ships for Marathon, and that the package builds from what the sources need.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

results "Marathon: " $PYTHON tests/e2e/marathon.py
# What every Debian system that builds has (build-essential) need not be named there.
equal "the package's build needs are those of the sources" \
	"$(awk '$1 == "build" && $2 !~ /^(gcc|libc6-dev|linux-libc-dev)$/ { print $2 }' tools/packages | sort)" \
	"$(sed -n '/^Build-Depends:/,/^[A-Z][a-zA-Z-]*: [0-9]/p' tools/debian/control | grep -oE '[a-z0-9.+-]+(,|$)' |
		tr -d , | grep -vE '^(dh-sequence-installsysusers|4\.6\.2)$' | sort)"
finish
