#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""From a state document to names that are served: wall clock, CPU, peak memory.

    tests/bench/refresh.py --tasks 100000 --rounds 3 result.json

In a network and a mount namespace of its own: tools/mesos-sim serves a document of
tools/state-gen.py, already compressed; the daemon fetches it, and is asked over UDP until it
answers. Then the same document once more, and one with another name for every hundredth
task (SIGHUP asks for it). Before each start curl fetches the document and throws it away:
the yardstick. With --mesos-dns, Mesos-DNS starts on the same document, by turns.
"""
import argparse
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATOR = os.path.join(ROOT, 'tools/state-gen.py')
MASTER = '127.0.0.1:5050'
PINS = '/sys/fs/bpf/xdns-refresh'
LINK = 'xdns-refresh0'
FRAMEWORKS, INSTANCES = 20, 10  # state-gen.py's
SPACING = 5  # seconds between two documents; the daemon would wait with the second
TICK = 0.002  # seconds between two questions
CLOCK = os.sysconf('SC_CLK_TCK')


def say(text):
    print(text, file=sys.stderr, flush=True)


# The document

def make_document(tasks, renamed):
    """Its path below build/bench; made once, and again when the generator has changed."""
    path = os.path.join(ROOT, 'build/bench/state-%d-%d.json' % (tasks, renamed))
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(GENERATOR):
        say('  writing %s' % os.path.relpath(path, ROOT))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + '.new', 'wb') as file:
            subprocess.run([GENERATOR, str(tasks), '--renamed', str(renamed)], stdout=file, check=True)
        os.rename(path + '.new', path)
    return path


def service(task, tasks, renamed=False):
    share = -(-tasks // FRAMEWORKS)
    share += -share % INSTANCES
    return 'svc-%06d%s.framework-%02d.mesos' % (task // INSTANCES, '-new' if renamed else '', task // share)


# Questions

def wire(name):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    return struct.pack('>HHHHHH', 0x5ca1, 0x0100, 1, 0, 0, 0) + labels + b'\0' + struct.pack('>HH', 1, 1)


def answered(name):
    """Has the server at 127.0.0.1 an address for it?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        try:
            sock.connect(('127.0.0.1', 53))
            sock.send(wire(name))
            reply = sock.recv(4096)
        except OSError:
            return False
    flags, _, answers = struct.unpack('>HHH', reply[2:8])
    return flags & 15 == 0 and answers > 0


def wait_for(what, condition, seconds, process):
    """Seconds until condition() is true."""
    start = time.monotonic()
    while not condition():
        if process.poll() is not None:
            raise RuntimeError('%s: the server ended with status %d' % (what, process.returncode))
        if time.monotonic() - start > seconds:
            raise RuntimeError('%s: not within %d s' % (what, seconds))
        time.sleep(TICK)
    return time.monotonic() - start


# Processes

def cpu_seconds(pid):
    with open('/proc/%d/stat' % pid, encoding='ascii') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK


def peak_octets(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith('VmHWM'))


def map_octets():
    """Of our maps: all, and those that are not mapped by the daemon, so not in its resident memory."""
    total = elsewhere = 0
    for name in os.listdir(PINS):
        if name.startswith('link-'):
            continue
        shown = json.loads(subprocess.run(['bpftool', '-j', 'map', 'show', 'pinned', os.path.join(PINS, name)],
                                          check=True, stdout=subprocess.PIPE).stdout)
        octets = int(shown.get('bytes_memlock', 0))
        total += octets
        if not shown.get('flags', 0) & 0x400:  # BPF_F_MMAPABLE
            elsewhere += octets
    return total, elsewhere


@contextlib.contextmanager
def running(command, log):
    with open(log, 'wb') as file:
        # pylint: disable=consider-using-with
        process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fetch():
    """Seconds that curl takes to get the document and to uncompress it."""
    start = time.monotonic()
    subprocess.run(['curl', '-sf', '--compressed', '-o', '/dev/null', 'http://%s/master/state' % MASTER],
                   check=True, timeout=600)
    return time.monotonic() - start


def serve(path):
    subprocess.run(['curl', '-sf', '-d', json.dumps({'path': path}), 'http://%s/sim/state' % MASTER],
                   check=True, timeout=600, stdout=subprocess.DEVNULL)
    fetch()  # mesos-sim has it compressed from here on


