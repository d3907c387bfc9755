# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The servers: how each is configured for speed with one worker, and started.

All serve the same names. What costs time and is not needed for an answer is off: logs,
statistics, rate limits, rotation, records beyond the answer, remote control.
"""
import json
import os
import pathlib
import shutil

import peer_names
import peer_net

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Server:
    key = title = program = ''
    first_rate = 40000  # where the search begins
    latency_options = ()

    def __init__(self, lane, files):
        self.lane, self.files = lane, files
        self.dir = lane.network.dir / lane.name
        self.dir.mkdir()
        self.log = self.dir / 'log'

    @classmethod
    def find(cls, settings):
        """The program's path; raises Missing."""
        path = shutil.which(cls.program, path=os.environ.get('PATH', '') + ':/usr/local/sbin:/usr/sbin:/sbin')
        if not path:
            raise peer_net.Missing('%s is not installed' % cls.program)
        return path

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def values(self):
        return {'dir': self.dir, 'zone': self.files / 'zone', 'address': self.lane.server,
                'device': self.lane.device, 'domain': peer_names.DOMAIN, 'cpu': peer_net.SERVER_CPU}

    def launch(self, *words, environment=None):
        self.process = self.lane.network.start(self.lane.namespace, self.log, words, peer_net.SERVER_CPU,
                                               environment)

    def ready(self):
        return True

    def good(self, got):
        """Of a run of the generator: queries with an answer."""
        return got['rcodes'].get('NOERROR', 0) - got['empty']

    def tail(self):
        return peer_net.read(self.log)[-600:].strip()


class Nsd(Server):
    key, title, program, first_rate = 'nsd', 'NSD', 'nsd', 60000
    config = '''
server:
  ip-address: %(address)s
  server-count: 1
  reuseport: no
  receive-buffer-size: 4194304
  send-buffer-size: 4194304
  minimal-responses: yes
  round-robin: no
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  verbosity: 0
  username: ""
  chroot: ""
  database: ""
  zonesdir: "%(dir)s"
  zonelistfile: "%(dir)s/list"
  xfrdfile: "%(dir)s/xfrd"
  xfrdir: "%(dir)s"
  pidfile: ""
remote-control:
  control-enable: no
zone:
  name: %(domain)s
  zonefile: %(zone)s
'''

    def start(self, path):
        self.launch(path, '-d', '-c', self.write('nsd.conf', self.config % self.values()))


class Knot(Server):
    key, title, program, first_rate = 'knot', 'Knot (sockets)', 'knotd', 60000
    listen = '  listen: %(address)s@53\n'
    after = ''
    config = '''
server:
  rundir: %(dir)s
%(listen)s  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  automatic-acl: off
%(after)slog:
  - target: stderr
    any: warning
control:
  listen: %(dir)s/knot.sock
database:
  storage: %(dir)s
template:
  - id: default
    storage: %(dir)s
    semantic-checks: off
    journal-content: none
    zonefile-sync: -1
zone:
  - domain: %(domain)s
    file: %(zone)s
'''

    def start(self, path):
        values = self.values()
        values.update(listen=self.listen % values, after=self.after % values)
        self.launch(path, '-c', self.write('knot.conf', self.config % values))


class KnotXdp(Knot):
    """One queue, one worker; its own XDP program takes the frames to an AF_XDP socket."""
    key, title = 'knot-xdp', 'Knot (AF_XDP)'
    listen = ''
    after = 'xdp:\n  listen: %(device)s\n  udp: on\n  tcp: off\n'


class Bind(Server):
    key, title, program, first_rate = 'bind', 'BIND', 'named', 30000
    config = '''
options {
  directory "%(dir)s";
  listen-on port 53 { %(address)s; };
  listen-on-v6 { none; };
  recursion no;
  minimal-responses yes;
  querylog no;
  notify no;
  dnssec-validation no;
  empty-zones-enable no;
  zone-statistics none;
  rrset-order { order none; };
  pid-file none;
  session-keyfile none;
  managed-keys-directory "%(dir)s";
};
controls { };
logging { category default { null; }; };
zone "%(domain)s" { type primary; file "%(zone)s"; };
'''

    def start(self, path):
        self.launch(path, '-c', self.write('named.conf', self.config % self.values()), '-f', '-n', 1)


