# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The masters as candidates in ZooKeeper: each has a session of its own and an ephemeral node
json.info_NNNNNNNNNN with its MasterInfo, as real masters have; the lowest number leads.

Everything is done by one thread, in order, so that a leader is only looked for between the
steps of an election.
"""
import json
import logging
import queue
import socket
import struct
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import ConnectionLoss, KazooException, NoNodeError
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.security import CREATOR_ALL_ACL, READ_ACL_UNSAFE

from .model import MESOS_VERSION

RETRY_SECONDS = 1.0


def master_info(master):
    try:
        ip = struct.unpack('<I', socket.inet_aton(master.host))[0]
    except OSError:
        ip = 0  # IPv6
    return {'address': {'hostname': master.host, 'ip': master.host, 'port': master.port},
            'capabilities': [{'type': 'AGENT_UPDATE'}, {'type': 'AGENT_DRAINING'}],
            'hostname': master.host, 'id': master.id, 'ip': ip,
            'pid': 'master@' + master.address, 'port': master.port, 'version': MESOS_VERSION}


class ZooKeeper(threading.Thread):
    """won(master) is called, by this thread, when another one leads; with None if none of ours does."""

    def __init__(self, options, masters, won):
        super().__init__(daemon=True)
        logging.getLogger('kazoo').setLevel(logging.CRITICAL)
        hosts, _, path = options.zk.removeprefix('zk://').partition('/')
        self.hosts, self.path, self.options = hosts, '/' + path.strip('/'), options
        self.masters, self.won = masters, won
        self.clients = {}  # master -> KazooClient
        self.nodes = {}  # master -> name of its node
        self.tasks = queue.Queue()
        self.leader = self.wanted = self.trouble = None
        self.observer = self.client()
        self.start()
        self.tasks.put(self.observe)

    # Called by others

    def register(self, master):
        self.tasks.put(lambda: self.do_register(master))

    def withdraw(self, master):
        self.tasks.put(lambda: self.do_withdraw(master))

    def arrange(self, master):
        """That master is to lead."""
        self.wanted = master
        self.tasks.put(lambda: self.do_arrange(master))

    def close(self):
        """The sessions end, and the nodes with them."""
        done = threading.Event()
        self.tasks.put(lambda: [self.do_withdraw(master) for master in list(self.clients)])
        self.tasks.put(done.set)
        done.wait(10)

    # The thread

    def run(self):
        while True:
            self.attempt(self.tasks.get())
            self.attempt(self.look)

    def attempt(self, task):
        try:
            task()
        except (KazooException, KazooTimeoutError) as error:
            if repr(error) != self.trouble:
                print('mesos-sim: ZooKeeper: %r, tried again' % error, file=sys.stderr)
            self.trouble = repr(error)
            timer = threading.Timer(RETRY_SECONDS, self.tasks.put, (task,))
            timer.daemon = True
            timer.start()

    def client(self):
        auth = [('digest', self.options.zk_auth)] if self.options.zk_auth else None
        return KazooClient(hosts=self.hosts, timeout=self.options.zk_session, auth_data=auth)

    def observe(self):
        if not self.observer.connected:
            self.observer.start(self.options.zk_session)
        self.observer.ensure_path(self.path)
        self.observer.ChildrenWatch(self.path, lambda _: self.tasks.put(lambda: None))

    def do_register(self, master):
        """Its node; after an expired session, another one."""
        client = self.clients.get(master)
        if client is None:
            client = self.client()
            client.start(self.options.zk_session)
            client.add_listener(lambda state: self.session(master, client, state))
            self.clients[master] = client
        elif self.nodes.get(master) in client.get_children(self.path):
            return
        acl = CREATOR_ALL_ACL + READ_ACL_UNSAFE if self.options.zk_auth else None
        client.ensure_path(self.path)
        node = client.create(self.path.rstrip('/') + '/json.info_', json.dumps(master_info(master)).encode(),
                             acl=acl, ephemeral=True, sequence=True)
        self.nodes[master] = node.rpartition('/')[2]

    def session(self, master, client, state):
        """Called by kazoo: connected again, maybe in another session."""
        if state == KazooState.CONNECTED and self.clients.get(master) is client:
            self.register(master)

    def do_withdraw(self, master):
        self.nodes.pop(master, None)
        client = self.clients.pop(master, None)
        if client:
            client.stop()
            client.close()

    def do_arrange(self, master):
        """Whoever is in front of it gets another node; a leader that is to lead again does, too."""
        if self.wanted is not master:
            return  # this one had to be tried again, and another election has come since
        if not self.observer.connected:
            raise ConnectionLoss()
        children = self.candidates()
        order = [m for m in self.masters if self.nodes.get(m) in children]
        order.sort(key=lambda m: number(self.nodes[m]))
        again = bool(order) and order[0] is master
        front = order if again or master not in order else order[:order.index(master)]
        for one in reversed(front):
            self.do_withdraw(one)
        self.do_register(master)
        for one in self.masters:
            if one.server:
                self.do_register(one)
        self.leader = None if again else self.leader

    def candidates(self):
        names = self.observer.get_children(self.path) if self.observer.connected else []
        return sorted((n for n in names if number(n) is not None), key=number)

    def look(self):
        """Who leads now; a master that is up and has lost its node gets another."""
        if not self.observer.connected:
            return
        children = self.candidates()
        for master, node in list(self.nodes.items()):
            if node not in children and master.server:
                self.nodes.pop(master)
                self.register(master)
        leader = self.owner(children[0]) if children else None
        if leader is not self.leader:
            self.leader = leader
            self.won(leader)

    def owner(self, node):
        """Whose node it is; None if it is not one of ours."""
        try:
            pid = json.loads(self.observer.get(self.path + '/' + node)[0]).get('pid')
        except (NoNodeError, ValueError, AttributeError):
            return None
        return next((m for m in self.masters if pid == 'master@' + m.address), None)


def number(name):
    """Of json.info_NNNNNNNNNN; None for other nodes."""
    digits = name.removeprefix('json.info_')
    return int(digits) if name.startswith('json.info_') and digits.isdigit() else None
