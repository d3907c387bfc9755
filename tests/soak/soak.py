#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The soak itself, on the stage that soak.sh has set up; docs/soak.md says what is done and judged."""
import argparse
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(1, os.path.join(ROOT, 'tests/bench'))

import acts  # noqa: E402
import askers  # noqa: E402
import cluster  # noqa: E402
import meters  # noqa: E402
import planes  # noqa: E402
import report  # noqa: E402
from daemon import Daemon, Program, wait_for  # noqa: E402

MASTERS = ('10.53.1.1', '10.53.1.3', '10.53.1.4')
CONTROL, ZOOKEEPER = '10.53.1.1:6000', ('10.53.1.1', 2181)
JAR = '/usr/share/java/zookeeper.jar'
SERVER, SERVER6, PLAIN, PLAIN6, UPSTREAM = '10.53.0.1', 'fd53::1', '10.53.4.1', 'fd53:4::1', '10.53.2.1'
OUTSIDE = {'www.example': {'A': frozenset(['192.0.2.80'])}, 'nobody.example': None}
SAMPLE_SECONDS = 5
CATCH_UP = 60
CYCLE = 3600  # seconds: two thirds of one life, then restarts
PAUSE = 6  # seconds between acts


def say(text):
    print(text, flush=True)


class Soak:
    def __init__(self, options):
        self.options, self.seconds = options, options.hours * 3600
        self.stopping = threading.Event()
        self.tally = planes.Tally()
        self.counters = meters.Counters(self.tally)
        self.cluster = cluster.Cluster(CONTROL, options.services, MASTERS, options.window)
        self.truth = self.cluster.truth
        self.outside, self.api, self.api_port = OUTSIDE, SERVER, 8123
        self.addresses = [('kernel', SERVER), ('kernel', SERVER6), ('udp', PLAIN), ('udp', PLAIN6)]
        self.tcp_pause = 0.05
        self.stray = self.watches = self.acts = 0
        self.samples, self.steady, self.lags = [], [], []
        self.bpf_dir = self.path('bpf/mesos-xdns')
        self.upstream = Program(self.namespace('upstream'), self.path('nsd.log'), 'nsd', '-d', '-c', self.path('nsd.conf'))
        self.zookeeper = self.make_zookeeper() if options.zookeeper else None
        self.daemon = Daemon(self, options.daemon)
        self.daemon.base = {
            'masters': [master + ':5050' for master in MASTERS], 'refreshSeconds': 30, 'timeout': 1,
            'resolvers': [UPSTREAM], 'xdpInterfaces': ['client0'], 'xdpMode': 'native', 'bpfDir': self.bpf_dir,
            'httpOn': True, 'failoverHoldSeconds': 120, 'stateTimeoutSeconds': 20}
        if self.zookeeper:
            self.daemon.base.update(zk='zk://%s:%d/mesos' % ZOOKEEPER)
        self.started = time.monotonic()

    # The stage

    def namespace(self, role):
        return '%s-%s' % (self.options.prefix, role)

    def path(self, name):
        return os.path.join(self.options.directory, name)

    def ip(self, words, role='server'):
        done = subprocess.run(['ip', '-n', self.namespace(role), *words.split()], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            self.tally.fault('ip %s: %s' % (words, done.stderr.strip()))

    def make_interface(self):
        """client0 as lib.sh makes it, once more."""
        self.ip('link add client0 type veth peer name eth0 netns ' + self.namespace('client'))
        self.ip('link set eth0 up xdpdrv obj build/xdp-pass.bpf.o sec xdp', 'client')
        self.ip('address add 10.53.0.2/24 dev eth0', 'client')
        self.ip('address add fd53::2/64 dev eth0 nodad', 'client')
        self.ip('address add 10.53.0.1/24 dev client0')
        self.ip('address add fd53::1/64 dev client0 nodad')
        self.ip('link set client0 up')

    def make_zookeeper(self):
        return Program(self.namespace('master'), self.path('zk.log'), 'java', '-Xmx96m', '-XX:+UseSerialGC',
                       '-XX:TieredStopAtLevel=1', '-Dzookeeper.admin.enableServer=false', '-cp', JAR,
                       'org.apache.zookeeper.server.ZooKeeperServerMain', ZOOKEEPER[1], self.path('zk'), 500)

    @staticmethod
    def zookeeper_serves():
        with contextlib.suppress(OSError), socket.create_connection(ZOOKEEPER, 1):
            return True
        return False

    # Waiting for the daemon

    def ask(self, address, name, kind='A'):
        return askers.in_namespace(self.namespace('client'), askers.ask_once, address, name, kind)

    def expect(self, what, condition, seconds=CATCH_UP):
        if not wait_for(condition, seconds):
            self.tally.fault('not within %d s: %s' % (seconds, what))
            return False
        return True

    def wait_ready(self):
        """Userspace serves a zone, and the interface answers."""
        self.expect('userspace serves', lambda: (self.ask(PLAIN, 'leader.mesos') or (2, None))[0] == 0)
        self.wait_kernel()

    def wait_kernel(self):
        self.expect('the interface answers', lambda: (self.ask(SERVER, 'leader.mesos') or (2, None))[0] == 0)
        self.expect('the interface answers by IPv6', lambda: self.ask(SERVER6, 'leader.mesos'))

    def wait_upstream(self):
        self.expect('the upstream answers', lambda: self.ask(PLAIN, 'www.example') == (0, OUTSIDE['www.example']['A']))

    def caught_up(self):
        """A change that is made now is answered on both planes; how long that took is kept."""
        name, began = '%s.soak.mesos' % cluster.PROBE, time.monotonic()
        expected = self.cluster.probe()
        for address in SERVER, PLAIN:
            self.expect('%s answers what the probe has become' % address,
                        lambda: expected in ((self.ask(address, name) or (2, None))[1] or ()))
        return time.monotonic() - began

    @contextlib.contextmanager
    def lagging_until_caught_up(self):
        with self.truth.lagging():
            yield
            self.caught_up()

    # The run

    def begin(self):
        askers.enter(self.namespace('master'))  # where the simulator takes requests; children go elsewhere
        if self.zookeeper:
            self.zookeeper.start()
            self.expect('ZooKeeper serves', self.zookeeper_serves)
        self.upstream.start()
        self.expect('somebody leads', lambda: self.cluster.leader_is_known() is not None)
        self.cluster.fill()
        self.daemon.configure()
        self.daemon.start()
        self.wait_ready()
        self.wait_upstream()
        if not self.expect('the zone is the cluster', lambda: self.caught_up() < CATCH_UP):
            raise RuntimeError('the daemon does not come to serve: see ' + self.daemon.log)

    def threads(self):
        clients = [askers.UDP(self, self.options.rate), askers.TCP(self), askers.API(self)]
        clients += [askers.Watcher(self) for _ in range(3)]
        return clients + [cluster.Churn(self, self.options.churn), threading.Thread(target=self.watch, daemon=True)]

    def watch(self):
        """Samples all the time, and says every minute how it goes."""
        said = time.monotonic()
        while not self.stopping.wait(SAMPLE_SECONDS):
            self.sample()
            if time.monotonic() - said >= 60:
                said += 60
                say(report.progress(self))

    def sample(self):
        with contextlib.suppress(OSError, KeyError, ValueError):  # it is just another one
            now = time.monotonic()
            self.samples.append(meters.Sample(now - self.started, self.daemon.age(), self.daemon.life, self.daemon.pid))
            return self.samples[-1]

    def rest(self):
        """A steady point: nothing is under way but the usual load; the least of some looks counts."""
        looks = []
        for _ in range(8):
            looks.append(self.sample())
            self.stopping.wait(0.1)
        looks = [look for look in looks if look]
        if looks:
            point = looks[-1]
            for what in 'fds', 'threads', 'maps', 'programs':
                setattr(point, what, min(getattr(look, what) for look in looks))
            point.pins = len(meters.pins(self.bpf_dir))
            point.held_programs, point.held_maps = meters.objects_behind(self.bpf_dir)
            self.steady.append(point)

    def play(self):
        calm, rough = acts.order(list(acts.CALM)), acts.order(list(acts.ROUGH))
        cycle = min(CYCLE, self.seconds)
        pause = min(PAUSE, self.seconds / 200)
        for number in itertools.count(1):
            passed = time.monotonic() - self.started
            if passed >= self.seconds or self.stopping.is_set():
                return
            act = next(calm if passed % cycle < cycle * 2 / 3 else rough)
            self.tally.act, self.acts = act.__name__, number
            act(self)
            self.lags.append(self.caught_up())
            if number % 4 == 0 or pause < PAUSE:
                self.rest()
            self.stopping.wait(pause)

    def run(self):
        self.begin()
        self.started = time.monotonic()
        threads = self.threads()
        for thread in threads:
            thread.start()
        try:
            self.play()
            self.stopping.wait(askers.PATIENCE)
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join(30)
        return report.final(self)

    def end(self):
        programs = [self.daemon, self.upstream] + ([self.zookeeper] if self.zookeeper else [])
        for program in programs:
            if program.process and not program.stop():
                say('%s did not end by itself' % program.words[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--prefix', required=True, help='of the names of the namespaces')
    parser.add_argument('--directory', required=True)
    parser.add_argument('--daemon', required=True)
    parser.add_argument('--hours', type=float, required=True)
    parser.add_argument('--rate', type=float, default=1000, help='questions a second by UDP')
    parser.add_argument('--churn', type=float, default=15, help='changes of the cluster a second')
    parser.add_argument('--services', type=int, default=150)
    parser.add_argument('--window', type=float, default=2.0,
                        help='seconds that a change may take to the answers while nothing is wrong')
    parser.add_argument('--zookeeper', action='store_true')
    soak = Soak(parser.parse_args())
    for number in signal.SIGTERM, signal.SIGHUP:  # the table is of what there was until then
        signal.signal(number, lambda number, frame: soak.stopping.set())
    try:
        good = soak.run()
    finally:
        soak.end()
    sys.exit(0 if good else 1)


if __name__ == '__main__':
    main()
