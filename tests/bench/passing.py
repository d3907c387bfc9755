#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the program costs traffic that is no DNS: iperf3 over veth, to a server's end with
mesos-xdns, with a program that only says XDP_PASS, and with none.

    tests/bench/passing.py [--rounds N] [--seconds S] FILE

By turns, each round forth and back, so that a machine that gets slower meanwhile does so for
all. Throughput is what the receiver got; the time is that of both cores while it ran. With any program a veth device takes
no segments larger than a frame from its peer: what "none" is faster by is veth's doing.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

import peer_net
import peer_servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
PART = 'passing'
TASKS = 100
KINDS = {'TCP': (), 'UDP, datagrams of 1400': ('-u', '-b', '0', '-l', '1400'),
         'UDP, datagrams of 64': ('-u', '-b', '0', '-l', '64')}
# row: of which two, goal
PAIRS = (('ours', 'pass', 'an XDP_PASS program'), ('ours', 'none', 'no program'))


def say(*words):
    print('passing:', *words, file=sys.stderr, flush=True)


class Place:
    """A lane with an iperf3 server, and something or nothing at the server's end."""

    def __init__(self, network, key, settings):
        self.key, self.network, self.settings = key, network, settings
        self.lane = peer_net.Lane(network, key)
        if key == 'pass':
            peer_net.command('ip', '-n', self.lane.namespace, 'link', 'set', self.lane.device, 'xdpdrv', 'obj',
                             settings.pass_object, 'sec', 'xdp')
        elif key == 'ours':
            server = peer_servers.MesosXdns(self.lane, network.dir)
            server.start(server.find(settings))
            self.lane.wait(server.ready, 60, 'mesos-xdns attaches its program')
        network.start(self.lane.namespace, network.dir / ('iperf3-' + key), ['iperf3', '-s', '--forceflush'], peer_net.SERVER_CPU)
        self.lane.wait(lambda: 'listening' in peer_net.read(network.dir / ('iperf3-' + key)), 20, 'iperf3 listens')

    def run(self, options):
        """(octets a second, core seconds for 10^9 octets)"""
        cores = peer_net.SERVER_CPU, peer_net.CLIENT_CPU
        before = sum(peer_net.core_busy(cpu) for cpu in cores)
        got = json.loads(self.network.run(self.network.client, [
            'iperf3', '-J', '-c', self.lane.server, '-t', self.settings.seconds, *options],
            timeout=self.settings.seconds + 30))
        busy = sum(peer_net.core_busy(cpu) for cpu in cores) - before
        end = got['end']
        if 'sum_received' in end:
            octets, seconds = end['sum_received']['bytes'], end['sum_received']['seconds']
        else:  # UDP: what arrived of what was sent
            octets = end['sum']['bytes'] * (1 - end['sum']['lost_packets'] / max(end['sum']['packets'], 1))
            seconds = end['sum']['seconds']
        return octets / seconds, busy / octets * 1e9


def rows_of(runs):
    """runs: kind, place: a pair of lists; the rows of the result."""
    for kind in KINDS:
        for ours, other, text in PAIRS:
            for what, number, better in (('throughput', 0, 'higher'), ('core time per octet', 1, 'lower')):
                mine, theirs = runs[kind, ours][number], runs[kind, other][number]
                rounds = [round(a / b, 4) for a, b in zip(mine, theirs)]
                yield {'row': 'not DNS, %s: %s' % (kind, what), 'unit': 'x of ' + text, 'better': better, 'goal': None,
                       'rounds': rounds, 'median': statistics.median(rounds), 'min': min(rounds), 'max': max(rounds),
                       'raw': {ours: mine, other: theirs}}


def measure(network, settings):
    document = subprocess.run([ROOT / 'tools/state-gen.py', str(TASKS)], stdout=subprocess.PIPE, check=True).stdout
    (network.dir / 'state.json').write_bytes(document)
    places = [Place(network, key, settings) for key in ('none', 'pass', 'ours')]
    runs = {(kind, place.key): ([], []) for kind in KINDS for place in places}
    for number in range(settings.rounds):
        for kind, options in KINDS.items():
            found = {place.key: [] for place in places}
            for place in places + places[::-1]:
                found[place.key].append(place.run(options))
            for key, pair in found.items():
                for which in 0, 1:
                    runs[kind, key][which].append(statistics.mean(run[which] for run in pair))
            say('round %d of %d, %s: %s' % (number + 1, settings.rounds, kind, ', '.join(
                '%s %.2f Gbit/s %.2f s/GB' % (key, runs[kind, key][0][-1] * 8 / 1e9, runs[kind, key][1][-1])
                for key in found)))
    return list(rows_of(runs))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('file', nargs='?', help='where the JSON goes')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=int, default=1, help='of a run; each round has six of a kind')
    settings = parser.parse_args()
    settings.file = pathlib.Path(settings.file or ROOT / 'build/bench/passing.json').absolute()
    settings.daemon = ROOT / 'build/mesos-xdns'
    settings.pass_object = ROOT / 'build/xdp-pass.bpf.o'
    return settings


def main():
    settings = parse()
    result = {'part': PART, 'rows': [], 'skipped': []}
    try:
        if not shutil.which('iperf3'):
            raise peer_net.Missing('iperf3 is not installed')
        with peer_net.Network(settings.pass_object) as network:
            result['rows'] = measure(network, settings)
    except peer_net.Missing as missing:
        say('skipped: %s' % missing)
        result['skipped'].append({'row': PART, 'why': str(missing)})
    os.makedirs(settings.file.parent, exist_ok=True)
    settings.file.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
