# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Simulated Mesos masters of a made-up cluster, or of a recorded state document: /master/state
and the event stream of the v1 operator API. docs/mesos-sim.md describes everything.

    tools/mesos-sim --listen 127.0.0.1:5050 --tasks 300 --agents 20 --churn 2/s --seed 1
    tools/mesos-sim --listen 127.0.0.1:5050 --state recorded.json
"""
import gc
import signal
import sys
import threading

from .control import Control
from .election import Election
from .script import Script, load
from .settings import parser
from .simulation import Simulation, joined_address
from .web import Server

EPILOG = '''
control requests, to any master or to --control:
  GET  /sim/names?count=N   lines "TYPE NAME" of names (below the domain) that must have records
  GET  /sim/stats           requests served, changes made, what there is
  GET  /sim/masters         the masters, who leads
  GET  /sim/log?since=N     the changes, with CLOCK_MONOTONIC in ns
  POST /sim/options {...}   options by name, e.g. {"status": 503} or {"truncate": 100};
                            "master": n for one master only
  POST /sim/start {...}     starts a task: framework, name; optional id, agent, ips, ports, discovery
  POST /sim/stop {...}      ends the tasks whose id or name is given
  POST /sim/state {...}     from now on the recorded document of that path is served
  POST /sim/churn {...}     ends so many tasks and starts as many others at once: tasks
  POST /sim/move {...}      another address: task (id or name), address; optional restart
  POST /sim/events {...}    paced changes: rate, seconds; optional kinds of start, stop, move
  POST /sim/agent {...}     add, remove, unreachable, return, register, forget
  POST /sim/framework {...} add, remove, rename, pid, connect, disconnect
  POST /sim/elect {...}     leadership moves: master, empty, reregister, lost, recovered, down, ...
  POST /sim/down, /sim/up   a master goes and comes: master

What it can do (docs/mesos-sim.md has figures): an event is written to the subscribers before the
request that makes it is answered; a document or a SUBSCRIBED event is made only when asked for.

A recorded document is served byte for byte, but for the top-level "leader".
'''
SWITCH_SECONDS = 0.0005  # Python's own: 5 ms, which an event would wait for while a document is made


def addresses(options):
    """Of the masters; those without --listen are on the ports after the last one's."""
    listen = options.listen or [('127.0.0.1', 5050)]
    while len(listen) < options.masters:
        host, port = listen[-1]
        listen.append((host, port + 1 if port else 0))
    return listen


def collect_rarely():
    """A look at hundred thousands of tasks for garbage, of which there is little, takes long."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def refuse(text):
    print('mesos-sim: %s' % text, file=sys.stderr)
    sys.exit(2)


def announce(server, what, path, tls):
    print('mesos-sim: %s http%s://%s%s' % (
        what, 's' if tls else '', joined_address(*server.server_address[:2]), path), flush=True)


def start_script(options, control):
    """Returns what is set when the program is to end, and the script."""
    ended = threading.Event()
    if not options.script:
        return ended, None
    try:
        steps = load(options.script, control.REQUESTS)
    except ValueError as error:
        refuse(error)
    script = Script(steps, control, ended.set if options.exit else lambda: None)
    script.start()
    return ended, script


def start_zookeeper(options, sim, election):
    if not options.zk:
        return
    from .zookeeper import ZooKeeper  # needs python3-kazoo
    election.zookeeper = ZooKeeper(options, sim.masters, election.won)
    for master in sim.masters:
        election.zookeeper.register(master)


def main():
    sys.setswitchinterval(SWITCH_SECONDS)
    options = parser(__doc__, EPILOG).parse_args()
    gc.disable()
    sim = Simulation(options, addresses(options))
    collect_rarely()
    election = Election(sim, lambda master: Server(sim, master, (master.host, master.port), control))
    control = Control(sim, election)
    try:
        for master in sim.masters:
            election.up(master)
            announce(master.server, 'serving', '/master/state', options.tls)
        if options.control:
            server = Server(sim, None, options.control, control)
            server.start()
            announce(server, 'control', '/sim/', options.tls)
    except OSError as error:
        refuse('cannot listen: %s' % error)
    start_zookeeper(options, sim, election)
    sim.set_churn(options.churn)
    ended, script = start_script(options, control)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        ended.wait()
    finally:
        if election.zookeeper:
            election.zookeeper.close()
    sys.exit(script is not None and script.failed)
