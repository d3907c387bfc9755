# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Subscribers of the v1 operator API: RecordIO on a chunked response that stays open.

Whoever makes a change writes its event to the sockets at once (Subscriber.offer); what a
socket does not take, or what options hold back, is left to the subscriber's own thread
(Subscriber.run), which also sends the snapshot and the heartbeats.
"""
import collections
import os
import select
import ssl
import threading
import time

QUEUE_MAX = 500_000
HEARTBEAT = b'{"type": "HEARTBEAT"}'
FAULTS = ('cut', 'garbage', 'long', 'short', 'text', 'huge', 'unknown', 'end')


def chunked(octets, split=0):
    """As chunks of a chunked response, of at most split octets each if split > 0."""
    if not split:
        return b'%x\r\n%s\r\n' % (len(octets), octets)
    parts = (octets[i:i + split] for i in range(0, len(octets), split))
    return b''.join(b'%x\r\n%s\r\n' % (len(part), part) for part in parts)


class Faults:
    """What is wrong with the records of one subscription; see --help for the kinds."""

    def __init__(self, options):
        self.options = options
        self.records = 0
        self.done = None  # the fault that has been made

    def due(self):
        kind, at = self.options.stream_fault, self.records
        self.records += 1
        if kind is None:
            self.done = None
        if not kind or kind == self.done or at < self.options.stream_fault_at:
            return None
        self.done = kind
        return kind

    @staticmethod
    def spoiled(kind, record):
        """The record as RecordIO, and whether the connection ends there."""
        length = len(record)
        if kind == 'cut':
            return b'%d\n%s' % (length, record[:length // 2]), True
        if kind == 'garbage':
            return b'%d\n%s' % (length, b'\xff{"type": ' + b'#' * (length - 10)), False
        if kind == 'unknown':
            more = b'{"type": "OF_ANOTHER_TIME", "of_another_time": {"n": [1]}}'
            return b'%d\n%s%d\n%s' % (len(more), more, length, record), False
        heads = {'long': b'%d' % (length + 7), 'short': b'%d' % (length - 7), 'text': b'0x1f',
                 'huge': b'9' * 30}
        return heads[kind] + b'\n' + record, False


class Subscriber:
    def __init__(self, connection, options, snapshot):
        self.connection, self.options = connection, options
        self.snapshot = snapshot  # until it is sent, events wait in the queue
        self.lock = threading.Lock()
        self.queue = collections.deque()
        self.pending = collections.deque()  # octets on their way, in pieces
        self.wakeup = os.eventfd(0, os.EFD_NONBLOCK)
        self.closed = self.last = False
        self.faults = Faults(options)
        self.dripped = self.next_beat = time.monotonic()

    # Called by those who make changes

    def offer(self, record):
        """Sends it now, or as soon as what is before it has gone."""
        with self.lock:
            if self.closed:
                return
            self.queue.append(record)
            if self.snapshot is None and not self.options.stream_drip:
                self.pump()
            if len(self.queue) > QUEUE_MAX:
                self.closed = True
            left = self.queue or self.pending or self.closed
        if left:
            self.wake()

    def close(self):
        self.closed = True
        self.wake()

    def wake(self):
        with self.lock:
            if self.wakeup >= 0:
                os.eventfd_write(self.wakeup, 1)

    # With the lock held

    def frame(self, record):
        """The record's octets are put behind those on their way."""
        kind = self.faults.due()
        if kind == 'end':
            self.pending.append(b'0\r\n\r\n')
            self.last = True
            return
        octets = b'%d\n%s' % (len(record), record)
        if kind:
            octets, self.last = self.faults.spoiled(kind, record)
        self.pending.append(memoryview(chunked(octets, self.options.stream_split)))

    def frame_snapshot(self, pieces):
        """The same for the first record, which may be large."""
        if self.options.stream_fault and not self.options.stream_fault_at:
            return self.frame(b''.join(pieces))
        self.faults.due()
        self.pending.append(chunked(b'%d\n' % sum(map(len, pieces)), self.options.stream_split))
        self.pending.extend(chunked(piece, self.options.stream_split) for piece in pieces)
        return None

    def pump(self, most=None):
        """Writes what the socket takes; true if it would take no more."""
        while not self.options.stream_silence and not self.closed:
            if not self.pending:
                if self.last:
                    self.closed = True
                if self.closed or not self.queue:
                    break
                self.frame(self.queue.popleft())
            octets = self.pending[0]
            try:
                sent = self.connection.send(octets if most is None else octets[:most])
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return True
            except OSError:
                self.closed = True
                break
            if sent == len(octets):
                self.pending.popleft()
            else:
                self.pending[0] = memoryview(octets)[sent:]
            if most is not None:
                break
        return False

    # The subscriber's own thread

    def run(self):
        """Until the connection ends."""
        self.connection.setblocking(False)
        try:
            self.send_snapshot()
            while not self.closed:
                self.turn()
        finally:
            self.closed = True
            with self.lock:
                os.close(self.wakeup)
                self.wakeup = -1

    def send_snapshot(self):
        pieces = list(self.snapshot.subscribed(self.options.heartbeat))
        with self.lock:
            self.frame_snapshot(pieces)
            self.queue.appendleft(HEARTBEAT)
            self.snapshot = None
        self.next_beat = time.monotonic() + self.options.heartbeat

    def turn(self):
        with self.lock:
            self.beat()
            rate = self.options.stream_drip
            blocked = self.pump(max(1, rate // 20)) if rate else self.pump()
            dripping = rate and (self.pending or self.queue)
        if self.closed:
            return
        timeout = 1 / min(rate, 20) if dripping else max(0.0, self.next_beat - time.monotonic())
        self.wait(min(timeout, 60.0), blocked)

    def beat(self):
        now = time.monotonic()
        self.next_beat = min(self.next_beat, now + self.options.heartbeat)
        if now >= self.next_beat:
            self.next_beat = now + self.options.heartbeat
            if self.options.stream_heartbeats and not self.options.stream_silence:
                self.queue.append(HEARTBEAT)

    def wait(self, timeout, blocked):
        poll = select.poll()
        poll.register(self.wakeup, select.POLLIN)
        poll.register(self.connection, select.POLLIN | (select.POLLOUT if blocked else 0))
        for fd, _ in poll.poll(timeout * 1000 + 1):
            if fd == self.wakeup:
                os.eventfd_read(self.wakeup)
            else:
                self.notice_end()

    def notice_end(self):
        """A subscriber says nothing more; that there is something to read means that it has gone."""
        with self.lock:
            try:
                if not self.connection.recv(4096):
                    self.closed = True
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                self.closed = True


class Hub:
    """All subscribers of the leading master."""

    def __init__(self):
        self.subscribers = []

    def publish(self, kind, render):
        """With the simulation's lock held. Returns CLOCK_MONOTONIC in ns before the first write."""
        self.subscribers = [s for s in self.subscribers if not s.closed]
        record = b''
        if self.subscribers:
            record = b'{"type": "%s", "%s": %s}' % (kind.encode(), kind.lower().encode(), render())
        sent = time.monotonic_ns()
        for subscriber in self.subscribers:
            subscriber.offer(record)
        return sent

    def drop_all(self):
        for subscriber in self.subscribers:
            subscriber.close()
        self.subscribers = []

    def wake_all(self):
        for subscriber in self.subscribers:
            subscriber.wake()
