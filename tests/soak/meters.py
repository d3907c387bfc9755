# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the daemon takes: memory, descriptors, threads, maps, programs, pins; and its counters."""
import contextlib
import json
import os
import re
import statistics
import subprocess
import threading

MB = 1 << 20
WARM_UP = 900  # seconds of a life before its memory is looked at: what /v1/watch keeps has filled
SHORTEST = 600  # seconds: a shorter piece says nothing about a slope
XDP_COUNTER = re.compile(r'mesos_xdns_(xdp_total|answers_total\{plane="xdp"|dropped_total\{plane="xdp")')


class Sample:
    """At one moment of one life of the daemon."""

    def __init__(self, at, age, life, pid):
        self.at, self.age, self.life = at, age, life
        status = dict(line.split(':', 1) for line in read('/proc/%d/status' % pid).splitlines())
        self.rss = int(status['VmRSS'].split()[0]) * 1024
        self.anonymous = int(status['RssAnon'].split()[0]) * 1024
        self.threads = int(status['Threads'])
        self.fds = len(os.listdir('/proc/%d/fd' % pid))
        self.maps, self.programs, self.map_octets = held(pid)
        self.pins = None


def read(path):
    with open(path, encoding='ascii') as file:
        return file.read()


def held(pid):
    """(maps, programs, octets of the maps) that the daemon has open."""
    maps, programs = {}, set()
    for number in os.listdir('/proc/%d/fdinfo' % pid):
        with contextlib.suppress(OSError):
            info = dict(line.split(':', 1) for line in read('/proc/%d/fdinfo/%s' % (pid, number)).splitlines()
                        if ':' in line)
            if 'map_id' in info:
                maps[info['map_id']] = int(info['memlock'])
            elif 'prog_id' in info:
                programs.add(info['prog_id'])
    return len(maps), len(programs), sum(maps.values())


def pins(directory):
    return sorted(os.path.join(where, name) for where, _, names in os.walk(directory) for name in names)


def objects_behind(directory):
    """(programs, maps) that the pins hold, by whatever holds what."""
    programs, maps = set(), set()
    for pin in pins(directory):
        for kind in 'map', 'link', 'prog':
            done = subprocess.run(['bpftool', '-j', kind, 'show', 'pinned', pin], capture_output=True, check=False)
            shown = json.loads(done.stdout or b'{}') if done.returncode == 0 else {}
            if kind == 'map':
                maps.add(shown.get('id'))
            else:
                programs.add(shown.get('prog_id') or shown.get('id'))
            if 'id' in shown:
                break
    for program in programs - {None}:
        done = subprocess.run(['bpftool', '-j', 'prog', 'show', 'id', str(program)], capture_output=True, check=False)
        maps.update(json.loads(done.stdout or b'{}').get('map_ids', ()))
    return len(programs - {None}), len(maps - {None})


def slope(points):
    """Least squares, units an hour; None if there is too little to say."""
    if len(points) < 10 or points[-1][0] - points[0][0] < SHORTEST:
        return None
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return 3600 * sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def slopes(samples, value):
    """{life: slope} of those that are long enough, and the slope across all lives."""
    warm = [s for s in samples if s.age >= WARM_UP]
    lives = {}
    for life in sorted({s.life for s in warm}):
        found = slope([(s.at, value(s)) for s in warm if s.life == life])
        if found is not None:
            lives[life] = found
    return lives, slope([(s.at, value(s)) for s in warm])


class Counters:
    """Counters never go back within a life; the program's also not when the next daemon takes it over."""

    def __init__(self, tally):
        self.tally, self.lock = tally, threading.Lock()
        self.last, self.scrapes, self.new_life = {}, 0, 0.0

    def born(self, now, taken_over):
        with self.lock:
            self.new_life = now
            self.last = {key: value for key, value in self.last.items() if taken_over and XDP_COUNTER.match(key)}

    def take(self, text, asked):
        """A scrape; one that was asked for before the daemon was another one is not looked at."""
        kinds = dict(re.findall(r'^# TYPE (\S+) (\S+)$', text, re.M))
        with self.lock:
            if asked < self.new_life:
                return
            self.scrapes += 1
            for line in text.splitlines():
                key, _, value = line.rpartition(' ')
                name = key.partition('{')[0]
                if kinds.get(name) == 'counter' or re.sub('_(bucket|count|sum)$', '', name) in \
                        (n for n in (name.rsplit('_', 1)[0],) if kinds.get(n) == 'histogram'):
                    self.compare(key, float(value))

    def compare(self, key, value):
        if value < self.last.get(key, 0):
            self.tally.fault('counter went back: %s from %s to %s' % (key, self.last[key], value))
        self.last[key] = value


def leaks(steady):
    """Texts: what is more at the end than it was; steady: samples that were taken when nothing was under way."""
    found = []
    if len(steady) < 8:
        return found
    first, last = steady[:len(steady) // 2], steady[-max(3, len(steady) // 8):]
    for what, slack in (('fds', 2), ('threads', 0), ('maps', 0), ('programs', 0), ('pins', 0)):
        before = max(getattr(s, what) for s in first)
        after = statistics.median_low([getattr(s, what) for s in last])
        if after > before + slack:
            found.append('%s: %d at the end, at most %d in the first half' % (what, after, before))
    before, after = max(s.map_octets for s in first), statistics.median_low([s.map_octets for s in last])
    if after > before * 1.1:
        found.append('map memory: %.1f MB at the end, at most %.1f in the first half' % (after / MB, before / MB))
    return found
