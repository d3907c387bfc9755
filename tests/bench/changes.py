#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What changes cost: building and publishing zones, a stream of changes under queries, refreshes.

    tests/bench/changes.py build/bench/changes.json
    tests/bench/changes.py --only refresh --long build/bench/changes.json

Three steps, each of programs that can be run alone as well:

    zone      build/tests/bench/bench_zone: build, publish, one change, octets a name
    stream    build/tests/bpf/test_stress with XDNS_STRESS_PACED: 10,000 changes a second
    refresh   tests/bench/refresh.py: build/mesos-xdns on a state document of 100,000 tasks
              (--long: 1,000,000, too); against Mesos-DNS with MESOS_DNS=path
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STEPS = ('zone', 'stream', 'refresh')
RATE = 10000  # changes a second
GOAL_TASKS = 100000


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_row(name, unit, rounds, better, raw, goal=None):
    row = {'row': name, 'unit': unit, 'median': statistics.median(rounds), 'min': min(rounds),
           'max': max(rounds), 'better': better, 'goal': goal, 'rounds': rounds, 'raw': raw}
    say('  %-62s %9.3f  %9.3f..%-9.3f %s' % (name, row['median'], row['min'], row['max'], unit))
    return row


def program(path):
    full = os.path.join(ROOT, path)
    if not os.path.exists(full):
        raise RuntimeError('%s is not there: make %s' % (path, path))
    return full


def zone_rows(options, directory):
    result = os.path.join(directory, 'zone.json')
    subprocess.run([program('build/tests/bench/bench_zone'), result, str(options.names)], check=True,
                   timeout=300)
    with open(result, encoding='utf-8') as file:
        return json.load(file)['rows'], []


