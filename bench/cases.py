# cases.py - what is measured, one function a case
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import guests
import nodes
import served


class Table:
    """Rows of a case, and which of their numbers people are shown."""

    def __init__(self, name, about, columns):
        self.name = name
        self.about = about
        self.columns = columns  # heading: key or function of a row
        self.rows = []
        self.faults = []

    def add(self, row):
        self.rows.append(row)
        print('.', end='', flush=True)

    def cell(self, column, row):
        value = column(row) if callable(column) else row[column]
        if isinstance(value, float):
            return f'{value:,.2f}' if abs(value) < 100 else f'{value:,.0f}'
        return f'{value:,}' if isinstance(value, int) else str(value)

    def markdown(self):
        lines = [f'## {self.name}\n', self.about + '\n',
                 '| ' + ' | '.join(self.columns) + ' |',
                 '|' + '---|' * len(self.columns)]
        for row in self.rows:
            cells = [self.cell(c, row) for c in self.columns.values()]
            lines.append('| ' + ' | '.join(cells) + ' |')
        lines += ['', *self.faults]
        return '\n'.join(lines) + '\n'

    def check(self, what, run):
        """Nothing may be lost, come twice or out of order."""
        wrong = {k: run[k] for k in served.WRONG if run[k]}
        if wrong:
            self.faults.append(f'**{what}: {wrong}**')

    def failed(self):
        return bool(self.faults)


def node(key):
    return lambda row: row['node'][key]


def limit(key):
    return lambda row: row['tls'][key]


def against(key, loop='tls'):
    """The node's number as a multiple of the loop's."""
    return lambda row: float(row['node'][key] / (row[loop][key] or 1))


def latency(quantile, kind='node'):
    return lambda row: row[kind]['latency_us'][quantile] / 1000


def wrong(row):
    return ' / '.join(f"{row['node'][k]:,}" for k in served.WRONG[:3])


def who_limits(row):
    names = [k for k in ('node', 'tls') if row[k]['bench_is_bottleneck']]
    return 'bench (' + ', '.join(names) + ')' if names else ''


RACE = {
    'deliveries/s': node('deliveries_s'),
    'of limit': against('deliveries_s'),
    'CPU ns': node('node_ns'),
    'limit ns': limit('node_ns'),
    'x limit': against('node_ns'),
    'x plain': against('node_ns', 'plain'),
    'x 64 B lines': against('node_ns', 'tls64'),
    'bytes': node('plain_bytes'),
    'p50 ms': latency('p50'),
    'p99 ms': latency('p99'),
    'p99.9 ms': latency('p999'),
    'lost / twice / disordered': wrong,
    'KiB/link': node('kib_a_link'),
    'load ns': node('bench_ns'),
    'bottleneck': who_limits,
}


def race(table, tools, args, what, turns=None, **options):
    row = {**what, **served.race(tools, turns or args.turns, args.threads,
                                 **options)}
    table.check(str(what), row['node'])
    table.add(row)


def less(args, messages):
    """So many, or when it has to be quick, fewer."""
    return messages // 4 if args.quick else messages


