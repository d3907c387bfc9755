# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Simulated Mesos masters of a made-up cluster, or of a recorded state document: /master/state
and the event stream of the v1 operator API. docs/mesos-sim.md describes everything.

    tools/mesos-sim --listen 127.0.0.1:5050 --tasks 300 --agents 20 --churn 2/s --seed 1
    tools/mesos-sim --listen 127.0.0.1:5050 --state recorded.json
"""
import signal
import sys
import threading

from .control import Control
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


def serve(sim, master, control):
    """The master's server, on its address; with port 0 it has one from now on."""
    server = Server(sim, master, (master.host, master.port), control)
    master.host, master.port = server.server_address[:2]
    master.server = server
    return server


def main():
    sys.setswitchinterval(SWITCH_SECONDS)
    options = parser(__doc__, EPILOG).parse_args()
    sim = Simulation(options, addresses(options))
    control = Control(sim)
    servers = [serve(sim, master, control) for master in sim.masters]
    if options.control:
        servers.append(Server(sim, None, options.control, control))
    for server in servers:
        server.start()
    sim.set_churn(options.churn)
    for server in servers:
        where = joined_address(*server.server_address[:2])
        print('mesos-sim: %s http%s://%s%s' % (
            'serving' if server.master else 'control', 's' if options.tls else '', where,
            '/master/state' if server.master else '/sim/'), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()
