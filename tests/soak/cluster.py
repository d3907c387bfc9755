# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The simulated cluster as the soak drives it: each change is asked of mesos-sim and noted in the truth."""
import itertools
import json
import random
import threading
import time
import urllib.error
import urllib.request

import truth

AGENTS = 8
SIZES = (1, 1, 1, 2, 2, 3, 6)  # tasks a service holds about
PROBE = 'probe'


class Refused(Exception):
    """The simulator cannot do that now."""


class Cluster:
    """start, stop and move are made by one thread at a time."""

    def __init__(self, control, services, masters, window):
        self.control, self.masters = control, masters
        names = ['s%d' % i for i in range(services)]
        self.sizes = {name: random.choice(SIZES) for name in names}
        self.truth = truth.Truth(names + [PROBE], masters, window)
        self.numbers, self.changing = itertools.count(1), threading.RLock()
        self.agents = set(range(AGENTS))
        self.changes = 0

    def sim(self, path, given=None):
        data = None if given is None else json.dumps(given).encode()
        try:
            with urllib.request.urlopen('http://%s/sim/%s' % (self.control, path), data, 30) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error

    def addresses(self):
        """No two tasks of the whole run have one."""
        n = next(self.numbers)
        v4 = '172.%d.%d.%d' % (16 + n // 62500 % 16, n // 250 % 250, 1 + n % 250)
        return [v4] if n % 3 else [v4, 'fd00:16::%x:%x' % (1 + n // 65536, n % 65536)]

    def start(self, service):
        n = next(self.numbers)
        agent = random.choice(sorted(self.agents))
        task = truth.Task(service, '%s.%08x' % (service, random.getrandbits(32)), agent, self.addresses(),
                          [31000 + n % 1000])
        with self.changing, self.truth.change() as touched:
            self.sim('start', {'framework': truth.FRAMEWORK, 'name': service, 'id': task.id, 'agent': agent,
                               'ips': task.ips, 'ports': task.ports, 'discovery': None})
            self.truth.put(task)
            touched.append(task)
        self.changes += 1
        return task

    def stop(self, task):
        with self.changing, self.truth.change() as touched:
            if self.sim('stop', {'id': task.id})['stopped'] != [task.id]:
                raise Refused('the leader does not know ' + task.id)
            self.truth.drop(task)
            touched.append(task)
        self.changes += 1

    def move(self, task):
        with self.changing, self.truth.change() as touched:
            ips = self.addresses()
            self.sim('move', {'task': task.id, 'address': ips})
            task.ips = ips
            touched.append(task)
        self.changes += 1

    def fill(self):
        for service, size in self.sizes.items():
            for _ in range(size):
                self.start(service)
        self.start(PROBE)

    def churn(self):
        """One change; which, keeps the services around their sizes, and lets some be gone for a while."""
        service = random.choice(list(self.sizes))
        tasks = list(self.truth.services[service].values())
        draw = random.random()
        if tasks and draw < 0.4:
            self.move(random.choice(tasks))
        elif tasks and (draw < 0.7 or len(tasks) > self.sizes[service]):
            self.stop(random.choice(tasks))
        elif len(tasks) <= self.sizes[service]:
            self.start(service)

    def churn_unless_refused(self):
        try:
            self.churn()
        except Refused:
            pass  # no agent is registered with the leader, or there is none

    # Agents

    def agent_leaves(self, agent, for_good=False):
        """Its tasks end, one event after the other."""
        with self.changing, self.truth.change(gradual=True) as touched:
            self.sim('agent', {'remove' if for_good else 'unreachable': agent})
            self.agents.discard(agent)
            for task in self.truth.on_agent(agent):
                self.truth.drop(task)
                touched.append(task)
        return touched

    def agent_returns(self, agent, tasks):
        with self.changing, self.truth.change(gradual=True) as touched:
            self.sim('agent', {'return': agent})
            self.agents.add(agent)
            for task in tasks:
                self.truth.put(task)
                touched.append(task)

    def agent_comes(self):
        with self.changing:
            added = self.sim('agent', {'add': 1})['agents'][0]
            self.agents.add(int(added.rpartition('-S')[2]))

    # Masters

    def settled(self):
        """Somebody leads, and every agent is registered with it."""
        stats = self.sim('stats')
        return stats['leader'] is not None and not stats['waiting'] and stats['agents'] == len(self.agents)

    def leader_is_known(self):
        """From now on the one who leads is the right answer."""
        number = self.sim('stats')['leader']
        with self.truth.lock:
            self.truth.leader = None if number is None else self.masters[number]
        return number

    def probe(self):
        """The probe's task has another address, which is returned; what was before is served when that is."""
        tasks = list(self.truth.services[PROBE].values())
        if not tasks:  # it went with its agent
            return self.start(PROBE).ips[0]
        self.move(tasks[0])
        return tasks[0].ips[0]


class Churn(threading.Thread):
    def __init__(self, soak, rate):
        super().__init__(daemon=True)
        self.soak, self.rate = soak, rate

    def run(self):
        while not self.soak.stopping.is_set():
            began = time.monotonic()
            try:
                self.soak.cluster.churn_unless_refused()
            except OSError as error:
                self.soak.tally.fault('the simulator does not answer: %s' % error)
            self.soak.stopping.wait(max(0, began + 1 / self.rate - time.monotonic()))
