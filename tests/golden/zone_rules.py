# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""From the sets Mesos-DNS served (/v1/axfr) to the sets we must have.

Each deliberate difference is one function, named by its id in
differences.json; it says exactly what it changes. Whatever is left
different after them fails the test. Owners and targets are texts as wire.name_to_text()
makes them; a record is (owner, type, data) and an SRV's data is "target:port".
"""
import hashlib
import ipaddress
import re

import wire

UNASKABLE = re.compile(r"""[A-Z\s()@;"'\\]|[^!-~]""")


class Recording:
    """One golden file: what Mesos-DNS was given and what it served."""

    def __init__(self, data, document, enumeration):
        self.data = data
        self.config = data["config"]
        self.upstream = data["release"].startswith("upstream")
        self.domain = self.get("domain", "mesos").lower()
        self.tail = "." + self.domain + "."
        self.document = document          # parsed, None if it is not JSON
        self.enumeration = enumeration    # of the same state with ReverseDnsOn off
        self.listener = self.get("listener", "0.0.0.0")
        self.reverse = self.get("reversednson", False)

    def get(self, key, default=None):
        """A configuration value; the keys' case does not matter."""
        return next((v for k, v in self.config.items() if k.lower() == key), default)

    @property
    def default_mname(self):
        return self.get("soamname") is None

    @property
    def mname(self):
        return self.get("soamname", "ns1." + self.domain + ".").lower()


def frag(text):
    """A framework's name as the zone has it: enough of contract 7.2 to recognise owned names."""
    labels = (re.sub(r"[._]", "-", re.sub(r"[^a-z0-9._-]", "", part.lower())).strip("-")
              for part in text.split("."))
    return ".".join(filter(None, labels))


# --- the rules: (recording, records) -> records ----------------------------------------------


def unaskable_name(rec, records, quote_too=True):
    """Contract 7.8; the older release could be asked for an apostrophe."""
    def askable(owner):
        if not quote_too:
            owner = owner.replace("'", "")
        return (not UNASKABLE.search(owner) and ".*" not in owner and owner.endswith(rec.tail) and
                wire.encodable(wire.name_from_text(owner)))
    return {r for r in records if askable(r[0])}


def unencodable_target(rec, records):
    del rec
    return {r for r in records if r[1] != "SRV" or
            wire.encodable(wire.name_from_text(r[2].rpartition(":")[0]))}


def service_port(rec, records):
    """An agent's port given by a service's name: its number."""
    del rec
    numbers = {"http": "80"}

    def number(data):
        target, _, port = data.rpartition(":")
        return target + ":" + numbers.get(port, port)
    return {(o, t, number(d) if t == "SRV" else d) for o, t, d in records}


def port_range(rec, records):
    del rec

    def fits(data):
        return 0 <= int(data.rpartition(":")[2]) <= 65535
    return {r for r in records if r[1] != "SRV" or fits(r[2])}


def slave_srv(rec, records):
    """Only of the older release: DiscoveryInfo ports below .slave, as the reference has them."""
    if not rec.upstream:
        return records
    more = set()
    for owner, rtype, data in records:
        if rtype != "SRV" or not owner.endswith(rec.tail):
            continue
        target, _, port = data.rpartition(":")
        name = owner[:-len(rec.tail)]
        if (target.endswith(".slave" + rec.tail) or target == "leader" + rec.tail or
                target == "slave" + rec.tail or owner == "_framework._tcp." + target):
            continue
        more.add((name + ".slave" + rec.tail, "SRV",
                  target[:-len(rec.tail)] + ".slave" + rec.tail + ":" + port))
    return records | more


def name_server_name(rec, records):
    """SOAMname not set: it is ns1 of the domain, not ns1.mesos."""
    if not rec.default_mname or rec.domain == "mesos":
        return records
    rtype = "AAAA" if ":" in rec.listener else "A"
    return (records - {("ns1.mesos.", rtype, rec.listener)}) | {(rec.mname, rtype, rec.listener)}


def daemon_addresses(rec):
    """The addresses of leader, master and masterN that the masters alone give (contract 7.5)."""
    host, _, port = rec.leader.partition("@")[2].rpartition(":")
    leader = host.strip("[]"), port
    out, seen = {("leader", leader[0]), ("master", leader[0])}, {leader[0]}
    number, numbered = 0, False
    for master in rec.get("masters"):
        host, _, port = master.rpartition(":")
        host = host.strip("[]")
        if (host, port) == leader:
            numbered = True
        elif host in seen:
            continue
        seen.add(host)
        out |= {("master", host), ("master%d" % number, host)}
        number += 1
    if not numbered:
        out.add(("master%d" % number, leader[0]))
    return out


def owned_name(rec, records):
    """No framework joins leader, master, masterN, slave or the name server's name."""
    taken = {}
    document = rec.document if isinstance(rec.document, dict) else {}
    for framework in document.get("frameworks") or []:
        label = frag((framework or {}).get("name") or "")
        if re.fullmatch(r"leader|slave|master\d*", label) or label + rec.tail == rec.mname:
            taken[label + rec.tail] = label
    if not taken:
        return records
    own = {(label + rec.tail, address) for label, address in daemon_addresses(rec)}
    own.add((rec.mname, rec.listener))
    agents = set()
    for agent in document.get("slaves") or []:
        host = agent.get("pid", "@:").partition("@")[2].rpartition(":")[0].strip("[]")
        agents.add(("slave" + rec.tail, host))

    def keep(record):
        owner, rtype, data = record
        if rtype in ("A", "AAAA") and owner in taken:
            return (owner, data) in own | agents
        return not (rtype == "SRV" and owner.startswith("_framework._tcp.") and
                    owner[len("_framework._tcp."):] in taken)
    return {r for r in records if keep(r)}


