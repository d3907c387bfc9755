#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Does tests/bench/history.py tell right answers from wrong ones? Lines "pass TEXT" and "fail TEXT"."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../bench'))
import history  # noqa: E402

STATUS = {'state': 'TASK_RUNNING', 'container_status': {'network_infos': [{
    'ip_addresses': [{'ip_address': '10.0.0.1'}]}]}}
DOCUMENT = {'frameworks': [{'name': 'm', 'tasks': [
    {'id': 't1', 'name': 'a', 'state': 'TASK_RUNNING', 'statuses': [STATUS]}]}]}
# Time, task, its addresses from then on
CHANGES = ((100, 't1', ['10.0.0.2']), (200, 't2', ['10.0.0.3', 'fd00::3']), (300, 't1', []), (400, 't2', []),
           (500, 't3', ['10.0.0.2']), (600, 't3', ['10.0.0.4']))
LIMIT = 50
# What, (foreign, back, stale), runs of a.m.mesos: TYPE COUNT FIRST_SENT FIRST_SEEN LAST_SENT LAST_SEEN ...
CASES = (
    ('each set in its time', (0, 0, 0), ['A 1 10 20 10 20 NOERROR 10.0.0.1', 'A 2 110 120 190 195 NOERROR 10.0.0.2',
                                         'A 1 210 220 210 220 NOERROR 10.0.0.2 10.0.0.3',
                                         'A 1 310 311 310 311 NOERROR 10.0.0.3', 'A 1 410 411 410 411 NXDOMAIN',
                                         'A 1 510 511 510 511 NOERROR 10.0.0.2']),
    ('the same of AAAA', (0, 0, 0), ['AAAA 1 10 20 190 195 NOERROR', 'AAAA 1 210 220 390 395 NOERROR fd00::3',
                                     'AAAA 1 410 411 410 411 NXDOMAIN', 'AAAA 1 510 511 510 511 NOERROR']),
    ('changed on its way', (0, 0, 0), ['A 1 90 110 90 110 NOERROR 10.0.0.2']),
    ('old, within the limit', (0, 0, 0), ['A 1 10 20 140 145 NOERROR 10.0.0.1']),
    ('too old', (0, 0, 1), ['A 1 10 20 160 170 NOERROR 10.0.0.1']),
    ('half of one set, half of the next', (1, 0, 0), ['A 1 210 220 210 220 NOERROR 10.0.0.1 10.0.0.3']),
    ('of the future', (3, 0, 0), ['A 3 10 20 30 40 NOERROR 10.0.0.2']),
    ('SERVFAIL', (1, 0, 0), ['A 1 110 120 110 120 SERVFAIL']),
    ('a false NXDOMAIN', (1, 0, 0), ['A 1 110 120 110 120 NXDOMAIN']),
    ('back to the set before', (0, 1, 0), ['A 1 110 120 110 120 NOERROR 10.0.0.2',
                                           'A 1 125 130 125 130 NOERROR 10.0.0.1']),
    ('overtaken by a later question', (0, 0, 0), ['A 1 110 120 110 120 NOERROR 10.0.0.2',
                                                  'A 1 95 130 95 130 NOERROR 10.0.0.1']),
)


def main():
    for what, wanted, runs in CASES:
        known = history.History(DOCUMENT, ['a.m.mesos'])
        for ns, task, after in CHANGES:
            known.add({'ns': ns, 'task': task, 'name': 'a', 'framework': 'm', 'after': after})
        found = history.judge(known, ['a.m.mesos ' + run for run in runs], LIMIT)
        got = found.foreign, found.back, found.stale
        print('pass' if got == wanted else 'fail', what if got == wanted else '%s: %s' % (what, got))


if __name__ == '__main__':
    main()
