# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""From an answer Mesos-DNS gave to the answer we must give.

For each question two answers are worked out: the one that Mesos-DNS's rules give for
the sets it served, which must be the recorded one, and ours for our sets,
which the driver's must be. Where the two differ, a rule of differences.json
says so; a step without a rule must be the same in both.
"""
import wire

RULES = ("class-in-only", "notify", "missing-record", "transfer", "ds", "any", "apex-soa",
         "apex-ns", "negative-soa", "negative-ttl", "negative-srv", "empty-non-terminal",
         "owner-as-asked", "target-addresses", "truncation", "edns", "no-reply", "rname-dots",
         "pointers", "reverse-zone", "changed-sets")

UDP_PLAIN, UDP_EDNS, TCP = 512, 1232, 65535
POINTER_MAX = 0x3fff  # owners of additional records point to their SRV's target
FORWARDED = ("forward", "forward zone")
EDE_PROHIBITED, EDE_NOT_AUTHORITATIVE, EDE_NOT_SUPPORTED = 18, 20, 21  # RFC 8914
RFC8482 = "0752464338343832" + "00"


class Unexplained(Exception):
    """A difference that no rule predicts."""


def require(condition, text, *values):
    if not condition:
        raise Unexplained(text % values)


def canonical_line(line):
    """A recorded line with its names in the one text wire.name_to_text() gives."""
    words = line.split(" ")
    words[0] = wire.canonical(words[0])
    if words[3] in ("SRV", "NS", "PTR"):
        words[-1] = wire.canonical(words[-1])
    elif words[3] == "SOA":
        words[4:6] = map(wire.canonical, words[4:6])
    return " ".join(words)


def section(message, name):
    return sorted(map(canonical_line, message.get(name, [])))


class Sets:
    """Records by owner and type, and which names exist."""

    def __init__(self, records):
        self.by_name, self.names = {}, set()
        for owner, rtype, data in records:
            self.by_name.setdefault(owner, {}).setdefault(rtype, set()).add(data)
            while owner and owner not in self.names:
                self.names.add(owner)
                owner = owner.partition(".")[2]

    def get(self, owner, rtype):
        return self.by_name.get(owner, {}).get(rtype, set())

    def targets(self, owner):
        return {data.rpartition(":")[0] for data in self.get(owner, "SRV")}

    def addresses(self, owner):
        return {(rtype, data) for rtype in ("A", "AAAA") for data in self.get(owner, rtype)}


class Model:
    def __init__(self, rec, ours, theirs):
        self.rec = rec
        self.ours, self.theirs = Sets(ours), Sets(theirs)
        self.apex = rec.domain + "."
        self.ours.names.add(self.apex)
        self.ttl = rec.get("ttl", 60)
        self.weight = rec.get("srvrecorddefaultweight", 1)
        self.their_mname = rec.get("soamname", "ns1.mesos.")
        self.soa_numbers = [rec.get(key, default) for key, default in
                            (("soarefresh", 60), ("soaretry", 600), ("soaexpire", 86400))]
        self.minimum = rec.get("soaminttl", 60)
        self.fired = set()

    # --- lines ---------------------------------------------------------------------------

    def soa(self, owner, ttl, mname, rname, minimum):
        return "%s %d IN SOA %s %s SERIAL %d %d %d %d" % (
            owner, ttl, wire.canonical(mname), wire.canonical(rname), *self.soa_numbers, minimum)

    def their_soa(self, owner):
        rname = self.rec.get("soarname", "root.ns1.mesos.").replace("@", ".").rstrip(".") + "."
        return self.soa(owner, self.ttl, self.their_mname, rname, self.ttl)

    def our_soa(self, question, ttl):
        """Fires the rules by which ours differs from theirs at the apex."""
        def as_asked(name):
            name = wire.canonical(name)
            inside = ("." + name).endswith("." + self.apex)
            return name[:-len(self.apex)] + question.asked[-len(self.apex):] if inside else name
        rname = self.rec.get("soarname")
        if rname is None:
            rname = "root.ns1." + self.apex
        elif "@" in rname and "." in rname.partition("@")[0]:
            local, _, host = rname.partition("@")
            rname = local.replace(".", "\\.") + "." + host.rstrip(".") + "."
            self.fired.add("rname-dots")
        if self.rec.default_mname and self.apex != "mesos.":
            self.fired.add("name-server-name")
        if (ttl, self.minimum) != (self.ttl, self.ttl):
            self.fired.add("negative-ttl")
        return self.soa(as_asked(self.apex), ttl, as_asked(self.rec.mname), as_asked(rname),
                        self.minimum)

    def lines(self, sets, key, rtype, owner):
        """Records of a set as lines; what Mesos-DNS could not put into a message is left out."""
        out = set()
        for data in sets.get(key, rtype):
            if rtype == "SRV":
                target, _, port = data.rpartition(":")
                data = "0 %d %d %s" % (self.weight, int(port) & 0xffff, target)
            out.add("%s %d IN %s %s" % (owner, self.ttl, rtype, data))
        return out

    # --- Mesos-DNS's answer, as the contract describes it -----------------------------------

    def check_theirs(self, recorded, question, key, rtype):
        """The recorded answer is what section 8 of the contract says for theirs."""
        found = self.renderable(key, rtype)
        # A timeout is checked where "no-reply" is decided.
        require(recorded.get("flags", "").replace(" tc", "") == self.flags(question),
                "recorded flags %s", recorded.get("flags"))
        if found:
            owner = question.asked if rtype == "SRV" else key
            want = self.lines(found, key, rtype, owner)
            if "tc" in recorded["flags"] or "answer_count" in recorded or \
                    self.cut_silently(recorded, want):
                require(set(section(recorded, "answer")) <= want, "recorded beyond the set")
            else:
                require(set(section(recorded, "answer")) == want, "recorded %s, its zone %s",
                        section(recorded, "answer"), sorted(want))
            require(recorded["rcode"] == "NOERROR", "recorded %s", recorded["rcode"])
            return
        require(not recorded.get("answer"), "recorded an answer to nothing")
        exists = key in self.theirs.by_name
        if rtype == "SRV":
            require(recorded["rcode"] == "NOERROR" and "authority" not in recorded,
                    "recorded a negative SRV of another kind")
        elif rtype == "NS":
            require(section(recorded, "authority") == [self.their_ns(question.asked)],
                    "recorded NS %s", recorded.get("authority"))
        else:
            require(section(recorded, "authority") == [self.their_soa(question.asked)],
                    "recorded SOA %s", recorded.get("authority"))
            nodata = exists or rtype == "SOA"
            require(recorded["rcode"] == ("NOERROR" if nodata else "NXDOMAIN"),
                    "recorded %s", recorded["rcode"])

    def check_their_any(self, recorded, question, key):
        """Answers of all types; A and AAAA with the key as owner."""
        want = set()
        for rtype in ("A", "AAAA", "SRV"):
            found = self.renderable(key, rtype)
            if found:
                want |= self.lines(found, key, rtype, question.asked if rtype == "SRV" else key)
        if recorded.get("timeout") or "answer_count" in recorded:
            return
        have = set(section(recorded, "answer"))
        cut = "tc" in recorded["flags"] or self.cut_silently(recorded, want)
        require(have <= want if cut else have == want, "recorded %s, its zone %s", sorted(have),
                sorted(want))

    def renderable(self, key, rtype):
        """Their set without what never reaches a message (contract 8.5)."""
        def fits(data):
            if rtype != "SRV":
                return rtype in ("A", "AAAA") and all(c in "0123456789abcdef.:" for c in data)
            target, _, port = data.rpartition(":")
            return ":" not in target and port.lstrip("-").isdigit()
        records = {(key, rtype, data) for data in self.theirs.get(key, rtype) if fits(data)}
        return Sets(records) if records else None

    def cut_silently(self, recorded, want):
        return not self.rec.get("settruncatebit", True) and \
            len(recorded.get("answer", [])) < len(want)

    def their_ns(self, owner):
        return "%s %d IN NS %s" % (owner, self.ttl, wire.canonical(self.their_mname))

    def flags(self, question):
        words = ["qr", "aa"]
        words += ["rd"] if question.opts.get("rd", True) else []
        words += ["ra"] if self.rec.get("recurseon", True) else []
        words += ["cd"] if question.opts.get("cd") else []
        return " ".join(words)

    # --- ours -------------------------------------------------------------------------------

    def message(self, question, rcode="NOERROR", **sections):
        return dict({"flags": self.flags(question), "rcode": rcode, "answer": set(),
                     "authority": set(), "additional": set(), "echo": True}, **sections)

    def error(self, question, rcode, echo=True, ede=None):
        words = ["qr"] + (["rd"] if question.opts.get("rd", True) else [])
        words += ["cd"] if question.opts.get("cd") else []
        return dict(self.message(question, rcode, flags=" ".join(words), echo=echo), ede=ede)

    def negative(self, question):
        ttl = min(self.ttl, self.minimum)
        rcode = "NOERROR" if question.found in self.ours.names else "NXDOMAIN"
        if question.asked != self.apex:
            self.fired.add("negative-soa")
        return self.message(question, rcode, authority={self.our_soa(question, ttl)})

    def our_set(self, question, rtype):
        """A, AAAA or SRV of a name, or the negative answer."""
        key = question.found
        answer = self.lines(self.ours, key, rtype, question.asked)
        extra = set()
        if rtype == "SRV":
            for target in self.ours.targets(key):
                for kind, data in self.ours.addresses(target):
                    extra.add("%s %d IN %s %s" % (target, self.ttl, kind, data))
        if not answer:
            return self.negative(question)
        return self.message(question, answer=answer, additional=extra)

    def our_any(self, question, tcp):
        key = question.found
        kinds = [k for k in ("A", "AAAA", "SRV") if self.ours.get(key, k)]
        if not kinds and key != self.apex:
            return self.negative(question)
        if not tcp:
            hinfo = "%s %d IN HINFO %s" % (question.asked, self.ttl, RFC8482)
            return self.message(question, answer={hinfo})
        out = self.our_set(question, "SRV") if "SRV" in kinds else self.message(question)
        for kind in ("A", "AAAA"):
            out["answer"] |= self.lines(self.ours, key, kind, question.asked)
        if key == self.apex:
            out["answer"] |= {self.our_soa(question, self.ttl), self.our_ns()}
        return out

    def our_ns(self):
        return "%s %d IN NS %s" % (self.apex, self.ttl, wire.canonical(self.rec.mname))

    # --- where the two differ -----------------------------------------------------------------

    def in_zone(self, question, recorded, tcp):
        key, rtype = question.found, question.qtype
        if rtype in ("AXFR", "IXFR"):
            self.fired.add("transfer")
            return self.error(question, "REFUSED", ede=EDE_PROHIBITED)
        if rtype == "DS":
            self.fired.add("ds")
            return self.negative(question)
        if rtype == "ANY":
            self.fired.add("any")
            self.check_their_any(recorded, question, key)
            return self.our_any(question, tcp)
        if recorded.get("timeout"):
            require(rtype == "SRV" and not all(
                wire.encodable(wire.name_from_text(t)) for t in self.theirs.targets(key)),
                    "recorded no reply")
            self.fired.add("no-reply")
            return self.our_set(question, rtype)
        self.check_theirs(recorded, question, key, rtype)
        if rtype == "SOA" and key == self.apex:
            self.fired.add("apex-soa")
            return self.message(question, answer={self.our_soa(question, self.ttl)})
        if rtype == "NS" and key == self.apex:
            self.fired.add("apex-ns")
            extra = {"%s %d IN %s %s" % (self.rec.mname, self.ttl, kind, data)
                     for kind, data in self.ours.addresses(self.rec.mname)}
            return self.message(question, answer={self.our_ns()}, additional=extra)
        if rtype in ("A", "AAAA", "SRV"):
            want = self.our_set(question, rtype)
        else:
            want = self.negative(question)
        self.compare_sets(question, recorded, key, rtype, want)
        return want

    def compare_sets(self, question, recorded, key, rtype, want):
        """Names the rules by which `want` differs from the recorded answer."""
        if rtype in ("A", "AAAA", "SRV") and \
                self.lines(self.ours, key, rtype, "") != self.lines(
                    self.renderable(key, rtype) or Sets(()), key, rtype, ""):
            self.fired.add("changed-sets")
        elif want["answer"]:
            if rtype != "SRV" and question.asked != key:
                self.fired.add("owner-as-asked")
            if rtype == "SRV" and want["additional"] != set(section(recorded, "additional")):
                self.fired.add("target-addresses")
            return
        elif want["rcode"] != recorded["rcode"]:
            if rtype == "SRV" or rtype == "NS":
                pass
            elif want["rcode"] == "NOERROR" and key in self.ours.names and \
                    key not in self.ours.by_name:
                self.fired.add("empty-non-terminal")
            elif key in self.theirs.by_name and key not in self.ours.by_name or \
                    key in self.ours.by_name and key not in self.theirs.by_name:
                self.fired.add("changed-sets")
            else:
                require(rtype == "SOA", "rcode %s, recorded %s", want["rcode"], recorded["rcode"])
                self.fired.add("apex-soa")
        if rtype == "SRV" and not want["answer"]:
            self.fired.add("negative-srv")
        elif rtype == "NS":
            self.fired.add("apex-ns")

    def in_reverse(self, question, recorded):
        """Contract 8.11: only PTR is ours, and only of addresses we have names for."""
        pointers = self.ours.get(question.found, "PTR") if question.qtype == "PTR" else set()
        theirs = section(recorded, "answer")
        want = {"%s %d IN PTR %s" % (question.asked, self.ttl, data) for data in pointers}
        if not pointers:
            require(not theirs, "recorded a PTR that we do not have")
            self.fired.add("reverse-zone")
            return "forward" if self.rec.get("externalon", True) else \
                self.error(question, "REFUSED", ede=EDE_NOT_AUTHORITATIVE)
        if theirs != sorted(want):
            require(len(pointers) > 1 or self.rec.enumeration is not None, "PTR %s", theirs)
            self.fired.add("pointers")
        return self.message(question, answer=want)

    def outside(self, question, recorded):
        if self.rec.get("externalon", True):
            zones = self.rec.get("zoneresolvers") or {}
            return "forward zone" if any(("." + question.key).endswith("." + zone + ".")
                                         for zone in zones) else "forward"
        require(recorded["rcode"] == "REFUSED", "recorded %s", recorded["rcode"])
        return self.error(question, "REFUSED", ede=EDE_NOT_AUTHORITATIVE)

    def predict(self, question, recorded, tcp):
        opts = question.opts
        if opts.get("qr"):
            require(recorded.get("timeout"), "recorded a reply to a reply")
            return "drop"
        if opts.get("opcode"):
            if opts["opcode"] == 4:
                self.fired.add("notify")
            return self.error(question, "NOTIMP", echo=False)
        if opts.get("nq", 1) != 1:
            return self.error(question, "FORMERR", echo=False)
        if opts.get("arcount"):
            self.fired.add("missing-record")
            return self.error(question, "FORMERR")
        if opts.get("ednsver"):
            self.fired.add("edns")
            return self.error(question, "BADVERS")
        inside = ("." + question.key).endswith("." + self.apex)
        if inside and opts.get("qclass", 1) != 1:
            self.fired.add("class-in-only")
            return self.error(question, "REFUSED", ede=EDE_NOT_SUPPORTED)
        if inside:
            return self.in_zone(question, recorded, tcp)
        if self.rec.reverse and question.key.endswith((".in-addr.arpa.", ".ip6.arpa.")) and \
                opts.get("qclass", 1) == 1:
            return self.in_reverse(question, recorded)
        return self.outside(question, recorded)

    # --- the driver's answer ----------------------------------------------------------------

    def check(self, entry, transport, answer):
        """Raises if the answer is not what it must be; returns the rules it took."""
        self.fired = set()
        tcp = transport == "t"
        recorded = entry["udp"]
        if tcp and entry["tcp"] != "same":
            recorded = entry["tcp"]
        question = Question(entry, self)
        want = self.predict(question, recorded, tcp)
        if isinstance(want, str) or answer in ("drop",) + FORWARDED:
            require(answer == want, "%.60s instead of %.60s", answer, want)
            return self.fired
        have = wire.parse(bytes.fromhex(answer))
        self.check_header(question, want, have)
        self.check_sections(question, want, have, tcp)
        if "answer" in recorded and not tcp and \
                ("tc" in recorded["flags"]) != ("tc" in have["flags"]):
            self.fired.add("truncation")
        return self.fired

    def check_header(self, question, want, have):
        for key in ("rcode",):
            require(have[key] == want[key], "%s %s instead of %s", key, have[key], want[key])
        require(have["flags"].replace(" tc", "") == want["flags"], "flags %s instead of %s",
                have["flags"], want["flags"])
        require(have["opcode"] == question.opts.get("opcode", 0), "opcode %s", have["opcode"])
        echo = [question.line] if want["echo"] else []
        require(have["question"] == echo, "question %s instead of %s", have["question"], echo)
        opt = None
        if "edns" in question.opts and want["echo"]:
            self.fired.add("edns")
            ede = want.get("ede")
            opt = {"owner": ".", "size": UDP_EDNS, "version": 0, "z": 0,
                   "options": "" if ede is None else "000f0002%04x" % ede,
                   "rcode": 1 if want["rcode"] == "BADVERS" else 0,
                   "do": bool(question.opts.get("do"))}
        require(have["opt"] == opt, "OPT %s instead of %s", have["opt"], opt)

    def check_sections(self, question, want, have, tcp):
        limit = TCP if tcp else UDP_PLAIN
        if not tcp and "edns" in question.opts:
            limit = min(max(question.opts["edns"], UDP_PLAIN), UDP_EDNS)
        answer, extra = set(have["answer"]), set(have["additional"])
        require(len(answer) == len(have["answer"]) and len(extra) == len(have["additional"]),
                "a record twice")
        require(have["size"] <= limit, "%d octets of %d", have["size"], limit)
        require(set(have["authority"]) == want["authority"], "authority %s instead of %s",
                have["authority"], sorted(want["authority"]))
        require(answer <= want["answer"], "answers too much: %s", sorted(answer - want["answer"]))
        require(extra <= want["additional"], "too much in additional: %s",
                sorted(extra - want["additional"]))
        cut = want["answer"] - answer
        if cut:
            require(have["size"] + max(map(record_size, cut)) > limit,
                    "cut at %d octets, though all of %s fit", have["size"], sorted(cut))
            require(not extra, "additional records in a cut answer")
            self.fired.add("truncation")
        elif want["additional"] - extra:
            missing = sum(map(record_size, want["additional"] - extra))
            require(have["size"] + missing > limit or have["size"] > POINTER_MAX,
                    "additional left out though it fits")
            self.fired.add("truncation")
        tc = bool(cut) and self.rec.get("settruncatebit", True) and not tcp
        require(("tc" in have["flags"]) == tc, "flags %s", have["flags"])


def record_size(line):
    """Octets of a record whose owner is a pointer."""
    words = line.split(" ")
    if words[3] == "A":
        return 12 + 4
    if words[3] == "AAAA":
        return 12 + 16
    return 12 + (6 if words[3] == "SRV" else 0) + len(
        wire.encode_name(wire.name_from_text(words[-1])))


class Question:
    """What was asked: `asked` as asked, `key` lower-case, `found` what is looked up: without
    any ".*" if the name itself does not exist."""

    def __init__(self, entry, model):
        name, self.qtype, *opts = entry["q"]
        self.opts = opts[0] if opts else {}
        labels = wire.name_from_text(name)
        self.asked = wire.name_to_text(labels)
        self.key = wire.name_to_text(wire.lower(labels))
        number = wire.qtype_number(self.qtype)
        qclass = self.opts.get("qclass", 1)
        self.line = "%s %s %s" % (self.asked, wire.CLASSES.get(qclass, str(qclass)),
                                  wire.TYPE_NAMES.get(number, "TYPE%d" % number))
        self.found = self.key
        if self.key not in model.ours.names and ".*" in self.key:
            self.found = self.key.replace(".*", "")
