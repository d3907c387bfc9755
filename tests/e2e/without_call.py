# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs a program whose kernel refuses a system call: without_call.py CALL PROGRAM [ARGUMENT...]

CALL is NAME, or NAME:FIRST:ERROR for those of that first argument, with that error.
"""

import errno
import os
import sys

import seccomp

calls = seccomp.SyscallFilter(seccomp.ALLOW)
name, first, error = (sys.argv[1].split(':') + ['', 'EPERM'])[:3]
calls.add_rule(seccomp.ERRNO(getattr(errno, error)), name,
               *([seccomp.Arg(0, seccomp.EQ, int(first))] if first else []))
calls.load()
os.execv(sys.argv[2], sys.argv[2:])
