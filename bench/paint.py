# paint.py - plots of the results, as SVG that reads on dark and on light
import html

WIDTH, LEFT, TOP, BAR = 720, 210, 62, 15
PLOT_HEIGHT, PLOT_LEFT, PLOT_RIGHT = 300, 70, 560

# Colours of both grounds, by what a shape stands for.
STYLE = '''<style>
text { fill: #24292f; font: 12px sans-serif }
.title { font-size: 15px; font-weight: bold }
.quiet { fill: #57606a }
.ground { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.node { fill: #0969da; stroke: #0969da }
.limit { fill: #8c959f; stroke: #8c959f }
.other { fill: #bf8700; stroke: #bf8700 }
polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .ground { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .node { fill: #4493f8; stroke: #4493f8 }
  .limit { fill: #767d86; stroke: #767d86 }
  .other { fill: #d29922; stroke: #d29922 }
}
</style>'''


def number(value):
    """Three digits, and a letter for thousands and millions."""
    for size, letter in ((1e6, ' M'), (1e3, ' k')):
        if value >= size:
            return f'{value / size:.3g}{letter}'
    return f'{value:.3g}'


def text(x, y, words, anchor='start', kind='', more=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
            f'class="{kind}" {more}>{html.escape(words)}</text>')


def page(title, unit, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">'
            f'<title>{html.escape(title)}</title>{STYLE}'
            '<rect class="ground" width="100%" height="100%"/>'
            + text(14, 26, title, kind='title')
            + text(14, 45, unit, kind='quiet') + '\n'.join(parts)
            + '</svg>\n')


def bars(title, unit, groups):
    """Horizontal bars: groups of (label, [(words, value, kind)])."""
    most = max((v for _, row in groups for _, v, _ in row), default=1) or 1
    scale = (WIDTH - LEFT - 200) / most
    y, parts = TOP, []
    for label, row in groups:
        middle = y + BAR * len(row) / 2 + 4
        parts.append(text(LEFT - 10, middle, label, 'end'))
        for words, value, kind in row:
            parts.append(f'<rect class="{kind}" x="{LEFT}" y="{y + 2}" '
                         f'width="{value * scale:.1f}" height="{BAR - 4}"/>')
            parts.append(text(LEFT + value * scale + 6, y + BAR - 3,
                              f'{number(value)} {words}'))
            y += BAR
        y += 12
    return page(title, unit, y + 8, parts)


def step_of(most):
    """A round number, of which four to eight reach the top."""
    size = 1
    while most / size > 80:
        size *= 10
    while most / size < 8:
        size /= 10
    return next(size * n for n in (1, 2, 5, 10, 20) if most / (size * n) <= 8)


def lines(title, unit, across, places, series):
    """Lines over places that are as far apart as their order says.

    series: (words, kind, values), one value a place."""
    most = max(v for _, _, values in series for v in values)
    step = step_of(most)
    top = step * (int(most / step) + 1)
    height, parts = PLOT_HEIGHT, []

    def at(i, value):
        wide = PLOT_RIGHT - PLOT_LEFT - 40
        x = PLOT_LEFT + 20 + wide * i / max(1, len(places) - 1)
        return x, TOP + height * (1 - value / top)

    for i in range(round(top / step) + 1):
        y = at(0, i * step)[1]
        parts.append(f'<line class="grid" x1="{PLOT_LEFT}" '
                     f'x2="{PLOT_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(PLOT_LEFT - 8, y + 4, number(i * step), 'end'))
    for i, place in enumerate(places):
        parts.append(text(at(i, 0)[0], TOP + height + 20, f'{place:,}',
                          'middle'))
    parts.append(text((PLOT_LEFT + PLOT_RIGHT) / 2, TOP + height + 42, across,
                      'middle', 'quiet'))
    free = 0  # labels of lines that end close together do not overlap
    ends = sorted(series, key=lambda s: -s[2][-1])
    for words, kind, values in ends:
        spots = [at(i, v) for i, v in enumerate(values)]
        joined = ' '.join(f'{x:.1f},{y:.1f}' for x, y in spots)
        parts.append(f'<polyline class="{kind}" points="{joined}"/>')
        parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                  for x, y in spots]
        free = max(free + 15, spots[-1][1] + 4)
        parts.append(text(spots[-1][0] + 12, free,
                          f'{number(values[-1])} {words}'))
    return page(title, unit, TOP + height + 56, parts)


def rate(table, way, title):
    """The fan-out beside the limit."""
    groups = []
    for row in table.rows:
        if row['way'] != way:
            continue
        of = row['node']['deliveries_s'] / row['tls']['deliveries_s']
        groups.append((f"{row['members']:,} members, {row['text']} B", [
            (f'node, {of:.2f} of the limit', row['node']['deliveries_s'],
             'node'),
            ('limit', row['tls']['deliveries_s'], 'limit')]))
    return bars(title, 'deliveries a second over TLS, one server thread; '
                'limit: a bare loop that only sends', groups)


def cost(table, way, title):
    rows = [r for r in table.rows if r['way'] == way and r['text'] == 64]
    series = [('node', 'node', [r['node']['node_ns'] / 1e3 for r in rows]),
              ('limit', 'limit', [r['tls']['node_ns'] / 1e3 for r in rows])]
    return lines(title, 'µs of the server\'s CPU a delivery, 64-byte texts '
                 'over TLS', 'members of the room',
                 [r['members'] for r in rows], series)


def fanout(table):
    yield ('fanout-pipelined.svg',
           rate(table, 'pipelined', 'Fan-out, pipelined'))
    yield ('fanout-one.svg',
           rate(table, 'one', 'Fan-out, a message at a time'))
    yield ('cost-pipelined.svg',
           cost(table, 'pipelined', 'Cost against members, pipelined'))
    yield ('cost-one.svg',
           cost(table, 'one', 'Cost against members, a message at a time'))


def inside(table):
    """Of one core each, as the two works differ a thousandfold."""
    groups = [(row['work'], [
        (f"one core: {number(row['serial'])}/s", 1.0, 'limit'),
        (f"two cores: {number(row['parallel'])}/s", row['gain'], 'node'),
        ('two cores that share nothing', row['apart'], 'other')])
        for row in table.rows]
    yield ('parallel.svg',
           bars('Serial against parallel, without sockets',
                'times what one core does; two workers and the core thread',
                groups))


def sign(table):
    groups = [(f"{row['batch']} a batch",
               [('signed', row['signed'], 'node'),
                ('checked', row['checked'], 'other')])
              for row in table.rows]
    yield ('batches.svg',
           bars('One signature for a whole batch',
                'messages a second of one core', groups))


PLOTS = {'fanout': fanout, 'inside': inside, 'sign': sign}


def plots(table):
    """(file name, SVG) of each plot of a table."""
    return PLOTS[table.name](table) if table.name in PLOTS else ()
