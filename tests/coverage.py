#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Which lines and branches the tests have reached; what `make coverage` and `make coverage-bpf` print.

    tests/coverage.py --sources PREFIX... [--goal PERCENT] --missed FILE --counts DIR OBJECT...

DIR has the counts that the processes of the tests left, the objects are programs they ran: a function that is in
several of them is counted once. FILE gets what was not reached: lines, and conditions with what they never were.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys


def export(arguments, form):
    objects = [word for name in arguments.objects for word in ('-object', name)]
    done = subprocess.run(['llvm-cov', 'export', '-format=' + form, '-instr-profile', arguments.counts / 'all.profdata',
                           *objects[1:]], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def merge(counts):
    raw = sorted(counts.glob('*.profraw'))
    if not raw:
        sys.exit('no counts in %s' % counts)
    subprocess.run(['llvm-profdata', 'merge', '-sparse', '-o', counts / 'all.profdata', *raw], check=True)


def reached_lines(lcov):
    """{file: {line: how often}}"""
    files, lines = {}, {}
    for row in lcov.splitlines():
        key, _, value = row.partition(':')
        if key == 'SF':
            lines = files.setdefault(os.path.relpath(value), {})
        elif key == 'DA':
            line, count = map(int, value.split(',')[:2])
            lines[line] = lines.get(line, 0) + count
    return files


def taken_branches(document):
    """{file: {(line, column, end line, end column): [times true, times false]}}"""
    files = {}
    for file in document['data'][0]['files']:
        places = files.setdefault(os.path.relpath(file['filename']), {})
        for branch in file['branches']:
            count = places.setdefault(tuple(branch[:4]), [0, 0])
            count[0] += branch[4]
            count[1] += branch[5]
    return files


def condition(text, place):
    line, column, end_line, end_column = place
    return text[line - 1][column - 1:end_column - 1 if end_line == line else None]


def missed(name, lines, branches):
    """What was not reached of a file, in the order of its lines."""
    text = pathlib.Path(name).read_text(encoding='utf-8').split('\n')
    rows = [(line, 'not reached: ' + text[line - 1].strip()) for line, count in lines.items() if not count]
    for place, (true, false) in branches.items():
        if not (true and false) and lines.get(place[0]):
            never = 'false' if true else 'true' if false else 'asked'
            rows.append((place[0], 'never %s: %s' % (never, condition(text, place))))
    return ['%s:%d: %s' % (name, *row) for row in sorted(rows)]


def share(part, whole):
    return 100.0 * part / whole if whole else 100.0


def row(name, counts):
    lines, all_lines, branches, all_branches = counts
    return '%-30s %6d of %6d %6.1f %% %6d of %6d %6.1f %%' % (
        name, lines, all_lines, share(lines, all_lines), branches, all_branches, share(branches, all_branches))


def report(arguments, lines, branches):
    rows, gaps = {}, []
    for name in sorted(lines):
        if not name.startswith(tuple(arguments.sources)):
            continue
        places = branches.get(name, {})
        rows[name] = (sum(map(bool, lines[name].values())), len(lines[name]),
                      sum(bool(true) + bool(false) for true, false in places.values()), 2 * len(places))
        gaps += missed(name, lines[name], places)
    arguments.missed.write_text(''.join(gap + '\n' for gap in gaps), encoding='utf-8')
    print('%-30s %16s %8s %16s' % ('', 'lines', '', 'branches'))
    for name, counts in rows.items():
        print(row(name, counts))
    total = [sum(column) for column in zip(*rows.values())]
    print(row('total', total))
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sources', action='append', required=True)
    parser.add_argument('--goal', type=float)
    parser.add_argument('--missed', type=pathlib.Path, required=True)
    parser.add_argument('--counts', type=pathlib.Path, required=True)
    parser.add_argument('objects', nargs='+')
    arguments = parser.parse_args()
    merge(arguments.counts)
    total = report(arguments, reached_lines(export(arguments, 'lcov')), taken_branches(json.loads(export(arguments, 'text'))))
    print('what was not reached: %s' % arguments.missed)
    if arguments.goal is None:
        return 0
    met = share(*total[:2]) >= arguments.goal
    print('the goal of %g %% of the lines is %s' % (arguments.goal, 'met' if met else 'NOT met'))
    return not met


sys.exit(main())