def nul_in_id(rec, records):
    """U+0000 in a task's id becomes U+FFFD, as octets that are not UTF-8 do: another hash label."""
    renamed = {}
    document = rec.document if isinstance(rec.document, dict) else {}
    for framework in document.get("frameworks") or []:
        for task in (framework or {}).get("tasks") or []:
            task_id = (task or {}).get("id") or ""
            if "\0" in task_id:
                renamed["-%s-" % task_hash(task_id)] = \
                    "-%s-" % task_hash(task_id.replace("\0", "\ufffd"))

    def rename(text):
        for old, new in renamed.items():
            text = text.replace(old, new)
        return text
    return {(rename(owner), rtype, rename(data)) for owner, rtype, data in records}


def task_hash(task_id):
    """Contract 7.7: the first characters of zbase32(sha1(id))."""
    digest = hashlib.sha1(task_id.encode("utf-8", "surrogatepass")).digest()
    bits = int.from_bytes(digest[:4], "big")
    return "".join("ybndrfg8ejkmcpqxot1uwisza345h769"[bits >> shift & 31]
                   for shift in range(27, 3, -5))


RULES = (
    ("nul-in-id", nul_in_id),
    ("name-server-name", name_server_name),
    ("owned-name", owned_name),
    ("slave-srv", slave_srv),
    ("service-port", service_port),
    ("port-range", port_range),
    ("unencodable-target", unencodable_target),
    ("unaskable-name", unaskable_name),
)


def served(rec):
    """What /v1/axfr and, for PTR, the enumeration say; raw, before any rule."""
    records = set()
    for kind, rtype in (("As", "A"), ("AAAAs", "AAAA"), ("SRVs", "SRV")):
        for owner, values in rec.data["axfr"]["Records"][kind].items():
            records |= {(owner, rtype, value) for value in values}
    return records


def askable_served(rec):
    """What could be asked for."""
    return normal(unaskable_name(rec, served(rec), not rec.upstream))


def normal(records):
    """Owners and targets in the one text that wire.name_to_text() gives."""
    out = set()
    for owner, rtype, data in records:
        if rtype == "SRV":
            target, _, port = data.rpartition(":")
            data = wire.canonical(target) + ":" + port
        out.add((wire.canonical(owner), rtype, data))
    return out


def expected(rec):
    """The records we must have, and how many each rule changed."""
    records, changed = served(rec), {}
    for rule, change in RULES:
        after = change(rec, records)
        if after != records:
            changed[rule] = len(after ^ records)
        records = after
    return normal(records), changed


def reverse_expected(rec):
    """PTR records, from the enumeration of the same state; None if there is none to go by."""
    if not rec.reverse:
        return set()
    if rec.enumeration is None:
        return None
    out = set()
    for framework in rec.enumeration["frameworks"] or []:
        for task in framework["tasks"] or []:
            for r in task["records"] or []:
                if r["rtype"] == "PTR" and unaskable_name(rec, {(r["name"], "PTR", "")}):
                    pointer = ipaddress.ip_address(r["host"]).reverse_pointer
                    out.add((pointer + ".", "PTR", wire.canonical(r["name"])))
    return out


# --- documents that Mesos-DNS refuses or dies of ---------------------------------------------

class Unexplained(Exception):
    """A difference that no rule predicts."""


def one_bad_element(rec, result):
    """A wrong type or an unusable pid somewhere: refused whole. Ours leaves one element out."""
    skipped = result["skipped"]
    unresolvable = "badpid" in rec.data["state"]
    return rec.data["result"] == "rejected" and \
        (skipped["elements"], skipped["unresolved"]) == ((0, 1) if unresolvable else (1, 0)) and \
        re.match(r"synth-(reject-(type-|portnum-|pid-|fwpid-|badpid)|portnum-intfloat)",
                 rec.data["state"])


def crash(rec, result):
    """An agent without pid, unreadable ports, a leader by name: the process ended."""
    skipped = result["skipped"]
    leader_by_name = rec.data["state"] == "synth-leader-hostname"
    return rec.data["result"] == "exited" and \
        skipped["elements"] + skipped["ports"] == (0 if leader_by_name else 1)


REFUSED = {"bad-element": one_bad_element, "crash": crash}


def check_refused(rec, result):
    """The rules that say why ours serves it; none if ours refuses it, too."""
    fetched_again = any("dial tcp" in line for line in rec.data["stderr"])
    if "error" in result:
        if rec.data["result"] == "rejected" and not fetched_again:
            return []
        raise Unexplained("ours: " + result["error"])
    if not any(line.startswith("leader" + rec.tail + " A ") for line in result["zone"]):
        raise Unexplained("no leader in our zone")
    if fetched_again and rec.data["state"] == "synth-leader-otherip":
        return []  # about fetching from the leader: the document itself is good
    rules = [rule for rule, predicts in REFUSED.items() if predicts(rec, result)]
    if len(rules) != 1:
        raise Unexplained("Mesos-DNS %s; ours serves, skipped %s" %
                          (rec.data["result"], result["skipped"]))
    return rules
