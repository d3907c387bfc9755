# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Frameworks, agents and tasks that come and go, and what the leading master knows of them.

The leader knows the registered agents and their tasks. Each change of what it knows is
handed to emit(kind, render, **what) as it is made: kind is the event's type in the v1 API,
render() its JSON, what goes into the log of changes. The caller holds the simulation's lock.
"""
import collections
import random
import time

from .model import ENDED, Agent, Framework, Status, Task, dumped, wrapped

GROUPS = ['', 'shop-', 'media-', 'billing-', 'mail-', 'maps-', 'data.', 'lab_']
SERVICES = {
    'marathon': [group + service for group in GROUPS for service in (
        'web', 'api', 'auth', 'cart', 'search', 'nginx', 'redis', 'worker', 'queue', 'img')],
    'chronos': ['report-%d' % hour for hour in range(24)],
    'spark': ['executor-%d' % job for job in range(20)],
    'kafka': ['broker-%d' % broker for broker in range(9)],
    'cassandra': ['node-%d' % node for node in range(9)],
}
WEIGHTS = [70, 8, 12, 5, 5]
COMPLETED_KEPT = 50


class Cluster:
    """What runs; a method that changes a task replaces it."""

    def __init__(self, seed, agents, tasks, emit, services=None):
        self.random = random.Random(seed)
        self.id = '%08x-6d65-736f-732d-73696d756c61' % self.random.getrandbits(32)
        self.started = time.time()
        self.emit = emit
        self.agents = {}  # id -> Agent
        self.registered = None  # those that are, as a list; None: to be made
        self.frameworks = {}  # id -> Framework
        self.tasks = {}  # id -> Task: those that the leader knows
        self.order = []  # ids, most of them of tasks
        self.completed = collections.deque(maxlen=COMPLETED_KEPT)
        self.unreachable = {}  # id -> Task
        self.next_task = self.next_agent = self.next_framework = self.next_status = 0
        self.wanted, self.services = tasks, services
        for _ in range(agents):
            self.add_agent()
        for name in SERVICES:
            self.add_framework(name)
        while len(self.tasks) < self.wanted and self.start_any():
            pass

    # Agents

    def add_agent(self):
        n, self.next_agent = self.next_agent, self.next_agent + 1
        agent = Agent('%s-S%d' % (self.id, n), n, time.time() if self.next_task else self.started)
        self.agents[agent.id] = agent
        self.agent_event(agent)
        return agent

    def agent_event(self, agent):
        self.registered = None
        self.emit('AGENT_ADDED', lambda: dumped({'agent': agent.v1()}), agent=agent.id,
                  address=agent.host)

    def agent_of(self, given):
        """An agent by its id or its number."""
        if given in self.agents:
            return self.agents[given]
        for agent in self.agents.values():
            if given == agent.number:
                return agent
        raise ValueError('no agent %r' % given)

    def some_agent(self):
        if self.registered is None:
            self.registered = [agent for agent in self.agents.values() if agent.registered]
        known = self.registered
        return known[self.random.randrange(len(known))] if known else None

    def register(self, agent):
        """An agent that the leader did not know comes back, with its tasks."""
        if agent.registered:
            return
        agent.registered, agent.recovered = True, False
        agent.reregistered = time.time()
        self.agent_event(agent)
        for task in list(agent.tasks.values()):
            if not task.framework.known:
                self.recover_framework(task.framework)
            self.unreachable.pop(task.id, None)
            self.task_added(task)

    def forget(self, agent):
        """The leader waits for it no longer; masters send no event then."""
        self.agents.pop(agent.id)
        self.emit(None, None, what='agent forgotten', agent=agent.id)

    def remove_agent(self, agent, state='TASK_LOST', updates=True):
        """It goes; with state TASK_UNREACHABLE it may be registered again, with its tasks."""
        back = state == 'TASK_UNREACHABLE'
        for task in list(agent.tasks.values()):
            self.drop(task, state, updates)
            if back:
                agent.tasks[task.id] = task
        agent.registered = agent.recovered = False
        self.registered = None
        if not back:
            self.agents.pop(agent.id)
        self.emit('AGENT_REMOVED', lambda: dumped({'agent_id': wrapped(agent.id)}), agent=agent.id)

    def elected(self, empty, recovered=True):
        """A new leader, which knows nothing but, maybe, which agents there were."""
        self.completed.clear()
        self.unreachable.clear()
        if not empty:
            return
        self.registered = None
        for agent in self.agents.values():
            agent.registered, agent.recovered = False, recovered
        for framework in self.frameworks.values():
            framework.known, framework.active = False, False
        self.tasks.clear()
        self.order.clear()

    # Frameworks

    def add_framework(self, name):
        n, self.next_framework = self.next_framework, self.next_framework + 1
        hosts = [agent.host for agent in self.agents.values()] or ['10.64.0.1']
        framework = Framework('%s-%04d' % (self.id, n), name, n, hosts[n % len(hosts)], self.started)
        self.frameworks[framework.id] = framework
        self.framework_event('FRAMEWORK_ADDED', framework)
        return framework

    def framework_of(self, given):
        """By its id or its name; None if there is none."""
        for framework in self.frameworks.values():
            if given in (framework.id, framework.name):
                return framework
        return None

    def framework_event(self, kind, framework):
        key = 'framework_info' if kind == 'FRAMEWORK_REMOVED' else 'framework'
        self.emit(kind, lambda: dumped({key: framework.v1()[key] if key == 'framework_info'
                                        else framework.v1()}),
                  framework=framework.name, id=framework.id)

    def recover_framework(self, framework):
        """Known from an agent before it has registered itself."""
        framework.known, framework.recovered, framework.active = True, True, False
        self.framework_event('FRAMEWORK_ADDED', framework)

    def register_framework(self, framework):
        if framework.active:
            return
        kind = 'FRAMEWORK_UPDATED' if framework.known else 'FRAMEWORK_ADDED'
        framework.known = framework.active = True
        framework.recovered = False
        self.framework_event(kind, framework)

    def change_framework(self, framework, name=None, active=None, pid=None):
        """Another name; gone for a while; a scheduler elsewhere."""
        framework.name = framework.name if name is None else name
        framework.active = framework.active if active is None else active
        framework.pid = framework.pid if pid is None else pid
        self.framework_event('FRAMEWORK_UPDATED', framework)

    def remove_framework(self, framework, updates=True):
        for agent in self.agents.values():
            for task in [t for t in agent.tasks.values() if t.framework is framework]:
                self.drop(task, 'TASK_KILLED', updates)
        self.frameworks.pop(framework.id)
        framework.known = False
        if self.completed:
            kept = [task for task in self.completed if task.framework is not framework]
            self.completed = collections.deque(kept, COMPLETED_KEPT)
        self.framework_event('FRAMEWORK_REMOVED', framework)

    # Tasks

    def any_task(self):
        """One by chance; a list of all, made for each, would take most of the time."""
        while self.tasks:
            if not self.order or len(self.order) > 2 * len(self.tasks) + 16:
                self.order = list(self.tasks)
            at = self.random.randrange(len(self.order))
            if self.order[at] in self.tasks:
                return self.tasks[self.order[at]]
            self.order[at] = self.order[-1]
            self.order.pop()
        return None

    def start_any(self, **given):
        if self.services:
            return self.start('marathon', 'svc-%06d' % self.random.randrange(self.services), **given)
        framework = self.random.choices(list(SERVICES), WEIGHTS)[0]
        return self.start(framework, self.random.choice(SERVICES[framework]), **given)

    def start(self, framework, name, staged=False, **given):
        """None if there is no agent to start it on."""
        n = self.next_task
        agent = self.agent_of(given['agent']) if 'agent' in given else self.some_agent()
        if agent is None:
            return None
        if not agent.registered:
            raise ValueError('agent %s is not registered' % agent.id)
        self.next_task += 1
        known = self.framework_of(framework) or self.add_framework(framework)
        self.register_framework(known)
        port = 31000 + n % 1000
        task_id = given.get('id') or '%s.%08x-%04x' % (name, self.random.getrandbits(32), n & 0xffff)
        if task_id in agent.tasks or task_id in self.tasks:
            raise ValueError('a task %r is there already' % task_id)
        ips = self.ips_of(n) if given.get('ips') is None else given['ips']
        discovery = given['discovery'] if 'discovery' in given else \
            make_discovery(framework, name, port, n)
        task = Task(id=task_id, name=name, framework=known, agent=agent, state='TASK_STAGING',
                    statuses=(), ports=given.get('ports', [port, port] if n % 3 else []),
                    discovery=discovery, owner='team-%d' % (n % 7))
        if not staged:
            task = task.updated(self.status('TASK_STARTING', None))
            task = task.updated(self.status('TASK_RUNNING', ips))
        self.task_added(task)
        return task, ips

    @staticmethod
    def ips_of(n):
        ips = ['172.16.%d.%d' % (n // 250 % 250, 1 + n % 250)]
        if n % 5 == 0:
            high, low = divmod(n + 1, 65536)
            ips.append('fd00:16::%x:%x' % (high, low) if high else 'fd00:16::%x' % low)
        return ips

    def status(self, state, ips):
        self.next_status += 1
        return Status(self.next_status, state, ips, time.time())

    def task_added(self, task):
        task.agent.tasks[task.id] = self.tasks[task.id] = task
        self.order.append(task.id)
        self.task_event('TASK_ADDED', lambda: b'{"task": %s}' % task.v1(), task, [])

    def update(self, task, state, ips=None):
        """A status of a task that the leader knows; one that has ended is no longer among the tasks."""
        status = self.status(state, ips)
        now = task.updated(status)
        if state in ENDED or state == 'TASK_UNREACHABLE':
            self.tasks.pop(task.id, None)
            task.agent.tasks.pop(task.id, None)
            if state == 'TASK_UNREACHABLE':
                self.unreachable[task.id] = now
            else:
                self.completed.append(now)
        else:
            task.agent.tasks[task.id] = self.tasks[task.id] = now
        self.task_event('TASK_UPDATED', lambda: (
            '{"framework_id":{"value":"%s"},"status":%s,"state":"%s"}' % (
                now.framework.id, status.v1(now), now.state)).encode(), now, task.ips)
        return now

    def task_event(self, kind, render, task, before):
        self.emit(kind, render, task=task.id, name=task.label, framework=task.framework.name,
                  agent=task.agent.id, state=task.state, before=before, after=task.ips)

    def drop(self, task, state, update=True):
        """It ends. The leader hears of it if it knows the task, and is told."""
        if task.id not in self.tasks:
            task.agent.tasks.pop(task.id, None)
            self.emit(None, None, what='task ended unseen', task=task.id, agent=task.agent.id)
        elif update:
            self.update(task, state, task.ips or None)
        else:
            self.tasks.pop(task.id)
            task.agent.tasks.pop(task.id, None)
            self.emit(None, None, what='task dropped', task=task.id, name=task.label, after=[],
                      framework=task.framework.name, before=task.ips, agent=task.agent.id)

    def stop(self, task, staged=False):
        if staged:
            task = self.update(task, 'TASK_KILLING', task.ips or None)
        self.drop(task, 'TASK_KILLED' if staged else 'TASK_FINISHED')

    def found(self, key):
        """Tasks whose id or name this is."""
        task = self.tasks.get(key)
        return [task] if task else [t for t in self.tasks.values() if t.name == key]


def make_discovery(framework, name, port, n):
    if framework not in ('kafka', 'cassandra') and n % 5 >= 2:
        return None
    return {'visibility': 'FRAMEWORK', 'name': name.replace('.', '-'), 'ports': {'ports': [
        {'number': port, 'name': 'http', 'protocol': 'tcp'},
        {'number': port + 1000, 'name': 'admin', 'protocol': 'tcp'}]}}
