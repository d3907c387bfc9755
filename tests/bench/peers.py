#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""mesos-xdns against other DNS servers: the same names, one core each, by turns.

    tests/bench/peers.py [--long] [--only nsd,knot,...] [--json] FILE

Every server is started by this script in a network namespace of its own and answers the same
questions for one address each, in the same random order. What it needs for that, the kernel's
receive path included, runs on one core and is on its bill (peer_net.py). The questions come
from the other core:

  without loss        the highest rate of which 99.9 % was answered, searched anew in each round (xdns-load).
                      A program in the kernel answers more than the generator's core can ask: "and more"
  queries per core    the answers of that run by the core time they took: run time of the server's
                      threads and of its device's receive thread
  latency             at 5000 queries a second through sockets, with the devices' usual soft interrupts (latency.c)

A program that only sends the query back stands beside them: no server can be faster here than that.
MESOS_DNS=path adds Mesos-DNS. Ends after two or three minutes, --long takes about ten.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

import peer_names
import peer_net
import peer_servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = 10000
ANSWERED = 0.999  # of what was sent: "without loss"
KEPT_UP = 0.98  # of the rate asked for, or the generator is what was measured
LATENCY_RATE = 5000
GOALS = {'mesos-dns': 60, 'nsd': 15, 'knot-xdp': 12}
FALLBACK_GOALS = {'nsd': 1.0}
OTHER_WORK = 0.1  # of the server's core: more is warned of
STEP = 1.07  # from one rate of a round's search to the next


