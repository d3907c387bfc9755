# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Which site fails when: the jobs of a census, in an even order, and what became of each."""
import json
import os
import re
import subprocess
import threading
import time

from tries import ADOPTING, END, FRESH, RELOADS

TOGETHER = 6        # sites, of different files, that fail in one try; one that fails so is tried alone
ATTEMPTS = 4        # of a site that is not met: which way is taken depends on moments
IN_A_ROW = 30       # jobs of one kind, before a world turns to another
WRITE_SECONDS = 2.0
# Of these, a lasting fault at the start is tried, too: a disk that is full, a kernel that refuses.
LASTING = ('bpf', 'mkdir', 'rename', 'open', 'openat', 'opendir', 'statfs', 'flock', 'mmap', 'mmap64')


# Kinds (a regular expression), function, library: why nothing here can be done about it.
UNTRIED = {
    ('', 'realloc', 'libuv'): 'it aborts where its table of descriptors cannot grow',
    ('', 'pipe2', 'libuv'): 'it aborts without the pipe of its signals',
    ('.*-always', 'bpf BTF_LOAD', 'libbpf'): 'a kernel that once took no BTF has none to it, until the process ends',
}


class Job:
    def __init__(self, kind, site):
        self.kind = kind
        self.key, _, self.function, self.library, self.frames = site
        self.where = self.name = self.place = ''
        self.attempts = 0  # from the second on it is alone

    def text(self):
        by = ' by ' + self.library if self.library else ''
        return '%s: %s%s at %s' % (self.kind, self.function, by, self.where)


def untried(job):
    """Why not; None: it is."""
    return next((why for (kinds, function, library), why in UNTRIED.items()
                 if (function, library) == (job.function, job.library) and re.match(kinds, job.kind)), None)


def jobs_of(sites):
    for site in sites:
        _, phases, function, *_ = site
        kinds = []
        for phase, kind in ((ADOPTING, 'adopting'), (FRESH, 'fresh')):
            if phases & 1 << phase and not kinds:
                kinds.append(kind)
                if function.split(' ')[0] in LASTING:
                    kinds.append(kind + '-always')
        prefix = next((prefix for phase, (prefix, _) in RELOADS.items() if phases & 1 << phase), None)
        if prefix is not None:
            kinds += [prefix + 'once', prefix + 'always']
        if phases & 1 << END:
            kinds.append('end')
        for kind in kinds:
            yield Job(kind, site)


def find_places(binary, jobs):
    """Sets where each is: FUNCTION file:line of the daemon's frames, and a name that lasts as long as those."""
    frames = sorted({f for job in jobs for f in job.frames})
    output = subprocess.run(['addr2line', '-e', binary, '-fp'], text=True, check=True, capture_output=True,
                            input='\n'.join('%#x' % (f - 1) for f in frames)).stdout
    text = {}
    for frame, line in zip(frames, output.splitlines()):
        function, _, place = line.partition(' at ')
        text[frame] = '%s %s' % (function, os.path.basename(place).split(' ')[0])
    seen = {}
    for job in sorted(jobs, key=lambda j: j.frames):
        job.where = ' < '.join(text[f] for f in job.frames)
        job.place = text[job.frames[0]].split(' ')[1].split(':')[0]
        name = '%s %s %s' % (job.kind, job.function, ' < '.join(text[f] for f in job.frames[:2]))
        seen[name] = seen.get(name, 0) + 1
        job.name = name if seen[name] == 1 else '%s #%d' % (name, seen[name])


def evenly(jobs):
    """Any part of the list has of each kind and file what the whole has."""
    groups = {}
    for job in sorted(jobs, key=lambda j: j.key):
        groups.setdefault((job.kind, job.place), []).append(job)
    placed = [((i + 0.5) / len(group), job.key, job) for group in groups.values() for i, job in enumerate(group)]
    return [job for _, _, job in sorted(placed, key=lambda p: p[:2])]


class Results:
    """By the names of the jobs; in a file, if there is one, from which another run goes on."""

    def __init__(self, path):
        self.path, self.all, self.written = path, {}, 0.0
        if path and os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                self.all = json.load(file)['jobs']

    def outcome(self, job):
        return self.all.get(job.name, {}).get('outcome')

    def put(self, job, **what):
        self.all[job.name] = what
        if time.monotonic() - self.written > WRITE_SECONDS:
            self.write()

    def write(self):
        self.written = time.monotonic()
        if not self.path:
            return
        with open(self.path + '.new', 'w', encoding='utf-8') as file:
            json.dump({'jobs': self.all}, file, indent=1)
        os.rename(self.path + '.new', self.path)


class Queue:
    """Jobs for several worlds."""

    def __init__(self, jobs, seconds, together):
        self.jobs, self.lock, self.together = list(jobs), threading.Lock(), together
        self.end = time.monotonic() + seconds if seconds else None

    def take(self, kind, row):
        """The next, some of one kind: of this one, if the world has not had enough of it. []: it is over."""
        with self.lock:
            if not self.jobs or (self.end and time.monotonic() > self.end):
                return []
            same = (job for job in self.jobs if job.kind == kind)
            taken = [next(same, self.jobs[0]) if row < IN_A_ROW and not self.end else self.jobs[0]]
            for job in self.jobs:
                if len(taken) == self.together or taken[0].attempts >= 2:
                    break
                if job.kind == taken[0].kind and job.attempts < 2 and job.place not in [t.place for t in taken]:
                    taken.append(job)
            self.jobs = [job for job in self.jobs if job not in taken]
            return taken

    def put_back(self, job):
        with self.lock:
            self.jobs.append(job)
