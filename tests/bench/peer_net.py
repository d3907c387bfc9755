# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Where the peers run: a network namespace for each server, one for the clients, and the CPU time of it all.

A server has one core, and everything done for a query on the server's machine is done there:
the receiving half of its veth device is a kernel thread ("threaded NAPI") that this module pins
to the server's core with the priority a soft interrupt would have. So a server's bill is exact and
whole: the run time of that thread (the stack's receive path, or the XDP program) and of all
threads of the server (its system calls and the transmit path in them). The generator and
the client's end of the veth pair have the other core.

By itself a veth device wakes the other end for each frame, which in a virtual machine costs more
than any of these servers. So both ends moderate as network cards do: while there is traffic a timer
looks for frames, each time that about COALESCED have come. Everyone pays the same share of it.

The generator's core cannot ask an XDP program as much as it could answer: its rate without loss is the
generator's. What it could answer follows from its bill at that rate.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SERVER_CPU = 1
CLIENT_CPU = 0
COALESCED = 64  # frames; a veth device's ring has 256
COALESCE_NS_MAX = 1000000
IDLE_POLLS = 50  # without a frame, until the device wakes its receiver again
SOCKET_BUFFER = 4 << 20
SO_SNDBUFFORCE, SO_RCVBUFFORCE, PIDFD_GETFD = 32, 33, 438  # of Linux; Python has no names for them
LIBC = ctypes.CDLL(None)
NETNS = pathlib.Path('/run/netns')


class Missing(Exception):
    """Something that this machine does not have."""


def command(*words, check=True):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError('%s: %s' % (' '.join(map(str, words)), done.stderr.strip()))
    return done.stdout


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ''


def pids():
    return (int(p.name) for p in pathlib.Path('/proc').iterdir() if p.name.isdigit())


def stop(process):
    """SIGTERM to a child, and SIGKILL if it will not hear."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def thread_time(pid):
    """Nanoseconds that all threads of a process have run."""
    total = 0
    for schedstat in pathlib.Path('/proc/%d/task' % pid).glob('*/schedstat'):
        total += int((read(schedstat) or '0').split()[0])
    return total


def core_busy(cpu):
    """Seconds a core was not idle, by the kernel's ticks."""
    for line in read('/proc/stat').splitlines():
        if line.startswith('cpu%d ' % cpu):
            ticks = [int(n) for n in line.split()[1:9]]
            return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf('SC_CLK_TCK')
    return 0.0


class Network:
    """All namespaces, processes and files of one bench; a context manager that leaves nothing behind."""

    def __init__(self, pass_object):
        self.prefix = 'xdns-peers-%d' % os.getpid()
        self.pass_object = pass_object  # XDP_PASS for the clients' ends
        self.namespaces, self.processes, self.lanes = [], [], []

    def __enter__(self):
        if os.geteuid():
            raise Missing('needs root: network namespaces, XDP')
        if os.cpu_count() < 2:
            raise Missing('needs two cores: one for the server, one for the generator')
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=self.prefix + '.', dir='/run'))
        self.bpf = self.dir / 'bpf'
        self.bpf.mkdir()
        for number in signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, lambda number, frame: exit(128 + number))
        try:
            command('mount', '-t', 'bpf', 'bpf', self.bpf)
            self.client = self.namespace('client')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self.processes):
            stop(process)
        for name in self.namespaces:
            command('ip', 'netns', 'delete', name, check=False)
        command('umount', self.bpf, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def namespace(self, role):
        name = '%s-%s' % (self.prefix, role)
        command('ip', 'netns', 'add', name)
        self.namespaces.append(name)
        command('ip', '-n', name, 'link', 'set', 'lo', 'up')
        return name

    def start(self, namespace, log, words, cpu, environment=None):
        """A process in a namespace, on one core, before other load of the machine."""
        with open(log, 'ab') as out:
            process = subprocess.Popen(
                ['nsenter', '--net=%s' % (NETNS / namespace), 'taskset', '-c', str(cpu), 'nice', '-n', '-20',
                 *map(str, words)], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=self.dir, env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def run(self, namespace, words, timeout, cpu=CLIENT_CPU):
        """What a command in a namespace prints."""
        done = subprocess.run(
            ['nsenter', '--net=%s' % (NETNS / namespace), 'taskset', '-c', str(cpu), 'nice', '-n', '-20',
             *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise RuntimeError('%s: %s' % (words[0], (done.stderr.strip() or done.stdout.strip())[-400:]))
        return done.stdout


class Lane:
    """One server's namespace and its veth pair to the clients' namespace."""

    def __init__(self, network, name):
        self.network, self.name = network, name
        self.index = len(network.lanes) + 1
        self.server = '10.53.%d.1' % self.index
        self.address = '10.53.%d.2' % self.index
        # Kernel threads are found by the device's name, which is therefore unlike any other's.
        self.device = 's%dp%d' % (self.index, os.getpid())
        self.client_device = 'c%dp%d' % (self.index, os.getpid())
        self.namespace = network.namespace(name)
        self.not_the_server = []  # processes in the namespace that are none of its business
        self.threaded = None  # process number of the server's receive thread
        self.ends = ((self.namespace, self.device, SERVER_CPU), (network.client, self.client_device, CLIENT_CPU))
        network.lanes.append(self)
        command('ip', 'link', 'add', self.device, 'netns', self.namespace, 'type', 'veth',
                'peer', 'name', self.client_device, 'netns', network.client)
        for namespace, device, address in ((self.namespace, self.device, self.server),
                                           (network.client, self.client_device, self.address)):
            command('ip', '-n', namespace, 'address', 'add', address + '/24', 'dev', device)
            command('ip', '-n', namespace, 'link', 'set', device, 'up')
            # GRO gives veth its NAPI, without which frames from redirects are lost.
            self.shell(namespace, 'ethtool -K %s gro on' % device)
        links = command('ip', '-n', self.namespace, 'link', 'show', self.device)
        self.mac = links.split('link/ether ')[1].split()[0]
        links = command('ip', '-n', network.client, 'link', 'show', self.client_device)
        self.client_mac = links.split('link/ether ')[1].split()[0]
        # Neighbours do not expire in the middle of a run.
        command('ip', '-n', self.namespace, 'neighbour', 'replace', self.address, 'lladdr', self.client_mac,
                'dev', self.device, 'nud', 'permanent')
        command('ip', '-n', network.client, 'neighbour', 'replace', self.server, 'lladdr', self.mac,
                'dev', self.client_device, 'nud', 'permanent')
        self.pass_on(True)

    def shell(self, namespace, script):
        # ip netns exec mounts a sysfs of the namespace
        return command('ip', 'netns', 'exec', namespace, 'sh', '-c', script)

    def pass_on(self, on):
        """An XDP program at the client's end, without which native XDP_TX does not arrive there."""
        if on:
            command('ip', '-n', self.network.client, 'link', 'set', self.client_device, 'xdpdrv', 'obj',
                    self.network.pass_object, 'sec', 'xdp')
        else:
            command('ip', '-n', self.network.client, 'link', 'set', self.client_device, 'xdpdrv', 'off')

    def reflect(self, program):
        """
        The server's end sends back what it gets. A checksum that the device is to fill in would
        come back unfilled, so the client has to make them.
        """
        self.shell(self.network.client, 'ethtool -K %s tx off' % self.client_device)
        command('ip', '-n', self.namespace, 'link', 'set', self.device, 'xdpdrv', 'obj', program,
                'program', 'xdp_reflect')

    def own_receive_threads(self, on):
        """Receive threads at both ends, or soft interrupts, as devices have by default."""
        self.threaded = None
        for namespace, device, cpu in self.ends:
            self.shell(namespace, 'echo %d >/sys/class/net/%s/threaded' % (on, device))
            if on:
                thread = self.find_thread(device)
                command('taskset', '-p', '-c', cpu, thread)
                command('chrt', '-f', '-p', 50, thread)
                if cpu == SERVER_CPU:
                    self.threaded = thread
        self.moderate(0)

    def moderate(self, rate):
        """Look for frames at intervals that suit this rate; 0: a wake-up for each."""
        interval = min(COALESCE_NS_MAX, COALESCED * 10**9 // rate) if rate else 0
        for namespace, device, _ in self.ends:
            self.shell(namespace, 'cd /sys/class/net/%s && echo %d >napi_defer_hard_irqs && '
                       'echo %d >gro_flush_timeout' % (device, IDLE_POLLS if rate else 0, interval))

    def find_thread(self, device):
        for pid in pids():
            # older kernels cut the name to 15 characters
            if read('/proc/%d/comm' % pid).startswith(('napi/%s-' % device)[:15]):
                return pid
        raise Missing('this kernel has no threaded NAPI for veth')

    def server_pids(self):
        """Everything that runs in the namespace."""
        inode = os.stat(NETNS / self.namespace).st_ino
        found = []
        for pid in pids():
            try:
                if os.stat('/proc/%d/ns/net' % pid).st_ino == inode and pid not in self.not_the_server:
                    found.append(pid)
            except OSError:
                pass
        return found

    def pin_server(self):
        """Some servers choose cores for their threads themselves."""
        for pid in self.server_pids():
            command('taskset', '-a', '-p', '-c', SERVER_CPU, pid, check=False)

    def deepen_queues(self):
        """
        The sockets of servers that have no option for it get the buffers that those with one
        ask for, as net.core.rmem_default would give on a machine of its own.
        """
        for pid in self.server_pids():
            pidfd = os.pidfd_open(pid)
            for link in pathlib.Path('/proc/%d/fd' % pid).iterdir():
                if not os.readlink(link).startswith('socket:'):
                    continue
                fd = LIBC.syscall(PIDFD_GETFD, pidfd, int(link.name), 0)
                if fd < 0:
                    continue
                # by itself Python would ask what it is, which not every kind of socket can say
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 0, fd) as sock:
                    if (sock.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN) == socket.AF_INET and
                            sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM):
                        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER)
                        sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER)
            os.close(pidfd)

    def bill(self):
        """(server's threads, receive thread) in CPU seconds so far."""
        server = sum(thread_time(pid) for pid in self.server_pids())
        return server / 1e9, (thread_time(self.threaded) if self.threaded else 0) / 1e9

    def wait(self, ready, seconds, what):
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise RuntimeError('%s within %d s: no' % (what, seconds))
            time.sleep(0.1)
