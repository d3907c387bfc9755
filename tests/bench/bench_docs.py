# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The bench's results for people: the table, docs/performance.md, pictures (gnuplot)."""
import os
import subprocess

BEGIN, END = '<!-- bench: begin, written by make bench DOCS=1 -->', '<!-- bench: end -->'
COLUMNS = ('row', 'unit', 'median', 'min..max', 'goal', 'met')
RIGHT = ('median', 'goal')


def number(value):
    """Three digits that count."""
    if value == 0:
        return '0'
    if abs(value) >= 100:
        return '%.0f' % value
    return '%.3g' % value if abs(value) < 1 else '%.*f' % (1 if abs(value) >= 10 else 2, value)


def met(row):
    if row['goal'] is None:
        return None
    return row['median'] >= row['goal'] if row['better'] == 'higher' else row['median'] <= row['goal']


def cells(row):
    reached = met(row)
    return {
        'row': row['row'], 'unit': row['unit'], 'median': number(row['median']),
        'min..max': '%s..%s' % (number(row['min']), number(row['max'])),
        'goal': '' if reached is None else ('≥ ' if row['better'] == 'higher' else '≤ ') + number(row['goal']),
        'met': '' if reached is None else 'yes' if reached else 'NO',
    }


def text_table(results):
    """All parts in one aligned table, then what was skipped."""
    parts = [(part, [cells(row) for row in found['rows']]) for part, found in results.items()]
    every = [row for _, rows in parts for row in rows] + [{name: name for name in COLUMNS}]
    widths = {name: max(len(row[name]) for row in every) for name in COLUMNS}

    def line(row):
        return '  '.join(row[name].rjust(widths[name]) if name in RIGHT else row[name].ljust(widths[name])
                         for name in COLUMNS).rstrip()

    lines = [line(every[-1]), '  '.join('-' * widths[name] for name in COLUMNS)]
    for part, rows in parts:
        lines += ['%s:' % part] + [line(row) for row in rows]
    lines += ['skipped: %s: %s' % (skipped['row'], skipped['why'])
              for found in results.values() for skipped in found['skipped']]
    goals = [met(row) for found in results.values() for row in found['rows'] if met(row) is not None]
    return '\n'.join(lines + ['%d of %d goals met' % (sum(goals), len(goals))])


def escaped(text):
    return text.replace('|', '\\|')


def markdown(results, about):
    lines = ['%s, Linux %s, %s, %d CPUs.' % (about['date'], about['kernel'], about['cpu'], about['cpus'])]
    for part, found in results.items():
        lines += ['', '### ' + part]
        if found['rows']:
            lines += ['', '| %s |' % ' | '.join(COLUMNS),
                      '| %s |' % ' | '.join('---:' if name in RIGHT else '---' for name in COLUMNS)]
        lines += ['| %s |' % ' | '.join(escaped(cells(row)[name]) for name in COLUMNS) for row in found['rows']]
        if found['skipped']:
            lines += [''] + ['Skipped: %s (%s).' % (s['row'], s['why']) for s in found['skipped']]
    return '\n'.join(lines)


# Pictures

def gnuplot(path, title, commands, series):
    """series: (name, lines of data, how to draw it). The names are ours, but cost nothing to quote."""
    script = ['set terminal svg size 760,440 font "sans,13" background "white"',
              'set output "%s.new"' % path, 'set title "%s"' % title, 'set grid', 'set key outside right'] + commands
    for i, (_, lines, _) in enumerate(series):
        script += ['$data%d << EOD' % i] + lines + ['EOD']
    script.append('plot ' + ', '.join(
        '$data%d %s title "%s"' % (i, how, name.replace('"', '').replace('_', '\\\\_'))
        for i, (name, _, how) in enumerate(series)))
    subprocess.run(['gnuplot'], input='\n'.join(script) + '\n', text=True, check=True, timeout=60)
    os.rename(path + '.new', path)


def draw_sizes(path, rows):
    series = []
    for case, name in (('hot', 'one hot name'), ('random', 'random names')):
        points = sorted((row['raw']['names'], row['median'], row['min'], row['max']) for row in rows
                        if row['raw'].get('case') == case and 'names' in row['raw'])
        if points:
            series.append((name, ['%d %g %g %g' % point for point in points],
                           'using 1:2:3:4 with yerrorlines linewidth 2 pointtype 7'))
    if series:
        gnuplot(path, 'An A answer in the XDP program, by zone size', [
            'set logscale x', 'set xrange [700:1400000]', 'set format x "10^{%T}"', 'set xlabel "names in the zone"', 'set yrange [0:*]',
            'set ylabel "net cost, x of an empty program"'], series)
    return bool(series)


def slower(histogram):
    """Of each bucket's end in us: which share of the answers took longer, in percent."""
    total, seen, lines = sum(count for _, count in histogram), 0, []
    for upper, count in sorted(histogram):
        seen += count
        lines.append('%g %g' % (upper, 100 * (total - seen) / total))
    return lines[:-1]  # no share at all has no place on a logarithmic scale


def draw_latency(path, rows):
    series = [(row['row'].rpartition(': ')[2], slower(row['raw']['histogram_us']), 'with lines linewidth 2')
              for row in rows if len(row['raw'].get('histogram_us') or ()) > 1]
    if series:
        gnuplot(path, 'Latency over veth', [
            'set logscale xy', 'set xlabel "us"', 'set ylabel "% of answers that took longer"',
            'set yrange [*:100]'], series)
    return bool(series)


PICTURES = (
    ('packets', draw_sizes, 'performance-sizes.svg', 'net cost of an answer by zone size'),
    ('peers', draw_latency, 'performance-latency.svg', 'share of answers by latency'),
)


def write(directory, results, about):
    """What stands between the two markers of performance.md, and the pictures beside it."""
    path = os.path.join(directory, 'performance.md')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError('%s has not the two marker comments once each' % path)
    drawn = [(name, caption) for part, draw, name, caption in PICTURES
             if part in results and draw(os.path.join(directory, name), results[part]['rows'])]
    inside = '\n\n'.join([markdown(results, about)] + ['![%s](%s)' % (caption, name) for name, caption in drawn])
    text = text[:text.index(BEGIN) + len(BEGIN)] + '\n\n' + inside + '\n\n' + text[text.index(END):]
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.rename(path + '.new', path)
