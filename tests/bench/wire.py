#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""mesos-xdns on a wire (veth), against the least a program can do there: reflecting the query.

    tests/bench/wire.py [--rounds N] [--seconds S] [--only TEXT] [--json] FILE

Every figure is answers a second of ONE core, on which the queries are made, answered and their
answers counted, as a multiple of what the same core does with tools/xdp-reflect.bpf.c in place
of mesos-xdns, the same queries, by turns.

Why it is one core: xdns-load runs its generator in a system call of a thread that is bound to that
core. A frame it sends goes into the ring of the veth's far end, and the far end's NAPI
is raised on the CPU that put it there: when the batch is complete the kernel runs the server's program in that
CPU's soft interrupt. What that program sends comes back the same way to the counting program. Nothing moves it
elsewhere: receive packet steering is off in a new namespace, threaded NAPI is
off (both are checked), and there is no interrupt line. xdns-load counts the answers by CPU,
and a run of which more than one in 10,000 came on another CPU is no result. In generic mode the far end's NAPI (it
has GRO for that) hands the frame to the stack and the program runs there, still in the same soft interrupt.
"""
import argparse
import json
import os
import pathlib
import random
import re
import statistics
import string
import subprocess
import sys
import time

import peer_names
import peer_net
import peer_servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = 10000
FLOOD = 100000  # different names that do not exist
LOST_AT_MOST = 0.0001
TRIES = 3
CPU = (os.cpu_count() or 1) - 1
PART = 'wire'


def say(*words):
    print('wire:', *words, file=sys.stderr, flush=True)


class Wrong(Exception):
    """Answers that are missing or not what they have to be."""


class Disturbed(Wrong):
    """What a busy machine can cause."""


# --- what is asked --------------------------------------------------------------

class Kind:
    """One sort of question: its file of queries, and what every answer has to be."""

    def __init__(self, title, queries, goal, rcode='NOERROR', generic=False, sockets=False):
        self.title, self.queries, self.goal, self.rcode = title, queries, goal, rcode
        self.generic, self.sockets = generic, sockets


def extra_tasks(document):
    """Four tasks of one name, and two with one port each; copies, but for name, ID and ports."""
    tasks = document['frameworks'][0]['tasks']
    for name, count, ports in (('four', 4, None), ('two', 2, '[%d-%d]')):
        for i in range(count):
            task = json.loads(json.dumps(tasks[i]))
            task.pop('discovery', None)
            task.update(name=name, id='%s.%d' % (name, i))
            if ports:
                task['resources']['ports'] = ports % (20000 + i, 20000 + i)
            tasks.append(task)
    return document['frameworks'][0]['name']


def flood(framework):
    """Random labels inside the domain; none of them has the shape of a task's name."""
    some = random.Random(3)
    return {'%s.%s.%s' % (''.join(some.choices(string.ascii_lowercase + string.digits, k=some.randrange(8, 21))),
                          framework, peer_names.DOMAIN) for _ in range(FLOOD)}


def prepare(directory):
    """Writes the state document and the queries; the kinds of questions."""
    made = subprocess.run([ROOT / 'tools/state-gen.py', str(TASKS)], stdout=subprocess.PIPE, check=True).stdout
    document = json.loads(made)
    tasks = [name for name in peer_names.task_names(document)[0] if '.slave.' not in name]
    framework = extra_tasks(document)
    (directory / 'state.json').write_text(json.dumps(document))

    def queries(key, names, kind='A'):
        names = sorted(names)
        random.Random(1).shuffle(names)
        path = directory / key
        path.write_text(''.join('%s %s\n' % (name, kind) for name in names))
        return path

    hot = queries('hot', tasks[:1])
    return [
        Kind('A, one hot name', hot, 0.85, generic=True, sockets=True),
        Kind('A, %d names at random' % len(tasks), queries('random', tasks), 0.65, generic=True, sockets=True),
        Kind('NXDOMAIN, %d names at random' % FLOOD, queries('flood', flood(framework)), 0.65, rcode='NXDOMAIN',
             generic=True),
        Kind('4 x A, one hot name', queries('four', ['four.%s.%s' % (framework, peer_names.DOMAIN)]), None),
        Kind('SRV x 2 and their A, one hot name',
             queries('two', ['_two._tcp.%s.%s' % (framework, peer_names.DOMAIN)], 'SRV'), None),
        Kind('AAAA, NODATA, one hot name', queries('nodata', tasks[:1], 'AAAA'), None),
    ]


