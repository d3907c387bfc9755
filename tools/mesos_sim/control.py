# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The control requests, as they come by HTTP and from scripts."""

from .documents import Recorded
from .settings import converted


class Control:
    """Each request is a method of its name: POST /sim/start is start(given), and so on."""
    REQUESTS = ('options', 'start', 'stop', 'state', 'churn')

    def __init__(self, sim):
        self.sim = sim

    def __call__(self, path, given):
        name = path.removeprefix('/sim/')
        if name not in self.REQUESTS:
            raise ValueError('no such control: ' + path)
        with self.sim.lock:
            before = self.sim.sent_ns
            result = getattr(self, name)(dict(given)) or {}
            sim = self.sim
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

    def start(self, given):
        task = self.sim.start(given.pop('framework'), given.pop('name'), **given)
        if task is None:
            raise ValueError('no agent is registered')
        return {'id': task.id}

    def tasks_of(self, given):
        """Those of an id, or a name."""
        tasks = self.sim.cluster.tasks
        if 'id' in given:
            return [tasks[given['id']]] if given['id'] in tasks else []
        return [task for task in tasks.values() if task.name == given['name']]

    def stop(self, given):
        ended = self.tasks_of(given)
        for task in ended:
            self.sim.stop(task)
        return {'stopped': [task.id for task in ended]}

    def state(self, given):
        try:
            self.sim.recorded = Recorded(given['path'])
        except OSError as error:
            raise ValueError(error) from error
        self.sim.changes += 1
        self.sim.hub.drop_all()

    def churn(self, given):
        for _ in range(int(given['tasks']) if self.sim.cluster.tasks else 0):
            self.sim.random_change('stop')
            self.sim.random_change('start')
        return self.sim.stats()
