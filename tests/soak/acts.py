# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What happens to the stage: one act at a time, each with what it may take away meanwhile.

An act says by soak.tally.outage(PLANES) what may be lost, and by soak.truth.lagging() that the zone
may stay behind. Nothing excuses a wrong answer. After each act the soak moves the probe's
task and waits until both planes answer its new address.
"""
import random
import signal
import subprocess
import time

from daemon import wait_for

ALL = ('kernel', 'udp', 'tcp', 'forward', 'http')
USERSPACE = ALL[1:]


# Masters

def wait_settled(soak):
    if not wait_for(soak.cluster.settled, 90):
        soak.tally.fault('the masters do not settle: %s' % soak.cluster.sim('stats'))
    soak.cluster.leader_is_known()


def elect(soak, **how):
    with soak.lagging_until_caught_up():
        soak.cluster.sim('elect', how)
        time.sleep(random.uniform(0.5, 3))
        wait_settled(soak)


def election(soak):
    """Another master leads, which knows everything."""
    elect(soak)


def empty_election(soak):
    """Another master leads, which learns of the agents one by one."""
    elect(soak, empty=True, reregister=2)


def leader_restarts(soak):
    """The leader leads again, in another life."""
    elect(soak, master=soak.cluster.sim('stats')['leader'], empty=True, reregister=4)


def leader_falls(soak):
    """The leader goes down, is succeeded by one that is empty, and is a standby later."""
    old = soak.cluster.sim('stats')['leader']
    elect(soak, empty=True, reregister=4, down=True)
    soak.cluster.sim('up', {'master': old})


def masters_away(soak):
    """No master is up for some seconds."""
    with soak.lagging_until_caught_up():
        for number in range(len(soak.cluster.masters)):
            soak.cluster.sim('down', {'master': number})
        time.sleep(random.uniform(2, 6))
        for number in random.sample(range(3), 3):
            soak.cluster.sim('up', {'master': number, 'empty': True, 'reregister': 4})
        time.sleep(1)
        wait_settled(soak)


def zookeeper_away(soak):
    """The leader goes on and nothing lags; when it is back sessions may have expired, which is an election."""
    if soak.zookeeper is None:
        return
    soak.zookeeper.kill()
    time.sleep(random.uniform(2, 8))
    with soak.lagging_until_caught_up():
        soak.zookeeper.start()
        if not wait_for(soak.zookeeper_serves, 60):
            soak.tally.fault('ZooKeeper does not start')
        time.sleep(12)
        wait_settled(soak)


def stream_option(soak, seconds, **options):
    with soak.lagging_until_caught_up():
        soak.cluster.sim('options', options)
        time.sleep(seconds)
        soak.cluster.sim('options', {key: {'stream_fault': None, 'stream_status': 200}.get(key, False)
                                     for key in options})


def stream_silent(soak):
    """The stream says nothing, not even that it is there, and its connection stays."""
    stream_option(soak, 10, stream_silence=True)


def stream_spoilt(soak):
    """A record of the stream is broken."""
    stream_option(soak, 3, stream_fault=random.choice(('cut', 'garbage', 'long', 'short', 'text', 'huge', 'end')))


def stream_gone(soak):
    """There is no stream, documents are polled."""
    with soak.lagging_until_caught_up():
        soak.cluster.sim('options', {'stream_fault': 'end', 'stream_status': 503})
        time.sleep(6)
        soak.cluster.sim('options', {'stream_fault': None, 'stream_status': 200})


def documents_fail(soak):
    """State documents cannot be had; the stream goes on, and nothing lags."""
    soak.cluster.sim('options', {'status': 503})
    soak.daemon.reload()
    time.sleep(4)
    soak.cluster.sim('options', {'status': 200})


# The cluster

def agent_unreachable(soak):
    agent = random.choice(sorted(soak.cluster.agents))
    tasks = soak.cluster.agent_leaves(agent)
    time.sleep(random.uniform(1, 4))
    soak.cluster.agent_returns(agent, tasks)


def agent_replaced(soak):
    soak.cluster.agent_leaves(random.choice(sorted(soak.cluster.agents)), for_good=True)
    soak.cluster.agent_comes()


def burst(soak):
    """Changes as fast as the simulator takes them."""
    for _ in range(1000):
        soak.cluster.churn_unless_refused()


def large_set(soak):
    """A name with a set that is far larger than the zone was: the maps grow, and another generation serves."""
    soak.cluster.sim('start', {'framework': 'marathon', 'name': 'wide', 'id': 'wide.1', 'ips': ['172.15.0.1'],
                               'ports': [1025, 9000], 'discovery': None})
    time.sleep(3)
    soak.cluster.sim('stop', {'id': 'wide.1'})


# The daemon's configuration

def reload(soak, seconds=2.0, **keys):
    soak.daemon.configure(**keys)
    soak.daemon.reload()
    time.sleep(seconds)


def reload_nothing(soak):
    for _ in range(3):
        reload(soak, 0.5)


def reload_resolvers(soak):
    with soak.tally.outage('forward'):
        reload(soak, externalOn=False)
        reload(soak, resolvers=['10.53.2.9'], zoneResolvers={'example': ['10.53.2.1']})
        reload(soak)


def reload_masters(soak):
    """Masters in another order, with other intervals: the daemon connects afresh."""
    with soak.lagging_until_caught_up():
        reload(soak, masters=soak.daemon.base['masters'][::-1], refreshSeconds=7)
        reload(soak)


def reload_interfaces(soak):
    reload(soak, xdpInterfaces=['client0', 'master0'], xdpMode='generic')
    reload(soak)


def reload_bad(soak):
    with open(soak.daemon.config_path, 'w', encoding='ascii') as file:
        file.write('{ "masters": [')
    soak.daemon.reload()
    time.sleep(1)
    reload(soak)


# Interfaces

def interface_down(soak):
    with soak.tally.outage(*ALL):
        soak.ip('link set client0 down')
        time.sleep(random.uniform(0.2, 3))
        soak.ip('link set client0 up')
        soak.ip('address replace fd53::1/64 dev client0 nodad')
        soak.wait_kernel()


def interface_replaced(soak):
    """It is deleted, and another one of its name and addresses comes."""
    with soak.tally.outage(*ALL):
        soak.ip('link delete client0')
        time.sleep(random.uniform(0, 1))
        soak.make_interface()
        soak.wait_kernel()


def addresses_change(soak):
    """More addresses on it, which come and go."""
    for i in range(20):
        soak.ip('address add 10.53.0.%d/24 dev client0' % (100 + i))
    time.sleep(1)
    for i in range(20):
        soak.ip('address delete 10.53.0.%d/24 dev client0' % (100 + i))


# Upstreams

def upstream_gone(soak):
    with soak.tally.outage('forward'):
        soak.upstream.stop()
        time.sleep(3)
        soak.upstream.start()
        soak.wait_upstream()


def upstream_silent(soak):
    with soak.tally.outage('forward'):
        soak.upstream.signal(signal.SIGSTOP)
        time.sleep(4)
        soak.upstream.signal(signal.SIGCONT)
        soak.wait_upstream()


# The daemon's life

def daemon_killed(soak):
    """kill -9, and another is started: the kernel goes on."""
    with soak.tally.outage(*USERSPACE), soak.lagging_until_caught_up():
        soak.daemon.kill()
        time.sleep(random.choice((0, 0, 1, 3)))
        soak.daemon.start(taken_over=True)
        soak.wait_ready()


def daemon_killed_young(soak):
    """Killed again and again before it is done with starting."""
    with soak.tally.outage(*USERSPACE), soak.lagging_until_caught_up():
        for _ in range(6):
            soak.daemon.kill()
            soak.daemon.start(taken_over=True)
            time.sleep(random.uniform(0, 0.4))
        soak.wait_ready()


def daemon_restarted(soak):
    """A clean end takes everything away; the next one begins with nothing."""
    with soak.tally.outage(*ALL), soak.lagging_until_caught_up():
        if not soak.daemon.stop():
            soak.tally.fault('the daemon did not end within 10 s')
        left = subprocess.run(['find', soak.bpf_dir], capture_output=True, text=True, check=False).stdout
        if left:
            soak.tally.fault('a clean end left pins: ' + left)
        soak.daemon.start()
        soak.wait_ready()


def daemon_keeps_serving(soak):
    """A clean end with xdpKeepServing: the kernel goes on."""
    reload(soak, 1.5, xdpKeepServing=True)
    with soak.tally.outage(*USERSPACE), soak.lagging_until_caught_up():
        if not soak.daemon.stop():
            soak.tally.fault('the daemon did not end within 10 s')
        time.sleep(1)
        soak.daemon.start(taken_over=True)
        soak.wait_ready()
    reload(soak)


def daemon_stands_still(soak):
    with soak.tally.outage(*USERSPACE), soak.lagging_until_caught_up():
        soak.daemon.signal(signal.SIGSTOP)
        time.sleep(random.uniform(1, 5))
        soak.daemon.signal(signal.SIGCONT)
        soak.wait_ready()


CALM = (election, interface_down, reload_nothing, agent_unreachable, upstream_gone, stream_spoilt, large_set,
        empty_election, reload_resolvers, interface_replaced, addresses_change, leader_falls, stream_silent,
        agent_replaced, reload_masters, upstream_silent, burst, documents_fail, leader_restarts, reload_bad,
        reload_interfaces, stream_gone, masters_away, zookeeper_away, daemon_stands_still)
ROUGH = (daemon_killed, daemon_killed_young, daemon_restarted, daemon_keeps_serving, daemon_killed, interface_replaced,
         daemon_killed, large_set, election)


def order(first):
    """All of them in turn, then by chance, without an end."""
    while True:
        yield from first
        first = random.sample(first, len(first))
