#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs the parts of the bench and prints one table; what `make bench` calls.

    tests/bench/bench.py                      all parts
    tests/bench/bench.py packets wire         these parts
    tests/bench/bench.py --docs               and docs/performance.md's table and pictures
    tests/bench/bench.py --from-files         runs nothing: the table of the last results

Each part is a program of its own that takes the file for its result. A part that fails is said
to have failed, the others are run all the same, and the exit status is 1. A goal that is not
met is no failure. Results are in build/bench/: PART.json, and bench.json with all of them.
"""
import argparse
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import bench_docs  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# part: its program, seconds it may take at most, and with --long
PARTS = {
    'packets': ('build/tests/bench/bench_packets', 400, 400),
    'wire': ('tests/bench/wire.py', 600, 600),
    'passing': ('tests/bench/passing.py', 300, 300),
    'peers': ('tests/bench/peers.py', 900, 2700),
    'changes': ('tests/bench/changes.py', 900, 3600),
    'freshness': ('tests/bench/freshness.py', 900, 1200),
}
LONG = ('peers', 'changes', 'freshness')  # take --long
PATIENCE = 30  # seconds to clean up after SIGTERM


def say(text):
    print(text, file=sys.stderr, flush=True)


def end(process):
    """Everything the part has started: it leads a session of its own."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def run_part(part, options, result):
    """None, or why there is no result."""
    program, limit, long_limit = PARTS[part]
    command = [os.path.join(ROOT, program), result]
    if options.long and part in LONG:
        command.append('--long')
    if os.path.exists(result):
        os.remove(result)  # never an old figure for a new one
    try:
        # pylint: disable=consider-using-with
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
                                   stdout=sys.stderr)
    except OSError as error:
        return '%s: %s' % (program, error.strerror)
    limit = options.limit or (long_limit if options.long else limit)
    try:
        status = process.wait(limit)
    except subprocess.TimeoutExpired:
        end(process)
        return 'not done within %d s' % limit
    except BaseException:
        end(process)
        raise
    if status < 0:
        return '%s: ended by signal %d' % (program, -status)
    return '%s: exit status %d' % (program, status) if status else None


def wrong_in(found):
    """What is missing in a part's result, or None."""
    if not isinstance(found.get('rows'), list) or not isinstance(found.get('skipped'), list):
        return '"rows" and "skipped" are not both lists'
    for row in found['rows']:
        for key in ('row', 'unit', 'median', 'min', 'max', 'better', 'goal', 'rounds', 'raw'):
            if key not in row:
                return 'row %r has no %r' % (row.get('row'), key)
    return None


def read_part(result):
    """The part's result and None, or None and why not."""
    try:
        with open(result, encoding='utf-8') as file:
            found = json.load(file)
        why = wrong_in(found)
    except (OSError, ValueError, AttributeError) as error:
        return None, 'no result: %s' % error
    return (None, 'its result is not as it should be: %s' % why) if why else (found, None)


def collect(options):
    """Results by part, and failures by part; a part can have both."""
    results, failures = {}, {}
    for number, part in enumerate(options.parts):
        result = os.path.join(options.directory, part + '.json')
        start, why = time.monotonic(), None
        if not options.from_files:
            say('== %s (%d of %d)' % (part, number + 1, len(options.parts)))
            why = run_part(part, options, result)
            say('== %s: %s after %d s' % (part, 'FAILED' if why else 'done', time.monotonic() - start))
        found, unreadable = read_part(result)
        if found:
            results[part] = found
        if why or unreadable:
            failures[part] = why or unreadable
    return results, failures


def machine():
    model = 'unknown'
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.partition(':')[2].strip()
    return {'kernel': platform.release().split('-')[0], 'cpu': model, 'cpus': os.cpu_count(),
            'date': datetime.date.today().isoformat()}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    # no choices: with nargs '*' argparse would want the empty list among them
    parser.add_argument('parts', nargs='*', metavar='PART', help=', '.join(PARTS))
    parser.add_argument('--docs', action='store_true', help='rewrite docs/performance.md and its pictures')
    parser.add_argument('--docs-directory', default=os.path.join(ROOT, 'docs'), help='these docs instead')
    parser.add_argument('--directory', default=os.path.join(ROOT, 'build/bench'), help='of the results')
    parser.add_argument('--from-files', action='store_true', help='run nothing, take the results there are')
    parser.add_argument('--long', action='store_true', help='longer rounds, 1,000,000 tasks')
    parser.add_argument('--limit', type=int, help='seconds each part may take')
    options = parser.parse_args()
    options.parts = list(dict.fromkeys(options.parts)) or list(PARTS)
    for part in options.parts:
        if part not in PARTS:
            parser.error('no part %s; there are %s' % (part, ', '.join(PARTS)))
    return options


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('bench: ended by a signal'))
    os.makedirs(options.directory, exist_ok=True)
    results, failures = collect(options)
    about = machine()
    with open(os.path.join(options.directory, 'bench.json'), 'w', encoding='utf-8') as file:
        json.dump({'machine': about, 'parts': results, 'failures': failures}, file, indent=1)
    sys.stderr.flush()
    print(bench_docs.text_table(results))
    for part, why in failures.items():
        print('FAILED: part %s: %s' % (part, why))
    if options.docs and failures:
        print('FAILED: docs/performance.md stays as it was: not all parts have a result')
    elif options.docs:
        try:
            bench_docs.write(options.docs_directory, results, about)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            print('FAILED: docs: %s' % error)
            return 1
    return 1 if failures else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('bench: interrupted')
