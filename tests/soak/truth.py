# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the simulated cluster holds and held, name by name, and whether an answer is that.

The soak starts and ends its tasks itself, so it knows each set that a name ever had and the two
times between which it became so: before the request was made and after it was answered.
"""
import bisect
import collections
import contextlib
import random
import threading
import time

import peer_names

FRAMEWORK = 'soak'
DOMAIN = 'mesos'
KEPT = 900  # seconds that the past is kept
RECENT = 400  # tasks whose own names are asked for, ended ones among them
A, AAAA, SRV = 'A', 'AAAA', 'SRV'


class Steps:
    """The states of one name: each a dict of type -> frozenset, or None if there is no such name."""

    def __init__(self):
        self.began, self.done, self.states, self.gradual = [0.0], [0.0], [None], [False]

    def add(self, began, done, state, gradual):
        if state != self.states[-1]:
            self.began.append(began)
            self.done.append(done)
            self.states.append(state)
            self.gradual.append(gradual)

    def forget(self, before):
        """Steps that were replaced before that time."""
        gone = bisect.bisect_left(self.done, before) - 1
        if gone > 0:
            for values in self.began, self.done, self.states, self.gradual:
                del values[:gone]

    def between(self, since, until):
        """Places of the states that were current at some time between."""
        first = max(0, bisect.bisect_left(self.done, since) - 1)
        return range(first, bisect.bisect_right(self.began, until))

    def allows(self, kind, got, since, until, mixed):
        """got: a frozenset, or None for "no such name". mixed: see there."""
        places = self.between(since, until)
        if mixed and places and self.mixed(places, kind, got):
            return True
        for i in places:
            state = self.states[i]
            if got is None if state is None else got == state.get(kind, frozenset()):
                return True
        return any(self.on_the_way(i, kind, got) for i in places[1:] if self.gradual[i])

    def mixed(self, places, kind, got):
        """
        What is held for an empty leader is as old as its agent's last word, task by task; what began
        while nobody could say so is there when its agent is. What was there all the time is there.
        """
        states = [self.states[i] or {} for i in places]
        sets = [state.get(kind, frozenset()) for state in states]
        if got is None:
            return not any(frozenset.intersection(*(state.get(k, frozenset()) for state in states))
                           for k in (A, AAAA, SRV))
        return frozenset.intersection(*sets) <= got <= frozenset.union(*sets)

    def on_the_way(self, i, kind, got):
        """A change that is made of several events: any set between the two."""
        ends = [(state or {}).get(kind, frozenset()) for state in self.states[i - 1:i + 1]]
        return got is not None and ends[0] & ends[1] <= got <= ends[0] | ends[1]


class Task:
    def __init__(self, service, task_id, agent, ips, ports):
        self.service, self.id, self.agent, self.ips, self.ports = service, task_id, agent, ips, ports
        self.label = '%s-%s-s%d' % (service, peer_names.task_hash(task_id), agent)
        self.name = '%s.%s.%s' % (self.label, FRAMEWORK, DOMAIN)
        self.target = '%s.%s.slave.%s' % (self.label, FRAMEWORK, DOMAIN)


def service_name(service):
    return '%s.%s.%s' % (service, FRAMEWORK, DOMAIN)


def service_srv(service):
    return '_%s._tcp.%s.%s' % (service, FRAMEWORK, DOMAIN)


class Truth:
    DOUBT = 0.5  # seconds until what was asked of the simulator has surely begun to be noted

    def __init__(self, services, masters, window):
        self.lock = threading.Lock()
        self.window = window
        self.services = {service: {} for service in services}  # -> {task id: Task}
        self.names = sorted(services)
        self.steps = collections.defaultdict(Steps)
        self.recent = collections.deque(maxlen=RECENT)
        self.masters = frozenset(masters)
        self.leader = None
        self.open_since = None  # when the request that is under way began
        self.stale = []  # [from, until]: the zone may lag behind; until is None while it may
        self.tidied = time.monotonic()

    # What happens in the cluster

    @staticmethod
    def state_of(tasks):
        """Of a name that these tasks give."""
        ips = [ip for task in tasks for ip in task.ips]
        if not ips:
            return None
        return {A: frozenset(ip for ip in ips if ':' not in ip), AAAA: frozenset(ip for ip in ips if ':' in ip)}

    @staticmethod
    def srv_of(tasks):
        found = frozenset((port, task.target) for task in tasks for port in task.ports)
        return {SRV: found} if found else None

    @contextlib.contextmanager
    def change(self, gradual=False):
        """Collects the tasks that the request within changes; what comes of it is noted when it was answered."""
        touched, began = [], time.monotonic()
        self.open_since = began
        try:
            yield touched
            self.note(touched, began, time.monotonic(), gradual)
        finally:
            self.open_since = None

    def note(self, touched, began, done, gradual):
        with self.lock:
            for service in {task.service for task in touched}:
                tasks = list(self.services[service].values())
                self.steps[service_name(service)].add(began, done, self.state_of(tasks), gradual)
                self.steps[service_srv(service)].add(began, done, self.srv_of(tasks), gradual)
            for task in touched:
                alive = self.services[task.service].get(task.id)
                self.steps[task.name].add(began, done, self.state_of([alive] if alive else []), gradual)
            if done - self.tidied > KEPT / 10:
                self.tidy(done)

    def tidy(self, now):
        self.tidied = now
        before = self.floor(now) - KEPT
        self.stale = [pair for pair in self.stale if pair[1] is None or pair[1] > before]
        for name, steps in list(self.steps.items()):
            steps.forget(before)
            if len(steps.states) == 1 and steps.states[0] is None:
                del self.steps[name]

    def may_change(self, seen):
        """What is known of that time may not be all yet."""
        since = self.open_since
        return since is not None and since <= seen or time.monotonic() - seen < self.DOUBT

    def put(self, task):
        """Within change(), by the one thread that makes changes."""
        self.services[task.service][task.id] = task
        self.recent.append(task)

    def drop(self, task):
        self.services[task.service].pop(task.id, None)

    def on_agent(self, agent):
        return [task for tasks in self.services.values() for task in tasks.values() if task.agent == agent]

    # How far behind an answer may be

    @contextlib.contextmanager
    def lagging(self):
        """The daemon cannot follow: what was so when that began may be answered until it ends."""
        pair = [time.monotonic(), None]
        with self.lock:
            self.stale.append(pair)
        yield
        pair[1] = time.monotonic()

    def floor(self, sent):
        """Since when a set may have been replaced and still be answered."""
        for began, ended in self.stale:
            if began <= sent and (ended is None or sent <= ended + self.window):
                return min(sent, began) - self.window
        return sent - self.window

    def lags(self, sent, seen):
        return any(began <= seen and (ended is None or sent <= ended + self.window) for began, ended in self.stale)

    # Questions and verdicts

    def ask(self):
        """(name, type) by chance; half of the tasks' own names are of tasks that have ended."""
        draw = random.random()
        service = random.choice(self.names)
        if draw < 0.40:
            return service_name(service), A
        if draw < 0.55:
            return service_name(service), AAAA
        if draw < 0.75 and self.recent:
            return random.choice(self.recent).name, A
        if draw < 0.88:
            return service_srv(service), SRV
        if draw < 0.93:
            return 'leader.' + DOMAIN, A
        return 'none%d.%s.%s' % (random.randrange(1000), FRAMEWORK, DOMAIN), random.choice((A, AAAA, SRV))

    def right(self, name, kind, got, sent, seen, cut=False):
        """got: frozenset, None for NXDOMAIN. cut: TC was set, so a part of a set is right."""
        with self.lock:
            if name == 'leader.' + DOMAIN:
                return self.right_leader(kind, got, sent, seen)
            steps = self.steps.get(name)
            if steps is None:
                return got is None
            if not cut:
                return steps.allows(kind, got, self.floor(sent), seen, self.lags(sent, seen))
            states = [steps.states[i] for i in steps.between(self.floor(sent), seen)]
            return got is not None and any(state and got <= state.get(kind, frozenset()) for state in states)

    def right_leader(self, kind, got, sent, seen):
        if kind != A:
            return got is not None
        if self.lags(sent, seen):
            return got is not None and len(got) == 1 and got <= self.masters
        return got == frozenset([self.leader])

    def explain(self, name, kind, sent, seen):
        """What would have been right."""
        with self.lock:
            steps = self.steps.get(name)
            if steps is None:
                return 'no such name' if name != 'leader.' + DOMAIN else self.leader
            return ' or '.join(
                'none' if state is None else ','.join(sorted(map(str, state.get(kind, ())))) or 'NODATA'
                for state in (steps.states[i] for i in steps.between(self.floor(sent), seen)))
