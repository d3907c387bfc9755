#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Which branches of the XDP program no packet of the tests has taken; what `make coverage-bpf` prints.

    tests/bpf/branches.py FILE      as `llvm-cov export` writes it

A line for each: where, the condition, and what it never was. docs/bpf.md says why.
"""
import json
import os
import sys

SOURCES = ('bpf/', 'include/')


def branches(export):
    """(file, line, column, end line, end column): [times true, times false]"""
    counts = {}
    for file in export['data'][0]['files']:
        name = os.path.relpath(file['filename'])
        if not name.startswith(SOURCES):
            continue
        for branch in file['branches']:
            count = counts.setdefault((name, *branch[:4]), [0, 0])
            count[0] += branch[4]
            count[1] += branch[5]
    return counts


def condition(place):
    name, line, column, end_line, end_column = place
    with open(name, encoding='utf-8') as file:
        text = file.read().split('\n')[line - 1]
    return text[column - 1:end_column - 1] if end_line == line else text[column - 1:]


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        counts = branches(json.load(file))
    missed = 0
    for place, (true, false) in sorted(counts.items()):
        if not true or not false:
            missed += (not true) + (not false)
            never = 'asked' if not true and not false else 'false' if true else 'true'
            print('%s:%d: %s: never %s' % (place[0], place[1], condition(place), never))
    print('%d of %d branches of the XDP program taken' % (2 * len(counts) - missed, 2 * len(counts)))
    return not counts


sys.exit(main())