# --- who answers ----------------------------------------------------------------

class Reflect:
    """The bare reflect in mesos-xdns's place."""
    key = 'reflect'

    def __init__(self, network, mode, reflect_object):
        self.lane = peer_net.Lane(network, 'reflect-' + mode)
        peer_net.command('ip', '-n', self.lane.namespace, 'link', 'set', self.lane.device,
                         'xdpdrv' if mode == 'native' else 'xdpgeneric', 'obj', reflect_object,
                         'program', 'xdp_reflect')

    def answered(self):
        return None

    def check(self, got, kind):
        if got['reflected'] != got['answered']:
            raise Wrong('not every query came back as it was: %s' % got)


class Ours(peer_servers.MesosXdns):
    """mesos-xdns with the mode the bench is about."""
    key = 'ours'

    def __init__(self, network, mode, settings, probe):
        super().__init__(peer_net.Lane(network, 'ours-' + mode), network.dir)
        self.mode, self.pins = mode, network.bpf / ('ours-' + mode)
        self.start_master()
        config = dict(self.base(), bpfDir=str(self.pins), xdpInterfaces=[self.lane.device], xdpMode=mode)
        self.launch(self.find(settings), '-config=%s' % self.write('config.json', json.dumps(config)))
        try:
            self.lane.wait(lambda: self.serves(probe), 30, 'mesos-xdns answers %s from the kernel' % probe)
        except RuntimeError as error:
            raise RuntimeError('%s: %s' % (error, self.tail())) from None

    def serves(self, name):
        if self.process.poll() is not None:
            raise RuntimeError('mesos-xdns ended')
        before = self.answered()
        subprocess.run(['nsenter', '--net=%s' % (peer_net.NETNS / self.lane.network.client), 'dig', '+time=1',
                        '+tries=1', '@' + self.lane.server, name], stdout=subprocess.DEVNULL, check=False)
        return before is not None and self.answered() > before

    def answered(self):
        """What the program has answered so far; None before it is there."""
        if not (self.pins / 'counters').exists():
            return None
        lines = peer_net.command(ROOT / 'tools/xdns-counters', self.pins).splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith('answer_'))

    def check(self, got, kind):
        nodata = 'NODATA' in kind.title
        if set(got['rcodes']) != {kind.rcode} or got['reflected'] or got['truncated']:
            raise Wrong('not all answers are a whole %s: %s' % (kind.rcode, got))
        if kind.rcode == 'NOERROR' and got['empty'] != (got['answered'] if nodata else 0):
            raise Wrong('%d of %d answers are empty' % (got['empty'], got['answered']))


# --- measuring ------------------------------------------------------------------

