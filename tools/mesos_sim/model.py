# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a cluster is made of, and its two renderings: the state document's and the v1 API's.

A Task does not change: a change makes another one. So its JSON is made at most once in
each form, when it is asked for first, and by any thread without a lock. It is put together from
texts, since there may be hundreds of thousands.
"""
import base64
import json
from json.encoder import encode_basestring_ascii as quoted

MESOS_VERSION = '1.11.0'

RESOURCES = (('cpus', 0.5), ('mem', 256.0), ('disk', 0.0), ('gpus', 0.0))
ENDED = ('TASK_FINISHED', 'TASK_KILLED', 'TASK_FAILED', 'TASK_LOST', 'TASK_ERROR',
         'TASK_GONE', 'TASK_DROPPED', 'TASK_GONE_BY_OPERATOR')


def dumped(value):
    return json.dumps(value, separators=(',', ':')).encode()


def wrapped(text):
    return {'value': text}


def nanoseconds(seconds):
    return {'nanoseconds': int(seconds * 1e9)}


def scalar(name, number):
    return {'name': name, 'type': 'SCALAR', 'scalar': {'value': number},
            'allocation_info': {'role': '*'}}


def port_resource(begin, end):
    return {'name': 'ports', 'type': 'RANGES', 'ranges': {'range': [{'begin': begin, 'end': end}]}}


PLAIN_RESOURCES = dumped(dict(RESOURCES)).decode()[1:-1]
V1_RESOURCES = ','.join(dumped(scalar(*resource)).decode() for resource in RESOURCES)


class Status:
    """One of a task's statuses; ips is None where no network was set up yet."""
    __slots__ = ('number', 'state', 'ips', 'timestamp')

    def __init__(self, number, state, ips, timestamp):
        self.number, self.state, self.ips, self.timestamp = number, state, ips, timestamp

    def container(self, more):
        """The member container_status, after a comma; none without a network."""
        if self.ips is None:
            return ''
        ips = ','.join('{"protocol":"IPv%d","ip_address":%s}' % (6 if ':' in ip else 4, quoted(ip))
                       for ip in self.ips)
        return (',"container_status":{%s"network_infos":[{"labels":{"labels":[]},'
                '"ip_addresses":[%s]}]}' % (more, ips))

    def plain(self):
        return '{"state":"%s","timestamp":%r%s}' % (self.state, self.timestamp, self.container(''))

    def v1(self, task):
        uuid = base64.b64encode(b'mesossim' + self.number.to_bytes(8, 'big')).decode()
        more = '"container_id":{"value":"c%d"},"executor_pid":1000,' % self.number
        return ('{"task_id":{"value":%s},"state":"%s","source":"SOURCE_EXECUTOR",'
                '"agent_id":{"value":"%s"},"timestamp":%r,"uuid":"%s"%s}' % (
                    quoted(task.id), self.state, task.agent.id, self.timestamp, uuid,
                    self.container(more)))


class Task:
    __slots__ = ('id', 'name', 'framework', 'agent', 'state', 'statuses', 'ports', 'discovery',
                 'owner', 'cached_plain', 'cached_v1')

    def __init__(self, **fields):
        self.cached_plain = self.cached_v1 = None
        for name, value in fields.items():
            setattr(self, name, value)

    def updated(self, status):
        """With one status more; a status takes the place of one of the same state, as in masters."""
        kept = self.statuses[:-1] if self.statuses and self.statuses[-1].state == status.state \
            else self.statuses
        return Task(id=self.id, name=self.name, framework=self.framework, agent=self.agent,
                    state=status.state, statuses=kept + (status,), ports=self.ports,
                    discovery=self.discovery, owner=self.owner)

    @property
    def ips(self):
        """The addresses it has records for."""
        if self.state == 'TASK_RUNNING':
            for status in reversed(self.statuses):
                if status.state == 'TASK_RUNNING':
                    return status.ips or []
        return []

    @property
    def label(self):
        """The name that records are made of."""
        return (self.discovery or {}).get('name') or self.name

    def described(self):
        """The member discovery, after a comma, if there is one."""
        return ',"discovery":' + json.dumps(self.discovery) if self.discovery else ''

    def plain(self):
        """As in the state document."""
        if self.cached_plain is None:
            ports = ''
            if self.ports:
                ports = ',"ports":"[%d-%d]"' % (min(self.ports), max(self.ports))
            self.cached_plain = (
                '{"id":%s,"name":%s,"framework_id":"%s","executor_id":"","slave_id":"%s","state":"%s",'
                '"resources":{%s%s},"statuses":[%s],"labels":[{"key":"owner","value":"%s"}],'
                '"role":"*"%s}' % (
                    quoted(self.id), quoted(self.name), self.framework.id, self.agent.id, self.state,
                    PLAIN_RESOURCES, ports, ','.join([s.plain() for s in self.statuses]),
                    self.owner, self.described())).encode()
        return self.cached_plain

    def v1(self):
        """As in the events."""
        if self.cached_v1 is None:
            ports = statuses = ''
            if self.ports:
                ports = ',' + json.dumps(port_resource(min(self.ports), max(self.ports)))
            if self.statuses:
                statuses = ',"statuses":[%s],"status_update_state":"%s"' % (
                    ','.join([s.v1(self) for s in self.statuses]), self.statuses[-1].state)
            self.cached_v1 = (
                '{"name":%s,"task_id":{"value":%s},"framework_id":{"value":"%s"},'
                '"agent_id":{"value":"%s"},"state":"%s","resources":[%s%s]%s,'
                '"labels":{"labels":[{"key":"owner","value":"%s"}]}%s}' % (
                    quoted(self.name), quoted(self.id), self.framework.id, self.agent.id, self.state,
                    V1_RESOURCES, ports, statuses, self.owner, self.described())).encode()
        return self.cached_v1


