# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The simulated masters' event stream says what their state document says, whatever happens.
Prints "pass TEXT" and "fail TEXT"."""
import collections

from sim_client import eventually, request
from sim_run import Sim


def check(text, passed, got=''):
    print('%s %s%s' % ('pass' if passed else 'fail', text, '' if passed else ': got %s' % (got,)),
          flush=True)


def equal(text, expected, got):
    check(text, expected == got, '%r, not %r' % (got, expected))


def same(text, sim, subscription, master=0):
    equal('%s: the same as the document' % text, '', sim.same(subscription, master))


def quiet(sim):
    """Churn of a known length is over."""
    last = []

    def still():
        last.append(sim.stats()['sequence'])
        return len(last) > 5 and len(set(last[-6:])) == 1
    return eventually(still)


def subscribed():
    with Sim('--tasks', 40, '--agents', 5, '--heartbeat', 0.2) as sim:
        s = sim.subscribe()
        check('SUBSCRIBED comes first', eventually(lambda: s.kinds) and s.kinds[0] == 'SUBSCRIBED', s.kinds)
        equal('content type', 'application/json', s.headers.get('content-type'))
        equal('the heartbeat interval', 0.2, s.interval)
        check('heartbeats', eventually(lambda: s.count('HEARTBEAT') > 3), s.kinds)
        equal('all tasks', 40, len(s.folded.tasks))
        same('at the start', sim, s)
        sim.post('start', framework='new', name='one', id='one.1', ips=['10.1.1.1'])
        check('a framework and its task are added', eventually(
            lambda: s.count('FRAMEWORK_ADDED') == 1 and s.count('TASK_ADDED') == 1), s.kinds)
        moved = sim.post('move', task='one', address='10.1.1.2')
        check('a move has its time', moved['sent_ns'] > 0 and moved['subscribers'] == 1, moved)
        check('a move is one update', eventually(lambda: s.count('TASK_UPDATED') == 1), s.kinds)
        equal('to the address', ['10.1.1.2'], s.folded.tasks['one.1']['statuses'][-1][1])
        same('after a move', sim, s)
        moved = sim.post('move', task='one', address='10.1.1.3', restart=True)
        check('a move by restart is another task', moved['id'] != 'one.1', moved)
        same('after a restart', sim, s)
        entry = sim.get('log?since=%d' % (moved['sequence'] - 2))
        equal('the log has both steps', [([], ['10.1.1.3']), (['10.1.1.2'], [])],
              [(e['before'], e['after']) for e in entry])
        check('with their times', entry[1]['ns'] == moved['sent_ns'] > entry[0]['ns'], entry)
        sim.post('options', lifecycle='staged', staging_seconds=0.1)
        sim.post('start', framework='new', name='two', id='two.1', ips=['10.1.1.4'])
        running = eventually(lambda: s.folded.tasks.get('two.1', {}).get('state') == 'TASK_RUNNING')
        check('a staged task runs later', running, s.folded.tasks.get('two.1'))
        equal('after these states', ['TASK_STARTING', 'TASK_RUNNING'],
              [status[0] for status in s.folded.tasks['two.1']['statuses']])
        sim.post('stop', name='two')
        same('after a staged task', sim, s)
        s.close()


def churn():
    with Sim('--tasks', 300, '--agents', 12, '--churn', '300/s', '--staging-seconds', 0.2) as sim:
        first = sim.subscribe()
        check('churn arrives', eventually(lambda: first.count('TASK_ADDED') > 50), first.kinds)
        late = sim.subscribe()
        sim.post('options', lifecycle='staged')
        sim.post('events', rate=400, seconds=1, kinds=['move', 'start', 'stop', 'move'])
        check('late subscribers, too', eventually(lambda: late.count('TASK_UPDATED') > 200), late.kinds)
        sim.post('options', churn=0)
        quiet(sim)
        same('churn', sim, first)
        same('churn, subscribed meanwhile', sim, late)
        sim.post('agent', add=2)
        sim.post('agent', remove=3)
        sim.post('agent', remove=4, updates=False)
        sim.post('agent', unreachable=5)
        same('agents come and go', sim, first)
        equal('two agents removed, one out of reach', 3, first.count('AGENT_REMOVED'))
        check('tasks out of reach', len(first.folded.unreachable) > 0)
        sim.post('agent', **{'return': 5})
        same('an agent returns', sim, first)
        equal('with its tasks', set(), first.folded.unreachable)
        sim.post('framework', rename='kafka', to='kafka2')
        sim.post('framework', disconnect='spark')
        sim.post('framework', remove='chronos')
        sim.post('framework', remove='cassandra', updates=False)
        sim.post('framework', add='fresh')
        same('frameworks come, go and change', sim, first)
        for text, given in (('agent', {'remove': 99}), ('framework', {'rename': 'nobody', 'to': 'x'}),
                            ('agent', {'nonsense': 1}), ('events', {'rate': 0, 'seconds': 1})):
            try:
                check('refused: %s %s' % (text, given), False, sim.post(text, **given))
            except ValueError as error:
                check('refused: %s %s' % (text, given), '400' in str(error), error)


def standby():
    with Sim('--tasks', 10, '--agents', 2, masters=3) as sim:
        for path in ('/master/state', '/api/v1'):
            body = {'type': 'SUBSCRIBE'} if 'api' in path else None
            status, headers, _ = request('http://%s%s' % (sim.masters[1], path), body)
            equal('%s of a standby' % path, (307, '//%s%s' % (sim.masters[0], path)),
                  (status, headers.get('Location')))
        sim.post('options', standby='unavailable', master=1)
        equal('a standby without a leader', 503, request('http://%s/master/state' % sim.masters[1])[0])
        sim.post('options', standby='document')
        equal('a standby that gives the document', sim.document(0), sim.document(1))
        before = sim.document(0)
        s = sim.subscribe()
        eventually(lambda: s.kinds)
        sim.post('elect', master=1)
        check('subscribers are dropped', eventually(lambda: s.ended), s.kinds)
        after = sim.document(1)
        equal('the leader is another', 'master@' + sim.masters[1], after['leader'])
        check('and has its own id', after['id'] != before['id'], after['id'])
        equal('what runs is the same', before['slaves'], after['slaves'])
        sim.post('elect', master=1)
        check('the same master in another life', sim.document(1)['id'] != after['id'])
        sim.post('down', master=1)
        try:
            check('a master that is down refuses', False, sim.document(1))
        except OSError as error:
            check('a master that is down refuses', 'refused' in str(error), error)
        equal('nobody leads', 503, request('http://%s/master/state' % sim.masters[2])[0])
        sim.post('elect', master=2)
        sim.post('up', master=1)
        equal('up again, and a standby', 'master@' + sim.masters[2], sim.document(1)['leader'])


def fail_over():
    with Sim('--tasks', 200, '--agents', 10, '--churn', '50/s', masters=2) as sim:
        before = sim.document(0)
        sim.post('elect', master=1, empty=True, reregister=20, lost=2, frameworks=0.5,
                 frameworks_after=0.2, down=True)
        s = sim.subscribe(1)
        check('SUBSCRIBED of the new leader', eventually(lambda: s.kinds), s.error)
        equal('who knows or awaits every agent', 10, len(s.folded.recovered) + len(s.folded.agents))
        check('agents register again', eventually(lambda: len(s.folded.agents) == 8), s.folded.agents)
        sim.post('options', churn=0)
        quiet(sim)
        same('after an election', sim, s, 1)
        equal('two agents never return', 2, len(s.folded.recovered))
        kinds = s.kinds[s.kinds.index('AGENT_ADDED'):]
        check('tasks come after their agent', 'TASK_ADDED' in kinds)
        old = {t['id'] for f in before['frameworks'] for t in f['tasks']}
        check('they are those of before', set(s.folded.tasks) & old)
        idle = [f for f in s.folded.frameworks.values() if not f[2]]
        check('some frameworks have not returned', idle, s.folded.frameworks)
        equal('the lost agents are forgotten', 2, len(sim.post('agent', forget='all')['forgotten']))
        equal('and nobody awaited', [], sim.document(1)['recovered_slaves'])
        sim.post('elect', master=1, empty=True, recovered=False, reregister=0)
        bare = sim.subscribe(1)
        eventually(lambda: bare.kinds)
        equal('an old master does not say whom it awaits', (set(), {}, {}),
              (bare.folded.recovered, bare.folded.agents, bare.folded.tasks))
        sim.post('agent', register=3)
        check('agents on request', eventually(lambda: len(bare.folded.agents) == 3), bare.folded.agents)
        same('after agents on request', sim, bare, 1)


def script():
    sim = Sim('--tasks', 5, '--agents', 2, '--script', '/dev/null', '--exit')
    equal('an empty script ends', 0, sim.process.wait(60))
    counted = collections.Counter(sim.output().split())
    check('and says so', counted['ended'] == 1, sim.output())


if __name__ == '__main__':
    for part in (subscribed, churn, standby, fail_over, script):
        try:
            part()
        except Exception as error:  # pylint: disable=broad-except
            check(part.__name__, False, repr(error))
