#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compares our HTTP API with recordings of Mesos-DNS's.

usage: golden_http.py PROGRAM [STATE__CONFIG...]

As golden.py, whose documents, recordings and rules about the zone this takes: what is answered
must be what was recorded, or what the zone's rules make of it, or a difference listed in
http_differences.json. Output is TAP.
"""
import collections
import json
import os
import sys
import tempfile

import golden
import wire
import zone_rules

TYPES = {"A": "As", "AAAA": "AAAAs", "SRV": "SRVs"}


class Different(Exception):
    """No rule explains it."""


def canonical(data, rtype):
    if rtype in ("A", "AAAA"):
        return data
    if rtype == "PTR":
        return wire.canonical(data)
    target, _, port = data.rpartition(":")
    return wire.canonical(target) + ":" + port


def host_key(name):
    """The name a path asks for."""
    name = name.replace(".*", "").lower()
    return wire.canonical(name if name.endswith(".") else name + ".")


class Judge:
    """One recording."""

    def __init__(self, rec, zone, tally):
        self.rec, self.zone, self.tally = rec, zone, tally
        self.sets = collections.defaultdict(set)
        for owner, rtype, data in zone:
            self.sets[owner, rtype].add(data)

    def rule(self, name):
        self.tally[name] += 1

    def addresses(self, owner):
        return self.sets[owner, "A"] | self.sets[owner, "AAAA"]

    def hosts(self, name, recorded, ours):
        have = {(wire.canonical(e["host"]) if e["host"] else "", e["ip"]) for e in ours}
        owner = host_key(name)
        want = {(owner, ip) for ip in self.addresses(owner)} or {("", "")}
        if have != want:
            raise Different("%s, by the zone %s" % (have, want))
        if len(ours) != len(want):
            raise Different("repeated: %s" % ours)
        if sorted(e["ip"] for e in recorded) != sorted(e["ip"] for e in ours):
            self.rule("zone")

    def services(self, name, recorded, ours):
        want = set()
        for data in self.sets[host_key(name), "SRV"]:
            target, _, port = data.rpartition(":")
            for rtype in ("A", "AAAA"):
                if self.sets[target, rtype]:
                    want.add((target, port, rtype))
        have = set()
        for entry in ours if ours[0]["host"] else []:
            rtype = "AAAA" if ":" in entry["ip"] else "A"
            target = wire.canonical(entry["host"])
            if entry["ip"] not in self.sets[target, rtype] or entry["service"] != name:
                raise Different("%s is not in the zone" % entry)
            have.add((target, entry["port"], rtype))
        if have != want or (not want and ours != [dict.fromkeys(("service", "host", "ip", "port"), "")]):
            raise Different("%s, by the zone %s" % (ours, want))
        if sorted((e["host"], e["port"]) for e in recorded) != \
                sorted((e["host"], e["port"]) for e in ours):
            self.rule("zone")

    def axfr(self, recorded, ours):
        have = set()
        for rtype, key in TYPES.items():
            for owner, values in ours["Records"][key].items():
                have |= {(wire.canonical(owner), rtype, canonical(v, rtype)) for v in values}
        want = {r for r in self.zone if r[1] != "PTR"}
        if have != want:
            raise Different("axfr: missing %s, too many %s" %
                            (sorted(want - have)[:3], sorted(have - want)[:3]))
        for key in ("TTL", "RefreshSeconds", "Mname", "Rname", "Domain"):
            if ours[key] != recorded[key]:
                if key in ("Mname", "Rname") and self.rec.domain != "mesos":
                    self.rule("soa-names")
                elif key == "Rname" and ours[key].replace("\\", "") == recorded[key]:
                    self.rule("soa-rname-dots")
                else:
                    raise Different("axfr: %s is %s, was %s" % (key, ours[key], recorded[key]))

    def enumerate(self, recorded, ours):
        was, now = (self.tasks_of(e) for e in (recorded, ours))
        if [f for f, _ in was] != [f for f, _ in now]:
            raise Different("enumerate: frameworks %s, were %s" %
                            ([f for f, _ in now], [f for f, _ in was]))
        for (framework, old), (_, new) in zip(was, now):
            if [t[:2] for t in old] != [t[:2] for t in new]:
                raise Different("enumerate: tasks of %s: %s, were %s" %
                                (framework, [t[:2] for t in new], [t[:2] for t in old]))
            ids = [t[1] for t in old]
            for before, after in zip(old, new):
                if "\ufffd" in before[1]:
                    self.rule("nul")
                    continue  # its hash is another one, too
                self.records(before, after, ids.count(before[1]) > 1)

    def tasks_of(self, enumeration):
        out = []
        for framework in enumeration["frameworks"] or []:
            tasks = []
            for task in framework["tasks"] or []:
                records = [(wire.canonical(r["name"]), r["rtype"],
                            canonical(r["host"], r["rtype"]) if r["rtype"] != "PTR" else r["host"])
                           for r in task["records"] or []]
                # two spellings of a name that no query can ask for may be one name here
                tasks.append((task["name"], task["id"].replace("\0", "\ufffd"),
                              list(dict.fromkeys(records))))
            out.append((framework["name"], tasks))
        return out

    def records(self, before, after, same_id):
        """Those that the zone has; of tasks of one id either has them."""
        name, _, old = before
        new = after[2]
        if old == new:
            return
        told = [r for r in old if r[1] != "PTR" or self.rec.reverse]
        if len(told) != len(old):
            self.rule("enumerate-ptr")
        kept = [r for r in told if r[1] == "PTR" or r in self.zone]
        if len(kept) != len(told):
            self.rule("enumerate-zone")
        if same_id and sorted(kept) != sorted(new):
            self.rule("enumerate-same-id")
            return
        added = [r for r in new if r not in kept]
        for record in added:
            if record[1] != "PTR" and record not in self.zone:
                raise Different("enumerate: %s: %s is not in the zone" % (name, record))
        if added:
            raise Different("enumerate: %s: more: %s" % (name, added))
        if [r for r in kept if r in new] != [r for r in new if r in kept]:
            self.rule("enumerate-order")
        lost = [r for r in kept if r not in new]
        if lost:
            raise Different("enumerate: %s: lacks %s" % (name, lost))

    def config(self, recorded, ours):
        for key, value in recorded.items():
            if key not in ours:
                raise Different("config: %s is missing" % key)
            if ours[key] == value or key in ("SOASerial", "File"):
                continue
            if key == "MesosCredentials":
                self.rule("config-secret")
            elif key in ("SOAMname", "SOARname") and self.rec.domain != "mesos":
                self.rule("soa-names")
            elif key == "SOARname" and ours[key].replace("\\", "") == value:
                self.rule("soa-rname-dots")
            else:
                raise Different("config: %s is %s, was %s" % (key, ours[key], value))

    def other(self, entry, ours):
        path, status = entry["path"], entry["status"]
        if path == "/" and ours["status"] == 200:
            self.rule("page")
            return
        if status == 415:
            self.rule("body-type")
        elif status == 501:
            self.rule("ports")
            status = 200
        elif status is None or status == 500:
            self.rule("nothing-left")
            status = 400
        if status == 415:
            status = 200
        if ours["status"] != status:
            if entry.get("method") == "HEAD" and ours["status"] == 200:
                self.rule("head")
                return
            raise Different("%s: status %d, was %s" % (path, ours["status"], status))
        if status == 301 and ours["location"] != entry["headers"].get("location"):
            raise Different("%s: to %s" % (path, ours["location"]))
        if status in (404, 405, 406) and entry.get("method") != "HEAD" and \
                ours["body"].split("\n")[0] != entry.get("body", entry.get("json", "")).split("\n")[0]:
            raise Different("%s: %s, was %s" % (path, ours["body"], entry))
        if "/v1/version" in path and status == 200:
            if json.loads(ours["body"])["Service"] != "Mesos-DNS":
                raise Different(ours["body"])
            self.rule("version")

    def check(self, entry, ours):
        part = entry["path"].split("/")
        if ours.get("type") == "application/json" and entry["status"] == 200 and "json" in entry:
            getattr(self, part[2])("/".join(part[3:]), entry["json"], json.loads(ours["body"]))
        elif entry["status"] == 200 and entry["path"].startswith("/v1/config"):
            json.loads(ours["body"])
        else:
            self.other(entry, ours)


def requests_of(rec):
    for entry in rec.data.get("http", []):
        request = {"path": entry["path"].partition("?")[0]}
        if entry.get("method"):
            request["method"] = entry["method"]
        if "Accept" in entry["headers"]:
            request["accept"] = entry["headers"]["Accept"]
        yield entry, request


def compare(judge, rec, answers, fail):
    fixed = [("axfr", judge.axfr), ("enumerate", judge.enumerate), ("v1_config", judge.config)]
    for (key, check), answer in zip(fixed, answers):
        if key not in rec.data:
            continue
        try:
            if answer["status"] == 200:
                check(rec.data[key], json.loads(answer["body"]))
            elif rec.data[key] is not None and rec.get("enumerationon", True):
                raise Different("%s: status %d" % (key, answer["status"]))
        except Different as error:
            fail(key, error)
    for (entry, _), answer in zip(requests_of(rec), answers[len(fixed):]):
        try:
            judge.check(entry, answer)
        except Different as error:
            fail("http", "%s: %s" % (entry["path"], error))


def run_one(name, corpus, driver, tally, failures):
    rec = corpus.load(name)
    if rec.data["result"] != "ready":
        return
    requests = [{"path": "/v1/axfr"}, {"path": "/v1/enumerate"}, {"path": "/v1/config"}]
    requests += [request for _, request in requests_of(rec)]
    result = driver.run({"config": rec.config, "hosts": golden.HOSTS, "requests": requests,
                         "document": corpus.document_path(rec.data["state"])})
    if "answers" not in result or len(result["answers"]) != len(requests):
        failures.append("%s: %s" % (name, result.get("error", "no answers")))
        return
    zone, _ = zone_rules.expected(rec)
    tally["recordings"] += 1
    tally["answers"] += len(requests)
    compare(Judge(rec, zone, tally), rec, result["answers"],
            lambda part, error: failures.append("%s: %s: %s" % (name, part, error)))


def main():
    tally, failures = collections.Counter(), []
    with tempfile.TemporaryDirectory(prefix="xdns-golden-http-") as scratch:
        corpus = golden.Corpus(scratch)
        driver = golden.Driver(sys.argv[1])
        for name in sys.argv[2:] or sorted(corpus.recordings):
            run_one(name, corpus, driver, tally, failures)
        if driver.close():
            failures.append("the driver ended badly (a sanitizer's report is above)")
    with open(os.path.join(golden.HERE, "http_differences.json")) as file:
        table = {entry["id"] for entry in json.load(file)}
    rules = {key: n for key, n in tally.items() if key not in ("recordings", "answers")}
    documents = {name.rpartition("__")[0] for name in corpus.recordings}
    missing = golden.REAL_DOCUMENTS - sum(not name.startswith("synth-") for name in documents)
    print("1..3")
    print("%s 1 - golden HTTP: answers are those of Mesos-DNS" % ("not ok" if failures else "ok"))
    unlisted = sorted(set(rules) - table)
    print("%s 2 - golden HTTP: each difference is listed %s" % ("not ok" if unlisted else "ok", " ".join(unlisted)))
    print("ok 3 - golden HTTP: documents of other projects%s" % (
        " # SKIP %d of %d are not in %s" % (missing, golden.REAL_DOCUMENTS, golden.SHARED)
        if missing > 0 else ""))
    for text in failures[:golden.SHOWN]:
        print("# UNEXPLAINED " + text[:600])
    print("# golden HTTP: %d recordings, %d answers; by rule: %s; %d unexplained" % (
        tally["recordings"], tally["answers"],
        ", ".join("%s %d" % item for item in sorted(rules.items())), len(failures)))
    return 1 if failures or unlisted else 0


if __name__ == "__main__":
    sys.exit(main())
