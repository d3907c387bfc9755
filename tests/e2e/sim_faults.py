# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every way in which the simulated masters can be slow or broken, and scripts.
Prints "pass TEXT" and "fail TEXT"."""
import os
import tempfile
import time

from sim_client import eventually, request
from sim_run import Sim
from sim_stream import check, equal, same

SUBSCRIBE = {'type': 'SUBSCRIBE'}


def statuses():
    with Sim('--tasks', 2, '--agents', 1) as sim:
        url = 'http://%s/api/v1' % sim.masters[0]
        for status in (404, 403, 405, 501, 503):
            sim.post('options', stream_status=status)
            equal('/api/v1 answers %d' % status, status, request(url, SUBSCRIBE)[0])
            equal('but the document %d' % status, 200, request('http://%s/state' % sim.masters[0])[0])
        sim.post('options', stream_status=200)
        equal('another call', 501, request(url, {'type': 'GET_TASKS'})[0])
        equal('not a call', 400, request(url, [1])[0])
        sim.post('options', user='ops:secret')
        equal('no credentials', 401, request(url, SUBSCRIBE)[0])
        sim.post('options', user=None, old=True)
        equal('an old master has no stream', 404, request(url, SUBSCRIBE)[0])
        sim.post('options', old=False)
        zipped = {'Accept-Encoding': 'gzip'}
        state = 'http://%s/state' % sim.masters[0]
        equal('gzip', 'gzip', request(state, headers=zipped)[1].get('Content-Encoding'))
        sim.post('options', gzip=False)
        equal('no gzip', None, request(state, headers=zipped)[1].get('Content-Encoding'))


def fault(sim, kind, seconds=60):
    """The first event behind SUBSCRIBED and a heartbeat is spoiled."""
    s = sim.subscribe()
    eventually(lambda: s.count('HEARTBEAT') or s.ended)
    sim.post('options', stream_fault=kind, stream_fault_at=2)
    sim.post('start', framework='marathon', name='spoiled')
    sim.post('start', framework='marathon', name='good')
    over = eventually(lambda: s.ended or len(s.folded.tasks) == 5, seconds)
    sim.post('options', stream_fault=None)
    for name in ('spoiled', 'good'):
        sim.post('stop', name=name)
    s.close()
    return s, over


def faults():
    with Sim('--tasks', 3, '--agents', 2, '--heartbeat', 1000) as sim:
        for kind, what in (('cut', 'Broken'), ('garbage', 'Error'), ('long', 'Error'),
                           ('short', 'Error'), ('text', 'Broken'), ('huge', 'Broken')):
            s, _ = fault(sim, kind, 2 if kind == 'huge' else 60)
            if kind == 'huge':  # a reader that waits for it waits for ever
                equal('fault huge: nothing more can be read', (3, False), (len(s.folded.tasks), s.ended))
            else:
                check('fault %s' % kind, s.error and what in s.error, s.error)
            check('fault %s: what was before is right' % kind, s.kinds[:2] == ['SUBSCRIBED', 'HEARTBEAT'] and
                  'TASK_ADDED' not in s.kinds, s.kinds)
        s, _ = fault(sim, 'end')
        equal('fault end: the response ends', (True, None), (s.ended, s.error))
        s, over = fault(sim, 'unknown')
        check('fault unknown: the rest is there', over and not s.error, s.error)
        check('fault unknown: behind an unknown event', 'OF_ANOTHER_TIME' in s.kinds, s.kinds)
        sim.post('options', stream_fault='cut', stream_fault_at=0)
        s = sim.subscribe()
        check('SUBSCRIBED itself is cut', eventually(lambda: s.ended) and not s.kinds and s.error, s.error)


def slow():
    with Sim('--tasks', 3, '--agents', 2, '--heartbeat', 0.1) as sim:
        s = sim.subscribe()
        eventually(lambda: s.count('HEARTBEAT'))
        sim.post('options', stream_silence=True)
        before = len(s.kinds)
        sim.post('start', framework='marathon', name='held')
        time.sleep(1)
        check('silence', len(s.kinds) <= before + 1 and not s.ended, s.kinds)
        equal('the document has it', 4, sim.stats()['tasks'])
        sim.post('options', stream_silence=False)
        same('after a silence', sim, s)
        sim.post('options', stream_heartbeats=False)
        beats = s.count('HEARTBEAT')
        time.sleep(1)
        check('no heartbeats', s.count('HEARTBEAT') <= beats + 1, s.kinds)
        sim.post('start', framework='marathon', name='more')
        same('events without heartbeats', sim, s)
        sim.post('options', stream_split=7)
        chunks, octets = s.chunks, s.octets
        sim.post('start', framework='marathon', name='split')
        same('in small chunks', sim, s)
        check('of the size asked for', (s.octets - octets) / (s.chunks - chunks) <= 7)
        sim.post('options', stream_split=0, stream_drip=2000)
        start = time.monotonic()
        slowly = sim.subscribe()
        same('a stream that drips', sim, slowly)
        check('at most at its rate', slowly.octets / (time.monotonic() - start) < 2500, slowly.octets)
        sim.post('options', stream_drip=0, stream_delay=1, delay=1)
        start = time.monotonic()
        late = sim.subscribe()
        check('a delayed stream', eventually(lambda: late.kinds) and time.monotonic() - start >= 1)
        start = time.monotonic()
        sim.document()
        check('a delayed document', time.monotonic() - start >= 1)


SCRIPT = '''# an election, and what comes of it
0.0   options {"lifecycle": "direct"}
0.1   start   {"framework": "marathon", "name": "scripted", "id": "s.1"}
+0.2  elect   {"master": 1, "empty": true, "reregister": 1000}
+0.5  move    {"task": "s.1", "address": "10.9.9.9"}
'''


def scripts():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'script')
        with open(path, 'w', encoding='ascii') as file:
            file.write(SCRIPT)
        with Sim('--tasks', 3, '--agents', 2, '--script', path, masters=2) as sim:
            check('a script is run', eventually(lambda: 'script has ended' in sim.output()), sim.output())
            equal('to its end', 1, sim.stats()['leader'])
            tasks = [t for f in sim.document(1)['frameworks'] for t in f['tasks'] if t['id'] == 's.1']
            check('each of its lines', '10.9.9.9' in repr(tasks), tasks)
        with open(path, 'a', encoding='ascii') as file:
            file.write('+0.1 stop {"nothing": 1}\n')
        sim = Sim('--tasks', 3, '--agents', 2, '--script', path, '--exit', masters=2)
        equal('a refused line is seen in the status', 1, sim.process.wait(60))
        for line, what in (('x start {}', ':6:'), ('1 nonsense {}', 'nonsense'), ('1 start {', ':6:')):
            with open(path, 'w', encoding='ascii') as file:
                file.write(SCRIPT + line + '\n')
            sim = Sim('--script', path)
            check('a bad script is refused: %s' % line, sim.process.wait(60) == 2 and what in sim.output(),
                  sim.output())


if __name__ == '__main__':
    for part in (statuses, faults, slow, scripts):
        try:
            part()
        except Exception as error:  # pylint: disable=broad-except
            check(part.__name__, False, repr(error))
