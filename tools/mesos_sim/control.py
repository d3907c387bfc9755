# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The control requests, as they come by HTTP and from scripts; docs/mesos-sim.md describes them."""
from .documents import Recorded
from .election import Plan
from .settings import converted

MOST_EVENTS = 10_000_000


def nothing_left(given):
    if given:
        raise ValueError('nothing known of ' + ', '.join(given))


class Control:
    """Each request is a method of its name: POST /sim/start is start(given), and so on."""
    REQUESTS = ('options', 'start', 'stop', 'state', 'churn', 'move', 'events', 'agent',
                'framework', 'elect', 'down', 'up')

    def __init__(self, sim, election):
        self.sim, self.election = sim, election

    def __call__(self, path, given):
        name = path.removeprefix('/sim/')
        if name not in self.REQUESTS:
            raise ValueError('no such control: ' + path)
        with self.sim.lock:
            sim = self.sim
            before = sim.sent_ns
            result = getattr(self, name)(dict(given)) or {}
            if sim.sent_ns != before:
                result['sent_ns'] = sim.sent_ns
            result['sequence'] = sim.log[-1][0] if sim.log else 0
            result['subscribers'] = len(sim.hub.subscribers)
        return result

    def master_of(self, given, otherwise=None):
        number = given.pop('master', None)
        if number is None:
            return otherwise
        if not isinstance(number, int) or not 0 <= number < len(self.sim.masters):
            raise ValueError('no master %r' % number)
        return self.sim.masters[number]

    def options(self, given):
        """Sets options, of one master if "master" is given."""
        master = self.master_of(given)
        values = {key: converted(key, value) for key, value in given.items()}
        if master is not None:
            master.own.update(values)
        for key, value in values.items() if master is None else ():
            setattr(self.sim.options, key, value)
            for one in self.sim.masters:
                one.own.pop(key, None)
        if 'churn' in values:
            self.sim.set_churn(self.sim.options.churn)
        self.sim.hub.wake_all()

    # Tasks

    def start(self, given):
        task = self.sim.start(given.pop('framework'), given.pop('name'), **given)
        if task is None:
            raise ValueError('no agent is registered')
        return {'id': task.id}

    def stop(self, given):
        ended = self.sim.cluster.found(given['id'] if 'id' in given else given['name'])
        for task in ended:
            self.sim.stop(task)
        return {'stopped': [task.id for task in ended]}

    def move(self, given):
        """The first of the tasks of that id or name gets other addresses."""
        found = self.sim.cluster.found(given['task'])
        if not found:
            raise ValueError('no task %r' % given['task'])
        ips = given['address'] if isinstance(given['address'], list) else [given['address']]
        task = self.sim.move(found[0], ips, given.get('restart', False))
        return {'id': task.id, 'was': found[0].id}

    def churn(self, given):
        for _ in range(int(given['tasks']) if self.sim.cluster.tasks else 0):
            self.sim.random_change('stop')
            self.sim.random_change('start')
        return self.sim.stats()

    def events(self, given):
        rate, kinds = float(given.pop('rate')), given.pop('kinds', ['start', 'stop'])
        count = int(rate * float(given.pop('seconds')))
        nothing_left(given)
        if rate <= 0 or count > MOST_EVENTS or set(kinds) - {'start', 'stop', 'move'} or not kinds:
            raise ValueError('events: rate above 0, kinds of start, stop and move')
        numbers = iter(range(count))
        self.sim.clock.each(rate, count,
                            lambda: self.sim.random_change(kinds[next(numbers) % len(kinds)]))
        return {'events': count}

    def state(self, given):
        try:
            self.sim.recorded = Recorded(given['path'])
        except OSError as error:
            raise ValueError(error) from error
        self.sim.changes += 1
        self.sim.hub.drop_all()

    # Agents and frameworks

    def agent(self, given):
        cluster = self.sim.cluster
        updates = bool(given.pop('updates', True))
        result = {}
        if 'add' in given:
            result['agents'] = [cluster.add_agent().id for _ in range(int(given.pop('add')))]
        if 'remove' in given:
            state = given.pop('state', 'TASK_LOST')
            cluster.remove_agent(cluster.agent_of(given.pop('remove')), state, updates)
        if 'unreachable' in given:
            cluster.remove_agent(cluster.agent_of(given.pop('unreachable')), 'TASK_UNREACHABLE', updates)
        if 'return' in given:
            cluster.register(cluster.agent_of(given.pop('return')))
        if 'register' in given:
            for _ in range(int(given.pop('register'))):
                self.election.register(self.election.term)
        if 'forget' in given:
            result['forgotten'] = self.forget(given.pop('forget'))
        nothing_left(given)
        return result

    def forget(self, which):
        """Agents that have not come back: all, or one."""
        cluster = self.sim.cluster
        agents = [agent for agent in cluster.agents.values() if not agent.registered]
        if which != 'all':
            agents = [agent for agent in agents if which in (agent.id, agent.number)]
        for agent in agents:
            cluster.forget(agent)
        return [agent.id for agent in agents]

    def framework(self, given):
        cluster = self.sim.cluster
        to, updates = given.pop('to', None), given.pop('updates', True)
        if len(given) != 1:
            raise ValueError('framework: one of add, remove, rename, pid, connect, disconnect')
        (what, name), = given.items()
        if what == 'add':
            return {'id': cluster.add_framework(name).id}
        framework = cluster.framework_of(name)
        if framework is None:
            raise ValueError('no framework %r' % name)
        if what == 'remove':
            cluster.remove_framework(framework, updates)
        elif what == 'connect':
            cluster.register_framework(framework)
        elif what == 'disconnect':
            cluster.change_framework(framework, active=False)
        elif what in ('rename', 'pid') and isinstance(to, str):
            cluster.change_framework(framework, **{'name' if what == 'rename' else 'pid': to})
        else:
            raise ValueError('framework: %s what?' % what)
        return {'id': framework.id}

    # Masters

    def elect(self, given):
        """Of the next one, if none is named."""
        sim = self.sim
        last = sim.leader.number if sim.leader else -1
        master = self.master_of(given, sim.masters[(last + 1) % len(sim.masters)])
        pause, down = float(given.pop('after', 0)), given.pop('down', False)
        self.election.elect(master, Plan(given), pause, down)
        return {'master': master.number, 'id': master.id}

    def down(self, given):
        master = self.master_of(given, self.sim.leader)
        nothing_left(given)
        if master is None:
            raise ValueError('nobody leads')
        self.election.down(master)

    def up(self, given):
        """It leads if nobody else does; the rest is as for an election."""
        master = self.master_of(given, self.sim.masters[0])
        plan = Plan(given)
        if self.election.zookeeper:
            self.election.planned[master] = plan
        self.election.up(master)
        if self.sim.leader is None and not self.election.zookeeper:
            self.election.lead(master, plan)
