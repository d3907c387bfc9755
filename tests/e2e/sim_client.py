# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A client of the simulated masters that shares no code with them: follows the event stream,
folds it, and compares what comes out with the state document."""
import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ENDED = {'TASK_FINISHED', 'TASK_KILLED', 'TASK_FAILED', 'TASK_LOST', 'TASK_ERROR'}
PATIENCE = 60.0


def eventually(condition, seconds=PATIENCE):
    """The last value of condition(), true as soon as there is one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


def request(url, body=None, headers=()):
    """(status, headers, octets)"""
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(NoRedirects)
    try:
        with opener.open(urllib.request.Request(url, data, dict(headers)), timeout=PATIENCE) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def addresses_of(infos):
    return [a['ip_address'] for info in infos or [] for a in info.get('ip_addresses') or []]


def status_of(status):
    infos = status.get('container_status', {}).get('network_infos')
    return status['state'], None if infos is None else addresses_of(infos), status['timestamp']


def port_text(resources):
    for resource in resources:
        if resource['name'] == 'ports':
            return '[%s]' % ', '.join('%d-%d' % (r['begin'], r['end'])
                                      for r in resource['ranges']['range'])
    return None


class Cluster:
    """What a master says, in the same words for both sources."""

    def __init__(self):
        self.agents, self.frameworks, self.tasks = {}, {}, {}
        self.recovered, self.completed, self.unreachable = set(), set(), set()

    def different(self, events):
        """Names of what the events make otherwise; a document keeps the latest completed tasks only."""
        names = [key for key in ('agents', 'frameworks', 'tasks', 'recovered', 'unreachable')
                 if vars(self)[key] != vars(events)[key]]
        return names + ([] if self.completed <= events.completed else ['completed'])


def of_state(document):
    c = Cluster()
    c.agents = {a['id']: (a['hostname'], a['pid']) for a in document['slaves']}
    c.recovered = {a['id'] for a in document['recovered_slaves']}
    for f in document['frameworks']:
        c.frameworks[f['id']] = (f['name'], f['hostname'], f['active'], f['connected'])
        c.completed |= {task['id'] for task in f['completed_tasks']}
        c.unreachable |= {task['id'] for task in f['unreachable_tasks']}
        for t in f['tasks']:
            assert t['framework_id'] == f['id']
            c.tasks[t['id']] = {
                'name': t['name'], 'framework': f['id'], 'agent': t['slave_id'], 'state': t['state'],
                'ports': t['resources'].get('ports'), 'discovery': t.get('discovery'),
                'labels': t['labels'], 'statuses': [status_of(s) for s in t['statuses']]}
    return c


class Folded(Cluster):
    """A cluster as the events make it."""

    def agent(self, agent):
        info = agent['agent_info']
        self.recovered.discard(info['id']['value'])
        self.agents[info['id']['value']] = (info['hostname'], agent['pid'])

    def framework(self, f):
        info = f['framework_info']
        self.frameworks[info['id']['value']] = (info['name'], info['hostname'], f['active'],
                                                f['connected'])

    def task(self, t):
        self.unreachable.discard(t['task_id']['value'])
        self.tasks[t['task_id']['value']] = {
            'name': t['name'], 'framework': t['framework_id']['value'],
            'agent': t['agent_id']['value'], 'state': t['state'],
            'ports': port_text(t['resources']), 'discovery': t.get('discovery'),
            'labels': t['labels']['labels'], 'statuses': [status_of(s) for s in t.get('statuses', [])]}

    def snapshot(self, state):
        agents = state['get_agents']
        for agent in agents['agents']:
            self.agent(agent)
        self.recovered = {a['id']['value'] for a in agents.get('recovered_agents', [])}
        for framework in state['get_frameworks']['frameworks']:
            self.framework(framework)
        tasks = state['get_tasks']
        for task in tasks['tasks']:
            self.task(task)
        self.completed = {t['task_id']['value'] for t in tasks['completed_tasks']}
        self.unreachable = {t['task_id']['value'] for t in tasks['unreachable_tasks']}

    def updated(self, update):
        status, state = update['status'], update['state']
        key = status['task_id']['value']
        task = self.tasks[key]
        assert task['framework'] == update['framework_id']['value']
        if task['statuses'] and task['statuses'][-1][0] == status['state']:
            task['statuses'].pop()
        task['statuses'].append(status_of(status))
        task['state'] = state
        if state in ENDED or state == 'TASK_UNREACHABLE':
            del self.tasks[key]
            (self.completed if state in ENDED else self.unreachable).add(key)

    def gone(self, key, value):
        for task_id in [i for i, t in self.tasks.items() if t[key] == value]:
            del self.tasks[task_id]
        del (self.agents if key == 'agent' else self.frameworks)[value]

    def event(self, event):
        kind = event['type']
        given = event.get(kind.lower(), {})
        if kind == 'SUBSCRIBED':
            self.__init__()
            self.snapshot(given['get_state'])
        elif kind == 'TASK_ADDED':
            self.task(given['task'])
        elif kind == 'TASK_UPDATED':
            self.updated(given)
        elif kind == 'AGENT_ADDED':
            self.agent(given['agent'])
        elif kind == 'AGENT_REMOVED':
            self.gone('agent', given['agent_id']['value'])
        elif kind in ('FRAMEWORK_ADDED', 'FRAMEWORK_UPDATED'):
            self.framework(given['framework'])
        elif kind == 'FRAMEWORK_REMOVED':
            self.gone('framework', given['framework_info']['id']['value'])


