# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The simulated masters as candidates in a real ZooKeeper on a free port, read with kazoo.
Prints "pass TEXT" and "fail TEXT"."""
import json
import logging
import os
import re
import subprocess
import tempfile

from kazoo.client import KazooClient

from sim_client import eventually
from sim_run import Sim
from sim_stream import check, equal, same

JAR = '/usr/share/java/zookeeper.jar'
TICK_MS = '200'


class Server:
    """One ZooKeeper server; address is None if it does not start."""

    def __init__(self, directory):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            ['java', '-Xmx128m', '-Dzookeeper.admin.enableServer=false', '-cp', JAR,
             'org.apache.zookeeper.server.ZooKeeperServerMain', '0', directory, TICK_MS],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.address = eventually(self.listening)

    def listening(self):
        """The port is its own choice, so it has to be looked up."""
        inodes = set()
        for fd in os.scandir('/proc/%d/fd' % self.process.pid):
            try:
                inodes.update(re.findall(r'^socket:\[(\d+)\]$', os.readlink(fd.path)))
            except OSError:
                pass  # closed meanwhile
        for name in ('tcp', 'tcp6'):
            with open('/proc/net/' + name, encoding='ascii') as file:
                for fields in map(str.split, list(file)[1:]):
                    if fields[3] == '0A' and fields[9] in inodes:
                        return '127.0.0.1:%d' % int(fields[1].rpartition(':')[2], 16)
        return None

    def stop(self):
        self.process.kill()
        self.process.wait()


def candidates(client):
    """MasterInfos, the leader's first."""
    names = sorted(n for n in client.get_children('/mesos') if n.startswith('json.info_'))
    return [json.loads(client.get('/mesos/' + name)[0]) for name in names], names


def ports(client):
    try:
        return [info['port'] for info in candidates(client)[0]]
    except Exception:  # pylint: disable=broad-except
        return []  # one has gone while it was read


def registered(client, sim):
    infos, names = candidates(client)
    check('sequence nodes', all(re.fullmatch(r'json\.info_\d{10}', name) for name in names), names)
    check('ephemeral', all(client.exists('/mesos/' + n).ephemeralOwner for n in names))
    own = [int(address.rpartition(':')[2]) for address in sim.masters]
    equal('in order', own, [info['port'] for info in infos])
    info = infos[0]
    equal('the address', {'hostname': '127.0.0.1', 'ip': '127.0.0.1', 'port': own[0]}, info['address'])
    equal('the address as a number', 0x0100007f, info['ip'])
    equal('the pid', 'master@' + sim.masters[0], info['pid'])
    equal('the id is the document\'s', sim.document(0)['id'], info['id'])
    return own


def elections(client, sim, own):
    def leader_is(number):
        def true():
            return sim.stats()['leader'] == number and (ports(client) or [0])[0] == own[number]
        return eventually(true)
    sim.post('elect', master=2)
    check('an election on request is one in ZooKeeper', leader_is(2), ports(client))
    check('all are candidates again', eventually(lambda: sorted(ports(client)) == sorted(own)), ports(client))
    equal('the new leader\'s id', sim.document(2)['id'], candidates(client)[0][0]['id'])
    before = sim.document(2)['id']
    sim.post('elect', master=2, empty=True, reregister=1000)
    check('the same master again', eventually(
        lambda: sim.stats()['leader'] == 2 and sim.document(2)['id'] != before), before)
    check('with another node', leader_is(2), ports(client))
    s = sim.subscribe(2)
    check('its agents return', eventually(lambda: len(s.folded.agents) == 4), s.folded.agents)
    same('elected in ZooKeeper', sim, s, 2)
    infos, names = candidates(client)
    client.delete('/mesos/' + names[0])
    check('a deleted node is an election', leader_is(own.index(infos[1]['port'])), ports(client))
    check('subscribers of the old leader are dropped', eventually(lambda: s.ended))
    check('who lost it is a candidate again', eventually(lambda: len(ports(client)) == 3), ports(client))
    second = own.index(infos[1]['port'])
    third = own.index(ports(client)[1])
    sim.post('down', master=second)
    check('a leader that goes down is succeeded', leader_is(third), ports(client))
    sim.post('up', master=second)
    check('and is a candidate when it is up', eventually(lambda: ports(client)[-1:] == [own[second]]), ports(client))
    client.create('/mesos/json.info_0000000000', b'{"pid": "master@127.0.0.1:1"}')
    check('a foreign leader', eventually(lambda: sim.stats()['leader'] is None), ports(client))
    client.delete('/mesos/json.info_0000000000')
    check('until it goes', leader_is(third), ports(client))


def main():
    logging.getLogger('kazoo').setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as directory:
        server = Server(directory)
        client = KazooClient(hosts=server.address or '')
        try:
            client.start(30)
            with Sim('--tasks', 20, '--agents', 4, '--zk', 'zk://%s/mesos' % server.address, masters=3) as sim:
                eventually(lambda: client.exists('/mesos') and len(ports(client)) == 3)
                elections(client, sim, registered(client, sim))
            check('they go when the simulator ends', eventually(lambda: not client.get_children('/mesos')))
        except Exception as error:  # pylint: disable=broad-except
            check('ZooKeeper', False, repr(error))
        finally:
            client.stop()
            server.stop()


if __name__ == '__main__':
    main()
