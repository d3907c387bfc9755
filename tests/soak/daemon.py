# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The daemon and the other programs of the stage, started, ended and killed."""
import json
import os
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def wait_for(condition, seconds):
    """The last value of condition(), true as soon as there is one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)


class Program:
    """One program in a namespace; its output goes to the end of a file."""

    def __init__(self, namespace, log, *words):
        self.namespace, self.log, self.words, self.process = namespace, log, words, None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        with open(self.log, 'ab') as out:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                ['nsenter', '--net=/run/netns/' + self.namespace, *map(str, self.words)], cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asked to end; True if it did so by itself within 10 s."""
        if self.running():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
                return False
        return True


class Daemon(Program):
    def __init__(self, soak, program):
        self.soak, self.config_path = soak, soak.path('config.json')
        super().__init__(soak.namespace('server'), soak.path('daemon.log'), program,
                         '-config=' + self.config_path, '-v=0')
        self.life, self.born, self.base, self.ended = 0, 0.0, {}, []

    def configure(self, **more):
        """The file; without arguments as it was at first."""
        with open(self.config_path + '.new', 'w', encoding='ascii') as file:
            json.dump({**self.base, **more}, file, indent=1)
        os.replace(self.config_path + '.new', self.config_path)

    def start(self, taken_over=False):
        super().start()
        self.life += 1
        self.born = time.monotonic()
        self.soak.counters.born(self.born, taken_over)

    def reload(self):
        self.signal(signal.SIGHUP)

    def age(self):
        return time.monotonic() - self.born

    def log_lines(self):
        with open(self.log, 'rb') as file:
            return sum(1 for _ in file)
