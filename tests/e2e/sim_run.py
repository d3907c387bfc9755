# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs tools/mesos-sim for a test, and asks it."""
import json
import os
import subprocess
import tempfile

import sim_client

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tools/mesos-sim')


class Sim:
    """A simulator on free ports of loopback: with Sim(...) as sim."""

    def __init__(self, *options, masters=1):
        # pylint: disable=consider-using-with
        self.log = tempfile.NamedTemporaryFile('w')
        self.process = subprocess.Popen(
            [PROGRAM, '--listen', '127.0.0.1:0', '--masters', str(masters),
             '--control', '127.0.0.1:0'] + [str(o) for o in options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        self.masters, self.control = [], None

    def __enter__(self):
        if not sim_client.eventually(self.ready):
            self.__exit__()
            raise RuntimeError('mesos-sim does not start: ' + self.output())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def output(self):
        # opened again: an offset of its own, the program writes at the other one
        with open(self.log.name, encoding='utf-8') as file:
            return file.read()

    def ready(self):
        urls = [line.split()[-1] for line in self.output().splitlines() if '://' in line]
        addresses = [url.split('/')[2] for url in urls]
        if 'control' in self.output():
            *self.masters, self.control = addresses
        return self.control

    def post(self, name, /, **given):
        status, _, body = sim_client.request('http://%s/sim/%s' % (self.control, name), given)
        if status != 200:
            raise ValueError('%s: %d %s' % (name, status, body.decode()))
        return json.loads(body)

    def get(self, name):
        return json.loads(sim_client.request('http://%s/sim/%s' % (self.control, name))[2])

    def stats(self):
        return self.get('stats')

    def document(self, master=0):
        status, _, body = sim_client.request('http://%s/master/state' % self.masters[master])
        if status != 200:
            raise ValueError('status %d' % status)
        return json.loads(body)

    def subscribe(self, master=0, **options):
        return sim_client.Subscription(self.masters[master], **options)

    def same(self, subscription, master=0):
        """'' if stream and document say the same, soon; else what differs."""
        def once():
            state = sim_client.of_state(self.document(master))
            with subscription.lock:
                difference.append(' '.join(state.different(subscription.folded)))
            return not difference[-1] and not subscription.error
        difference = []
        sim_client.eventually(once, 20)
        return difference[-1] or subscription.error or ''
