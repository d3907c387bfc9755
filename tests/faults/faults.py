#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Each call site of the daemon fails in turn: no crash, no lost zone, few words, and it recovers.

    faults.py PREFIX DIRECTORY [--worlds N] [--together N] [--seconds N] [--only REGEX] [--results FILE [--resume]]

PREFIX is of the namespaces that 96_faults.sh has made, DIRECTORY has the configurations; more worlds
are made by it, too. First one life without faults writes down the sites. Then for each: those of the start
fail in a daemon that is started for it (with nothing in the kernel, and taking over what one before has
left), those of the running daemon once and for good in one that goes on, those of the end in one that
ends. With --seconds a part is tried, else all; with --resume what has not passed yet.
Prints "pass TEXT" and "fail TEXT", and lines that begin with #.
"""
import argparse
import collections
import re
import threading
import time
import traceback

from plan import ATTEMPTS, TOGETHER, Queue, Results, evenly, find_places, jobs_of, untried
from tries import Run
from world import Fault, World

BINARY = 'build/faults/mesos-xdns'
COMPLAINTS_MAX = 4


def indent(text):
    return '    ' + text.replace('\n', '\n    ')


class Tally:
    """What came of it, said as it comes."""

    def __init__(self, results):
        self.results, self.lock = results, threading.Lock()
        self.outcomes, self.lines, self.met, self.tried = collections.Counter(), 0, 0, 0

    def put(self, job, outcome, seconds, **more):
        with self.lock:
            self.tried += 1
            self.outcomes[outcome] += 1
            self.results.put(job, outcome=outcome, seconds=round(seconds, 2), where=job.where, **more)

    def count_lines(self, lines, met):
        with self.lock:
            self.lines, self.met = self.lines + lines, self.met + met

    def failed(self, job, fault, run, seconds):
        said = ['fail %s: %s' % (job.text(), fault)]
        if run.daemon:
            said += ['reports: ' + run.daemon.report()] + run.daemon.log().splitlines()[-12:]
            said.append('at its end: %s' % run.daemon.end())
        said = '\n'.join(said).replace('\n', '\n    ')
        self.put(job, 'failed', seconds, why=said)
        print(said, flush=True)


def judge(jobs, run):
    """Hits of each, and what was complained of."""
    hits, complaints = run.sites_fail(jobs[0].kind, [job.key for job in jobs])
    if len(complaints) > COMPLAINTS_MAX * max(1, sum(map(bool, hits))) and 'always' not in jobs[0].kind:
        raise Fault('%d lines: %s' % (len(complaints), '\n'.join(complaints)))
    return hits, complaints


def attempt(jobs, run, queue, tally):
    begin = time.monotonic()
    for job in jobs:
        job.attempts += 1
    try:
        hits, complaints = judge(jobs, run)
    except Exception as what:  # not only a Fault: an answer that is none, and this program's own
        run.table.disarm()
        if len(jobs) == 1:
            why = what if isinstance(what, Fault) else traceback.format_exc()
            tally.failed(jobs[0], why, run, time.monotonic() - begin)
            return
        run.end()
        for job in jobs:
            job.attempts = 2
            queue.put_back(job)
        return
    seconds = (time.monotonic() - begin) / len(jobs)
    met = sum(map(bool, hits))
    tally.count_lines(len(complaints), met)
    for job, n in zip(jobs, hits):
        if not n and job.attempts < ATTEMPTS:
            queue.put_back(job)
        else:
            tally.put(job, 'passed' if n else 'not met', seconds, hits=n, together=met, said=complaints)


def work(run, queue, tally):
    kind, row = '', 0
    while jobs := queue.take(kind, row):
        kind, row = jobs[0].kind, row + 1 if jobs[0].kind == kind else 1
        attempt(jobs, run, queue, tally)
    run.end()


def choose(options, jobs, results):
    for why, count in collections.Counter(filter(None, map(untried, jobs))).items():
        print('# %d are not tried: %s' % (count, why))
    jobs = [j for j in jobs if not untried(j)]
    if options.only:
        jobs = [j for j in jobs if re.search(options.only, '%s %s %s' % (j.kind, j.function, j.where))]
    if options.resume:
        jobs = [j for j in jobs if results.outcome(j) != 'passed']
    return evenly(jobs)


def try_all(runs, jobs, options, results):
    queue, tally = Queue(jobs, options.seconds, options.together), Tally(results)
    begin = time.monotonic()
    threads = [threading.Thread(target=work, args=(run, queue, tally)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.write()
    print('# tried %d in %d s: %s; %d lines of log for %d faults' % (
        tally.tried, time.monotonic() - begin,
        ', '.join('%d %s' % (n, o) for o, n in sorted(tally.outcomes.items())), tally.lines, tally.met))
    return tally.outcomes['failed']


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('prefix')
    parser.add_argument('directory')
    parser.add_argument('--worlds', type=int, default=1)
    parser.add_argument('--together', type=int, default=TOGETHER)
    parser.add_argument('--keeper', default='tests/e2e/96_faults.sh')
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--only', default='')
    parser.add_argument('--results', default='')
    parser.add_argument('--resume', action='store_true')
    parser.add_argument('--binary', default=BINARY)
    options = parser.parse_args()
    results = Results(options.results)
    runs = [Run(options.prefix, options.directory, options.binary)]
    try:
        sites = runs[0].census()
    except Fault as fault:
        print('fail a life without faults: %s\n%s' % (fault, indent(runs[0].daemon.log() if runs[0].daemon else '')))
        return
    jobs = list(jobs_of(sites))
    find_places(options.binary, jobs)
    print('# %d call sites, %d faults: %s' % (len(sites), len(jobs), ', '.join(
        '%d %s' % (n, kind) for kind, n in sorted(collections.Counter(j.kind for j in jobs).items()))), flush=True)
    worlds = [World([options.keeper, '--world']) for _ in range(options.worlds - 1)]
    try:
        runs += [Run(*world.place(), options.binary) for world in worlds]
        if not try_all(runs, choose(options, jobs, results), options, results):
            print('pass every fault leaves a zone that is served or a daemon that says why it ends')
    finally:
        for world in worlds:
            world.close()


main()
