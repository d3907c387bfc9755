#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The event stream of the master that wrote a state document.

usage: to_stream.py STATE.json [--events SEED]   writes the stream (RecordIO)
       to_stream.py STATE.json --state           writes the document, made regular
       to_stream.py --corpus SEEDS               writes both for every document there is

Without --events the stream is one SUBSCRIBED event that holds everything. With it SUBSCRIBED holds
a random part, some of it as it was earlier, and the events behind it lead to the same
cluster: tasks are added, start, run, move to a newer status; agents go and come back; frameworks
are renamed; others of each come and go.

A document is made regular first, since a master never writes some of what the documents for tests
hold: ports are sorted and joined, ids are there and different, what has types that the v1 API
could not express is left out. "--state" shows it; it, not the original, is what the stream equals.

--corpus: the documents in data/synth.tar.xz and those of other projects in $XDNS_SHARED/states; for
each the stream without events and one for each seed below SEEDS. A line
"NAME SEED STATE-OCTETS STREAM-OCTETS" (seed -1: no events) comes before the two.
"""
import argparse
import copy
import glob
import json
import os
import random
import re
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("XDNS_SHARED", "../shared")
PID = re.compile(r"[^@]*@(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})\Z")
ENDED = ["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED",
         "TASK_GONE", "TASK_GONE_BY_OPERATOR"]
RUNNING = "TASK_RUNNING"


# --- a regular document ---

def dicts(value):
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def text(value, default=""):
    return value if isinstance(value, str) else default


def is_pid(value):
    match = PID.match(text(value))
    return bool(match) and int(match[2]) <= 65535


def read_ports(value):
    """Ranges in a text like "[31000-31001, 31005-31005]", as a master would have them."""
    found = re.search(r"\[([^][]*)", text(value))
    ranges = []
    for entry in found.group(1).split(",") if found else []:
        match = re.fullmatch(r"\s*(\d+)-(\d+)\s*", entry, re.ASCII)
        if match and int(match[1]) <= int(match[2]) <= 65535:
            ranges.append([int(match[1]), int(match[2])])
    joined = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined


def can_be_said(task):
    """Has the v1 API words for it?"""
    statuses = task.get("statuses")
    if not all(isinstance(task.get(k, ""), (str, type(None)))
               for k in ("id", "name", "slave_id", "state")):
        return False
    if not isinstance(statuses, (list, type(None))):
        return False
    return all(isinstance(s, dict) and isinstance(s.get("labels"), (list, type(None)))
               for s in statuses or [])


def regular_task(task, new_id):
    out = {"id": text(task.get("id")) or new_id, "name": text(task.get("name")),
           "slave_id": text(task.get("slave_id")), "state": text(task.get("state"))}
    resources = task.get("resources")
    out["ports"] = read_ports(resources.get("ports")) if isinstance(resources, dict) else []
    for key in ("statuses", "discovery"):
        if task.get(key) is not None:
            out[key] = task[key]
    return out


def last_of_each(elements):
    return list({e["id"]: e for e in elements}.values())


def regular(document):
    """What the document says, as lists of agents and frameworks with their tasks."""
    agents = [{"id": a["id"], "pid": a["pid"]} for a in dicts(document.get("slaves"))
              if text(a.get("id")) and is_pid(a.get("pid"))]
    frameworks = []
    for n, f in enumerate(dicts(document.get("frameworks"))):
        tasks = {}
        for kind in ("tasks", "unreachable_tasks"):
            tasks[kind] = last_of_each(
                regular_task(t, "task-%d-%s-%d" % (n, kind, i))
                for i, t in enumerate(dicts(f.get(kind))) if can_be_said(t))
        out = {"id": text(f.get("id")) or "framework-%d" % n, "name": text(f.get("name")),
               "hostname": text(f.get("hostname")), **tasks}
        if is_pid(f.get("pid")):
            out["pid"] = f["pid"]
        frameworks.append(out)
    recovered = [a["id"] for a in dicts(document.get("recovered_slaves")) if text(a.get("id"))]
    return {"agents": last_of_each(agents), "frameworks": last_of_each(frameworks),
            "recovered": recovered, "id": text(document.get("id")),
            "leader": text(document.get("leader"))}


def state_task(task):
    out = {k: v for k, v in task.items() if k != "ports"}
    if task["ports"]:
        out["resources"] = {"ports": "[%s]" % ", ".join("%d-%d" % tuple(r) for r in task["ports"])}
    return out


def state_document(cluster):
    leader = cluster["leader"] if is_pid(cluster["leader"]) else "master@10.0.0.1:5050"
    frameworks = []
    for f in cluster["frameworks"]:
        f = dict(f)
        for kind in ("tasks", "unreachable_tasks"):
            f[kind] = [state_task(t) for t in f[kind]]
        frameworks.append(f)
    return {"leader": leader, "id": cluster["id"], "slaves": cluster["agents"],
            "recovered_slaves": [{"id": i} for i in cluster["recovered"]],
            "frameworks": frameworks}


# --- the words of the v1 API ---

def value(content):
    return {"value": content}


def v1_status(status):
    out = dict(status)
    if isinstance(status.get("labels"), list):
        out["labels"] = {"labels": status["labels"]}
    return out


def v1_resources(ranges, rng):
    """Several resources may have ports, of several roles, each in any order."""
    ranges = list(ranges)
    rng.shuffle(ranges)
    out = [{"name": "cpus", "type": "SCALAR", "scalar": value(0.1)}]
    while ranges:
        n = rng.randint(1, len(ranges))
        part, ranges = ranges[:n], ranges[n:]
        out.append({"name": "ports", "type": "RANGES", "role": rng.choice("*ab"), "ranges": {
            "range": [{"begin": first, "end": last} for first, last in part]}})
    if rng.random() < 0.2:
        out.append({"name": "ports", "type": "RANGES", "revocable": {}, "ranges": {
            "range": [{"begin": 1, "end": 2}]}})
    return out


def v1_task(task, framework, rng):
    out = {"name": task["name"], "task_id": value(task["id"]), "framework_id": value(framework),
           "agent_id": value(task["slave_id"]), "state": task["state"],
           "resources": v1_resources(task["ports"], rng)}
    if "discovery" in task:
        out["discovery"] = task["discovery"]
    if "statuses" in task:
        out["statuses"] = [v1_status(s) for s in task["statuses"]]
    return out


def v1_agent(agent):
    return {"agent_info": {"id": value(agent["id"]), "hostname": "h", "port": 5051},
            "pid": agent["pid"], "active": True, "version": "1.11.0"}


def v1_framework(framework):
    return {"framework_info": {"id": value(framework["id"]), "name": framework["name"],
                               "hostname": framework["hostname"], "user": "root"},
            "active": True, "connected": True, "recovered": False}


def event(kind, **body):
    return {"type": kind, kind.lower(): body}


def task_added(task, framework, rng):
    return event("TASK_ADDED", task=v1_task(task, framework, rng))


def task_updated(task, framework, state, status=None):
    status = dict(v1_status(status) if status else {"state": state, "timestamp": 1.0},
                  task_id=value(task["id"]), agent_id=value(task["slave_id"]))
    return event("TASK_UPDATED", framework_id=value(framework), state=state, status=status)


# --- what happened since SUBSCRIBED ---

def running_statuses(task):
    """The status that counts, and the older running ones; None if that is not to be told."""
    found = [s for s in task.get("statuses") or [] if s.get("state") == RUNNING]
    if not all(type(s.get("timestamp")) in (int, float) and s["timestamp"] > 0 for s in found):
        return None
    if not found:
        return None
    best = max(found, key=lambda s: s["timestamp"])
    return best, [s for s in found if s["timestamp"] < best["timestamp"]]


class History:
    """A snapshot and chains of events behind it; one chain may have to wait for others."""

    def __init__(self, cluster, seed):
        self.rng = random.Random(seed)
        self.cluster = cluster
        self.agents, self.frameworks, self.tasks, self.unreachable = [], [], [], []
        self.chains = {}  # name: (events, names of chains that come first)
        self.bounced = set()

    def chance(self, p):
        return self.rng.random() < p

    def chain(self, name, events, after=()):
        if events:
            self.chains[name] = (list(events), [a for a in after if a != name])

    def tell_agent(self, agent):
        added = event("AGENT_ADDED", agent=v1_agent(agent))
        gone = event("AGENT_REMOVED", agent_id=value(agent["id"]))
        how = self.rng.randrange(5)
        if how == 0:
            self.chain(("agent", agent["id"]), [added])
        elif how == 1:  # its tasks go with it and must come again
            self.agents.append(v1_agent(agent))
            self.bounced.add(agent["id"])
            self.chain(("agent", agent["id"]), [gone, added])
        elif how == 2:
            self.agents.append(v1_agent(dict(agent, pid="slave(1)@10.254.0.1:5051")))
            self.chain(("agent", agent["id"]), [added])
        else:
            self.agents.append(v1_agent(agent))

    def tell_framework(self, framework):
        name = ("framework", framework["id"])
        added = event("FRAMEWORK_ADDED", framework=v1_framework(framework))
        updated = event("FRAMEWORK_UPDATED", framework=v1_framework(framework))
        how = self.rng.randrange(4)
        if how == 0:
            self.chain(name, [added])
        elif how == 1:
            self.frameworks.append(v1_framework(dict(framework, name="earlier")))
            self.chain(name, [updated])
        else:
            self.frameworks.append(v1_framework(framework))
        later = name in self.chains and how == 0
        for task in framework["tasks"]:
            self.tell_task(task, framework["id"], later)
        for task in framework["unreachable_tasks"]:
            self.unreachable.append(v1_task(task, framework["id"], self.rng))

    def start(self, task, framework):
        """How a task may have come to run, from an event that adds it."""
        statuses = running_statuses(task)
        if task["state"] != RUNNING or statuses is None or self.chance(0.3):
            return [task_added(task, framework, self.rng)]
        best, older = statuses
        staged = dict(task, state="TASK_STAGING", statuses=[])
        events = [task_added(staged, framework, self.rng)]
        if self.chance(0.5):
            events.append(task_updated(task, framework, "TASK_STARTING"))
        return events + self.run(task, framework, best, older)

    def run(self, task, framework, best, older):
        events = [task_updated(task, framework, RUNNING, s)
                  for s in older if self.chance(0.5)]
        events.append(task_updated(task, framework, RUNNING, best))
        # what comes late does not count any more
        events += [task_updated(task, framework, RUNNING, s) for s in older if self.chance(0.3)]
        if self.chance(0.2):
            events.append(task_updated(task, framework, "TASK_UNREACHABLE"))
            events.append(task_updated(task, framework, RUNNING, best))
        return events

    def tell_task(self, task, framework, later):
        name = ("task", framework, task["id"])
        after = [("framework", framework), ("agent", task["slave_id"])]
        statuses = running_statuses(task) if task["state"] == RUNNING else None
        if task["slave_id"] in self.bounced:
            if not later and self.chance(0.5):
                self.tasks.append(v1_task(task, framework, self.rng))
            self.chain(name, self.start(task, framework), after)
        elif later or self.chance(0.4):
            self.chain(name, self.start(task, framework), after)
        elif statuses and self.chance(0.5):
            early = copy.deepcopy(task)
            early["statuses"] = statuses[1][:1]
            early["state"] = self.rng.choice(["TASK_STAGING", "TASK_STARTING", RUNNING])
            self.tasks.append(v1_task(early, framework, self.rng))
            self.chain(name, self.run(task, framework, *statuses), after)
        else:
            self.tasks.append(v1_task(task, framework, self.rng))

    def tell_ghosts(self):
        """Others that come and go."""
        agent = {"id": "ghost-agent", "pid": "slave(1)@10.254.0.2:5051"}
        framework = {"id": "ghost-framework", "name": "ghost", "hostname": ""}
        tasks = [{"id": "ghost-%d" % i, "name": "ghost", "slave_id": agent["id"], "ports": [],
                  "state": RUNNING, "statuses": []} for i in range(6)]
        self.chain("ghost-agent", [event("AGENT_ADDED", agent=v1_agent(agent))])
        self.chain("ghost-framework", [event("FRAMEWORK_ADDED", framework=v1_framework(framework))])
        for i, task in enumerate(tasks):
            owner = framework["id"]
            end = [task_updated(task, owner, self.rng.choice(ENDED))] if i < 4 else []
            if i == 0:  # an agent comes back with the last of a task
                end = [task_added(dict(task, state=self.rng.choice(ENDED)), owner, self.rng)]
            self.chain(task["id"], [task_added(task, owner, self.rng)] + end,
                       ["ghost-agent", "ghost-framework"])
        names = [t["id"] for t in tasks]
        ends = [("ghost-agent-ends", event("AGENT_REMOVED", agent_id=value(agent["id"]))),
                ("ghost-framework-ends", event(
                    "FRAMEWORK_REMOVED", framework_info=v1_framework(framework)["framework_info"]))]
        for name, end in ends:
            self.chain(name, [end], names)
        if self.frameworks:
            owner = self.frameworks[0]["framework_info"]["id"]["value"]
            task = dict(tasks[0], id="ghost-of-another", slave_id="nowhere")
            self.tasks.append(v1_task(task, owner, self.rng))
            self.chain(task["id"], [task_updated(task, owner, "TASK_KILLED")])

    def events(self):
        noise = [{"type": "HEARTBEAT"}, {"type": "WEATHER_CHANGED", "weather_changed": {"to": 1}}]
        waiting = dict(self.chains)
        while waiting:
            ready = [n for n, (_, after) in waiting.items() if not any(a in waiting for a in after)]
            name = self.rng.choice(ready)
            events, _ = waiting[name]
            yield events.pop(0)
            if not events:
                del waiting[name]
            if self.chance(0.1):
                yield self.rng.choice(noise)

    def tell(self):
        for agent in self.cluster["agents"]:
            self.tell_agent(agent)
        for framework in self.cluster["frameworks"]:
            self.tell_framework(framework)
        self.tell_ghosts()
        yield subscribed(self.agents, self.frameworks, self.tasks, self.unreachable,
                         self.cluster["recovered"], self.rng)
        yield from self.events()


def subscribed(agents, frameworks, tasks, unreachable, recovered, rng):
    """Its parts in any order: masters have written tasks before frameworks and behind them."""
    parts = [
        ("get_tasks", {"tasks": tasks, "unreachable_tasks": unreachable, "pending_tasks": []}),
        ("get_executors", {}),
        ("get_frameworks", {"frameworks": frameworks, "completed_frameworks": []}),
        ("get_agents", {"agents": agents,
                        "recovered_agents": [{"id": value(i)} for i in recovered]}),
    ]
    rng.shuffle(parts)
    return event("SUBSCRIBED", get_state=dict(parts), heartbeat_interval_seconds=15.0)


def whole(cluster):
    rng = random.Random(0)
    tasks = {kind: [v1_task(t, f["id"], rng) for f in cluster["frameworks"] for t in f[kind]]
             for kind in ("tasks", "unreachable_tasks")}
    yield subscribed([v1_agent(a) for a in cluster["agents"]],
                     [v1_framework(f) for f in cluster["frameworks"]],
                     tasks["tasks"], tasks["unreachable_tasks"], cluster["recovered"], rng)


def stream(cluster, seed):
    """All records; seed None: SUBSCRIBED only."""
    events = whole(cluster) if seed is None else History(cluster, seed).tell()
    out = []
    for item in events:
        body = json.dumps(item).encode()
        out.append(b"%d\n%s" % (len(body), body))
    return b"".join(out)


# --- the program ---

def parse(data):
    """A cluster, or None if it is no document with a list of anything."""
    try:
        document = json.loads(data.decode("utf-8", "replace"))
    except ValueError:
        return None
    return regular(document) if isinstance(document, dict) else None


def corpus():
    with tarfile.open(os.path.join(HERE, "data", "synth.tar.xz")) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if member.name.startswith("states/"):
                yield os.path.basename(member.name), tar.extractfile(member).read()
    shared = os.path.join(os.path.dirname(os.path.dirname(HERE)), SHARED, "states")
    for path in sorted(glob.glob(os.path.join(glob.escape(shared), "*.json"))):
        if not os.path.basename(path).startswith("synth-"):
            with open(path, "rb") as file:
                yield os.path.basename(path), file.read()


def write_corpus(seeds, out):
    for name, data in corpus():
        cluster = parse(data)
        if cluster is None:
            continue
        state = json.dumps(state_document(cluster)).encode()
        for seed in range(-1, seeds):
            records = stream(cluster, None if seed < 0 else seed)
            out.write(b"%s %d %d %d\n" % (name.encode(), seed, len(state), len(records)))
            out.write(state + records)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--events", type=int, metavar="SEED")
    parser.add_argument("--state", action="store_true")
    parser.add_argument("--corpus", type=int, metavar="SEEDS")
    args = parser.parse_args()
    if args.corpus is not None:
        write_corpus(args.corpus, sys.stdout.buffer)
        return
    if not args.file:
        parser.error("a state document or --corpus is needed")
    with open(args.file, "rb") as file:
        cluster = parse(file.read())
    if cluster is None:
        sys.exit("%s: not a JSON object" % args.file)
    if args.state:
        print(json.dumps(state_document(cluster)))
    else:
        sys.stdout.buffer.write(stream(cluster, args.events))


if __name__ == "__main__":
    main()
