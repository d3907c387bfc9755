#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compares mesos-xdns with recordings of Mesos-DNS.

usage: golden.py PROGRAM [STATE__CONFIG...]

PROGRAM is the test_golden binary, started as the driver. Every recording gives a
configuration, a Mesos state document, the sets Mesos-DNS served and its
answers. Ours must be the same but for the differences that rules predict
(zone_rules.py, answer_rules.py; differences.json lists them, docs/compatibility.md explains
them). Our own documents are in data/; those of other projects are read from $XDNS_SHARED, and
the last lines say how many it did without. Output is TAP.
"""
import collections
import glob
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap

import answer_rules
import wire
import zone_rules

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHARED = os.environ.get("XDNS_SHARED", "../shared")
REAL_DOCUMENTS = 27
SHOWN = 20  # unexplained differences that are printed

# The harness that made the recordings had these names in its hosts file.
HOSTS = {
    "agent-host-a.example": ["10.99.0.1"],
    "agent-host-b.example": ["10.99.0.2", "fd99::2"],
    "framework-host.example": ["10.99.0.7"],
    "localhost": ["127.0.0.1", "::1"],
}


class Driver:
    """The program under test; a job in, a result out."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "--driver"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def run(self, job):
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver died: status %s" % self.process.wait())
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Tally:
    """What the last lines say, and every difference that no rule explains."""

    def __init__(self):
        self.counts = collections.Counter()
        self.rules = collections.Counter()
        self.unexplained, self.failed = [], collections.Counter()
        self.configs, self.documents = set(), {"own": set(), "real": set()}

    def fail(self, part, recording, text):
        self.failed[part] += 1
        self.counts["unexplained"] += 1
        if len(self.unexplained) < SHOWN:
            self.unexplained.append("%s: %s" % (recording, text))


def rewrite_leader(name, text):
    """The harness put its own master into every document but those about the leader."""
    if re.match(r"synth-leader-|synth-reject-noleader|agentstate-noleader-", name):
        return text
    return re.sub(rb'(?im)^(\s*[{,]?\s*"leader"\s*:\s*)"[^"]*"|([{,]\s*"leader"\s*:\s*)"[^"]*"',
                  lambda m: (m.group(1) or m.group(2)) + b'"master@127.0.0.1:5050"', text, count=1)


