#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""How long a change at the master takes to the wire, and whether anything ends the answers.

    tests/bench/freshness.py build/bench/freshness.json
    tests/bench/freshness.py --only move --only events --long build/bench/freshness.json

In a network, mount and process namespace of its own: tools/mesos-sim with a cluster of 100,000
tasks, the daemon with its program on a veth device, and the client build/tests/e2e/ask behind it.
All share this machine's cores. Three steps:

    move      A task's address changes, again and again; its name is asked for 2,000 times a second.
              The time is from the event's first octet at the master to the answer with the
              new address at the client.
    events    1,000 events a second, 10 s (--long: 60 s): starts, ends, moves. 1,000 names are asked
              for all the time, 5,000 queries a second, and every answer has to equal a set that was
              current while it was asked for, or was replaced no longer ago than --limit: from the
              simulator's log. Meanwhile, the step before: does the lag grow, does memory?
    kill      kill -9 of the daemon, and another is started, 20 times, under 20,000 queries a second:
              lost, wrong, what is left of programs, maps and pins.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
import history  # noqa: E402
from refresh import cpu_seconds, running, wait_for  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEPS = ('move', 'events', 'kill')
MASTER, SERVER, CLIENT = '127.0.0.1:5050', '10.53.9.1', '10.53.9.2'
LINK, NAMESPACE = 'xdns-fresh0', 'xdns-fresh'
PINS = '/sys/fs/bpf/xdns-fresh'
PROBE, PROBE_TASK = 'fresh.marathon.mesos', 'fresh.1'
TASKS_A_NAME = 10
SMALL = 8  # addresses: such a set is answered by the kernel, whatever room a frame has
EVENTS = 1000  # a second
ROUNDS = 3


def say(text):
    print(text, file=sys.stderr, flush=True)


def make_row(name, unit, rounds, goal=None, raw=None):
    row = {'row': name, 'unit': unit, 'median': statistics.median(rounds), 'min': min(rounds),
           'max': max(rounds), 'better': 'lower', 'goal': goal, 'rounds': rounds, 'raw': raw or {}}
    say('  %-66s %9.3f  %9.3f..%-9.3f %s' % (name, row['median'], row['min'], row['max'], unit))
    return row


