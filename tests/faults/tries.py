# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Sites fail in a world: what the daemon is asked to do meanwhile, and what has to hold."""
import os
import shutil
import signal

from asking import UPSTREAM_TRUE, Hosts
from world import Daemon, Fault, Table, eventually

STABLE, ADDRESS = 'web.marathon.mesos', '172.16.1.1'
FRESH, ADOPTING, END = 1, 2, 4
HIT_SECONDS = 6  # a start that has not come by a site by then never will
API_PATHS = ['/v1/version', '/v1/config', '/v1/hosts/' + STABLE, '/v1/services/_web._tcp.marathon.mesos',
             '/v1/enumerate', '/v1/axfr', '/v1/names', '/v1/explain?name=' + STABLE, '/v1/conflicts',
             '/metrics', '/healthz', '/v1/status', '/nothing']
# What SIGHUP brings in turn, by the phase of the census: much that is small; another login and HTTP
# server; another program. A site belongs to the first that calls it.
RELOADS = {3: ('', 'other'), 5: ('login-', 'login'), 6: ('program-', 'program')}


class Run:
    """A world, and the daemon that may live in it."""

    def __init__(self, prefix, directory, binary):
        self.directory, self.hosts, self.binary = directory, Hosts(prefix), binary
        self.table = Table(directory + '/table')
        self.bpf = directory + '/bpf/mesos-xdns'
        self.number, self.daemon, self.live, self.logged = 0, None, 'config', 0

    # --- the daemon

    def start(self):
        if self.daemon:
            self.daemon.end()
        self.take('config')
        self.live, self.logged = 'config', 0
        self.table.phase(ADOPTING if os.path.exists(self.bpf) else FRESH)
        self.daemon = Daemon(self.hosts.prefix, self.binary, self.directory)

    def serves(self):
        """Every way to ask is answered, and right."""
        return (self.hosts.ask(STABLE) == ADDRESS and self.hosts.ask(STABLE, tcp=True) == ADDRESS and
                self.hosts.ask(STABLE, 'TXT') == 'NOERROR')

    def kernel_serves(self):
        return os.path.exists(self.bpf + '/link-client0') and self.hosts.ask(STABLE) == ADDRESS

    def no_pins(self):
        shutil.rmtree(self.bpf, ignore_errors=True)

    def one_more(self):
        """A daemon without a fault."""
        self.start()
        if not eventually(lambda: self.serves() and self.hosts.api('/v1/version') == 200):
            raise Fault('without a fault it does not serve')

    def one_good(self):
        """It leaves the program in the kernel."""
        self.one_more()
        if not eventually(self.kernel_serves):
            raise Fault('without a fault the kernel does not serve')
        self.daemon.end()

    def end(self):
        if self.daemon:
            self.daemon.end()

    def take(self, name):
        shutil.copy('%s/%s.json' % (self.directory, name), self.directory + '/live.json')

    def reread(self, other):
        """Another configuration each time."""
        self.live = other if self.live == 'config' else 'config'
        self.take(self.live)
        self.daemon.signal(signal.SIGHUP)

    def new_task(self):
        self.number += 1
        name, address = 'new%d' % self.number, '172.16.%d.%d' % (64 + self.number // 250, 1 + self.number % 250)
        self.hosts.sim('start', {'framework': 'marathon', 'name': name, 'id': name, 'agent': 0,
                                 'ips': [address], 'ports': [31000]})
        return name + '.marathon.mesos', address

    # --- what it is asked to do while something fails

    def stable(self):
        """It may not answer while a fault lasts; what it answers is right."""
        for kind, right in (('A', ADDRESS), ('TXT', 'NOERROR')):
            for tcp in (False, True):
                got = self.hosts.ask(STABLE, kind, tcp)
                if got not in (right, 'timeout', 'truncated'):
                    raise Fault('%s %s %s was answered: %s' % (STABLE, kind, 'tcp' if tcp else 'udp', got))
        zone = self.hosts.zone()
        if zone is not None and (STABLE + '.', 'A', ADDRESS) not in zone:
            raise Fault('a transfer is not the zone: %d records' % len(zone))
        got = self.hosts.ask(STABLE, signed=True)
        if got not in (ADDRESS, 'timeout', 'truncated', 'SERVFAIL'):
            raise Fault('a signed question was answered: ' + got)

    def work(self, other):
        serial = self.hosts.serial()
        name, address = self.new_task()
        self.hosts.extra_address(True)
        self.hosts.ask('www.example')
        self.hosts.ask('plain.test')
        self.hosts.ask('plain2.test', tcp=True)
        for path in API_PATHS:
            self.hosts.api(path)
        self.hosts.api('/v1/watch', beginning=True)
        for tcp in (False, True):
            self.hosts.cookie('www.example', tcp)
            self.hosts.cookie(STABLE, tcp)
            self.hosts.ask(STABLE, tcp=tcp, signed=True)
        self.daemon.signal(signal.SIGUSR1)
        self.reread(other)
        self.stable()
        self.hosts.zone(serial)
        self.hosts.ask(name)
        return name, address

    def recovered(self, name, address):
        """With nothing failing any more: all that was told in the meantime is served."""
        self.hosts.extra_address(False)
        late, late_address = self.new_task()
        checks = [('the old name', self.serves),
                  ('a task that started meanwhile', lambda: self.hosts.ask(name) == address),
                  ('a task after that', lambda: self.hosts.ask(late) == late_address),
                  ('userspace has it, too', lambda: self.hosts.ask(late, tcp=True) == late_address),
                  ('cookies', lambda: self.hosts.cookie(late) == self.hosts.cookie(late, True) == 24),
                  ('HTTP', lambda: self.hosts.api('/v1/version') == 200),
                  ('forwarding', lambda: self.hosts.ask('plain.test') == UPSTREAM_TRUE),
                  ('transfers', lambda: (late + '.', 'A', late_address) in (self.hosts.zone() or ())),
                  ('the secondary is told', lambda: self.hosts.told == self.hosts.serial())]
        for what, check in checks:
            if not eventually(lambda: self.daemon.ended() or check()) or self.daemon.ended():
                raise Fault('not recovered: ' + (what if not self.daemon.ended() else 'it has ended'))
        for gone in (name, late):
            self.hosts.sim('stop', {'name': gone.split('.')[0]})
        if not eventually(lambda: self.hosts.ask(name) == 'NXDOMAIN'):
            raise Fault('not recovered: a task that ended')

    # --- sites fail; these return how often each was called

    def settled(self, adopting):
        """Nothing fails any more in a daemon that has started, or not."""
        if not self.daemon.ended() and not eventually(lambda: self.daemon.ended() or self.serves()):
            raise Fault('neither serves nor ends')
        if adopting and not self.kernel_serves() and not eventually(self.serves, 5):
            raise Fault('what the kernel served is lost')

    def ended_well(self):
        wrong = self.daemon.end()
        if wrong:
            raise Fault(wrong)
        status = self.daemon.process.returncode
        if status > 0 and not (self.daemon.complaints() or (status == 2 and self.daemon.log())):
            raise Fault('ended with status %d without a word' % status)

    def at_start(self, keys, adopting, always=False):
        if not adopting:
            self.no_pins()
        elif not self.kernel_serves():
            self.one_good()
        self.table.arm(keys, always)
        self.start()
        eventually(lambda: self.daemon.ended() or (self.table.all_hit() and self.serves()), HIT_SECONDS)
        hits = self.table.disarm()
        self.settled(adopting)
        if always and not self.daemon.ended():
            self.recovered(*self.new_task())
            if not eventually(self.kernel_serves):
                raise Fault('not recovered: the kernel does not serve')
        self.ended_well()
        return hits

    def while_running(self, keys, phase, always):
        if not self.daemon or self.daemon.ended():
            self.one_more()
        self.table.phase(phase)
        self.logged = len(self.daemon.log())
        self.table.arm(keys, always)
        name, address = self.work(RELOADS[phase][1])
        if not self.table.all_hit():
            eventually(self.table.all_hit, 1)
            self.stable()
        hits = self.table.disarm()
        self.recovered(name, address)
        return hits

    def at_end(self, keys):
        self.one_more()
        self.table.phase(END)
        self.table.arm(keys)
        self.ended_well()
        return self.table.disarm()

    KINDS = {'fresh': lambda self, keys: self.at_start(keys, False),
             'adopting': lambda self, keys: self.at_start(keys, True),
             'fresh-always': lambda self, keys: self.at_start(keys, False, True),
             'adopting-always': lambda self, keys: self.at_start(keys, True, True),
             'end': at_end}
    for phase, (prefix, _) in RELOADS.items():
        KINDS[prefix + 'once'] = lambda self, keys, phase=phase: self.while_running(keys, phase, False)
        KINDS[prefix + 'always'] = lambda self, keys, phase=phase: self.while_running(keys, phase, True)

    def sites_fail(self, kind, keys):
        """(hits of each, complaints)"""
        hits = self.KINDS[kind](self, keys)
        return hits, self.daemon.complaints(self.logged)

    def census(self):
        """The sites, by what is going on when they are called: a life as it should be."""
        self.no_pins()
        self.one_good()
        self.one_more()
        if not eventually(self.kernel_serves):
            raise Fault('without a fault the kernel does not serve')
        for phase, (_, other) in RELOADS.items():
            self.table.phase(phase)
            for _ in range(2):
                self.recovered(*self.work(other))
        self.table.phase(END)
        wrong = self.daemon.end()
        if wrong:
            raise Fault('without a fault: ' + wrong)
        return list(self.table.sites())