def run_stress(options, directory):
    """The stress program's JSON; it fails by itself if an answer was wrong, after writing it."""
    result = os.path.join(directory, 'stress.json')
    environment = dict(os.environ, XDNS_STRESS_PACED=str(RATE), XDNS_STRESS_JSON=result,
                       XDNS_STRESS_SECONDS=str(options.seconds))
    done = subprocess.run([program('build/tests/bpf/test_stress')], env=environment, text=True,
                          timeout=options.seconds * 5 + 60, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if not os.path.exists(result):
        raise RuntimeError('test_stress: %s' % done.stdout.strip())
    with open(result, encoding='utf-8') as file:
        return json.load(file), done


def ratios(above, below):
    return [a / b for a, b in zip(above, below) if b]


def stream_rows(options, directory):
    found, done = run_stress(options, directory)
    raw = {key: statistics.median(value) for key, value in found.items() if isinstance(value, list)}
    raw.update({key: value for key, value in found.items() if not isinstance(value, list)})
    what = '%s changes a second: ' % format(RATE, ',')
    rows = [
        make_row(what + 'answers of the kernel, a system call each', 'x of the same without changes',
                 ratios(found['kernel_changing_answers_per_second'],
                        found['kernel_quiet_answers_per_second']), 'higher', raw),
        make_row(what + "the program's time a query", 'x of the same without changes',
                 ratios(found['kernel_changing_run_ns'], found['kernel_quiet_run_ns']), 'lower', {}),
        make_row(what + "the fallback's answers", 'x of the same without changes',
                 ratios(found['userspace_changing_answers_per_second'],
                        found['userspace_quiet_answers_per_second']), 'higher', {}),
    ]
    readers = found['kernel'], found['userspace']
    reads = sum(reader['reads'] for reader in readers)
    for name, keys in (('torn or foreign answers', ('torn', 'foreign', 'back', 'malformed', 'bad')),
                       ('false NXDOMAIN', ('false_nxdomain',))):
        count = sum(reader[key] for reader in readers for key in keys)
        rows.append(make_row(what + name, 'of %.1f M reads' % (reads / 1e6), [count], 'lower',
                             {'reads': reads}, goal=0))
    if done.returncode and not any(row['median'] for row in rows[-2:]):
        raise RuntimeError('test_stress: %s' % done.stdout.strip())
    return rows, []


def run_refresh(options, directory, tasks, rounds):
    result = os.path.join(directory, 'refresh.json')
    program('build/mesos-xdns')
    command = [os.path.join(HERE, 'refresh.py'), '--tasks', str(tasks), '--rounds', str(rounds), result]
    subprocess.run(command, check=True, timeout=rounds * (300 + tasks // 1000))
    with open(result, encoding='utf-8') as file:
        return json.load(file)


def refresh_of(options, directory, tasks, rounds):
    found = run_refresh(options, directory, tasks, rounds)
    ours = [r['mesos_xdns'] for r in found['rounds']]
    theirs = [r.get('mesos_dns') for r in found['rounds']]
    curl = [r['curl_s'] for r in found['rounds']]
    what = '%s tasks, ' % format(tasks, ',')
    raw = {'document_octets': found['document_octets'], 'curl_s': statistics.median(curl)}
    raw.update({key: statistics.median(r[key] for r in ours) for key in ours[0]})
    unit = 'x of curl fetching it'
    rows = [
        make_row(what + 'start to served', unit, ratios([r['served_s'] for r in ours], curl), 'lower', raw),
        make_row(what + 'start to served by the kernel', unit, ratios([r['kernel_s'] for r in ours], curl),
                 'lower', {}),
        make_row(what + 'a refresh, nothing new', unit, ratios([r['unchanged_s'] for r in ours], curl),
                 'lower', {}),
        make_row(what + 'a refresh, every 100th task renamed', unit,
                 ratios([r['changed_s'] for r in ours], curl), 'lower', {}),
        make_row(what + 'CPU from start to served by the kernel', 's', [r['cpu_s'] for r in ours], 'lower', {}),
        make_row(what + 'peak resident memory', 'x of the document',
                 [r['peak'] / found['document_octets'] for r in ours], 'lower', {}),
    ]
    against = what + 'start to served, against Mesos-DNS'
    if theirs[0] is None:
        return rows, [{'row': against, 'why': 'no MESOS_DNS=path was given; absolute figures are in raw'}]
    raw = {key: statistics.median(r[key] for r in theirs) for key in theirs[0]}
    # ours with the kernel's part: what is mapped is in the resident memory already
    memory = [r['peak'] + r['maps_not_resident'] for r in ours]
    goals = (1 / 3, 1 / 10) if tasks == GOAL_TASKS else (None, None)
    return rows + [
        make_row(against + ': wall', 'x of Mesos-DNS',
                 ratios([r['served_s'] for r in ours], [r['served_s'] for r in theirs]), 'lower', raw, goals[0]),
        make_row(against + ': peak memory', 'x of Mesos-DNS', ratios(memory, [r['peak'] for r in theirs]),
                 'lower', {}, goals[1]),
        make_row(against + ': CPU', 'x of Mesos-DNS',
                 ratios([r['cpu_s'] for r in ours], [r['cpu_s'] for r in theirs]), 'lower', {}),
    ], []


def refresh_rows(options, directory):
    rows, skipped = refresh_of(options, directory, options.tasks, options.rounds)
    if not options.long:
        return rows, skipped + [{'row': '1,000,000 tasks', 'why': 'only with --long (LONG=1)'}]
    more_rows, more_skipped = refresh_of(options, directory, 1000000, 1)
    return rows + more_rows, skipped + more_skipped


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--only', choices=STEPS, action='append', help='this step; may be repeated')
    parser.add_argument('--names', type=int, default=1000000, help='largest zone of the step zone')
    parser.add_argument('--seconds', type=int, default=10, help='of the step stream')
    parser.add_argument('--tasks', type=int, default=100000, help='of the state document')
    parser.add_argument('--rounds', type=int, default=3, help='of the step refresh')
    parser.add_argument('--long', action='store_true', help='a document of 1,000,000 tasks, too')
    parser.add_argument('--json', dest='result', help=argparse.SUPPRESS)
    parser.add_argument('file', nargs='?', help='where the result goes')
    options = parser.parse_args()
    options.result = options.result or options.file
    if not options.result:
        parser.error('where is the result to go?')
    return options


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('changes: ended by a signal'))
    rows, skipped, failed = [], [], False
    steps = {'zone': zone_rows, 'stream': stream_rows, 'refresh': refresh_rows}
    with tempfile.TemporaryDirectory(prefix='xdns-changes-') as directory:
        for step in options.only or STEPS:
            say('changes: %s' % step)
            try:
                more_rows, more_skipped = steps[step](options, directory)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                say('changes: %s FAILED: %s' % (step, error))
                skipped.append({'row': step, 'why': 'failed: %s' % str(error)[-300:]})
                failed = True
                continue
            rows += more_rows
            skipped += more_skipped
    with open(options.result, 'w', encoding='utf-8') as file:
        json.dump({'part': 'changes', 'rows': rows, 'skipped': skipped}, file, indent=1)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
