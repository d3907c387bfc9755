# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The planes that answer, what is planned to be away, and the count of what was asked."""
import contextlib
import sys
import threading
import time

PLANES = ('kernel', 'udp', 'tcp', 'forward', 'http')
GRACE = 3.0  # seconds after an outage: what was asked just before its end may still be lost
SHOWN = 40


class Count:
    def __init__(self):
        self.asked = self.right = self.cut = self.lost = self.planned = self.wrong = self.failed = 0


class Tally:
    """Thread-safe. lost, failed, wrong: outside of planned outages, so they are faults; wrong always is."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {plane: Count() for plane in PLANES}
        self.faults = []
        self.outages = []  # [planes, from, until or None]
        self.act = 'the beginning'  # what is being done

    def add(self, plane, **numbers):
        with self.lock:
            count = self.counts[plane]
            for key, number in numbers.items():
                setattr(count, key, getattr(count, key) + number)

    def fault(self, text):
        text = '%s (during %s)' % (text, self.act)
        with self.lock:
            self.faults.append(text)
            shown = len(self.faults) <= SHOWN
        if shown:
            print('fault: ' + text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def outage(self, *planes):
        """Those planes are away, and nothing that is lost there meanwhile counts."""
        entry = [planes, time.monotonic(), None]
        with self.lock:
            self.outages.append(entry)
        try:
            yield
        finally:
            with self.lock:
                entry[2] = time.monotonic()
                self.outages = [e for e in self.outages if e[2] is None or e[2] > entry[2] - 60]

    def excused(self, plane, sent, seen):
        with self.lock:
            return any(plane in planes and began <= seen and (ended is None or sent <= ended + GRACE)
                       for planes, began, ended in self.outages)

    # How one question ended

    def lost(self, plane, what, sent, seen):
        if self.excused(plane, sent, seen):
            self.add(plane, asked=1, planned=1)
        else:
            self.add(plane, asked=1, lost=1)
            self.fault('%s: lost: %s' % (plane, what))

    def failed(self, plane, what, sent, seen):
        """An error where there should be none: SERVFAIL, REFUSED, 503."""
        if self.excused(plane, sent, seen):
            self.add(plane, asked=1, planned=1)
        else:
            self.add(plane, asked=1, failed=1)
            self.fault('%s: failed: %s' % (plane, what))

    def wrong(self, plane, what):
        self.add(plane, asked=1, wrong=1)
        self.fault('%s: wrong: %s' % (plane, what))

    def total(self, key):
        return sum(getattr(count, key) for count in self.counts.values())
