# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A response taken apart, so that two can be compared field by field."""
import dns.exception
import dns.flags
import dns.message
import dns.rcode

HEADER_BITS = {"aa": 0x0400, "tc": 0x0200, "rd": 0x0100, "ra": 0x0080, "z": 0x0040, "ad": 0x0020, "cd": 0x0010}
FIELDS = ("opcode", "rcode", *HEADER_BITS, "question", "answer", "authority", "additional", "edns", "options")


class Answer:
    """FIELDS; sections are sorted lists, without their order and without the letters' case."""

    def __init__(self, wire):
        self.length = len(wire)
        self.opcode = wire[2] >> 3 & 15
        # read as a query's answer, whatever the opcode is: dnspython does not know all of them
        message = dns.message.from_wire(wire[:2] + bytes([wire[2] & 0x87]) + wire[3:])
        self.rcode = message.rcode()
        for name, bit in HEADER_BITS.items():
            setattr(self, name, bool(message.flags & bit))
        self.question = [(q.name.to_wire(), q.rdtype, q.rdclass) for q in message.question]
        # whoever asked in mixed case looks for an answer in the same (RFC 4343 4.1)
        self.owners = {rrset.name.to_wire() for rrset in message.answer}
        self.answer, self.authority, self.additional = map(
            self.section, (message.answer, message.authority, message.additional))
        self.edns = self.options = None
        if message.opt:
            self.edns = (message.payload, message.edns, message.ednsflags & 0xffff)
            self.options = sorted(option.to_text() + getattr(option, "data", b"").hex() for option in message.options)

    @staticmethod
    def section(rrsets):
        return sorted((rrset.name.to_text().lower(), rrset.rdtype, rrset.rdclass, rrset.ttl, data.to_text().lower())
                      for rrset in rrsets for data in rrset)

    def differences(self, other):
        return {field for field in FIELDS if getattr(self, field) != getattr(other, field)}

    def __str__(self):
        bits = [name for name in HEADER_BITS if getattr(self, name)]
        return "%s %s %d octets, answer %s authority %s additional %s edns %s %s" % (
            dns.rcode.to_text(self.rcode), " ".join(bits), self.length, self.answer, self.authority,
            self.additional, self.edns, self.options)


def take_apart(wire):
    """None: there is none, or it is no DNS message."""
    try:
        return Answer(wire) if wire and len(wire) >= 12 else None
    except dns.exception.DNSException:
        return None
