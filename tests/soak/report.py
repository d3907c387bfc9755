# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The line of each minute, and the table at the end with its verdict."""
import time

import meters
import planes

MOST_SLOPE = 1.0  # MB an hour
MOST_LINES = 3600  # of the log, an hour
SHOWN = 12


def progress(soak):
    tally, last = soak.tally, soak.samples[-1] if soak.samples else None
    text = '%5.1f min: %d asked, %d lost (and %d in planned outages), %d failed, %d wrong' % (
        (time.monotonic() - soak.started) / 60, tally.total('asked'), tally.total('lost'), tally.total('planned'),
        tally.total('failed'), tally.total('wrong'))
    if last:
        text += '; life %d: %.1f MB, %d fds, %d threads, %d maps of %.1f MB' % (
            last.life, last.rss / meters.MB, last.fds, last.threads, last.maps, last.map_octets / meters.MB)
    return text + '; %d changes, %d acts, now %s' % (soak.cluster.changes, soak.acts, soak.tally.act)


def plane_rows(tally):
    yield '%-8s %10s %10s %6s %9s %7s %6s' % ('plane', 'asked', 'right', 'lost', 'planned', 'failed', 'wrong')
    for plane in planes.PLANES:
        count = tally.counts[plane]
        yield '%-8s %10d %10d %6d %9d %7d %6d' % (plane, count.asked, count.right, count.lost, count.planned,
                                                   count.failed, count.wrong)


def slope_rows(soak):
    """Texts, and the slopes that count."""
    judged = []
    for what, value in (('RSS', lambda s: s.rss), ('anonymous', lambda s: s.anonymous),
                        ('maps', lambda s: s.map_octets)):
        lives, across = meters.slopes(soak.samples, lambda s, value=value: value(s) / meters.MB)
        parts = ['life %d %+.3f' % pair for pair in lives.items()]
        parts += ['all lives %+.3f' % across] if across is not None else []
        yield '%-10s slope, MB/h: %s' % (what, ', '.join(parts) or 'not known: no life was long enough'), None
        if what == 'RSS':
            judged = list(lives.values()) + ([across] if across is not None else [])
    yield '', judged


def steady_row(soak, what, unit=1, text='%d'):
    values = [getattr(s, what) / unit for s in soak.steady]
    if not values:
        return '%-10s no steady point' % what
    return '%-10s at first %s, at last %s, least %s, most %s' % (
        what, *(text % v for v in (values[0], values[-1], min(values), max(values))))


def final(soak):
    """Prints the table; True if all is well."""
    tally, hours = soak.tally, (time.monotonic() - soak.started) / 3600
    print('\nsoak of %.2f hours: %d changes, %d acts, %d lives of the daemon, %d scrapes of /metrics, %d watchers' % (
        hours, soak.cluster.changes, soak.acts, soak.daemon.life, soak.counters.scrapes, soak.watches))
    print(*plane_rows(tally), sep='\n')
    slopes = []
    for text, judged in slope_rows(soak):
        if text:
            print(text)
        slopes = judged if judged is not None else slopes
    for what in 'fds', 'threads', 'maps', 'programs', 'pins', 'held_maps', 'held_programs':
        print(steady_row(soak, what))
    print(steady_row(soak, 'map_octets', meters.MB, '%.2f MB'))
    print(steady_row(soak, 'rss', meters.MB, '%.2f MB'))
    lags = sorted(soak.lags) or [0]
    print('a change on both planes: median %.3f s, longest %.3f s of %d (asked every 50 ms)' % (
        lags[len(lags) // 2], lags[-1], len(lags)))
    lines = soak.daemon.log_lines()
    print('log        %d lines, %.0f an hour' % (lines, lines / hours))
    print('stray      %d answers that came after their time, or twice' % soak.stray)
    verdicts = list(faults(soak, slopes, lines / hours))
    for text in verdicts:
        print('FAULT: ' + text)
    print('soak: %s' % ('%d faults' % len(verdicts) if verdicts else 'well'))
    return not verdicts


def faults(soak, slopes, lines):
    yield from soak.tally.faults[:SHOWN]
    if len(soak.tally.faults) > SHOWN:
        yield 'and %d more like these' % (len(soak.tally.faults) - SHOWN)
    if any(value >= MOST_SLOPE for value in slopes):
        yield 'the memory grows by %.2f MB/h' % max(slopes)
    yield from meters.leaks(soak.steady)
    if lines > MOST_LINES and soak.seconds >= 600:
        yield 'the log grows by %.0f lines an hour' % lines
    for plane, count in soak.tally.counts.items():
        if not count.right:
            yield plane + ': nothing was answered'
    if not soak.counters.scrapes:
        yield 'no scrape of /metrics'
