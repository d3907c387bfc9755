# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs a program whose kernel refuses a system call: without_call.py NAME PROGRAM [ARGUMENT...]"""

import errno
import os
import sys

import seccomp

calls = seccomp.SyscallFilter(seccomp.ALLOW)
calls.add_rule(seccomp.ERRNO(errno.EPERM), sys.argv[1])
calls.load()
os.execv(sys.argv[2], sys.argv[2:])