class Broken(Exception):
    """The stream is not what it should be."""


class Subscription(threading.Thread):
    """One connection; its octets are kept by nobody, its events are folded as they come."""

    def __init__(self, address, timeout=PATIENCE):
        super().__init__(daemon=True)
        host, _, port = address.rpartition(':')
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.file = self.socket.makefile('rb')
        self.lock = threading.Lock()
        self.folded = Folded()
        self.kinds = []
        self.arrived = []  # CLOCK_MONOTONIC ns of each
        self.octets = self.chunks = 0
        self.status, self.headers, self.interval, self.error = None, {}, None, None
        self.ended = False
        self.start()

    def run(self):
        try:
            self.subscribe()
            if self.status == 200:
                self.read()
        except (OSError, ValueError, AssertionError, KeyError, Broken) as error:
            self.error = repr(error)
        self.ended = True

    def subscribe(self):
        body = b'{"type": "SUBSCRIBE"}'
        self.socket.sendall(b'POST /api/v1 HTTP/1.1\r\nHost: master\r\nContent-Type: application/json\r\n'
                            b'Accept: application/json\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
        status = self.file.readline().split()
        self.status = int(status[1]) if len(status) > 1 else 0
        for line in iter(self.file.readline, b'\r\n'):
            key, _, value = line.decode().partition(':')
            self.headers[key.strip().lower()] = value.strip()
            if not line:
                raise Broken('no end of the headers')

    def read(self):
        buffer, need = bytearray(), None  # need: octets of the record that has begun
        for chunk in iter(self.chunk, b''):
            buffer += chunk
            while True:
                if need is None:
                    head, newline, _ = buffer[:32].partition(b'\n')
                    if not newline:
                        break
                    if not head.isdigit():
                        raise Broken('a record of length %r' % bytes(head))
                    need = int(head)
                    del buffer[:len(head) + 1]
                if len(buffer) < need:
                    break
                self.record(bytes(buffer[:need]))
                del buffer[:need]
                need = None

    def chunk(self):
        line = self.file.readline()
        if not line:
            raise Broken('closed within the response')
        size = int(line, 16)
        data = self.file.read(size + 2)
        if len(data) < size + 2 or data[-2:] != b'\r\n':
            raise Broken('closed within a chunk')
        self.chunks += 1
        self.octets += size
        return data[:-2]

    def record(self, record):
        now = time.monotonic_ns()
        event = json.loads(record)
        with self.lock:
            self.folded.event(event)
            self.kinds.append(event['type'])
            self.arrived.append(now)
        if event['type'] == 'SUBSCRIBED':
            self.interval = event['subscribed']['heartbeat_interval_seconds']

    def count(self, kind):
        with self.lock:
            return self.kinds.count(kind)

    def close(self):
        self.socket.close()
