# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What names of a simulated cluster had when, and whether answers agree with it.

From a state document of one moment and mesos-sim's log of changes after it: for each name and
type the sets, each with the time from which it was current. An answer is right if it is a set that was
current, or had been within a limit, while it was asked for. Times are CLOCK_MONOTONIC's, in ns.
"""
import bisect
import collections

TYPES = ('A', 'AAAA')


def answer_of(tasks, kind):
    """As `ask` writes it: tasks is {id: addresses} of one name."""
    if not tasks:
        return 'NXDOMAIN'
    found = {ip for ips in tasks.values() for ip in ips if (':' in ip) == (kind == 'AAAA')}
    return ' '.join(['NOERROR'] + sorted(found))


def latest_addresses(task):
    for status in reversed(task['statuses']):
        if status['state'] == 'TASK_RUNNING':
            for info in status.get('container_status', {}).get('network_infos', ()):
                return [address['ip_address'] for address in info.get('ip_addresses', ())]
    return []


def tasks_of(document):
    """{name: {task id: addresses}} of the running tasks; names without the domain."""
    found = collections.defaultdict(dict)
    for framework in document['frameworks']:
        for task in framework['tasks']:
            if task['state'] == 'TASK_RUNNING':
                label = (task.get('discovery') or {}).get('name') or task['name']
                found['%s.%s' % (label, framework['name'])][task['id']] = latest_addresses(task)
    return found


class Sets:
    """The sets of one name and type, in order; times[i] is when the i-th became current."""

    def __init__(self, first):
        self.times, self.answers = [0], [first]

    def add(self, when, answer):
        if answer != self.answers[-1]:
            self.times.append(when)
            self.answers.append(answer)

    def places(self, answer, seen):
        """Where it is among the sets that there had been by then."""
        return [i for i in range(bisect.bisect_right(self.times, seen)) if self.answers[i] == answer]

    def age(self, answer, sent, seen):
        """ns since that set was replaced, when the question was sent; None if it never was current."""
        places = self.places(answer, seen)
        if not places:
            return None
        last = places[-1] + 1
        return max(0, sent - self.times[last]) if last < len(self.times) else 0


class History:
    def __init__(self, document, names, domain='mesos'):
        """names: with the domain, those that are asked for."""
        suffix = '.' + domain
        everything = tasks_of(document)
        self.tasks = {name: everything.get(name.removesuffix(suffix), {}) for name in names}
        self.sets = {(name, kind): Sets(answer_of(self.tasks[name], kind))
                     for name in names for kind in TYPES}
        self.suffix, self.changes = suffix, 0

    def add(self, entry):
        """An entry of /sim/log."""
        if 'task' not in entry or 'after' not in entry:
            return
        name = '%s.%s%s' % (entry['name'], entry['framework'], self.suffix)
        if name not in self.tasks:
            return
        self.changes += 1
        if entry['after']:
            self.tasks[name][entry['task']] = entry['after']
        else:
            self.tasks[name].pop(entry['task'], None)
        for kind in TYPES:
            self.sets[name, kind].add(entry['ns'], answer_of(self.tasks[name], kind))


class Verdict:
    """Of the runs that `ask --runs` has written."""
    SHOWN = 5

    def __init__(self):
        self.answers = self.runs = self.foreign = self.back = self.stale = 0
        self.ages = []  # ns, of each run's last answer
        self.shown = []

    def wrong(self):
        return self.foreign + self.back + self.stale

    def show(self, text):
        if len(self.shown) < self.SHOWN:
            self.shown.append(text)


def judge(history, lines, limit):
    """limit: ns that a set may be answered after it was replaced."""
    verdict = Verdict()
    newest = {}  # name and type -> (set, when an answer with it was first seen)
    for line in lines:
        name, kind, count, *rest = line.split()
        times, answer = [int(field) for field in rest[:4]], ' '.join(rest[4:])
        judge_run(verdict, history.sets[name, kind], newest, (name, kind), int(count), times, answer, limit)
    return verdict


def judge_run(verdict, sets, newest, key, count, times, answer, limit):
    first_sent, first_seen, last_sent, last_seen = times
    verdict.runs += 1
    verdict.answers += count
    ages = sets.age(answer, first_sent, first_seen), sets.age(answer, last_sent, last_seen)
    if None in ages:
        verdict.foreign += count
        verdict.show('%s %s: never was, or not yet at %d: %s' % (*key, first_seen, answer))
        return
    verdict.ages.append(ages[1])
    if max(ages) > limit:
        verdict.stale += 1
        verdict.show('%s %s: %.0f ms after it was replaced: %s' % (*key, max(ages) / 1e6, answer))
    # what was sent for after the answer with a set had come is not answered with an older one;
    # a set may be there several times
    place, seen = newest.get(key, (0, 0))
    later = [i for i in sets.places(answer, last_seen) if i >= place]
    if later:
        newest[key] = later[0], (first_seen if later[0] > place else seen)
    elif last_sent > seen:
        verdict.back += 1
        verdict.show('%s %s: went back at %d: %s' % (*key, last_sent, answer))
