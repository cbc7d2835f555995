# guests.py - guests by IRC and by the page, beside the bare loop
import served

# How guests come, and the loop whose links come in the same way.
WAYS = {'plain': ('irc', 'plain'), 'TLS': ('ircs', 'guests')}
WEB_WAYS = {'http': ('web', 'plain'), 'https': ('webs', 'guests')}

# scene: way, what one turn of it is, and messages, fewer when it is quick
TALK = {
    'fan-out to 1,000': (('plain', 'TLS'), dict(
        members=1000, authors=10, batch=16, window=320), 4000),
    'one at a time to 1,000': (('plain', 'TLS'), dict(
        members=1000, authors=10), 400),
    '100 rooms of 10': (('TLS',), dict(
        halls=100, members=10, authors=10, window=10), 400),
    '1,000 pairs': (('TLS',), dict(
        halls=1000, members=2, authors=2, window=2), 80),
}


def take_turns(tools, args, way, ways=WAYS, **options):
    """Node and bare loop in turns; medians. The loop's line has as many bytes
    as the node sent for a delivery."""
    kind, loop = ways[way]
    runs = {'node': [], 'limit': []}
    for _ in range(args.turns):
        runs['node'].append(served.once(tools, kind, args.threads, **options))
        line = max(16, round(runs['node'][0]['plain_bytes']))
        runs['limit'].append(served.once(tools, loop, args.threads, line,
                                         **options))
    return {'way': way, **{k: served.median(v) for k, v in runs.items()}}


def of(kind, key):
    return lambda row: row[kind][key]


def ratio(key):
    return lambda row: float(row['node'][key] / (row['limit'][key] or 1))


def millis(kind, quantile):
    return lambda row: row[kind]['latency_us'][quantile] / 1000


def talk(table, tools, args):
    table.about = (
        'Guests by IRC in one node; every line is signed and stored. '
        'Fan-out: ten speak, in batches of 16, 320 messages on their way. '
        'One at a time: a message is heard by all before the next is said. '
        'Rooms and pairs: all speak, as many at once as there are. Limit: the '
        "bare loop, its line of as many bytes. CPU is the server's, a "
        'delivery.')
    table.columns = {
        'scene': 'scene', 'way': 'way',
        'deliveries/s': of('node', 'deliveries_s'),
        'limit': of('limit', 'deliveries_s'),
        'of limit': ratio('deliveries_s'),
        'CPU ns': of('node', 'node_ns'), 'limit ns': of('limit', 'node_ns'),
        'x limit': ratio('node_ns'), 'bytes': of('node', 'plain_bytes'),
        'p50 ms': millis('node', 'p50'), 'p99 ms': millis('node', 'p99'),
        'limit p99 ms': millis('limit', 'p99'),
        'lost / twice / disordered':
        lambda r: ' / '.join(f"{r['node'][k]:,}" for k in served.WRONG[:3])}
    for scene, (ways, options, messages) in TALK.items():
        for way in ways:
            row = take_turns(tools, args, way, text=64, messages=messages //
                             (4 if args.quick else 1), **options)
            table.check(f'{scene}, {way}', row['node'])
            table.add({'scene': scene, **row})
    return table


def stay(table, tools, args):
    """1,000 join a room; and 32 at a time connect, register and quit."""
    table.about = (
        'KiB: what the server has grown by with each of 1,000 guests in a '
        'room. Visits: 32 at a time connect, register, and quit when they '
        'have read who they are; of the bare loop, connect, greet, and go. '
        "CPU is the server's, a visit.")
    table.columns = {
        'way': 'way', 'KiB/guest': of('node', 'kib_a_link'),
        'limit KiB': of('limit', 'kib_a_link'),
        'visits/s': lambda r: r['node']['visits_s'],
        'limit': lambda r: r['limit']['visits_s'],
        'of limit': ratio('visits_s'),
        'CPU us': of('node', 'visit_us'), 'limit us': of('limit', 'visit_us'),
        'x limit': ratio('visit_us')}
    visits = 5 if args.quick else 20
    for way in WAYS:
        row = take_turns(tools, args, way, members=1000)
        came = take_turns(tools, args, way, members=100, visits=visits)
        table.check(way, row['node'])
        for kind in ('node', 'limit'):
            run = came[kind]
            row[kind]['visits_s'] = 100 * (visits + 1) / run['greeted_s']
            row[kind]['visit_us'] = run['greeting_node_cpu_us'] / (visits + 1)
        table.add(row)
    return table


def page(table, tools, args):
    """Browsers, each with a WebSocket in a room. A guest may say 20 lines at
    once, so many of them speak."""
    table.about = (
        'Guests by the page, with the API in Noise in a WebSocket; every line '
        'is signed and stored. Fan-out: many speak, in batches of 16, 320 '
        'messages on their way. One at a time: a message is heard by all '
        'before the next is said. Limit: the bare loop, its line of as many '
        "bytes. CPU is the server's, a delivery; KiB what it has grown by "
        'with each guest.')
    table.columns = {
        'scene': 'scene', 'way': 'way', 'guests': of('node', 'links'),
        'deliveries/s': of('node', 'deliveries_s'),
        'of limit': ratio('deliveries_s'),
        'CPU ns': of('node', 'node_ns'), 'limit ns': of('limit', 'node_ns'),
        'x limit': ratio('node_ns'), 'bytes': of('node', 'plain_bytes'),
        'load ns': of('node', 'bench_ns'),
        'p50 ms': millis('node', 'p50'), 'p99 ms': millis('node', 'p99'),
        'KiB/guest': of('node', 'kib_a_link'),
        'limit KiB': of('limit', 'kib_a_link')}
    fan_out = dict(authors=200, batch=16, window=320,
                   messages=1000 if args.quick else 2000)
    for scene, way, members, options in (
            ('fan-out', 'http', 1000, fan_out),
            ('fan-out', 'https', 1000, fan_out),
            ('fan-out', 'https', 3000, fan_out),
            ('one at a time', 'https', 1000, dict(authors=10, messages=100))):
        row = take_turns(tools, args, way, WEB_WAYS, members=members, text=64,
                         **options)
        table.check(f'{scene}, {way}', row['node'])
        table.add({'scene': scene, **row})
    return table
