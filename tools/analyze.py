#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the analyzers found that tools/analyze.suppress does not explain; the end of `make analyze`.

    tools/analyze.py REPORT...      what a tool said of a file: DIRECTORY/PATH.TOOL

A line of the list is: tool, check, file (a glob), a regular expression for the message, " # ", why it is no bug.
Fails if there is a finding that no line explains, or a line that explains nothing.
"""
import collections
import fnmatch
import os
import re
import sys

LIST = 'tools/analyze.suppress'
FINDING = re.compile(r'^(\S+?):(\d+):(?:\d+:)? (?:fatal )?(?:warning|error|style|performance|portability|information): '
                     r'(.*) \[([^]]+)\]$')


def findings(reports):
    """(tool, check, file, line, message), each once: a header is looked at with every file that includes it"""
    found = set()
    for name in reports:
        tool = name.rsplit('.', 1)[1]
        with open(name, encoding='utf-8') as lines:
            for line in lines:
                match = FINDING.match(line.rstrip())
                if match:
                    file, number, message, check = match.groups()
                    found.add((tool, check, os.path.relpath(file), int(number), message))
    return found


def suppressions():
    rows = []
    with open(LIST, encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith('#'):
                continue
            rule, _, reason = line.partition(' # ')
            words = rule.split(None, 3)
            if len(words) != 4 or not reason.strip():
                sys.exit('%s:%d: not: tool, check, file, message, " # ", reason' % (LIST, number))
            rows.append((number, *words[:3], re.compile(words[3].strip())))
    return rows


def explains(row, finding):
    _, tool, check, file, message = row
    return (tool, check) == finding[:2] and fnmatch.fnmatch(finding[2], file) and message.search(finding[4])


def main():
    reports, rows = sys.argv[1:], suppressions()
    used, new, known = set(), [], collections.Counter()
    for finding in sorted(findings(reports), key=lambda found: (found[2:4], found)):
        row = next((row for row in rows if explains(row, finding)), None)
        if row:
            used.add(row[0])
            known[finding[0]] += 1
        else:
            new.append(finding)
    for tool, check, file, line, message in new:
        print('%s:%d: %s [%s, %s]' % (file, line, message, tool, check))
    stale = [row[0] for row in rows if row[0] not in used]
    for number in stale:
        print('%s:%d: explains nothing that is found' % (LIST, number))
    for tool in sorted({name.rsplit('.', 1)[1] for name in reports}):
        print('%-10s %3d files, %d findings, %d more explained in %s' % (
            tool, sum(name.endswith('.' + tool) for name in reports), sum(found[0] == tool for found in new),
            known[tool], LIST))
    return bool(new or stale)


sys.exit(main())