def say(*words):
    print('peers:', *words, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, settings, network):
        self.settings, self.network = settings, network
        self.queries = network.dir / 'queries'
        self.servers, self.skipped = [], []
        self.estimate = {}  # of the best rate
        self.rounds = {}  # server -> one dict a round
        self.other_work = []  # share of the server's core that neither server nor device used, of each run

    # --- setting up ---------------------------------------------------------

    def prepare(self):
        say('a cluster of %d tasks' % TASKS)
        state = self.network.dir / 'state.json'
        with open(state, 'wb') as out:
            subprocess.run([ROOT / 'tools/state-gen.py', str(TASKS)], stdout=out, check=True)
        with open(state, encoding='utf-8') as document:
            tasks, services = peer_names.task_names(json.load(document))
        fallback = self.start(peer_servers.Fallback)
        if not fallback:
            raise peer_net.Missing('mesos-xdns does not serve: nothing to compare with')
        answers = self.ask(fallback.lane, tasks + services)
        empty = [name for name, found in answers.items() if not found]
        if empty:
            raise RuntimeError('%d names without an answer, such as %s' % (len(empty), empty[0]))
        self.asked = [name for name in tasks if len(answers[name]) == 1 and '.slave.' not in name]
        self.answers = answers
        peer_names.write_zone(self.network.dir / 'zone', answers, fallback.lane.server)
        peer_names.write_queries(self.queries, self.asked)
        for kind in peer_servers.PEERS + peer_servers.OURS:
            if kind is not peer_servers.Fallback and (not self.settings.only or kind.key in self.settings.only
                                                      or kind in peer_servers.OURS):
                self.start(kind)
        self.start(peer_servers.Reflect)

    def start(self, kind):
        """The server, serving; None if it is not to be had, which is said."""
        try:
            path = kind.find(self.settings)
            lane = peer_net.Lane(self.network, kind.key)
            server = kind(lane, self.network.dir)
            server.start(path)
            if kind is not peer_servers.Reflect:
                self.made_ready(server)
        except (peer_net.Missing, RuntimeError) as error:
            why = str(error).splitlines()[0] if str(error) else repr(error)
            say('%s: skipped: %s' % (kind.title, error))
            self.skipped.append({'row': kind.title, 'why': why})
            return None
        say('%s serves' % kind.title)
        self.servers.append(server)
        return server

    def made_ready(self, server):
        probe = self.asked[0] if hasattr(self, 'asked') else 'leader.%s' % peer_names.DOMAIN
        self.wait_until_serving(server, probe)
        server.lane.pin_server()
        server.lane.deepen_queues()
        self.check(server)

    def wait_until_serving(self, server, probe):
        deadline = time.monotonic() + 30
        while not self.ask(server.lane, [probe])[probe] or not server.ready():
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError('%s does not serve: %s' % (server.title, server.tail()))
            time.sleep(0.1)

    def ask(self, lane, names):
        done = subprocess.run(
            ['nsenter', '--net=%s' % (peer_net.NETNS / self.network.client), sys.executable,
             peer_names.__file__, lane.server], input='\n'.join(names), capture_output=True, text=True,
            timeout=60)
        return json.loads(done.stdout)

    def check(self, server):
        """It says what mesos-xdns says."""
        if not hasattr(self, 'asked'):
            return
        sample = random.Random(2).sample(self.asked, 500)
        for name, found in self.ask(server.lane, sample).items():
            if found != self.answers[name]:
                raise RuntimeError('%s answers %s with %s, not %s' % (server.title, name, found, self.answers[name]))

    # --- measuring ----------------------------------------------------------

    def load(self, server, rate, seconds):
        """One run of the generator, with the server's bill for it."""
        lane = server.lane
        if lane.threaded:
            lane.moderate(int(rate))
        before, busy, began = lane.bill(), peer_net.core_busy(peer_net.SERVER_CPU), time.monotonic()
        got = json.loads(self.network.run(self.network.client, [
            self.settings.load, '--dev', lane.client_device, '--server', lane.server, '--server-mac', lane.mac,
            '--queries', self.queries, '--seconds', seconds, '--rate', int(rate), '--cpu', peer_net.CLIENT_CPU,
            '--json'], timeout=seconds + 30))
        after = lane.bill()
        good = server.good(got)
        result = {'rate': got['sent'] / got['seconds'], 'answered': good / max(1, got['sent']),
                  'qps': good / got['seconds'], 'seconds': got['seconds'],
                  'server_cpu': after[0] - before[0], 'receive_cpu': after[1] - before[1],
                  'core_busy': peer_net.core_busy(peer_net.SERVER_CPU) - busy}
        result['whole'] = result['answered'] >= ANSWERED
        result['kept_up'] = result['rate'] >= KEPT_UP * rate
        result['core_seconds_per_million'] = (result['server_cpu'] + result['receive_cpu']) / max(1, good) * 1e6
        result['per_core'] = good / max(1e-9, result['server_cpu'] + result['receive_cpu'])
        if lane.threaded:
            mine = result['server_cpu'] + result['receive_cpu']
            self.other_work.append(max(0, result['core_busy'] - mine) / (time.monotonic() - began))
        if self.settings.verbose:
            say('    %s: %s' % (server.title, json.dumps({k: round(v, 4) for k, v in result.items()})))
        return result

    def whole(self, server, rate, seconds):
        """
        A run in which nothing was lost, or None. There is a second try if something was, or if
        the generator did not keep up: the machine may have other work, too.
        """
        runs = []
        for _ in range(2):
            result = self.load(server, rate, seconds)
            if result['whole']:
                runs.append(result)
                if result['kept_up']:
                    break
        return max(runs, key=lambda run: run['rate'], default=None)

    def best(self, server):
        """The run with the highest rate without loss, in steps from the estimate; was the generator the limit?"""
        seconds, rate, best, step = self.settings.run_seconds, self.estimate[server.key], None, STEP
        for _ in range(6):
            result = self.whole(server, rate, seconds)
            if result and not result['kept_up']:
                return result, True
            if result:
                best = result
                rate *= STEP
            elif best:
                break
            else:
                rate /= step
                step *= STEP  # other work of the machine may have had its part in the estimate
        return best, False

    def calibrate(self, server):
        """The first estimate, by doubling and halving, in short runs."""
        low, high, rate = 0, 0, server.first_rate
        while not high or not low or high / low > 1.2:
            result = self.load(server, rate, 0.3)
            if result['whole'] and result['kept_up']:
                low = rate
            elif result['whole']:
                low = result['rate']
                break  # more than the generator has
            else:
                high = rate
            if high and high < 2000:
                raise RuntimeError('%s loses queries at %d a second: %s' % (server.title, high, result))
            rate = (low * high) ** 0.5 if low and high else low * 2 if low else high / 2
        self.estimate[server.key] = low
        say('%s: about %d k a second' % (server.title, low // 1000))

    def latency(self, server):
        return json.loads(self.network.run(self.network.client, [
            self.settings.latency, '--server', server.lane.server, '--queries', self.queries,
            '--rate', LATENCY_RATE, '--seconds', self.settings.latency_seconds, *server.latency_options],
            timeout=self.settings.latency_seconds + 30))

    def round(self, number):
        turn = number % len(self.servers)
        for server in self.servers[turn:] + self.servers[:turn]:
            entry = {'latency': self.latency(server)}
            with self.loaded(server):
                entry['run'], entry['generator_limited'] = self.best(server)
            if entry['run'] and not entry['generator_limited']:
                self.estimate[server.key] = entry['run']['rate']
            self.rounds.setdefault(server.key, []).append(entry)
            say('round %d: %s' % (number + 1, describe(server, entry)))

    @contextlib.contextmanager
    def loaded(self, server):
        """Where the generator may attach its program; with receive threads."""
        server.lane.pass_on(False)
        server.lane.own_receive_threads(True)
        try:
            yield
        finally:
            server.lane.own_receive_threads(False)
            server.lane.pass_on(True)

    def measure(self):
        for server in list(self.servers):
            try:
                with self.loaded(server):
                    self.calibrate(server)
            except RuntimeError as error:
                say('%s: skipped: %s' % (server.title, error))
                self.skipped.append({'row': server.title, 'why': str(error)})
                self.servers.remove(server)
        for number in range(self.settings.rounds):
            self.round(number)


def describe(server, entry):
    run, latency = entry['run'], entry['latency']
    rate = 'no rate without loss'
    if run:
        rate = '%.0f k/s%s' % (run['qps'] / 1000, ' and more' if entry['generator_limited'] else '')
    return '%-22s %s, %s, %s' % (
        server.title, rate, '%.2f core-s/M' % run['core_seconds_per_million'] if run else 'no bill',
        'p50 %.1f p99 %.1f p99.9 %.1f us' % tuple(latency[k] for k in ('p50', 'p99', 'p999')))


# --- report -------------------------------------------------------------------

def row(name, unit, values, better, goal, raw):
    return {'row': name, 'unit': unit, 'median': statistics.median(values), 'min': min(values),
            'max': max(values), 'better': better, 'goal': goal, 'rounds': values, 'raw': raw}


def ratios(bench, ours, theirs, which, value):
    """Ours by theirs, of each round that has both."""
    pairs = zip(bench.rounds.get(ours, []), bench.rounds.get(theirs, []))
    return [a[which][value] / b[which][value] for a, b in pairs if a[which] and b[which]]


def absolutes(bench, *keys):
    """What was measured, but for the latency."""
    return {key: [dict(entry['run'] or {}, generator_limited=entry['generator_limited'])
                  for entry in bench.rounds[key]] for key in keys}


def compared_with(ours, titles):
    others = [key for key in titles if key not in ('kernel', 'fallback', 'reflect')]
    return {'kernel': ['fallback', *others, 'reflect'], 'fallback': others, 'reflect': others}[ours]


def capacity_rows(bench, titles):
    for ours, goals in (('kernel', GOALS), ('fallback', FALLBACK_GOALS), ('reflect', {})):
        for theirs in compared_with(ours, titles) if ours in titles else ():
            pair = '%s against %s' % (titles[ours], titles[theirs])
            values = ratios(bench, ours, theirs, 'run', 'per_core')
            if not values:
                bench.skipped.append({'row': 'queries per core: %s' % pair,
                                      'why': 'no round in which both had a rate without loss: '
                                             'does the machine have other work?'})
                continue
            yield row('queries per core: %s' % pair, 'x', values, 'higher', goals.get(theirs),
                      absolutes(bench, ours, theirs))
            yield row('without loss: %s' % pair, 'x%s' % limits(bench, ours, theirs),
                      ratios(bench, ours, theirs, 'run', 'qps'), 'higher', None, {})


def limits(bench, ours, theirs):
    """Which of the two could have answered more than it was asked."""
    more = [any(entry['generator_limited'] for entry in bench.rounds[key]) for key in (ours, theirs)]
    return {(True, False): ' and more', (False, True): ' and less'}.get(tuple(more), '')


def latency_rows(bench, titles):
    for key, title in titles.items():
        entries = [entry['latency'] for entry in bench.rounds[key]]
        histogram = {}
        for entry in entries:
            for end, count in entry['histogram']:
                histogram[end] = histogram.get(end, 0) + count
        raw = {name: [entry[name] for entry in entries]
               for name in ('p50', 'p90', 'p99', 'p999', 'min', 'max', 'sent', 'answered', 'wrong', 'late')}
        raw['histogram_us'] = sorted(histogram.items())
        for name, goal in (('p50', 5), ('p99', 30), ('p999', None)):
            yield row('latency %s at %d queries/s: %s' % (name, LATENCY_RATE, title), 'us',
                      [entry[name] for entry in entries], 'lower', goal if key == 'kernel' else None,
                      raw if name == 'p50' else {})


    pairs = [(a['latency']['p50'], b['latency']['p50'])
             for a, b in zip(bench.rounds.get('kernel', []), bench.rounds.get('reflect', []))]
    if pairs:
        yield row('latency p50 at %d queries/s: mesos-xdns, kernel by a bare reflect' % LATENCY_RATE, 'x',
                  [ours / least for ours, least in pairs], 'lower', None, {'us': pairs})


def report(bench):
    titles = {server.key: server.title for server in bench.servers}
    other = statistics.mean(bench.other_work or [0])
    if other > OTHER_WORK:
        say('WARNING: %.0f %% of the server\'s core went to other work of this machine: '
            'rates and latencies say little, core times a little more' % (100 * other))
    return {'part': 'peers', 'rows': [*capacity_rows(bench, titles), *latency_rows(bench, titles)],
            'skipped': bench.skipped, 'other_work': other}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('file', nargs='?', help='where the JSON goes')
    parser.add_argument('--json', metavar='FILE', help='the same')
    parser.add_argument('--long', action='store_true', help='more and longer rounds')
    parser.add_argument('--only', type=lambda text: text.split(','), help='these peers: %s' % ','.join(
        kind.key for kind in peer_servers.PEERS))
    parser.add_argument('--verbose', action='store_true', help='every run')
    parser.add_argument('--daemon', default=ROOT / 'build/mesos-xdns', type=pathlib.Path)
    parser.add_argument('--load', default=ROOT / 'build/xdns-load', type=pathlib.Path)
    parser.add_argument('--latency', default=ROOT / 'build/tests/bench/latency', type=pathlib.Path)
    parser.add_argument('--pass-object', default=ROOT / 'build/xdp-pass.bpf.o', type=pathlib.Path)
    parser.add_argument('--reflect-object', default=ROOT / 'build/xdp-reflect.bpf.o', type=pathlib.Path)
    settings = parser.parse_args()
    settings.file = settings.json or settings.file or ROOT / 'build/bench/peers.json'
    settings.rounds, settings.run_seconds, settings.latency_seconds = (7, 3, 3) if settings.long else (3, 0.7, 1)
    return settings


def write(path, result):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + '\n')


def main():
    settings = parse()
    for path in (settings.daemon, settings.load, settings.latency, settings.pass_object,
                 settings.reflect_object):
        if not path.exists():
            sys.exit('peers: %s is not built' % path)
    try:
        with peer_net.Network(settings.pass_object.absolute()) as network:
            bench = Bench(settings, network)
            bench.prepare()
            bench.measure()
            write(settings.file, report(bench))
    except peer_net.Missing as missing:
        say('skipped: %s' % missing)
        write(settings.file, {'part': 'peers', 'rows': [],
                              'skipped': [{'row': 'peers', 'why': str(missing)}]})


if __name__ == '__main__':
    os.chdir(ROOT)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