class Bench:
    def __init__(self, settings, network):
        self.settings, self.network = settings, network
        self.rows, self.skipped, self.failed = {}, [], False

    def one_core(self, lane):
        """Nothing that would move work to another core is switched on."""
        for namespace, device in ((lane.namespace, lane.device), (self.network.client, lane.client_device)):
            shown = lane.shell(namespace, 'cd /sys/class/net/%s && cat threaded queues/rx-*/rps_cpus' % device)
            if re.sub(r'[\s,0]', '', shown):
                raise Wrong('%s has threaded NAPI or packet steering: %s' % (device, shown.split()))

    def frames(self, server, kind):
        """One run; again if another process took the core long enough for a ring to overflow."""
        for _ in range(TRIES - 1):
            try:
                return self.frames_once(server, kind)
            except Disturbed as error:
                say('again: %s' % error)
        return self.frames_once(server, kind)

    def frames_once(self, server, kind):
        """One run with frames that a BPF program makes."""
        lane = server.lane
        lane.pass_on(False)
        try:
            got = json.loads(self.network.run(self.network.client, [
                self.settings.load, '--dev', lane.client_device, '--server', lane.server, '--server-mac', lane.mac,
                '--queries', kind.queries, '--seconds', self.settings.seconds, '--cpu', CPU, '--json'],
                timeout=self.settings.seconds + 30, cpu=CPU))
        finally:
            lane.pass_on(True)
        if got['answered_by_cpu'].get(str(CPU), 0) < got['answered'] * (1 - LOST_AT_MOST):
            raise Disturbed('this was not one core: %s' % got['answered_by_cpu'])
        if abs(got['lost']) > LOST_AT_MOST * got['sent']:
            raise Disturbed('%d of %d queries were lost: %s' % (got['lost'], got['sent'], got))
        server.check(got, kind)
        return {'sent': got['sent'], 'lost': got['lost'], 'per_second': got['answered_per_second'],
                'core_seconds_per_million': got['cpu_seconds'] / got['answered'] * 1e6}

    def sockets(self, server, kind):
        """One run with dnsperf: its frames have no more room than a socket buffer happens to have."""
        text = self.network.run(self.network.client, [
            'dnsperf', '-s', server.lane.server, '-d', kind.queries, '-l', self.settings.socket_seconds, '-c', 1,
            '-T', 1, '-q', 64, '-t', 1], timeout=self.settings.socket_seconds + 30, cpu=CPU)
        found = {name: re.search(pattern, text) for name, pattern in (
            ('sent', r'Queries sent: +(\d+)'), ('completed', r'Queries completed: +(\d+)'),
            ('per_second', r'Queries per second: +([\d.]+)'), ('rcodes', r'Response codes: +(.*)'))}
        if not all(found.values()):
            raise Wrong('dnsperf: %s' % text[-300:])
        sent, completed = int(found['sent'][1]), int(found['completed'][1])
        if sent - completed > LOST_AT_MOST * sent or not re.fullmatch(kind.rcode + r' \d+ \(100\.00%\)',
                                                                    found['rcodes'][1].strip()):
            raise Wrong('dnsperf: %d of %d answered, %s' % (completed, sent, found['rcodes'][1]))
        return {'sent': sent, 'lost': sent - completed, 'per_second': float(found['per_second'][1])}

    def measure(self, title, kind, how, reflect, ours):
        """Reflect, ours, ours, reflect: a machine that gets slower meanwhile does so for both."""
        if title in self.rows and self.rows[title] is None:
            return
        before = ours.answered()
        try:
            runs = [(server, how(server, kind)) for server in (reflect, ours, ours, reflect)]
            sent = sum(run['sent'] for server, run in runs if server is ours)
            if ours.answered() - before < sent * (1 - LOST_AT_MOST):
                raise Wrong('of %d queries the program answered %d' % (sent, ours.answered() - before))
        except (Wrong, RuntimeError) as error:
            say('%s: WRONG: %s' % (title, error))
            self.skipped.append({'row': title, 'why': str(error)})
            self.rows[title], self.failed = None, True
            return
        row = self.rows.setdefault(title, {'row': title, 'unit': 'x of bare reflect', 'better': 'higher',
                                           'goal': kind.goal if how == self.frames and ours.mode == 'native' else None,
                                           'rounds': [], 'raw': {'reflect': [], 'ours': []}})
        for server, run in runs:
            row['raw'][server.key].append(run)
        mean = {key: statistics.mean(run['per_second'] for server, run in runs if server.key == key)
                for key in ('reflect', 'ours')}
        row['rounds'].append(round(mean['ours'] / mean['reflect'], 4))
        say('%-52s %.3f  (%.0f of %.0f k/s)' % (title, row['rounds'][-1], mean['ours'] / 1e3, mean['reflect'] / 1e3))

    def setup(self):
        say('a cluster of %d tasks' % TASKS)
        kinds = prepare(self.network.dir)
        probe = kinds[0].queries.read_text().split()[0]
        lanes = {}
        for mode in ('native', 'generic'):
            try:
                lanes[mode] = (Reflect(self.network, mode, self.settings.reflect_object),
                               Ours(self.network, mode, self.settings, probe))
                for server in lanes[mode]:
                    self.one_core(server.lane)
                    # A checksum that the device is to fill in would come back unfilled from a reflect.
                    server.lane.shell(self.network.client, 'ethtool -K %s tx off' % server.lane.client_device)
            except (RuntimeError, Wrong, peer_net.Missing) as error:
                lanes.pop(mode, None)
                say('%s mode: skipped: %s' % (mode, error))
                self.skipped.append({'row': mode + ' mode', 'why': str(error)})
        return kinds, lanes

    def plan(self, kinds, lanes):
        """(title, kind, how, reflect, ours) of every row that is wanted and possible."""
        dnsperf = subprocess.run(['which', 'dnsperf'], capture_output=True, check=False).returncode == 0
        for mode, (reflect, ours) in lanes.items():
            for kind in kinds:
                if mode == 'native' or kind.generic:
                    yield '%s, %s, frames generated' % (kind.title, mode), kind, self.frames, reflect, ours
        if not dnsperf:
            say('sockets: skipped: dnsperf is not installed')
            self.skipped.append({'row': 'frames from sockets', 'why': 'dnsperf is not installed'})
            return
        for mode, (reflect, ours) in lanes.items():
            for kind in kinds:
                if kind.sockets and mode == 'native':
                    yield '%s, %s, frames from sockets' % (kind.title, mode), kind, self.sockets, reflect, ours

    def run(self):
        kinds, lanes = self.setup()
        plan = [entry for entry in self.plan(kinds, lanes) if self.settings.only in entry[0]]
        for number in range(self.settings.rounds):
            say('round %d of %d' % (number + 1, self.settings.rounds))
            for entry in plan:
                self.measure(*entry)

    def report(self):
        rows = [row for row in self.rows.values() if row]
        for row in rows:
            row.update(median=statistics.median(row['rounds']), min=min(row['rounds']), max=max(row['rounds']))
            row['raw']['per_second'] = {key: statistics.median(run['per_second'] for run in row['raw'][key])
                                        for key in ('reflect', 'ours')}
            row['raw']['lost'] = sum(run['lost'] for run in row['raw']['ours'])
        return {'part': PART, 'rows': rows, 'skipped': self.skipped}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('file', nargs='?', help='where the JSON goes')
    parser.add_argument('--json', metavar='FILE', help='the same')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=0.3, help='of a run; each round has four a row')
    parser.add_argument('--only', default='', metavar='TEXT', help='rows with that in their name')
    parser.add_argument('--daemon', default=ROOT / 'build/mesos-xdns', type=pathlib.Path)
    parser.add_argument('--load', default=ROOT / 'build/xdns-load', type=pathlib.Path)
    parser.add_argument('--reflect-object', default=ROOT / 'build/xdp-reflect.bpf.o', type=pathlib.Path)
    parser.add_argument('--pass-object', default=ROOT / 'build/xdp-pass.bpf.o', type=pathlib.Path)
    settings = parser.parse_args()
    settings.file = pathlib.Path(settings.json or settings.file or ROOT / 'build/bench/wire.json').absolute()
    settings.socket_seconds = 1  # dnsperf knows whole ones
    for name in 'daemon', 'load', 'reflect_object', 'pass_object':
        path = getattr(settings, name).absolute()
        setattr(settings, name, path)
        if not path.exists():
            sys.exit('wire: %s is not built' % path)
    return settings


def main():
    settings = parse()
    started, failed = time.monotonic(), False
    try:
        with peer_net.Network(settings.pass_object) as network:
            bench = Bench(settings, network)
            bench.run()
            result, failed = bench.report(), bench.failed
    except peer_net.Missing as missing:
        say('skipped: %s' % missing)
        result = {'part': PART, 'rows': [], 'skipped': [{'row': PART, 'why': str(missing)}]}
    settings.file.parent.mkdir(parents=True, exist_ok=True)
    settings.file.write_text(json.dumps(result, indent=1) + '\n')
    say('done after %.0f s' % (time.monotonic() - started))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