class Agent:
    """Registered with the leader or not; in the second case only the agent itself knows its tasks."""
    RESOURCES = (('cpus', 16.0), ('mem', 64000.0), ('disk', 500000.0))

    def __init__(self, agent_id, number, started):
        self.id, self.number, self.started = agent_id, number, started
        self.host = '10.%d.%d.%d' % (64 + number // 62500, number // 250 % 250, 1 + number % 250)
        self.registered = True
        self.recovered = False  # the leader waits for it
        self.reregistered = None
        self.tasks = {}  # id -> Task, all of them

    def plain(self):
        agent = self.recovered_plain()
        agent.update(pid='slave(1)@%s:5051' % self.host, active=True, version=MESOS_VERSION,
                     registered_time=self.started, capabilities=['MULTI_ROLE'],
                     used_resources={'cpus': 4.0, 'mem': 8000.0})
        if self.reregistered:
            agent['reregistered_time'] = self.reregistered
        return agent

    def recovered_plain(self):
        return {'id': self.id, 'hostname': self.host, 'port': 5051,
                'attributes': {'rack': 'r%d' % (self.number % 4)},
                'resources': dict(self.RESOURCES, ports='[31000-32000]')}

    def info(self):
        return {'hostname': self.host, 'port': 5051, 'id': wrapped(self.id),
                'attributes': [{'name': 'rack', 'type': 'TEXT',
                                'text': wrapped('r%d' % (self.number % 4))}],
                'resources': self.resources()}

    def resources(self):
        return [scalar(*r) for r in self.RESOURCES] + [port_resource(31000, 32000)]

    def v1(self):
        agent = {'agent_info': self.info(), 'active': True, 'deactivated': False,
                 'version': MESOS_VERSION, 'pid': 'slave(1)@%s:5051' % self.host,
                 'registered_time': nanoseconds(self.started),
                 'total_resources': self.resources(), 'capabilities': [{'type': 'MULTI_ROLE'}]}
        if self.reregistered:
            agent['reregistered_time'] = nanoseconds(self.reregistered)
        return agent


class Framework:
    """Known to the leader or not; recovered: known from an agent's tasks only."""

    def __init__(self, framework_id, name, number, scheduler, started):
        self.id, self.name, self.number, self.started = framework_id, name, number, started
        self.pid = 'scheduler-%d@%s:%d' % (number, scheduler, 15000 + number)
        self.host = 'scheduler-%d' % number
        self.known = self.active = True
        self.recovered = False

    def plain(self):
        framework = {
            'id': self.id, 'name': self.name, 'hostname': self.host, 'active': self.active,
            'connected': self.active, 'recovered': self.recovered, 'role': '*', 'user': 'root',
            'webui_url': 'http://%s.example:8080' % self.name, 'offers': [], 'executors': []}
        if not self.recovered:
            framework['pid'] = self.pid
        return framework

    def v1(self):
        info = {'user': 'root', 'name': self.name, 'id': wrapped(self.id), 'checkpoint': True,
                'failover_timeout': 604800.0, 'hostname': self.host, 'roles': ['*'],
                'webui_url': 'http://%s.example:8080' % self.name}
        return {'framework_info': info, 'active': self.active, 'connected': self.active,
                'recovered': self.recovered, 'registered_time': nanoseconds(self.started),
                'reregistered_time': nanoseconds(self.started)}