def share_of(values, share):
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def thirds(values):
    n = len(values)
    return [values[n * i // ROUNDS:n * (i + 1) // ROUNDS] for i in range(ROUNDS)]


# The simulator

def sim(path, given=None, limit=120):
    data = None if given is None else json.dumps(given).encode()
    with urllib.request.urlopen('http://%s%s' % (MASTER, path), data, limit) as reply:
        return json.load(reply)


def quiet_state():
    """A document, and the number of the last change that is in it."""
    while True:
        before = sim('/sim/stats')['sequence']
        document = sim('/master/state', limit=600)
        if sim('/sim/stats')['sequence'] == before:
            return document, before


def sample(names, count):
    names = sorted(names)
    random.Random(1).shuffle(names)
    return names[:count]


# The client

class Client:
    """`ask` in the clients' namespace; its figures are there when it has ended."""

    def __init__(self, bench, name, *words):
        self.json, self.runs = bench.path(name + '.json'), bench.path(name + '.runs')
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            ['ip', 'netns', 'exec', NAMESPACE, bench.options.ask, '--server', SERVER, '--until-eof',
             '--json', self.json, *map(str, words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines, self.changed = [], threading.Condition()
        self.changes = []  # (seen, last old sent, sent, answer) of a watched name
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                if line[0].isdigit():
                    seen, old, sent, answer = line.rstrip('\n').split(' ', 3)
                    self.changes.append((int(seen), int(old), int(sent), answer))
                else:
                    self.lines.append(line.rstrip('\n'))
                self.changed.notify_all()

    def wait_answer(self, answer, since, seconds):
        """When it was first seen, of the changes from the since-th on."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                for seen, _, _, got in self.changes[since:]:
                    if got == answer:
                        return seen
                left = deadline - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise RuntimeError('%s: not within %d s; last: %s' % (answer, seconds, self.changes[-1:]))
                self.changed.wait(left)

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.reader.join(60)
        if self.process.returncode not in (0, 1):
            raise RuntimeError('ask: status %d %s' % (self.process.returncode, self.lines[-3:]))
        with open(self.json, encoding='utf-8') as file:
            return json.load(file)


@contextlib.contextmanager
def asking(bench, name, *words):
    client = Client(bench, name, *words)
    try:
        yield client
    finally:
        if client.process.poll() is None:
            client.process.kill()
            client.process.wait()


# The daemon

def resident(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmRSS'))


def pinned():
    return sorted(os.path.join(where, name) for where, _, names in os.walk(PINS) for name in names)


def shown(kind, *words):
    """What bpftool shows of one object, or {} if it is of another kind."""
    done = subprocess.run(['bpftool', '-j', kind, 'show', *words], capture_output=True, check=False)
    found = json.loads(done.stdout or b'{}') if done.returncode == 0 else {}
    return found if isinstance(found, dict) and 'id' in found else {}


def objects(pid):
    """(programs, maps, pins): those the daemon holds or that are pinned, and what these hold."""
    programs, maps, pins = set(), set(), pinned()
    for number in os.listdir('/proc/%d/fdinfo' % pid):
        with contextlib.suppress(OSError), \
                open('/proc/%d/fdinfo/%s' % (pid, number), encoding='ascii') as file:
            for line in file:
                key, _, value = line.partition(':')
                if key in ('prog_id', 'map_id'):
                    (programs if key == 'prog_id' else maps).add(int(value))
    for pin in pins:
        programs.update(shown('link', 'pinned', pin).get(key) for key in ('prog_id',))
        programs.add(shown('prog', 'pinned', pin).get('id'))
        maps.add(shown('map', 'pinned', pin).get('id'))
    for program in programs - {None}:
        maps.update(shown('prog', 'id', str(program)).get('map_ids', ()))
    return len(programs - {None}), len(maps - {None}), len(pins)


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.limit = 60 + options.tasks // 1000
        self.log = self.path('daemon.log')
        self.moves = 0
        with open(self.path('config.json'), 'w', encoding='utf-8') as file:
            json.dump(dict({'masters': [MASTER], 'resolvers': ['127.0.0.9'], 'listener': SERVER,
                            'stateTimeoutSeconds': 600, 'externalOn': False, 'httpOn': False, 'bpfDir': PINS,
                            'xdpInterfaces': [LINK], 'xdpMode': 'native'}, **json.loads(options.config)), file)

    def path(self, name):
        return os.path.join(self.directory, name)

    @contextlib.contextmanager
    def simulator(self):
        words = [os.path.join(ROOT, self.options.sim), '--listen', MASTER, '--tasks', str(self.options.tasks),
                 '--agents', '1000', '--services', str(max(1, self.options.tasks // TASKS_A_NAME))]
        with running(words, self.path('sim.log')) as process:
            wait_for('mesos-sim', lambda: b'serving' in open(self.path('sim.log'), 'rb').read(), self.limit,
                     process)
            self.start_probe()
            yield process

    def start_probe(self):
        return sim('/sim/start', {'framework': 'marathon', 'name': 'fresh', 'id': PROBE_TASK, 'agent': 0,
                                  'ips': [self.address()], 'ports': [], 'discovery': None})

    def daemon(self):
        return running([os.path.join(ROOT, self.options.bin), '-config=' + self.path('config.json'), '-v=1'],
                       self.log)

    def answers(self, name):
        done = subprocess.run(['ip', 'netns', 'exec', NAMESPACE, 'dig', '+short', '+time=1', '+tries=1',
                               '@' + SERVER, name], capture_output=True, text=True, check=False)
        return done.stdout.split()

    def wait_served(self, process):
        wait_for('the zone is served', lambda: self.answers(PROBE), self.limit, process)
        wait_for('the program is attached', lambda: any('link-' + LINK in pin for pin in pinned()), self.limit,
                 process)

    def address(self):
        n = self.moves
        return '172.30.%d.%d' % (n // 250 % 250, 1 + n % 250)

    # A change, and how long it takes

    def move(self, client, seconds=30):
        """Milliseconds from the event to the answer."""
        while True:
            self.moves += 1
            since = len(client.changes)
            try:
                told = sim('/sim/move', {'task': PROBE_TASK, 'address': self.address()})
            except urllib.error.HTTPError:  # one of many events was its end
                told = self.start_probe()
            try:
                seen = client.wait_answer('NOERROR ' + self.address(), since, seconds)
            except RuntimeError:
                log = sim('/sim/log?since=%d' % told['sequence'], limit=600)
                if not any(entry.get('task') == PROBE_TASK for entry in log):
                    raise
                continue  # another one hit it meanwhile
            return (seen - told['sent_ns']) / 1e6

    def watching(self, name):
        return asking(self, name, '--watch', PROBE, 'A', '--rate', 2000, '--wait', 5)

    def move_rows(self, process):
        chance, lags = random.Random(2), []
        with self.watching('move') as client:
            client.wait_answer('NOERROR ' + self.address(), 0, self.limit)
            for _ in range(20):
                self.move(client)  # warms up
            before = cpu_seconds(process.pid)
            for _ in range(self.options.moves):
                time.sleep(chance.uniform(0.005, 0.05))
                lags.append(self.move(client))
            cpu = cpu_seconds(process.pid) - before
            figures = client.end()
        what = '%s tasks, an address moves: event to answer, ' % format(self.options.tasks, ',')
        raw = {'moves': len(lags), 'daemon_cpu_ms_a_move': cpu * 1000 / len(lags), 'ask': figures}
        return self.lag_rows(what, lags, raw, 5, 20)

    @staticmethod
    def lag_rows(what, lags, raw, p50, p99):
        raw.update(min_ms=min(lags), max_ms=max(lags), p90_ms=share_of(lags, 0.9))
        return [make_row(what + 'p50', 'ms', [share_of(part, 0.5) for part in thirds(lags)], p50, raw),
                make_row(what + 'p99', 'ms', [share_of(lags, 0.99)], p99)]

    # Many events

    def names_file(self, name, lines):
        with open(self.path(name), 'w', encoding='ascii') as file:
            file.writelines(line + '\n' for line in lines)
        return self.path(name)

    def under_events(self, process):
        """The lags of one name meanwhile, and the daemon's resident memory, by time."""
        lags, memory = [], [resident(process.pid)]
        seconds = self.options.seconds
        with self.watching('events-watch') as client:
            client.wait_answer('NOERROR ' + self.address(), 0, self.limit)
            sim('/sim/events', {'rate': EVENTS, 'seconds': seconds, 'kinds': ['start', 'stop', 'move']})
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                lags.append(self.move(client, 5))
                memory.append(resident(process.pid))
                time.sleep(0.05)
            client.end()
        return lags, memory

    def events_rows(self, process):
        document, sequence = quiet_state()
        names = sample((name + '.mesos' for name in history.tasks_of(document)), 1000)
        known = history.History(document, names)
        del document
        asked = self.names_file('events', ['%s %s' % (name, rest) for name in names
                                           for rest in ('A *', 'A NXDOMAIN', 'AAAA *', 'AAAA NXDOMAIN')])
        before = sim('/sim/stats')['changes']
        cpu = cpu_seconds(process.pid)
        runs = self.path('events.runs')
        with asking(self, 'events', '--names', asked, '--rate', 5000, '--runs', runs) as client:
            time.sleep(0.5)
            lags, memory = self.under_events(process)
            wait_for('the events are over', self.events_over, self.limit, process)
            time.sleep(1)
            figures = client.end()
        cpu = cpu_seconds(process.pid) - cpu
        for entry in sim('/sim/log?since=%d' % sequence, limit=600):
            known.add(entry)
        with open(runs, encoding='ascii') as file:
            verdict = history.judge(known, file, self.options.limit * 1e6)
        return self.events_report(lags, memory, known, verdict, figures,
                                  {'events': sim('/sim/stats')['changes'] - before, 'daemon_cpu_s': cpu})

    def events_over(self):
        before = sim('/sim/stats')['changes']
        time.sleep(0.3)
        return sim('/sim/stats')['changes'] == before

    def events_report(self, lags, memory, known, verdict, figures, raw):
        for text in verdict.shown:
            say('  WRONG: ' + text)
        raw.update(answers=verdict.answers, runs=verdict.runs, changes_of_names_asked=known.changes, ask=figures,
                   stale_p99_ms=share_of(verdict.ages, 0.99) / 1e6, stale_max_ms=max(verdict.ages) / 1e6,
                   foreign=verdict.foreign, back=verdict.back, stale=verdict.stale)
        say('  %d events, %d answers, %d of the names\' changes; a set answered %.1f ms after it was replaced '
            'at most' % (raw['events'], verdict.answers, known.changes, raw['stale_max_ms']))
        what = '%s events a second: ' % format(EVENTS, ',')
        first, *_, last = thirds(lags)
        early, late = thirds(memory)[0], thirds(memory)[-1]
        rows = self.lag_rows(what + 'event to answer, ', lags, raw, None, None)
        return rows + [
            make_row(what + 'wrong answers', 'of %d' % verdict.answers, [verdict.wrong() + figures['wrong']], 0),
            make_row(what + 'lost queries', 'of %d' % figures['sent'], [figures['lost']], 0),
            make_row(what + 'lag in the last third', 'x of the first',
                     [statistics.median(last) / statistics.median(first)]),
            make_row(what + 'resident memory in the last third', 'x of the first',
                     [statistics.median(late) / statistics.median(early)],
                     raw={'first': early[0], 'last': late[-1]}),
        ]

    # The end of the daemon

    def kill_questions(self):
        """Names whose sets are small, with their addresses, and what is not there."""
        document, _ = quiet_state()
        tasks = history.tasks_of(document)
        small = [name for name in tasks if len(tasks[name]) <= SMALL]
        names = sample(small, 500)
        lines = ['%s.mesos %s %s' % (name, kind, history.answer_of(tasks[name], kind))
                 for name in names for kind in history.TYPES]
        return self.names_file('kill', lines + ['not-%d.marathon.mesos A NXDOMAIN' % i for i in range(50)])

    def zones(self):
        with open(self.log, 'rb') as file:
            return file.read().count(b' zone: ')

    def kill_rows(self, stack, process):
        wait_for('the objects are counted', lambda: objects(process.pid), 10, process)
        asked = self.kill_questions()
        before = objects(process.pid)
        with asking(self, 'kill', '--names', asked, '--rate', self.options.kill_rate) as client:
            time.sleep(1)
            for _ in range(self.options.kills):
                process.kill()
                process.wait()
                time.sleep(0.2)
                process = stack.enter_context(self.daemon())
                wait_for('a zone after the restart', lambda: self.zones() > 0, self.limit, process)
                time.sleep(0.2)
            time.sleep(1)
            figures = client.end()
        for line in client.lines:
            if line.startswith('wrong:'):
                say('  WRONG: ' + line)
        with contextlib.suppress(RuntimeError):
            wait_for('what was built is gone', lambda: objects(process.pid) == before, 30, process)
        after = objects(process.pid)
        what = 'kill -9 and restart, %d times, %s queries a second: ' % (
            self.options.kills, format(self.options.kill_rate, ','))
        raw = {'ask': figures, 'before': before, 'after': after}
        return process, [
            make_row(what + 'lost', 'of %d' % figures['sent'], [figures['lost']], 0, raw),
            make_row(what + 'wrong', 'of %d' % figures['sent'], [figures['wrong']], 0),
            make_row(what + 'programs, maps and pins', 'more than the %d, %d and %d before' % before,
                     [max(abs(a - b) for a, b in zip(after, before))], 0),
        ]

    def run(self):
        rows, skipped = [], []
        with self.simulator(), contextlib.ExitStack() as stack:
            process = stack.enter_context(self.daemon())
            self.wait_served(process)
            for step in self.options.only or STEPS:
                say('freshness: %s' % step)
                try:
                    if step == 'kill':
                        process, more = self.kill_rows(stack, process)
                    else:
                        more = {'move': self.move_rows, 'events': self.events_rows}[step](process)
                    rows += more
                except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                    say('freshness: %s FAILED: %s\n%s' % (step, error, self.tail()))
                    skipped.append({'row': step, 'why': 'failed: %s' % str(error)[-300:]})
        return {'part': 'freshness', 'rows': rows, 'skipped': skipped}

    def tail(self):
        with open(self.log, encoding='utf-8', errors='replace') as file:
            return ''.join(file.readlines()[-12:])


def stage(pass_object):
    """Our own BPF file system and network namespaces; all end with us."""
    os.makedirs('/run/netns', exist_ok=True)
    for words in ('mount -t tmpfs tmpfs /run/netns', 'mount -t bpf bpf /sys/fs/bpf',
                  'ip link set lo up', 'ip netns add ' + NAMESPACE,
                  'ip link add %s type veth peer name eth0 netns %s' % (LINK, NAMESPACE),
                  'ip link set %s up' % LINK, 'ip address add %s/24 dev %s' % (SERVER, LINK),
                  'ip -n %s link set eth0 up' % NAMESPACE,
                  'ip -n %s address add %s/24 dev eth0' % (NAMESPACE, CLIENT),
                  # native XDP_TX reaches a veth peer only if that runs an XDP program, too
                  'ip -n %s link set eth0 xdpdrv obj %s sec xdp' % (NAMESPACE, pass_object)):
        subprocess.run(words.split(), check=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--only', choices=STEPS, action='append', help='this step; may be repeated')
    parser.add_argument('--long', action='store_true', help='a minute of events, 1,000 moves')
    parser.add_argument('--tasks', type=int, default=100000)
    parser.add_argument('--moves', type=int, help='of the step move (300; --long: 1,000)')
    parser.add_argument('--seconds', type=int, help='of the step events (10; --long: 60)')
    parser.add_argument('--limit', type=float, default=1000,
                        help='ms that a set may be answered after it was replaced (1000)')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--kill-rate', type=int, default=20000, help='queries a second of the step kill')
    parser.add_argument('--bin', default='build/mesos-xdns', help='the daemon')
    parser.add_argument('--sim', default='tools/mesos-sim', help='the simulator')
    parser.add_argument('--ask', default=os.path.join(ROOT, 'build/tests/e2e/ask'), help='the client')
    parser.add_argument('--config', default='{}', help='JSON object of more keys for the daemon')
    parser.add_argument('--inside', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('file', help='where the result goes')
    options = parser.parse_args()
    options.moves = options.moves or (1000 if options.long else 300)
    options.seconds = options.seconds or (60 if options.long else 10)
    return options


def main():
    options = parse_options()
    if not options.inside:
        command = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc',
                   sys.executable, os.path.abspath(__file__), '--inside']
        os.execvp(command[0], command + sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('freshness: ended by a signal'))
    stage(os.path.join(ROOT, 'build/xdp-pass.bpf.o'))
    with tempfile.TemporaryDirectory(prefix='xdns-freshness-') as directory:
        found = Bench(options, directory).run()
    with open(options.file, 'w', encoding='utf-8') as file:
        json.dump(found, file, indent=1)
    return 1 if any(skipped['why'].startswith('failed') for skipped in found['skipped']) else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
        sys.exit('freshness: %s' % failure)
