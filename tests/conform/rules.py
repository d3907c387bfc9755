# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Why an answer of ours may differ from another server's. docs/conformance.md has the reasons.

A rule looks at one question and both answers. It returns the fields in which they may differ, after it
has made sure that ours is what the rule says it must be; none if it is not about that question.
"""
import dns.rcode
import dns.rdatatype as types

from questions import IN, PLAIN_SIZE, TRANSFERS

OUR_SIZE, ANY_CLASS = 1232, 255
ADDRESS_LENGTHS = {types.A: 16, types.AAAA: 28}
RECORDS = {"answer", "authority", "additional"}
RFC8482 = '"rfc8482" ""'


class Case:
    """One question to a zone, asked of us and of a peer."""

    def __init__(self, zone, question, peer, ours, theirs):
        self.zone, self.question, self.peer, self.ours, self.theirs = zone, question, peer, ours, theirs
        self.name = question.name.to_text().lower()
        self.inside = question.name.is_subdomain(zone.origin)
        self.is_in = self.inside and question.qclass == IN
        self.limit = 65535 if question.tcp else min(OUR_SIZE, question.size)

    def addresses(self, names):
        return [record for name in names for rtype in ADDRESS_LENGTHS for record in self.zone.records(name, rtype)]

    def target_addresses(self):
        """What the additional section may have to an answer with SRV or NS records."""
        return self.addresses(sorted({record[4].split()[-1] for record in self.ours.answer
                                      if record[1] in (types.SRV, types.NS)}))

    def refused(self):
        ours = self.ours
        return ours.rcode == dns.rcode.REFUSED and not (ours.aa or ours.answer or ours.authority or ours.additional)


def checking_disabled(case):
    return {"cd"} if case.ours.cd and not case.theirs.cd else set()


def class_refused(case):
    """NSD leaves out the question, Knot the reason."""
    if case.question.qclass in (IN, ANY_CLASS) or not case.refused():
        return set()
    return {"question", "options"} if case.ours.question and case.ours.options in (None, ["EDE 20"], ["EDE 21"]) else set()


def class_any(case):
    about = case.inside and case.question.qclass == ANY_CLASS
    return {"rcode", "aa", "tc", "options"} | RECORDS if about and case.refused() else set()


def transfer_by_udp(case):
    about = case.question.type in TRANSFERS and not case.question.tcp
    return {"rcode", "options"} if about and case.refused() else set()


def minimal_any(case):
    if case.question.type != types.ANY or case.question.tcp or not case.is_in:
        return set()
    hinfo = [(case.name, types.HINFO, IN, case.zone.ttl, RFC8482)]
    return {"tc"} | RECORDS if case.zone.has_data(case.name) and case.ours.answer == hinfo else set()


def whole_any(case):
    """All sets over TCP, where others send one of them there, too."""
    if case.question.type != types.ANY or not case.question.tcp or not case.is_in or not case.theirs.answer:
        return set()
    whole = case.ours.answer == sorted(case.zone.records(case.name))
    return {"answer", "additional"} if whole and set(case.theirs.answer) < set(case.ours.answer) else set()


def small_edns(case):
    """Whatever the answer, one was given; the other rules' peer says whether it is right."""
    refuses = case.theirs.rcode == dns.rcode.FORMERR and case.question.edns is not None
    if case.peer != "knot" or not refuses or case.question.edns >= PLAIN_SIZE:
        return set()
    return {"rcode", "aa", "tc", "edns", "options"} | RECORDS if case.ours.edns else set()


def missing_addresses(case):
    """The addresses that are not in our additional section; None: something else is."""
    wanted = case.target_addresses()
    if any(record not in wanted for record in case.ours.additional):
        return None
    return [record for record in wanted if record not in case.ours.additional]


def authority_ns(case):
    """NSD adds the zone's name server, its addresses too, and leaves out what then has no room."""
    if case.peer != "nsd" or not case.ours.answer or case.ours.authority:
        return set()
    apex = case.zone.origin.to_text()
    servers = case.zone.records(apex, types.NS)
    theirs = case.theirs.authority in ([], servers)
    allowed = case.target_addresses() + case.addresses([data for data in case.zone.data(apex, types.NS)])
    theirs = theirs and all(record in allowed for record in case.theirs.additional)
    return {"authority", "additional"} if theirs and missing_addresses(case) == [] else set()


def no_room(case, length):
    return case.ours.length + length > case.limit


def additional_room(case):
    """Additional records are whole sets or nothing, as many as fit, without TC."""
    missing = missing_addresses(case) if case.ours.answer and not case.ours.tc else None
    if not missing:
        return set()
    sets = {record[:2] for record in missing}
    longest = max(sum(ADDRESS_LENGTHS[record[1]] for record in missing if record[:2] == one) for one in sets)
    allowed = case.theirs.authority in ([], case.zone.records(case.zone.origin.to_text(), types.NS))
    return {"authority", "additional"} if allowed and no_room(case, longest) else set()


def truncated_set(case):
    """As many records as fit and TC, where others send fewer or none."""
    if not (case.ours.tc and case.theirs.tc and case.is_in) or case.ours.authority or case.ours.additional:
        return set()
    everything = case.zone.records(case.name, case.question.type)
    missing = [record for record in everything if record not in case.ours.answer]
    if len(case.ours.answer) + len(missing) != len(everything):
        return set()
    longest = max((ADDRESS_LENGTHS.get(record[1], 18 + len(record[4])) for record in missing), default=0)
    return RECORDS if missing and no_room(case, longest) else set()


def star_removed(case):
    """Mesos-DNS looks a name with ".*" in it up without that."""
    name = case.zone.without_stars(case.question.name)
    if name is None or case.theirs.rcode != dns.rcode.NXDOMAIN or case.ours.rcode != dns.rcode.NOERROR:
        return set()
    data = {record[4] for record in case.ours.answer}
    known = set(case.zone.data(name, case.question.type))
    if case.question.type != types.ANY and not (data < known if case.ours.tc else data == known):
        return set()
    return {"rcode", "tc"} | RECORDS


RULES = {
    "checking-disabled": checking_disabled,
    "class-any": class_any,
    "class-refused": class_refused,
    "transfer-by-udp": transfer_by_udp,
    "minimal-any": minimal_any,
    "whole-any": whole_any,
    "small-edns": small_edns,
    "authority-ns": authority_ns,
    "additional-room": additional_room,
    "truncated-set": truncated_set,
    "star-removed": star_removed,
}


def explain(case, differences):
    """(what is left unexplained, names of the rules that were needed)"""
    left, needed = set(differences), []
    for name, rule in RULES.items():
        explained = rule(case) & left if left else set()
        if explained:
            left -= explained
            needed.append(name)
    return left, needed


def documented(path, peer):
    """The rules that a document's table about this peer names, in its order."""
    with open(path, encoding="utf-8") as document:
        about, _, table = document.read().partition("| rule | %s | mesos-xdns | why |\n" % peer)
    assert table or not about, "no such table"
    return [line.split("`")[1] for line in table.partition("\n\n")[0].splitlines() if line.startswith("| `")]