def fanout(tools, args):
    table = Table('fanout', 'One room, ten of its members speak. Pipelined: '
                  'batches of 16, 320 messages on their way. One: a message '
                  'is heard by all before the next is said. CPU is the '
                  "server's, a delivery; limit: the bare loop over TLS, as "
                  'many bytes a delivery; plain: the same without TLS; load: '
                  "the bench's own CPU. KiB/link is what the node has grown "
                  'by until all links were up.',
                  {'members': 'members', 'text': 'text', 'way': 'way',
                   **RACE})
    for way, most, least, total, more in (
            ('pipelined', 40000, 800, 2000000, {'batch': 16, 'window': 320}),
            ('one', 1000, 100, 100000, {})):
        for text in (64, 512):
            for members in (10, 100, 1000, 5000):
                messages = min(most, max(least, total // members))
                large = members == 5000 or (members, text) == (1000, 512)
                race(table, tools, args,
                     {'members': members, 'text': text, 'way': way},
                     turns=1 if args.quick and large else None,
                     members=members, authors=10, text=text,
                     messages=less(args, messages), **more)
    return table


def verify_rate(tools):
    """Signatures a second that a core can check, bare."""
    return json.loads(sign_once(tools, 0.2))['verify']


def sign_once(tools, seconds):
    load = tools.start([tools.bench / 'sign', seconds], tools.server_cores,
                       stdout=subprocess.PIPE, text=True)
    return load.communicate()[0]


def signed(name, about, tools, args, windows, **options):
    """Many small rooms in which everyone speaks and signs each message."""
    fans = options['members'] - 1
    table = Table(name, about + ' Each message is signed alone; so many of a '
                  'room are on their way. Of verify: messages that a core of '
                  'CPU in the node carries, to the signatures that the same '
                  'core can check bare.',
                  {'rooms': 'halls', 'members': 'members',
                   'on their way': 'window',
                   'messages/s': lambda r: r['node']['deliveries_s'] / fans,
                   'of verify': 'of_verify', **RACE})
    for window in windows:
        rates = []

        def run(kind, line):
            if kind == 'node':
                rates.append(verify_rate(tools))
            return served.once(tools, kind, args.threads, line, text=64,
                               authors=options['members'], batch=1,
                               window=window, **options)

        row = {'halls': options['halls'], 'members': options['members'],
               'window': window, **served.take_turns(args.turns, run)}
        row['of_verify'] = (1e9 / (row['node']['node_ns'] * fans) /
                            statistics.median(rates))
        table.check(name, row['node'])
        table.add(row)
    return table


def rooms(tools, args):
    return signed('rooms', '100 rooms of ten, all speak.', tools, args,
                  (10, 100), halls=100, members=10,
                  messages=less(args, 400))


def pairs(tools, args):
    return signed('pairs', '1,000 rooms of two, both speak.', tools, args,
                  (2, 20), halls=1000, members=2, messages=less(args, 80))


def idle(tools, args):
    table = Table('idle', '10,000 links in five rooms. The first room holds '
                  '10,000 messages, which its 2,000 members have; then it '
                  'hears 5 messages a second, and the others are idle. KiB a '
                  'link is what the server has grown by until all are up.',
                  {'links': node('links'),
                   'limit KiB/link': limit('kib_a_link'),
                   'handshake CPU us': node('greeting_node_cpu_us'),
                   'limit us': limit('greeting_node_cpu_us'),
                   'links/s': lambda r: r['node']['links'] /
                   r['node']['greeted_s'],
                   'limit links/s': lambda r: r['tls']['links'] /
                   r['tls']['greeted_s'],
                   'limit p99 ms': latency('p99', 'tls'), **RACE})
    options = dict(halls=5, spoken=1, members=2000, authors=1, rate=5,
                   messages=less(args, 100), window=100)

    def run(kind, line):
        with served.running(tools, kind, args.threads, line, 5) as it:
            more = nodes.fill(tools, it, 10000, halls=5) \
                if kind == 'node' else {'line': line}
            return served.drive(tools, it, kind, **options, **more)

    row = served.take_turns(1, run)
    table.check('10,000 links', row['node'])
    table.add(row)
    return table


def slow(tools, args):
    table = Table('slow', 'A room of 1,000, pipelined; some of the members '
                  'read a kilobyte a second, and nobody waits for them.',
                  {'slow': 'slow', 'resident MiB': lambda r:
                   r['node']['node_resident_kib'] / 1024, **RACE})
    for n in (0, 100):
        race(table, tools, args, {'slow': n}, members=900 + n, slow=n,
             authors=10, messages=less(args, 10000), batch=16, window=320)
    return table


def storm(tools, args):
    table = Table('storm', '200 members hear 50 messages a second, while so '
                  'many others dial at once.',
                  {'others': 'others', 'links/s': node('links_s'),
                   'limit links/s': limit('links_s'),
                   'limit p99 ms': latency('p99', 'tls'), **RACE})

    def run(others, kind, line):
        here = {} if kind == 'node' else {'line': line}
        with served.running(tools, kind, args.threads, line) as it:
            quiet = served.begin(tools, it, kind, members=200, authors=1,
                                 rate=50, messages=less(args, 600),
                                 window=300, **here)
            came = served.drive(tools, it, kind, members=others, authors=0,
                                first=100000, **here) if others else None
            return {**served.end(quiet), 'links_s':
                    others / came['greeted_s'] if came else 0.0}

    for others in (0, 2000):
        row = {'others': others, **served.take_turns(
            args.turns, lambda kind, line: run(others, kind, line))}
        table.check(f'{others} others', row['node'])
        table.add(row)
    return table


def sign(tools, args):
    table = Table('sign', 'Messages a second that one core signs and checks, '
                  'by size of batch; verify is a bare signature check.',
                  {'batch': 'batch', 'signed/s': 'signed',
                   'checked/s': 'checked', 'verify/s': 'verify'})
    runs = [json.loads(sign_once(tools, 0.3)) for _ in range(args.turns)]
    got = served.median(runs)
    for batch in (1, 16, 256):
        table.add({'batch': batch, 'signed': got[f'sign{batch}'],
                   'checked': got[f'check{batch}'],
                   'verify': got['verify']})
    return table


def commit(tools, args):
    table = Table('commit', 'The store signs a batch of own messages and makes '
                  'it durable; bare SQLite inserts as many rows of as many '
                  'bytes, with the same settings.',
                  {'batch': 'batch', 'messages/s': 'rows',
                   'bare rows/s': 'bare', 'of bare': 'of_bare'})
    with tempfile.TemporaryDirectory(prefix='bench-') as where:
        load = tools.start([tools.bench / 'bench_commit', 0.1 if args.quick
                            else 0.5], tools.server_cores, cwd=where,
                           stdout=subprocess.PIPE, text=True)
        lines = load.communicate()[0].splitlines()[1:]
    for line in lines:
        batch, _, rows, _, bare, ratio = line.split()
        table.add({'batch': int(batch), 'rows': float(rows),
                   'bare': float(bare), 'of_bare': float(ratio)})
    return table


def hostile(tools, args):
    table = Table('hostile', 'From a say to the line at the next node, 99th '
                  'percentile: alone, while 20 peers send mutated frames in '
                  'TLS and 100 read a byte a second, and while the same '
                  'senders feed a process that discards. The limit is 2.',
                  {'alone ms': 'alone', 'discarded ms': 'control',
                   'attack ms': 'attack', 'of discarded': 'ratio',
                   'more memory, MiB': 'memory'})
    here = pathlib.Path(__file__).resolve().parent
    programs = {'QUICKFI': tools.quickfi, 'DISCARD': tools.bench / 'discard',
                'HOSTILE': tools.quickfi.parent / 'tests/hostile',
                'PYTHONPATH': here.parent / 'tests/e2e'}
    got = subprocess.run(
        [here / 'hostile_load.py', str(1 if args.quick else args.turns)],
        env=os.environ | {k: str(v) for k, v in programs.items()},
        stdout=subprocess.PIPE, text=True)
    if got.returncode:
        raise served.Failed('hostile_load.py failed')
    alone, control, attack, ratio, memory, _ = \
        got.stdout.splitlines()[-1].split()
    table.add({'alone': float(alone), 'control': float(control),
               'attack': float(attack), 'ratio': float(ratio),
               'memory': float(memory)})
    return table


def latency_case(tools, args):
    table = Table('latency', 'One way between two idle nodes, from the say '
                  'on one to the line on the other; stored is the answer to '
                  'the say, which waits for one commit.',
                  {'messages': 'messages', 'p50 ms': 'p50', 'p99 ms': 'p99',
                   'stored p50 ms': 'stored'})
    table.add(nodes.latency(tools, 300))
    return table


def start(tools, args):
    table = Table('start', 'From the program until it listens, and from '
                  'SIGTERM until it has ended: medians, on the cores of the '
                  'server; CPU of both together.',
                  {'messages': 'messages', 'start ms': 'up', 'end ms': 'down',
                   'CPU ms': 'cpu'})
    for messages in (0, 10000):
        table.add(nodes.starts(tools, messages, 5 if args.quick else 20))
    return table


def backlog(tools, args):
    table = Table('backlog', 'A node that comes late verifies and stores '
                  'what another has, each message signed alone. Of verify: '
                  'to the signatures that the cores it used can check bare.',
                  {'messages': 'messages', 'seconds': 'seconds',
                   'messages/s': 'rate', 'node cores': 'cores',
                   'verify/s a core': 'verify', 'of verify': 'of_verify',
                   'of its CPU': 'of_cpu'})
    table.add(nodes.backlog(tools, args.threads, less(args, 100000),
                            verify_rate(tools)))
    return table


def comeback(tools, args):
    table = Table('comeback', 'A node is killed (SIGKILL) and started again; '
                  'its links, which hold the room, dial until they are even '
                  'with it.',
                  {'links': node('links'), 'messages': 'messages',
                   'seconds': node('returned_s')})
    row = {'messages': 10000,
           'node': nodes.comeback(tools, args.threads, 2000, 10000)}
    table.check('comeback', row['node'])
    table.add(row)
    return table


def inside(tools, args):
    table = Table('inside', 'Two workers without sockets: their links throw '
                  'away what was sealed. All threads on one core, against '
                  'two; apart: the gain of a loop that does the same work '
                  'and shares nothing.',
                  {'work': 'work', 'one core /s': 'serial',
                   'two cores /s': 'parallel', 'gain': 'gain',
                   'apart': 'apart', 'of apart': 'of_apart'})
    load = tools.start([tools.bench / 'inside', 800,
                        8000 if args.quick else 16000],
                       tools.cores, stdout=subprocess.PIPE, text=True)
    for work, row in json.loads(load.communicate()[0]).items():
        table.add({'work': work, **row})
    return table


def irc(tools, args):
    return guests.talk(Table('irc', '', {}), tools, args)


def irc_guests(tools, args):
    return guests.stay(Table('irc-guests', '', {}), tools, args)


def web(tools, args):
    return guests.page(Table('web', '', {}), tools, args)


ALL = {'sign': sign, 'commit': commit, 'hostile': hostile,
       'inside': inside, 'fanout': fanout, 'rooms': rooms, 'pairs': pairs,
       'idle': idle, 'storm': storm, 'slow': slow,
       'comeback': comeback, 'backlog': backlog, 'latency': latency_case,
       'irc': irc, 'irc-guests': irc_guests, 'web': web, 'start': start}
