#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Writes a synthetic /master/state document of N running tasks to stdout.

The same arguments give the same bytes. Ten instances share a service name, 60 % of the
tasks have DiscoveryInfo with two named ports, all have a range of two ports, two statuses,
a docker label and one network_infos address: about 957 bytes a task.
"""
import argparse
import json
import sys

EPOCH = 1780000000  # of the first task
INSTANCES = 10  # of a service


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def container_ip(i):
    return "10.%d.%d.%d" % (128 + (i >> 16) % 64, i >> 8 & 255, i & 255)


def agent_id(i):
    return "0f8a1c52-6c1f-4a8e-9f53-3b1d5e0a7c41-S%d" % i


def agent_ip(i):
    return "10.%d.%d.%d" % (i // 62500 % 64, i // 250 % 250, i % 250 + 1)


def agent(i):
    ip = agent_ip(i)
    return {
        "id": agent_id(i), "hostname": "agent-%05d.example" % i, "port": 5051,
        "pid": "slave(1)@%s:5051" % ip, "active": True, "version": "1.11.0",
        "attributes": {"rack": "r%02d" % (i % 40)},
        "resources": {"cpus": 64.0, "mem": 262144.0, "ports": "[1025-32000]"},
    }


def status(i, state, when):
    ip = container_ip(i)
    return {
        "state": state, "timestamp": when,
        "labels": [{"key": "Docker.NetworkSettings.IPAddress", "value": ip}],
        "container_status": {
            "network_infos": [{"ip_addresses": [{"protocol": "IPv4", "ip_address": ip}]}],
        },
    }


def task(i, framework, agents, renamed):
    service = i // INSTANCES
    name = "svc-%06d" % service + ("-new" if i < renamed else "")
    port = 1025 + i * 2 % 30000
    when = EPOCH + i * 0.25
    doc = {
        "id": "%s.%08x-5e1f-11ee-b962-0242ac11%04x" % (name, i, i & 0xFFFF), "name": name,
        "framework_id": framework, "executor_id": "docker-executor", "slave_id": agent_id(i * 7 % agents),
        "state": "TASK_RUNNING",
        "resources": {"cpus": 0.5, "disk": 0.0, "gpus": 0.0, "mem": 512.0,
                      "ports": "[%d-%d]" % (port, port + 1)},
        "role": "*", "user": "nobody",
        "statuses": [status(i, "TASK_STARTING", when), status(i, "TASK_RUNNING", when + 3.5)],
    }
    if i % 5 < 3:
        doc["discovery"] = {
            "visibility": "FRAMEWORK", "name": name,
            "ports": {"ports": [
                {"number": port, "name": "http", "protocol": "tcp"},
                {"number": port + 1, "name": "admin", "protocol": "tcp"},
            ]},
        }
    return doc


def items(values):
    """The values as a JSON list's inside, one at a time."""
    comma = ""
    for value in values:
        yield comma + compact(value)
        comma = ","


def document(args):
    share = -(-args.tasks // args.frameworks)
    share += -share % INSTANCES  # a service is of one framework
    yield '{"version":"1.11.0","hostname":"master","leader":%s,"slaves":[' % compact(args.leader)
    yield from items(agent(i) for i in range(args.agents))
    yield '],"frameworks":['
    for f in range(args.frameworks):
        fid = "0f8a1c52-6c1f-4a8e-9f53-3b1d5e0a7c41-%04d" % f
        head = {"id": fid, "name": "framework-%02d" % f, "active": True, "hostname": "scheduler",
                "pid": "scheduler-%d@%s:%d" % (f, agent_ip(f % args.agents), 15000 + f)}
        yield ("," if f else "") + compact(head)[:-1] + ',"tasks":['
        yield from items(task(i, fid, args.agents, args.renamed)
                         for i in range(f * share, min((f + 1) * share, args.tasks)))
        yield '],"completed_tasks":[]}'
    yield '],"orphan_tasks":[]}\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", type=int)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--frameworks", type=int, default=20)
    parser.add_argument("--leader", default="master@127.0.0.1:5050")
    parser.add_argument("--renamed", type=int, default=0, metavar="K",
                        help="the first K tasks belong to other services than without it")
    args = parser.parse_args()
    if args.tasks < 0 or args.agents < 1 or args.frameworks < 1:
        parser.error("numbers must be positive")
    for piece in document(args):
        sys.stdout.write(piece)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