class Unbound(Server):
    key, title, program, first_rate = 'unbound', 'unbound (local-data)', 'unbound', 60000
    config = '''
server:
  interface: %(address)s
  access-control: 0.0.0.0/0 allow
  num-threads: 1
  so-rcvbuf: 4m
  so-sndbuf: 4m
  so-reuseport: no
  module-config: "iterator"
  minimal-responses: yes
  rrset-roundrobin: no
  do-daemonize: no
  do-ip6: no
  username: ""
  chroot: ""
  directory: "%(dir)s"
  pidfile: ""
  use-syslog: no
  logfile: ""
  verbosity: 0
  local-zone: "%(domain)s." static
%(data)s
remote-control:
  control-enable: no
'''

    def start(self, path):
        values = self.values()
        with open(self.files / 'zone', encoding='ascii') as zone:
            records = [line.split() for line in zone if '. IN A ' in line]
        values['data'] = '\n'.join('  local-data: "%s 60 IN A %s"' % (r[0], r[3]) for r in records)
        self.launch(path, '-d', '-c', self.write('unbound.conf', self.config % values))


class Reflect(Server):
    """No server: its end of the wire sends queries back as they are, and none can be faster here than that."""
    key, title, first_rate = 'reflect', 'a bare reflect', 800000
    latency_options = ('--reflected',)

    @classmethod
    def find(cls, settings):
        return settings.reflect_object

    def start(self, path):
        self.lane.reflect(path)

    def good(self, got):
        return got['reflected']


class OfMesos(Server):
    """A server that has its zone from the (simulated) Mesos master."""
    master = '127.0.0.1:5050'

    def start_master(self):
        """The simulator, in the server's namespace, on the clients' core, and not on the server's bill."""
        log = self.dir / 'sim.log'
        sim = self.lane.network.start(
            self.lane.namespace, log,
            [ROOT / 'tools/mesos-sim', '--listen', self.master, '--state', self.files / 'state.json'],
            peer_net.CLIENT_CPU)
        self.lane.not_the_server.append(sim.pid)
        self.lane.wait(lambda: 'serving' in peer_net.read(log), 20, 'mesos-sim serves')

    def base(self):
        return {'masters': [self.master], 'refreshSeconds': 3600, 'domain': peer_names.DOMAIN, 'ttl': 60,
                'listener': self.lane.server, 'port': 53, 'externalOn': False, 'httpOn': False,
                'IPSources': ['netinfo', 'mesos', 'host']}


class MesosDns(OfMesos):
    key, title, program, first_rate = 'mesos-dns', 'Mesos-DNS', 'mesos-dns', 15000

    @classmethod
    def find(cls, settings):
        path = os.environ.get('MESOS_DNS')
        if not path:
            raise peer_net.Missing('no binary given: MESOS_DNS=path')
        path = os.path.abspath(path)
        if not os.access(path, os.X_OK):
            raise peer_net.Missing('MESOS_DNS=%s cannot be run' % path)
        return path

    def start(self, path):
        self.start_master()
        config = dict(self.base(), zk='', timeout=5, resolvers=['127.0.0.1'])
        self.launch(path, '-config', self.write('config.json', json.dumps(config)),
                    environment={'GOMAXPROCS': '1'})


class MesosXdns(OfMesos):
    """In the kernel: everything asked here is answered by the XDP program."""
    key, title, program, first_rate = 'kernel', 'mesos-xdns, kernel', 'mesos-xdns', 800000
    xdp = True

    @classmethod
    def find(cls, settings):
        path = pathlib.Path(settings.daemon).absolute()
        if not path.exists():
            raise peer_net.Missing('%s is not built' % path)
        return path

    def start(self, path):
        self.start_master()
        config = dict(self.base(), xdpOn=self.xdp, bpfDir=str(self.lane.network.bpf / self.lane.name))
        if self.xdp:
            config.update(xdpInterfaces=[self.lane.device], xdpMode='native')
        self.launch(path, '-config=%s' % self.write('config.json', json.dumps(config)))

    def ready(self):
        """The program is attached; the zone's being served says nothing about that."""
        shown = peer_net.command('ip', '-n', self.lane.namespace, 'link', 'show', self.lane.device)
        return not self.xdp or 'xdp' in shown.split('mtu')[1].split('qdisc')[0]


class Fallback(MesosXdns):
    """In userspace alone, as where no XDP program can be loaded."""
    key, title, first_rate = 'fallback', 'mesos-xdns, userspace', 60000
    xdp = False


OURS = [Fallback, MesosXdns]
PEERS = [Nsd, Knot, KnotXdp, Bind, Unbound, MesosDns]
