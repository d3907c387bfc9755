# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Scripts: lines "TIME COMMAND JSON", the control requests with the seconds when they are made."""
import json
import sys
import threading
import time


def parse(lines, name):
    """[(seconds from the start, command, given)]; "+2" is two seconds after the line before."""
    steps, last = [], 0.0
    for number, line in enumerate(lines, 1):
        fields = line.split(None, 2)
        if not fields or fields[0].startswith('#'):
            continue
        try:
            last = last + float(fields[0]) if fields[0].startswith('+') else float(fields[0])
            given = json.loads(fields[2]) if len(fields) > 2 else {}
            if not isinstance(given, dict):
                raise ValueError('not an object')
            steps.append((last, fields[1], given))
        except (ValueError, IndexError) as error:
            raise ValueError('%s:%d: TIME COMMAND JSON expected: %s' % (name, number, error)) from error
    return sorted(steps, key=lambda step: step[0])


def load(path, commands):
    """Raises ValueError that names file and line."""
    try:
        with open(path, encoding='utf-8') as file:
            steps = parse(file, path)
    except OSError as error:
        raise ValueError('%s: %s' % (path, error.strerror)) from error
    for _, command, _ in steps:
        if command not in commands:
            raise ValueError('%s: no command %r' % (path, command))
    return steps


class Script(threading.Thread):
    """Runs the steps; failed says whether one was refused, finished() is called at the end."""

    def __init__(self, steps, control, finished):
        super().__init__(daemon=True)
        self.steps, self.control, self.finished = steps, control, finished
        self.failed = False

    def run(self):
        start = time.monotonic()
        for when, command, given in self.steps:
            time.sleep(max(0.0, start + when - time.monotonic()))
            try:
                result = json.dumps(self.control('/sim/' + command, given))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.failed, result = True, 'refused: %r' % error
            print('mesos-sim: %.3f %s %s: %s' % (
                time.monotonic() - start, command, json.dumps(given), result), flush=True)
        print('mesos-sim: the script has ended', flush=True)
        sys.stdout.flush()
        self.finished()