class Corpus:
    """Recordings and documents, ours from the archive, others' from $XDNS_SHARED."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.recordings, self.documents = {}, {}
        with tarfile.open(os.path.join(HERE, "data", "synth.tar.xz")) as tar:
            for member in tar.getmembers():
                self.add(member.name, tar.extractfile(member).read())
        self.own = len(self.documents)
        shared = os.path.join(ROOT, SHARED)
        for path in glob.glob(os.path.join(glob.escape(shared), "*", "*.json")):
            folder = os.path.basename(os.path.dirname(path))
            if folder in ("golden", "states") and not os.path.basename(path).startswith("synth-"):
                with open(path, "rb") as file:
                    self.add(folder + "/" + os.path.basename(path), file.read())

    def add(self, path, data):
        folder, name = path.split("/")
        if folder == "golden":
            self.recordings[name[:-len(".json")]] = data
        else:
            self.documents[name[:-len(".json")]] = rewrite_leader(name, data)

    def document_path(self, state):
        path = os.path.join(self.scratch, state + ".json")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(self.documents[state])
        return path

    def load(self, name):
        data = json.load(io.BytesIO(self.recordings[name]))
        state = data["state"]
        twin = self.recordings.get(state + "__default")
        enumeration = json.loads(twin).get("enumerate") if twin else None
        rec = zone_rules.Recording(data, self.parsed(state), enumeration)
        leader = re.search(rb'(?i)"leader"\s*:\s*"([^"]*)"', self.documents[state])
        rec.leader = leader.group(1).decode() if leader else ""
        return rec

    def parsed(self, state):
        try:
            return json.loads(self.documents[state].decode("utf-8", "replace"))
        except ValueError:
            return None


def zone_lines(lines):
    out = set()
    for line in lines:
        owner, rtype, data = line.split(" ", 2)
        if rtype == "SRV":
            target, _, port = data.rpartition(":")
            data = wire.canonical(target) + ":" + port
        elif rtype == "PTR":
            data = wire.canonical(data)
        out.add((wire.canonical(owner), rtype, data))
    return out


def compare_zone(name, rec, result, tally):
    """The sets; returns what they must be, for the answers."""
    want, changed = zone_rules.expected(rec)
    tally.rules.update(changed)
    have = zone_lines(result["zone"])
    pointers = {r for r in have if r[1] == "PTR"}
    want_pointers = zone_rules.reverse_expected(rec)
    if want_pointers is None:
        tally.counts["PTR sets taken from the answers only"] += 1
        want_pointers = pointers
    want |= want_pointers
    for record in sorted(want - have):
        tally.fail("sets", name, "missing in our zone: %s %s %s" % record)
    for record in sorted(have - want):
        tally.fail("sets", name, "only in our zone: %s %s %s" % record)
    if result["left"]:
        tally.fail("sets", name, "records left after all was removed: %d" % result["left"])
    tally.counts["records"] += len(want)
    return want


def queries_of(rec):
    """(question as recorded, transport, query in hex) for everything that can be asked."""
    for question in rec.data.get("dns", []) + rec.data.get("odd", []):
        recorded = question.get("udp")
        if recorded is None:
            continue
        name, qtype, *opts = question["q"]
        query = wire.build_query(wire.name_from_text(name), qtype, opts[0] if opts else {})
        yield question, "u", query.hex()
        yield question, "t", query.hex()


def compare_answers(name, rec, zone, queries, answers, tally):
    model = answer_rules.Model(rec, zone, zone_rules.askable_served(rec))
    for (question, transport, _), answer in zip(queries, answers):
        tally.counts["questions over " + ("TCP" if transport == "t" else "UDP")] += 1
        try:
            fired = model.check(question, transport, answer)
        except answer_rules.Unexplained as error:
            tally.fail(transport, name, "%s %s: %s" % (question["q"], transport, error))
        except ValueError as error:
            tally.fail(transport, name, "%s %s: malformed: %s" % (question["q"], transport, error))
        else:
            tally.rules.update(fired)
    for question in rec.data.get("dns", []):
        if "unaskable" in question:
            tally.counts["questions no client can ask"] += 1
        elif "ecs_of" in question:
            tally.counts["questions about order (ResolvSubnetFirst)"] += 1


def compare_refused(name, rec, result, tally):
    """Mesos-DNS refused the document, or died of it."""
    try:
        tally.rules.update(zone_rules.check_refused(rec, result))
    except zone_rules.Unexplained as error:
        tally.fail("refused", name, str(error))


def run_one(name, corpus, driver, tally):
    rec = corpus.load(name)
    state = rec.data["state"]
    queries = list(queries_of(rec)) if rec.data["result"] == "ready" else []
    result = driver.run({
        "config": rec.config,
        "document": corpus.document_path(state),
        "hosts": HOSTS,
        "queries": [transport + query for _, transport, query in queries],
    })
    tally.counts["recordings"] += 1
    tally.configs.add(rec.data["config_name"])
    tally.documents["own" if state.startswith("synth-") else "real"].add(state)
    if rec.data["result"] != "ready":
        compare_refused(name, rec, result, tally)
    elif "zone" not in result:
        tally.fail("sets", name, "not served: %s" % result.get("error"))
    else:
        zone = compare_zone(name, rec, result, tally)
        compare_answers(name, rec, zone, queries, result["answers"], tally)


def check_table(tally):
    """differences.json, the rules in the code and docs/compatibility.md name the same ids."""
    with open(os.path.join(HERE, "differences.json")) as file:
        table = {entry["id"] for entry in json.load(file)}
    with open(os.path.join(ROOT, "docs", "compatibility.md")) as file:
        document = set(re.findall(r"^\| `([a-z0-9-]+)` \|", file.read(), re.M))
    code = {rule for rule, _ in zone_rules.RULES}
    code |= set(zone_rules.REFUSED) | set(answer_rules.RULES)
    for where, ids in (("the code", code), ("docs/compatibility.md", document)):
        for rule in sorted(table ^ ids):
            tally.fail("table", "differences.json", "%s is only in %s" %
                       (rule, "the table" if rule in table else where))
    for rule in sorted(set(tally.rules) - table):
        tally.fail("table", "differences.json", "%s is used but not in the table" % rule)
    return table


def report(tally, table):
    """Notes for people; tests/run.sh shows lines that begin with '# '."""
    counts = tally.counts
    for text in tally.unexplained:
        print("# UNEXPLAINED " + text)
    by_rule = ", ".join("%s %d" % item for item in sorted(tally.rules.items()))
    for line in textwrap.wrap(by_rule, 86, break_on_hyphens=False):
        print("# by rule: " + line)
    unused = sorted(table - set(tally.rules))
    if unused:
        print("# rules nothing here needed: " + ", ".join(unused))
    for key in sorted(set(counts) - {"recordings", "unexplained"}):
        print("# %7d %s" % (counts[key], key))
    real = len(tally.documents["real"])
    print("# golden: %d recordings (%d documents, %d configurations), %d questions over UDP and "
          "TCP: %d differences by rule, %d unexplained" %
          (counts["recordings"], real + len(tally.documents["own"]), len(tally.configs),
           counts["questions over UDP"] + counts["questions over TCP"],
           sum(tally.rules.values()), counts["unexplained"]))
    print("# golden: %d real documents, did without %d" % (real, REAL_DOCUMENTS - real))


PARTS = (
    ("sets", "the zone's sets are those Mesos-DNS served, and go when all is removed"),
    ("u", "answers over UDP"),
    ("t", "answers over TCP"),
    ("refused", "documents Mesos-DNS refused or died of"),
    ("table", "differences.json, the rules and docs/compatibility.md agree"),
)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="xdns-golden-") as scratch:
        corpus = Corpus(scratch)
        driver = Driver(sys.argv[1])
        for name in sys.argv[2:] or sorted(corpus.recordings):
            run_one(name, corpus, driver, tally)
        if driver.close():
            tally.fail("sets", "driver", "ended badly (a sanitizer's report is above)")
    table = check_table(tally)
    missing = 0 if sys.argv[2:] else REAL_DOCUMENTS - len(tally.documents["real"])
    print("1..%d" % (len(PARTS) + 1))
    for number, (part, what) in enumerate(PARTS, 1):
        print("%s %d - golden: %s" % ("not ok" if tally.failed[part] else "ok", number, what))
    print("ok %d - golden: documents of other projects%s" % (
        len(PARTS) + 1,
        " # SKIP %d of %d are not in %s" % (missing, REAL_DOCUMENTS, SHARED) if missing else ""))
    report(tally, table)
    return 1 if tally.counts["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
