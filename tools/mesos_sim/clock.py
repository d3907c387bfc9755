# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""One thread that does what is to be done later."""
import heapq
import itertools
import sys
import threading
import time
import traceback


class Clock(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.changed = threading.Condition()
        self.due = []  # (monotonic seconds, number, what to call)
        self.numbers = itertools.count()

    def at(self, when, action):
        with self.changed:
            heapq.heappush(self.due, (when, next(self.numbers), action))
            self.changed.notify()

    def after(self, seconds, action):
        self.at(time.monotonic() + seconds, action)

    def each(self, rate, count, action):
        """Calls action() count times, rate times a second; what is late is made up for."""
        start = time.monotonic()

        def step(n):
            action()
            if n + 1 < count:
                self.at(start + (n + 1) / rate, lambda: step(n + 1))
        if count > 0:
            self.at(start, lambda: step(0))

    def next_action(self):
        with self.changed:
            while True:
                wait = self.due[0][0] - time.monotonic() if self.due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self.due)[2]
                self.changed.wait(wait)

    def run(self):
        while True:
            try:
                self.next_action()()
            except Exception:  # one that failed must not be the end of the others
                print('mesos-sim: what was to be done now failed:', file=sys.stderr)
                traceback.print_exc()
