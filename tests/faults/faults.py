#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Each call site of the daemon fails in turn: no crash, no lost zone, few words, and it recovers.

    faults.py PREFIX DIRECTORY [--seconds N] [--only TEXT]

PREFIX is of the namespaces that lib.sh has made, DIRECTORY has config.json and other.json. First one run
without faults writes down the sites. Then for each: those of the start fail in a daemon that is
started for it (with nothing in the kernel, and taking over what one before has left), those of the
running daemon once and for good in one that goes on, those of the end in one that ends. With --seconds
sites are taken by equal steps through the list until the time is over, else all of them.
Prints "pass TEXT" and "fail TEXT", and lines that begin with #.
"""
import argparse
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from world import ADDRESS, CONTROL, PATIENCE, STABLE, UPSTREAM_TRUE, Daemon, Hosts, Table, eventually

BINARY = 'build/faults/mesos-xdns'
FRESH, ADOPTING, RUN, END = 1, 2, 3, 4
COMPLAINTS_MAX = 4
API_PATHS = ['/v1/version', '/v1/config', '/v1/hosts/' + STABLE, '/v1/services/_web._tcp.marathon.mesos',
             '/v1/enumerate', '/v1/axfr', '/v1/names', '/v1/explain?name=' + STABLE, '/v1/conflicts',
             '/metrics', '/healthz', '/v1/status', '/nothing']


class Fault(Exception):
    """What must not be."""


class Run:
    def __init__(self, options):
        self.directory, self.hosts = options.directory, Hosts(options.prefix)
        self.table = Table(options.directory + '/table')
        self.bpf = options.directory + '/bpf/mesos-xdns'
        self.binary = options.binary
        self.number, self.daemon, self.config_number = 0, None, 0

    # --- the daemon and its neighbours

    def start(self):
        if self.daemon:
            self.daemon.end()
        self.table.phase(ADOPTING if os.path.exists(self.bpf) else FRESH)
        self.daemon = Daemon(self.hosts, self.binary, self.directory + '/live.json', self.directory)

    def serves(self):
        """Every way to ask is answered, and right."""
        return (self.hosts.ask(STABLE) == ADDRESS and self.hosts.ask(STABLE, tcp=True) == ADDRESS and
                self.hosts.ask(STABLE, 'TXT') == 'NOERROR')

    def kernel_serves(self):
        return os.path.exists(self.bpf + '/link-client0') and self.hosts.ask(STABLE) == ADDRESS

    def no_pins(self):
        shutil.rmtree(self.bpf, ignore_errors=True)

    def one_good(self):
        """A daemon without a fault; it leaves the program in the kernel."""
        self.one_more()
        if not eventually(self.kernel_serves):
            raise Fault('without a fault the kernel does not serve')
        self.daemon.end()

    def reread(self):
        """Another configuration each time."""
        self.config_number += 1
        shutil.copy('%s/%s.json' % (self.directory, ('config', 'other')[self.config_number % 2]),
                    self.directory + '/live.json')
        self.daemon.signal(signal.SIGHUP)

    def new_task(self):
        self.number += 1
        name, address = 'new%d' % self.number, '172.16.%d.%d' % (64 + self.number // 250, 1 + self.number % 250)
        self.hosts.sim('start', {'framework': 'marathon', 'name': name, 'id': name, 'agent': 0,
                                 'ips': [address], 'ports': [31000]})
        return name + '.marathon.mesos', address

    # --- what it is asked to do while something fails

    def stable(self):
        """It may not answer while a fault lasts; what it answers is right."""
        for kind, right in (('A', ADDRESS), ('TXT', 'NOERROR')):
            for tcp in (False, True):
                got = self.hosts.ask(STABLE, kind, tcp)
                if got not in (right, 'timeout'):
                    raise Fault('%s %s %s was answered: %s' % (STABLE, kind, 'tcp' if tcp else 'udp', got))

    def work(self):
        name, address = self.new_task()
        self.hosts.ask('www.example')
        self.hosts.ask('plain.test')
        self.hosts.ask('plain2.test', tcp=True)
        for path in API_PATHS:
            self.hosts.api(path)
        self.reread()
        self.stable()
        self.hosts.ask(name)
        return name, address

    def recovered(self, name, address):
        """With nothing failing any more: all that was told in the meantime is served."""
        late, late_address = self.new_task()
        checks = [('the old name', lambda: self.serves()),
                  ('a task that started meanwhile', lambda: self.hosts.ask(name) == address),
                  ('a task after that', lambda: self.hosts.ask(late) == late_address),
                  ('userspace has it, too', lambda: self.hosts.ask(late, tcp=True) == late_address),
                  ('HTTP', lambda: self.hosts.api('/v1/version') == 200),
                  ('forwarding', lambda: self.hosts.ask('plain.test') == UPSTREAM_TRUE)]
        for what, check in checks:
            if not eventually(lambda: self.daemon.ended() or check()) or self.daemon.ended():
                raise Fault('not recovered: ' + (what if not self.daemon.ended() else 'it has ended'))
        for gone in (name, late):
            self.hosts.sim('stop', {'name': gone.split('.')[0]})
        if not eventually(lambda: self.hosts.ask(name) == 'NXDOMAIN'):
            raise Fault('not recovered: a task that ended')

    # --- one site each

    def at_start(self, key, adopting):
        if adopting:
            if not self.kernel_serves():
                self.one_good()
        else:
            self.no_pins()
        self.table.arm(key)
        self.start()
        daemon = self.daemon
        served = eventually(lambda: daemon.ended() or (self.table.hits() and self.serves()), 4)
        if not daemon.ended() and not (served and self.serves()):
            self.table.disarm()
            if not eventually(lambda: daemon.ended() or self.serves()):
                raise Fault('neither serves nor ends')
        if adopting:
            if not self.kernel_serves() and not eventually(self.serves, 5):
                raise Fault('what the kernel served is lost')
        hits = self.table.disarm()
        wrong = daemon.end()
        if wrong:
            raise Fault(wrong)
        if daemon.process.returncode and not daemon.complaints():
            raise Fault('ended with status %d without a word' % daemon.process.returncode)
        return hits

    def while_running(self, key, always):
        if not self.daemon or self.daemon.ended():
            self.one_more()
        self.table.phase(RUN)
        self.table.arm(key, always)
        name, address = self.work()
        if not self.table.hits():
            eventually(self.table.hits, 1)
        self.stable()
        hits = self.table.disarm()
        self.recovered(name, address)
        return hits

    def at_end(self, key):
        self.one_more()
        self.table.phase(END)
        self.table.arm(key)
        wrong = self.daemon.end()
        if wrong:
            raise Fault(wrong)
        return self.table.disarm()

    def one_more(self):
        self.start()
        if not eventually(lambda: self.serves() and self.hosts.api('/v1/version') == 200):
            raise Fault('without a fault it does not serve')

    # --- all of them

    def census(self):
        """The sites, by what is going on when they are called: a run as it should be."""
        self.no_pins()
        shutil.copy(self.directory + '/config.json', self.directory + '/live.json')
        self.one_good()
        self.one_more()
        self.table.phase(RUN)
        for _ in range(2):
            self.recovered(*self.work())
        self.table.phase(END)
        wrong = self.daemon.end()
        if wrong:
            raise Fault('without a fault: ' + wrong)
        return list(self.table.sites())


def where(binary, frames):
    """FUNCTION file:line of each."""
    output = subprocess.run(['addr2line', '-e', binary, '-fp'] + ['%#x' % (f - 1) for f in frames],
                            capture_output=True, text=True, check=True).stdout
    return ' < '.join(line.split('/user/')[0].split(' at ')[0] + ' ' + os.path.basename(line).split(' ')[0]
                      for line in output.splitlines())


def plan(sites):
    """(kind, key, function, frames) in the order in which they are tried."""
    kinds = ((FRESH, 'fresh'), (ADOPTING, 'adopting'), (RUN, 'once'), (RUN, 'always'), (END, 'end'))
    for phase, kind in kinds:
        for key, _, phases, function, _, frames in sites:
            if phases & 1 << phase and not (kind == 'fresh' and phases & 1 << ADOPTING):
                yield kind, key, function, frames


def one(run, kind, key):
    """(hits, complaints)"""
    since = 0
    if kind in ('once', 'always'):
        if run.daemon and not run.daemon.ended():
            since = len(run.daemon.log())
        hits = run.while_running(key, kind == 'always')
    elif kind == 'end':
        hits = run.at_end(key)
    else:
        hits = run.at_start(key, kind == 'adopting')
    return hits, len(run.daemon.complaints(since))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('prefix')
    parser.add_argument('directory')
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--only', default='')
    parser.add_argument('--binary', default=BINARY)
    options = parser.parse_args()
    run = Run(options)
    try:
        sites = run.census()
    except Fault as fault:
        print('fail a run without faults: %s\n%s' % (fault, run.daemon.log() if run.daemon else ''))
        return
    jobs = [job for job in plan(sites)]
    print('# %d call sites, %d faults' % (len(sites), len(jobs)))
    if options.only:
        jobs = [j for j in jobs if re.search(options.only, '%s %s %s' % (j[0], j[2], where(options.binary, j[3])))]
    begin, tried, hit, failed, words = time.monotonic(), 0, 0, 0, {}
    # steps that have no divisor in common with the number of jobs come by all of them
    step = next(s for s in range(max(1, len(jobs) * 38 // 100), len(jobs) + 2) if math.gcd(s, len(jobs)) == 1) \
        if options.seconds else 1
    for i in range(len(jobs)):
        if options.seconds and time.monotonic() - begin > options.seconds:
            break
        kind, key, function, frames = jobs[i * step % len(jobs)]
        tried += 1
        try:
            hits, complaints = one(run, kind, key)
            hit += bool(hits)
            if complaints > COMPLAINTS_MAX and kind != 'always':
                raise Fault('%d lines: %s' % (complaints, '\n'.join(run.daemon.complaints()[-complaints:])))
            words[complaints] = words.get(complaints, 0) + 1
        except Fault as fault:
            failed += 1
            run.table.disarm()
            print('fail %s: %s at %s: %s' % (kind, function, where(options.binary, frames), str(fault).replace('\n', '\n    ')))
            if run.daemon:
                print('    reports: ' + run.daemon.report().replace('\n', '\n    '))
                print('    ' + '\n    '.join(run.daemon.log().splitlines()[-12:]))
                wrong = run.daemon.end()
                if wrong:
                    print('    ' + wrong.replace('\n', '\n    '))
        sys.stdout.flush()
    if run.daemon:
        run.daemon.end()
    print('# tried %d in %d s, %d of them met; lines a fault: %s' % (
        tried, time.monotonic() - begin, hit, ', '.join('%d of %d' % (n, c) for c, n in sorted(words.items()))))
    if not failed:
        print('pass every fault leaves a zone that is served or a daemon that says why it ends')


main()
