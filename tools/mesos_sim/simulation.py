# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The masters, who of them leads, and the log of all changes."""
import collections
import itertools
import threading
import time
import uuid
import zlib

from .clock import Clock
from .cluster import Cluster
from .documents import Recorded, Snapshot
from .model import MESOS_VERSION
from .stream import Hub, Subscriber

LOG_KEPT = 1_000_000


def joined_address(host, port):
    return '[%s]:%d' % (host, port) if ':' in host else '%s:%d' % (host, port)


class Master:
    """One simulated master; its id is that of its present life."""

    def __init__(self, sim, number, address):
        self.sim, self.number = sim, number
        self.host, self.port = address
        self.server = None  # while it is up
        self.own = {}  # options that are not those of all
        self.reborn()

    def reborn(self):
        """Another process, with another id; as a master does not survive the loss of leadership."""
        self.started = self.elected = time.time()
        self.id = str(uuid.uuid4())

    @property
    def address(self):
        return joined_address(self.host, self.port)

    @property
    def leads(self):
        return self.sim.leader is self

    def __getattr__(self, name):
        """Options, as this master has them: master.option_NAME."""
        if name.startswith('option_'):
            name = name[7:]
            return self.own[name] if name in self.own else getattr(self.sim.options, name)
        raise AttributeError(name)

    def description(self):
        return {'version': MESOS_VERSION, 'git_tag': '1.11.0', 'build_user': 'mesos-sim', 'id': self.id,
                'start_time': self.started, 'elected_time': self.elected, 'cluster': 'simulated',
                'pid': 'master@' + self.address, 'hostname': self.host}

    def summary(self):
        return {'master': self.number, 'address': self.address, 'id': self.id,
                'leads': self.leads, 'up': self.server is not None}


class Options:
    """The options as one master has them at any time."""

    def __init__(self, master):
        self.master = master

    def __getattr__(self, name):
        return getattr(self.master, 'option_' + name)


class Simulation:
    """What is shared by all threads; changes are made and read with the lock held."""

    def __init__(self, options, addresses):
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock()
        self.hub = Hub()
        self.log = collections.deque(maxlen=LOG_KEPT)
        self.numbers = itertools.count(1)
        self.requests = self.changes = 0
        self.sent_ns = 0  # when the last event was written
        self.cached = None
        self.waiting = collections.deque()  # agents that are going to register again
        self.masters = [Master(self, n, address) for n, address in enumerate(addresses)]
        self.leader = self.masters[0]
        self.recorded = Recorded(options.state) if options.state else None
        self.cluster = Cluster(options.seed, options.agents, 0 if self.recorded else options.tasks,
                               self.emit, options.services)
        self.log.clear()
        self.changes = 0
        self.churned = 0
        self.clock.start()

    def emit(self, kind, render, **what):
        """A change of the cluster. Without a kind it has no event, only an entry in the log."""
        self.changes += 1
        if kind:
            self.sent_ns = self.hub.publish(kind, render)
            what['event'] = kind
        ns = self.sent_ns if kind else time.monotonic_ns()
        self.log.append((next(self.numbers), ns, what))

    # Asked by masters

    def subscribe(self, master, connection, options):
        """None if that master leads no more."""
        with self.lock:
            if self.leader is not master or self.recorded:
                return None
            subscriber = Subscriber(connection, options, Snapshot(self.cluster, self.leader))
            self.hub.subscribers.append(subscriber)
        return subscriber

    def state(self, options, zipped):
        """The pieces of the document as it is to be served now; made again only after a change."""
        with self.lock:
            leader = None if options.no_leader or not self.leader else \
                'master@' + (options.leader or self.leader.address)
            key = (self.changes, leader, zipped, options.master)
            if self.cached and self.cached[0] == key:
                return self.cached[1]
            shown = self.leader or options.master
            source = self.recorded or Snapshot(self.cluster, shown)
        pieces = list(source.state(leader))
        if zipped:
            pieces = compressed(pieces)
        with self.lock:
            self.cached = key, pieces
        return pieces

    # The tasks' lives

    def start(self, framework=None, name=None, lifecycle=None, **given):
        """A task; framework and name are drawn by chance if they are not given."""
        staged = (lifecycle or self.options.lifecycle) == 'staged'
        made = self.cluster.start(framework, name, staged, **given) if framework else \
            self.cluster.start_any(staged=staged)
        if made and staged:
            task, ips = made
            pause = self.options.staging_seconds / 2
            self.clock.after(pause, lambda: self.proceed(task, 'TASK_STARTING', None))
            self.clock.after(2 * pause, lambda: self.proceed(task, 'TASK_RUNNING', ips))
        return made[0] if made else None

    def proceed(self, task, state, ips):
        """On its way to running, if it has not ended meanwhile and its agent is known."""
        with self.lock:
            now = self.cluster.tasks.get(task.id)
            if now and now.state in ('TASK_STAGING', 'TASK_STARTING'):
                self.cluster.update(now, state, ips)
            elif task.id in task.agent.tasks and not task.agent.registered:
                self.clock.after(1.0, lambda: self.proceed(task, state, ips))

    def stop(self, task):
        self.cluster.stop(task, self.options.lifecycle == 'staged')

    def move(self, task, ips, restart=False):
        """Its address changes: a status of the same task, or another task of its name."""
        if not restart:
            return self.cluster.update(task, 'TASK_RUNNING', ips)
        made, _ = self.cluster.start(task.framework.name, task.name, ips=ips, ports=task.ports,
                                     agent=task.agent.id, discovery=task.discovery)
        self.stop(task)
        return made

    def random_change(self, kind=None):
        """One start, stop or move; without a kind, starts and ends around the wanted number."""
        with self.lock:
            cluster, chance = self.cluster, self.cluster.random
            if kind is None:
                many = len(cluster.tasks) > cluster.wanted
                kind = 'stop' if cluster.tasks and (many or chance.random() < 0.5) else 'start'
            task = cluster.any_task() if kind != 'start' else None
            if kind == 'start' or task is None:
                self.start()
            elif kind == 'stop':
                self.stop(task)
            else:
                self.move(task, cluster.ips_of(chance.randrange(62500)))

    def set_churn(self, rate):
        """From now on so many changes a second."""
        self.churned += 1
        life, start = self.churned, time.monotonic()

        def step(n):
            if life == self.churned and self.recorded is None:
                self.random_change()
                self.clock.at(start + n / rate, lambda: step(n + 1))
        if rate > 0:
            self.clock.at(start, lambda: step(1))

    def stats(self):
        return {'requests': self.requests, 'changes': self.changes,
                'tasks': len(self.cluster.tasks), 'subscribers': len(self.hub.subscribers),
                'agents': sum(agent.registered for agent in self.cluster.agents.values()),
                'recovered_agents': sum(a.recovered for a in self.cluster.agents.values()),
                'waiting': len(self.waiting),
                'leader': self.leader.number if self.leader else None,
                'sequence': self.log[-1][0] if self.log else 0}


def compressed(pieces):
    zipper = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return [b''.join([zipper.compress(piece) for piece in pieces] + [zipper.flush()])]
