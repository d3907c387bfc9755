# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What faults.py moves: the shared table and the daemon, and the namespaces that they are in."""
import mmap
import os
import re
import signal
import struct
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../e2e'))
from sim_client import PATIENCE, eventually  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Fault(Exception):
    """What must not be."""


class Table:
    """struct fault_table of inject.h."""
    ARMED, SITES = 8, 65536
    HEAD, SITE = struct.Struct('=8Q8III'), struct.Struct('=QII24s24sQ4Q')

    def __init__(self, path):
        with open(path, 'wb') as file:
            file.truncate(self.HEAD.size + self.SITE.size * self.SITES)
        with open(path, 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), 0)
        self.phase_now, self.armed = 0, 0

    def arm(self, keys, always=False):
        self.armed = len(keys)
        self.map[:self.HEAD.size] = self.HEAD.pack(*keys, *[0] * (2 * self.ARMED - len(keys)), always, self.phase_now)

    def disarm(self):
        """How often each was called meanwhile."""
        hits = self.hits()
        self.arm([])
        return hits

    def hits(self):
        return self.HEAD.unpack_from(self.map)[self.ARMED:self.ARMED + self.armed]

    def all_hit(self):
        return all(self.hits())

    def phase(self, number):
        self.phase_now = number
        self.map[self.HEAD.size - 4:self.HEAD.size] = struct.pack('=I', number)

    def sites(self):
        """(key, phases, function, library, frames) of each that was called; '': the daemon itself called."""
        for i in range(self.SITES):
            key, _, phases, name, library, _, *frames = self.SITE.unpack_from(
                self.map, self.HEAD.size + i * self.SITE.size)
            if key:
                yield (key, phases, name.rstrip(b'\0').decode(), library.rstrip(b'\0').decode(),
                       [f for f in frames if f])


class Daemon:
    """One run of it, in the server's namespace."""
    LINE = re.compile(r'(warning|error): (?!.*the token goes over the network in clear)')

    def __init__(self, prefix, binary, directory):
        """A build with a sanitizer has no filter of system calls, and says so if it should have one."""
        self.log_path = directory + '/faults.log'
        self.reports = directory + '/report'
        environment = dict(os.environ, XDNS_FAULTS=directory + '/table',
                           ASAN_OPTIONS='detect_leaks=1:quarantine_size_mb=16:log_path=' + self.reports,
                           LSAN_OPTIONS='print_suppressions=0:suppressions=' + HERE + '/lsan.suppress')
        with open(self.log_path, 'wb') as log:
            self.process = subprocess.Popen(
                ['nsenter', '--net=/run/netns/%s-server' % prefix, binary,
                 '-config=' + directory + '/live.json', '-v=1', '-seccomp=%s' % binary.endswith('-plain')],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def ended(self):
        return self.process.poll() is not None

    def signal(self, number):
        if not self.ended():
            self.process.send_signal(number)

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def complaints(self, since=0):
        return [line for line in self.log()[since:].splitlines() if self.LINE.search(line)]

    def end(self):
        """None, or what is wrong with how it ended."""
        self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return 'does not end'
        report = self.report()
        if report:
            return report
        # SIGTERM is ours, and may find one whose loop is closed already
        return 'killed by signal %d' % -status if status < 0 and status != -signal.SIGTERM else None

    def report(self):
        path = '%s.%d' % (self.reports, self.process.pid)
        if not os.path.exists(path):
            return ''
        with open(path, errors='replace') as file:
            text = file.read()
        os.unlink(path)
        return text[:6000]


class World:
    """Namespaces of its own, which another process makes and takes down when this one lets go."""

    def __init__(self, command):
        self.keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = self.keeper.stdout.readline().split()

    def place(self):
        """(prefix, directory)"""
        if len(self.said) != 3 or self.said[0] != 'world':
            raise Fault('no world: ' + ' '.join(self.said))
        return self.said[1:]

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
