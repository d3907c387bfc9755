# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The state document and the SUBSCRIBED event, of one moment.

A snapshot is taken with the simulation's lock held and is quick; its octets are made from it
without the lock, as a list of pieces, since they may be hundreds of megabytes.
"""
import json
import re

from .model import dumped


class Snapshot:
    """What the leader knows at one moment."""

    def __init__(self, cluster, master):
        self.master = master.description()
        self.tasks = list(cluster.tasks.values())
        self.completed = list(cluster.completed)
        self.unreachable = list(cluster.unreachable.values())
        agents = cluster.agents.values()
        self.agents = [(a.plain(), a.v1()) for a in agents if a.registered]
        self.recovered = [(a.recovered_plain(), a.info()) for a in agents if a.recovered]
        self.frameworks = [(f.id, f.plain(), f.v1()) for f in cluster.frameworks.values() if f.known]

    def state(self, leader):
        """The pieces of the state document."""
        lists = {key: {i: [] for i, _, _ in self.frameworks}
                 for key in ('tasks', 'completed_tasks', 'unreachable_tasks')}
        for key, tasks in (('tasks', self.tasks), ('completed_tasks', self.completed),
                           ('unreachable_tasks', self.unreachable)):
            for task in tasks:
                if task.framework.id in lists[key]:
                    lists[key][task.framework.id].append(task)
        head = dict(self.master, activated_slaves=float(len(self.agents)), deactivated_slaves=0.0)
        if leader is not None:
            head['leader'] = leader
        yield dumped(head)[:-1] + b', "slaves": ' + dumped([plain for plain, _ in self.agents])
        yield b', "recovered_slaves": ' + dumped([plain for plain, _ in self.recovered])
        yield b', "frameworks": ['
        for n, (framework_id, plain, _) in enumerate(self.frameworks):
            yield (b', ' if n else b'') + dumped(plain)[:-1]
            for key, tasks in lists.items():
                yield b', "%s": [' % key.encode()
                yield from listed(task.plain for task in tasks[framework_id])
                yield b']'
            yield b'}'
        yield (b'], "completed_frameworks": [], "orphan_tasks": [], '
               b'"unregistered_frameworks": []}')

    def subscribed(self, interval):
        """The pieces of the SUBSCRIBED event."""
        yield b'{"type": "SUBSCRIBED", "subscribed": {"get_state": {"get_tasks": {"tasks": ['
        yield from listed(task.v1 for task in self.tasks)
        yield b'], "completed_tasks": ['
        yield from listed(task.v1 for task in self.completed)
        yield b'], "unreachable_tasks": ['
        yield from listed(task.v1 for task in self.unreachable)
        yield b']}, "get_executors": {}, "get_frameworks": ' + dumped(
            {'frameworks': [v1 for _, _, v1 in self.frameworks]})
        agents = {'agents': [v1 for _, v1 in self.agents]}
        if self.recovered:
            agents['recovered_agents'] = [info for _, info in self.recovered]
        yield b', "get_agents": %s}, "heartbeat_interval_seconds": %s}}' % (
            dumped(agents), dumped(float(interval)))


def listed(renderings, many=256):
    """The elements of a list in pieces of many."""
    some, comma = [], b''
    for render in renderings:
        some.append(render())
        if len(some) == many:
            yield comma + b', '.join(some)
            some, comma = [], b', '
    if some:
        yield comma + b', '.join(some)


class Recorded:
    """A document from a file, the leader rewritten in its bytes."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.before, self.after = split_at_leader(file.read())

    def state(self, leader):
        if self.after is None:
            return [self.before]
        return [self.before, dumped(leader), self.after]


def split_at_leader(data):
    """What stands before and after the value of the top-level "leader"; (data, None) without one."""
    depth = 0
    keys = [m for m in re.finditer(rb'"leader"\s*:\s*', data)]
    if not keys:
        return data, None
    starts = {m.start(): m for m in keys}
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', data):
        if token[0] in b'{[':
            depth += 1
        elif token[0] in b'}]':
            depth -= 1
        elif depth == 1 and token.start() in starts:
            key = starts[token.start()]
            value = re.compile(rb'"(?:[^"\\]|\\.)*"|[^,}\s]+').match(data, key.end())
            return data[:key.end()], data[value.end():]
    return data, None


def plain_names(document, count):
    """Names that must have records, where cutting and dropping of characters has no part in them."""
    label = r'[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?'
    agents = {s.get('id') for s in document.get('slaves') or [] if s.get('pid')}
    lines = []
    for framework in document.get('frameworks') or []:
        for task in framework.get('tasks') or []:
            if task.get('state') != 'TASK_RUNNING' or task.get('slave_id') not in agents:
                continue
            discovery = (task.get('discovery') or {}).get('name')
            name = re.sub('[._]', '-', discovery or task['name'])
            if not re.fullmatch(label, name) or not re.fullmatch(
                    r'%s(\.%s)*' % (label, label), framework['name']):
                continue
            lines.append('A %s.%s' % (name, framework['name']))
            if not discovery and '-' in task.get('resources', {}).get('ports', ''):
                lines.append('SRV _%s._tcp.%s' % (name, framework['name']))
    lines = list(dict.fromkeys(lines))
    step = max(1, len(lines) // count)
    return sorted(lines[::step][:count])


def parsed(pieces):
    return json.loads(b''.join(pieces))
