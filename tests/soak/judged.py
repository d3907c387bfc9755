#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Does the soak see what is wrong? Its judges with made-up cases; prints "pass TEXT" and "fail TEXT"."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../bench'))

import meters  # noqa: E402
import planes  # noqa: E402
import truth  # noqa: E402

WINDOW = 2.0
planes.SHOWN = 0  # what is found here is not shown as it comes
NAME = truth.service_name('web')


def check(text, good):
    print('pass' if good else 'fail', text)


def ips(*last):
    return frozenset('172.16.0.%d' % n for n in last)


def history(*sets):
    """A truth in which web had these sets, each from its number of seconds on; None: no such name."""
    t = truth.Truth(['web'], ['10.0.0.1', '10.0.0.2'], WINDOW)
    for at, found in sets:
        t.steps[NAME].add(at, at + 0.1, None if found is None else {truth.A: found, truth.AAAA: frozenset()}, False)
    return t


def answers():
    t = history((10, ips(1)), (20, ips(1, 2)), (30, None), (40, ips(3)))

    def right(got, sent, cut=False):
        return t.right(NAME, truth.A, got, sent, sent + 0.01, cut)
    check('the set is right', right(ips(1), 15) and right(ips(1, 2), 25))
    check('another address is wrong', not right(ips(4), 15))
    check('a part of a set is wrong', not right(ips(2), 25))
    check('a cut part is not', right(ips(2), 25, True) and not right(ips(3), 25, True))
    check('a false NXDOMAIN is wrong', not right(None, 15) and not right(None, 25))
    check('a false NODATA is wrong', not right(frozenset(), 15))
    check('NXDOMAIN is right while there is no such name', right(None, 35))
    check('the last set is right for the window', right(ips(1), 21))
    check('and wrong after it', not right(ips(1), 23))
    check('a set before its time is wrong', not right(ips(3), 35))
    check('a name that never was', t.right('x.soak.mesos', truth.A, None, 15, 15.01) and
          not t.right('x.soak.mesos', truth.A, ips(1), 15, 15.01))


def lagging():
    t = history((10, ips(1, 2)), (20, ips(1, 3)), (30, ips(1)))
    t.stale = [[15, 35]]
    check('while it lags an old set is right', t.right(NAME, truth.A, ips(1, 2), 33, 33.01))
    check('and a mixture', t.right(NAME, truth.A, ips(1, 2, 3), 33, 33.01))
    check('but not without what was there all the time', not t.right(NAME, truth.A, ips(2), 33, 33.01))
    check('nor a false NXDOMAIN', not t.right(NAME, truth.A, None, 33, 33.01))
    check('nor afterwards', not t.right(NAME, truth.A, ips(1, 2), 38, 38.01))
    t = history((10, ips(1)), (20, ips(2)))
    t.stale = [[15, 35]]
    check('one that has ended and one that is not known yet: NXDOMAIN', t.right(NAME, truth.A, None, 33, 33.01))
    now = time.monotonic()
    t.open_since = now - 60
    check('a request under way leaves what was seen since in doubt', t.may_change(now - 59) and not t.may_change(now - 61))
    t.leader = '10.0.0.1'
    check('the leader', t.right('leader.mesos', truth.A, frozenset(['10.0.0.1']), 50, 50.01))
    check('another one', not t.right('leader.mesos', truth.A, frozenset(['10.0.0.2']), 50, 50.01))


def losses():
    tally = planes.Tally()
    tally.lost('udp', 'a question', 1.0, 2.0)
    now = time.monotonic()
    with tally.outage('udp'):
        tally.lost('udp', 'a question', now, now + 1)
        tally.lost('kernel', 'a question', now, now + 1)
    count = tally.counts
    check('what is lost counts, but for planned outages of that plane', (
        count['udp'].lost, count['udp'].planned, count['kernel'].lost) == (1, 1, 1) and len(tally.faults) == 2)


class Look:
    def __init__(self, at, fds=40, rss=20.0):
        self.at, self.age, self.life, self.fds, self.rss = at, at, 1, fds, rss
        self.threads = self.maps = self.programs = self.pins = 1
        self.map_octets = 1 << 20


def meters_see():
    hour = range(0, 3600, 10)
    lives, across = meters.slopes([Look(t, rss=20 + 2 * t / 3600) for t in hour], lambda s: s.rss)
    check('2 MB/h are seen', abs(lives[1] - 2) < 0.01 and abs(across - 2) < 0.01)
    check('a short life has no slope', meters.slopes([Look(t) for t in range(600)], lambda s: s.rss) == ({}, None))
    check('as many descriptors', not meters.leaks([Look(t, 40 + t // 10 % 3) for t in hour]))
    check('more descriptors', meters.leaks([Look(t, 40 + t // 300) for t in hour]))
    tally = planes.Tally()
    counters = meters.Counters(tally)
    for value in 5, 7, 6:
        counters.take('# TYPE x_total counter\nx_total %d\n' % value, 1.0)
    check('a counter that goes back', len(tally.faults) == 1)


answers()
lagging()
losses()
meters_see()
