# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs a program under the lists of system calls and address families of a unit.

    confined.py UNIT PROGRAM [ARGUMENT...]

What systemd makes of SystemCallFilter= and RestrictAddressFamilies=, of MemoryDenyWriteExecute= the
part that concerns mmap(); `systemd-analyze syscall-filter` knows what is in a group.
"""

import errno
import os
import socket
import subprocess
import sys

import seccomp


def values(unit, key):
    with open(unit, encoding="utf-8") as lines:
        return [line.strip().split("=", 1)[1] for line in lines if line.startswith(key + "=")]


def groups():
    """What systemd calls by one name: {"@default": ["brk", ...]}"""
    text = subprocess.run(["systemd-analyze", "syscall-filter"], check=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    found, members = {}, []
    for line in text.splitlines():
        if line.startswith("@"):
            members = found[line.strip()] = []
        elif line.startswith(" ") and not line.strip().startswith("#"):
            members.append(line.strip())
    return found


def allowed(unit):
    known = groups()

    def calls(words):
        return set().union(*(calls(known[word]) if word in known else {word} for word in words))

    total = calls(["@default"])
    for line in values(unit, "SystemCallFilter"):
        words = calls(line.lstrip("~").split())
        total = total - words if line.startswith("~") else total | words
    return total


def main():
    unit, command = sys.argv[1], sys.argv[2:]
    families = {getattr(socket, name) for line in values(unit, "RestrictAddressFamilies") for name in line.split()}
    refused = seccomp.ERRNO(getattr(errno, values(unit, "SystemCallErrorNumber")[0]))
    calls = seccomp.SyscallFilter(refused)
    for name in allowed(unit):
        try:
            calls.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            pass  # of another machine, or newer than the library
    more = seccomp.SyscallFilter(seccomp.ALLOW)
    for family in range(1, socket.AF_VSOCK + 8):
        if family not in families:
            more.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    more.add_rule(refused, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 6))
    more.load()
    calls.load()
    os.execv(command[0], command)


main()