class Bench:
    def __init__(self, options, directory):
        self.tasks, self.options, self.directory = options.tasks, options, directory
        self.limit = 60 + options.tasks // 2000
        self.renamed = max(INSTANCES, options.tasks // 100 // INSTANCES * INSTANCES)
        self.documents = [make_document(options.tasks, n) for n in (0, self.renamed)]
        self.first = [service(i, options.tasks) for i in (options.tasks - 1, options.tasks // 2, 0)]

    def path(self, name):
        return os.path.join(self.directory, name)

    def served(self):
        return all(answered(name) for name in self.first)

    def configuration(self, keys):
        with open(self.path('config.json'), 'w', encoding='utf-8') as file:
            json.dump(dict({'masters': [MASTER], 'resolvers': ['127.0.0.9'], 'refreshSeconds': 86400,
                            'stateTimeoutSeconds': 600, 'externalOn': False, 'httpOn': False}, **keys), file)
        return '-config=' + self.path('config.json')

    def fetched(self):
        with open(self.path('xdns.log'), 'rb') as file:
            return file.read().count(b' state from ')

    def mesos_xdns(self):
        config = self.configuration({'bpfDir': PINS, 'xdpInterfaces': [LINK], 'xdpMode': 'generic',
                                     'eventStreamOn': False})
        command = [os.path.join(ROOT, self.options.bin), config, '-v=1']
        with running(command, self.path('xdns.log')) as process:
            served = wait_for('the first zone', self.served, self.limit, process)
            in_kernel = served + wait_for('the program is attached',
                                          lambda: os.path.exists(PINS + '/link-' + LINK), self.limit, process)
            found = {'served_s': served, 'kernel_s': in_kernel, 'cpu_s': cpu_seconds(process.pid),
                     'start_peak': peak_octets(process.pid)}
            found['unchanged_s'], found['unchanged_cpu_s'] = self.again(
                process, lambda before=self.fetched(): self.fetched() > before)
            serve(self.documents[1])
            name = service(self.renamed - 1, self.tasks, True)
            found['changed_s'], found['changed_cpu_s'] = self.again(process, lambda: answered(name))
            found['peak'] = peak_octets(process.pid)
            found['maps'], found['maps_not_resident'] = map_octets()
            return found

    def again(self, process, condition):
        """One more refresh: seconds, and seconds of CPU (some of it after it is served)."""
        time.sleep(SPACING)
        before = cpu_seconds(process.pid)
        process.send_signal(signal.SIGHUP)
        seconds = wait_for('a refresh', condition, self.limit, process)
        time.sleep(0.3)
        return seconds, cpu_seconds(process.pid) - before

    def mesos_dns(self):
        config = self.configuration({'domain': 'mesos', 'port': 53, 'listener': '127.0.0.1', 'ttl': 60,
                                     'timeout': 5, 'dnsOn': True, 'IPSources': ['netinfo', 'mesos', 'host']})
        with running([self.options.mesos_dns, config], self.path('mesos-dns.log')) as process:
            return {'served_s': wait_for('Mesos-DNS', self.served, 10 * self.limit, process),
                    'cpu_s': cpu_seconds(process.pid), 'peak': peak_octets(process.pid)}

    def round(self):
        serve(self.documents[0])
        found = {'curl_s': min(fetch() for _ in range(3))}
        if self.options.mesos_dns:
            found['mesos_dns'] = self.mesos_dns()
        found['mesos_xdns'] = self.mesos_xdns()
        return found

    def run(self):
        with running([os.path.join(ROOT, 'tools/mesos-sim'), '--listen', MASTER, '--tasks', '0'],
                     self.path('sim.log')) as sim:
            wait_for('mesos-sim', lambda: b'serving' in open(self.path('sim.log'), 'rb').read(), 20, sim)
            rounds = []
            for n in range(self.options.rounds):
                rounds.append(self.round())
                say('  round %d of %d: %s' % (n + 1, self.options.rounds, json.dumps(rounds[-1])))
        return {'tasks': self.tasks, 'renamed': self.renamed, 'rounds': rounds,
                'document_octets': os.path.getsize(self.documents[0])}


def stage():
    """What of the network the namespace needs, and its BPF file system."""
    for command in ('ip link set lo up',
                    'ip link add %s type veth peer name xdns-refresh1' % LINK,
                    'ip link set %s up' % LINK, 'ip link set xdns-refresh1 up',
                    'ip address add 10.53.9.1/24 dev %s' % LINK,
                    'mount -t bpf bpf /sys/fs/bpf'):
        subprocess.run(command.split(), check=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--tasks', type=int, default=100000)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--bin', default='build/mesos-xdns', help='the daemon')
    parser.add_argument('--mesos-dns', default=os.environ.get('MESOS_DNS'), help='its binary')
    parser.add_argument('--inside', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('file', help='where the result goes')
    return parser.parse_args()


def main():
    options = parse_options()
    if not options.inside:
        # processes of its own as well: whatever happens to this one, none is left
        command = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc',
                   sys.executable, os.path.abspath(__file__), '--inside']
        os.execvp(command[0], command + sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('refresh: ended by a signal'))
    stage()
    with tempfile.TemporaryDirectory(prefix='xdns-refresh-') as directory:
        found = Bench(options, directory).run()
    with open(options.file, 'w', encoding='utf-8') as file:
        json.dump(found, file, indent=1)


if __name__ == '__main__':
    try:
        main()
    except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
        sys.exit('refresh: %s' % failure)
