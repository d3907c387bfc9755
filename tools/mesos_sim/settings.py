# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The options: of the command line, and those that /sim/options may set at run time."""
import argparse

from .stream import FAULTS

STANDBY = ('redirect', 'document', 'unavailable')
LIFECYCLES = ('direct', 'staged')


def rate(text):
    return float(str(text).removesuffix('/s'))


def address(text):
    host, _, port = text.rpartition(':')
    return host.strip('[]'), int(port)


def boolean(value):
    if not isinstance(value, bool):
        raise ValueError('%r is neither true nor false' % (value,))
    return value


def one_of(names):
    def convert(value):
        if value not in names:
            raise ValueError('%r is none of %s' % (value, ', '.join(names)))
        return value
    return convert


def optional(convert):
    return lambda value: None if value is None else convert(value)


# What may be set at run time: name -> conversion
SETTABLE = {
    'churn': rate, 'leader': optional(str), 'redirect': optional(str), 'old': boolean,
    'user': optional(str), 'status': int, 'truncate': optional(int), 'delay': float, 'drip': int,
    'no_leader': boolean, 'verbose': boolean, 'gzip': boolean, 'standby': one_of(STANDBY),
    'lifecycle': one_of(LIFECYCLES), 'staging_seconds': float, 'heartbeat': float,
    'stream_status': int, 'stream_delay': float, 'stream_drip': int, 'stream_silence': boolean,
    'stream_heartbeats': boolean, 'stream_fault': optional(one_of(FAULTS)), 'stream_fault_at': int,
    'stream_split': int,
}


def converted(key, value):
    if key not in SETTABLE:
        raise ValueError('no option %r' % key)
    try:
        return SETTABLE[key](value)
    except (ValueError, TypeError) as error:
        raise ValueError('%s: %s' % (key, error)) from error


def cluster_options(p):
    p.add_argument('--tasks', type=int, default=300, help='running tasks to hold about')
    p.add_argument('--services', type=int,
                   help='so many names of tasks, all of marathon, in place of the usual ones')
    p.add_argument('--agents', type=int, default=20)
    p.add_argument('--churn', type=rate, default=0.0, help='starts and ends of tasks, e.g. 2/s')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--state', help='serve this recorded document; there is no event stream then')
    p.add_argument('--lifecycle', choices=LIFECYCLES, default='direct',
                   help='tasks run at once, or after TASK_STAGING and TASK_STARTING')
    p.add_argument('--staging-seconds', type=float, default=0.5,
                   help='from TASK_STAGING to TASK_RUNNING')


def master_options(p):
    p.add_argument('--leader', help='name address:port of another master as the leader')
    p.add_argument('--redirect', help='answer 307 to this address:port')
    p.add_argument('--standby', choices=STANDBY, default='redirect',
                   help='what masters do that do not lead: redirect, give the leader\'s document, or 503')
    p.add_argument('--old', action='store_true', help='a master that knows only /state.json')
    p.add_argument('--user', help='principal:secret asked for by HTTP basic authentication')
    p.add_argument('--tls', nargs=2, metavar=('CERT', 'KEY'), help='serve HTTPS')
    p.add_argument('--status', type=int, default=200, help='HTTP status of the state')
    p.add_argument('--truncate', type=int, help='close after this many bytes of the body')
    p.add_argument('--delay', type=float, default=0.0, help='seconds before each state')
    p.add_argument('--drip', type=int, default=0, help='bytes a second of the state')
    p.add_argument('--no-gzip', dest='gzip', action='store_false', help='send the state as it is')
    p.add_argument('--no-leader', action='store_true', help='leave the leader out')
    p.add_argument('--verbose', action='store_true', help='log requests')


def stream_options(p):
    p.add_argument('--heartbeat', type=float, default=15.0, help='seconds between heartbeats')
    p.add_argument('--stream-status', type=int, default=200,
                   help='HTTP status of /api/v1; 404, 403, 405, 501, 503: no stream')
    p.add_argument('--stream-delay', type=float, default=0.0, help='seconds before the answer begins')
    p.add_argument('--stream-drip', type=int, default=0, help='bytes a second of each subscription')
    p.add_argument('--stream-silence', action='store_true',
                   help='send nothing, keep the connection; what was held back is sent afterwards')
    p.add_argument('--no-heartbeats', dest='stream_heartbeats', action='store_false',
                   help='events only')
    p.add_argument('--stream-fault', choices=FAULTS,
                   help='spoils one record of each subscription: cut (then closes), garbage, long, '
                        'short, text, huge (wrong lengths), unknown (an event of an unknown type '
                        'before it), end (the response ends)')
    p.add_argument('--stream-fault-at', type=int, default=2,
                   help='which at the earliest: 0 SUBSCRIBED, 1 the first heartbeat, and so on')
    p.add_argument('--stream-split', type=int, default=0, help='bytes a chunk at most')


def parser(description, epilog):
    p = argparse.ArgumentParser(description=description, epilog=epilog,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--listen', type=address, action='append',
                   help='address:port, once for each master; 127.0.0.1:5050')
    p.add_argument('--masters', type=int, default=0,
                   help='how many; those without an address of their own listen on the next ports')
    p.add_argument('--control', type=address,
                   help='one more address:port for the control requests alone, for when no master is up')
    p.add_argument('--zk', help='HOST:PORT[,HOST:PORT...]/PATH: the masters are candidates there, '
                   'and who leads is decided there')
    p.add_argument('--zk-auth', metavar='USER:PASSWORD', help='digest credentials for it')
    p.add_argument('--zk-session', type=float, default=10.0, help='seconds until a session expires')
    p.add_argument('--script', help='file of lines "TIME COMMAND JSON", control requests to be made')
    p.add_argument('--exit', action='store_true', help='exit at the end of the script')
    cluster_options(p.add_argument_group('the cluster'))
    master_options(p.add_argument_group('the masters, as settable by /sim/options'))
    stream_options(p.add_argument_group('the event stream, as settable by /sim/options'))
    return p
