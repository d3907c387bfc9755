#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Asks the kernel, userspace, NSD and Knot the same made-up questions about the same zone.

usage: respdiff.py --zone FILE --kernel ADDRESSES --userspace ADDRESSES --nsd ADDRESS --knot ADDRESS

The kernel and userspace have to say the same, octet for octet, and what they say may differ from what
NSD and Knot say only as rules.py explains. Prints "pass TEXT" and "fail TEXT" (results() of lib.sh).
"""
import argparse
import collections
import sys

import answers
import exchange
import questions
import rules
import zone

BATCH = 50
SHOWN = 10  # differences that are shown at length
PEERS = ("nsd", "knot")
DOCUMENT = "docs/conformance.md"


class Comparison:
    def __init__(self, the_zone):
        self.zone = the_zone
        self.asked = self.octets = 0
        self.unexplained = collections.Counter()
        self.explained = {peer: collections.Counter() for peer in PEERS}
        self.failures = []

    def fail(self, kind, question, text):
        self.unexplained[kind] += 1
        if len(self.failures) < SHOWN:
            self.failures.append("%s: %s type %d class %d %s size %d, query %s\n%s" % (
                kind, question.name, question.type, question.qclass, "TCP" if question.tcp else "UDP",
                question.size, question.wire.hex(), text))

    def planes(self, question, kernel, userspace):
        if kernel != userspace:
            self.fail("planes", question, "    kernel    %s\n    userspace %s" % (
                answers.take_apart(kernel), answers.take_apart(userspace)))

    def peer(self, question, peer, ours, theirs):
        if ours is None or theirs is None:
            self.fail(peer, question, "    ours   %s\n    theirs %s" % (ours, theirs))
            return
        case = rules.Case(self.zone, question, peer, ours, theirs)
        left, needed = rules.explain(case, ours.differences(theirs))
        self.explained[peer].update(needed)
        if left:
            self.fail(peer, question, "    differ in %s\n    ours   %s\n    theirs %s" % (
                " ".join(sorted(left)), ours, theirs))

    def case_of_letters(self, question, ours):
        if ours and ours.owners - {question.name.to_wire()}:
            self.fail("owner", question, "    answered about %s" % ours.owners)

    def batch(self, servers, batch):
        """batch: {ID: question}"""
        said = exchange.ask_udp(servers, [q.wire for q in batch.values() if not q.tcp])
        for name, more in exchange.ask_tcp(servers, [q.wire for q in batch.values() if q.tcp]).items():
            said[name].update(more)
        for number, question in batch.items():
            self.asked += 1
            kernel = said["kernel"].get(number)
            self.planes(question, kernel, said["userspace"].get(number))
            ours = answers.take_apart(kernel)
            self.case_of_letters(question, ours)
            for peer in PEERS:
                self.peer(question, peer, ours, answers.take_apart(said[peer].get(number)))


def say(good, text):
    print("pass" if good else "fail", text)


def report(comparison):
    def verdict(kind, text):
        wrong = comparison.unexplained[kind]
        say(not wrong, "%d questions: %s, %d differ" % (comparison.asked, text, wrong))

    verdict("planes", "kernel and userspace answer with the same octets")
    verdict("owner", "answers' owners are in the letters that were asked")
    for peer, title in zip(PEERS, ("NSD", "Knot")):
        counts = ", ".join("%s %d" % count for count in sorted(comparison.explained[peer].items()))
        verdict(peer, "as %s answers (explained: %s)" % (title, counts))
    unused = set(rules.RULES) - set.union(*(set(c) for c in comparison.explained.values()))
    say(not unused, "every rule explains something%s" % (": not " + " ".join(unused) if unused else ""))
    say(rules.documented(DOCUMENT, "NSD and Knot") == list(rules.RULES), "the document has these rules, in this order")
    for failure in comparison.failures:
        print(failure)


def main():
    parser = argparse.ArgumentParser()
    for name in ("zone", "kernel", "userspace", "nsd", "knot"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--questions", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    servers = [exchange.Server(name, *getattr(options, name).split(","))
               for name in ("kernel", "userspace") + PEERS]
    the_zone = zone.Zone(options.zone)
    generator = questions.Generator(the_zone, options.seed)
    comparison = Comparison(the_zone)
    while comparison.asked < options.questions:
        batch = {}
        while len(batch) < min(BATCH, options.questions - comparison.asked):
            question = generator.question()
            batch[question.wire[:2]] = question
        comparison.batch(servers, batch)
    report(comparison)
    return 1 if comparison.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
