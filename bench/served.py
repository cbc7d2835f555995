# served.py - what is measured: a node or the bare loop, and the load on it
import base64
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from api import Client

HERE = pathlib.Path(__file__).resolve().parent


class Tools:
    """The programs of one build, and which cores they may use."""

    def __init__(self, build, pinned):
        self.quickfi = build / 'quickfi'
        self.bench = build / 'bench'
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores
        # The server has the first core, the load the others, as in most
        # published comparisons; unpinned, all share all.
        alone = pinned and len(cores) > 1
        self.server_cores = cores[:1] if alone else cores
        self.load_cores = cores[1:] if alone else cores

    def start(self, argv, cores, **more):
        return subprocess.Popen(
            [str(a) for a in argv],
            preexec_fn=lambda: os.sched_setaffinity(0, cores), **more)


class Node:
    """A node in a home of its own, on any free port of 127.0.0.1."""

    def __init__(self, tools, halls=1, threads=1, more=(), cores=None,
                 home=None, port=0, rooms=None):
        self.home = home or pathlib.Path(tempfile.mkdtemp(prefix='bench-'))
        if rooms is None:
            rooms = ['#lobby'] if halls == 1 else \
                [f'#bench{i}' for i in range(halls)]
        argv = [tools.quickfi, 'serve', '--home', self.home, '--listen',
                '127.0.0.1', '--port', port, '--json', '--no-discovery',
                '--threads', threads, *more]
        self.log = open(self.home / 'log', 'w+')
        self.process = tools.start(argv, cores or tools.server_cores,
                                   stdout=subprocess.PIPE, text=True)
        while True:
            event = json.loads(self.process.stdout.readline())
            if event['on'] == 'listening':
                break
        self.listened = time.monotonic()
        self.port = event['port']
        self.join(rooms)
        # Nobody waits for the rest of what it prints.
        self.drain = subprocess.Popen(['cat'], stdin=self.process.stdout,
                                      stdout=subprocess.DEVNULL)
        self.process.stdout.close()

    def join(self, rooms):
        client = Client(self.home)
        for room in rooms:
            client.ask(do='join', room=room)
            client.hear('done')
        client.close()

    @property
    def pid(self):
        return self.process.pid

    def guest_link(self):
        """What is in the fragment of a link for guests of the page."""
        client = Client(self.home)
        client.ask(do='invite', room='#lobby')
        link = client.hear('links')['links'][0]['link']
        client.close()
        return base64.urlsafe_b64decode(link.partition('#g')[2][:64]).hex()

    def kill(self):
        """As a power cut would; the home stays."""
        self.process.kill()
        self.process.wait()
        self.drain.wait()
        self.log.close()

    def end(self):
        """The home stays; the CPU seconds that it had."""
        self.process.terminate()
        _, _, used = os.wait4(self.pid, 0)
        self.process.returncode = 0
        self.drain.wait()
        self.log.close()
        return used.ru_utime + used.ru_stime

    def stop(self):
        self.end()
        shutil.rmtree(self.home)


# The bare loop, by what its links are: 'guests' have no certificate.
LOOPS = {'plain': 'plain', 'tls': 'tls', 'guests': 'tls'}


class Limit:
    """The bare loop (limit.c)."""

    def __init__(self, tools, kind, line, halls=1, threads=1):
        self.process = tools.start(
            [tools.bench / 'limit', LOOPS[kind], threads, line, halls],
            tools.server_cores, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def begin(tools, served, kind, **options):
    """Start quickfi-bench against what is served."""
    argv = [tools.bench / 'quickfi-bench', f'kind={kind}',
            f'port={served.port}', f'pid={served.pid}']
    if kind in ('web', 'webs'):
        argv.append(f'link={served.guest_link()}')
    argv += [f'{name}={value}' for name, value in options.items()]
    return tools.start(argv, tools.load_cores, stdout=subprocess.PIPE,
                       text=True)


class Failed(Exception):
    """A run that came to nothing."""


def end(load):
    """Its numbers, when it has ended."""
    out = load.communicate()[0]
    if load.returncode:
        raise Failed(f'{" ".join(load.args[1:])}: ended with '
                     f'{load.returncode}')
    return json.loads(out)


def drive(tools, served, kind, **options):
    return end(begin(tools, served, kind, **options))


@contextlib.contextmanager
def running(tools, kind, threads, line=None, halls=1):
    """A node, or the bare loop, while somebody drives it."""
    served = Limit(tools, kind, line, halls, threads) if kind in LOOPS else \
        Node(tools, halls, threads)
    try:
        yield served
    finally:
        served.stop()


def once(tools, kind, threads, line=None, **options):
    with running(tools, kind, threads, line, options.get('halls', 1)) as it:
        if kind in LOOPS:
            options['line'] = line
        return drive(tools, it, kind, **options)


WRONG = ('lost', 'doubled', 'disordered', 'gone')


def median(runs):
    """Of each number of several runs; what went wrong is added up."""
    result = dict(runs[0])
    for name, value in result.items():
        values = [run[name] for run in runs]
        if name in WRONG:
            result[name] = sum(values)
        elif isinstance(value, bool):
            result[name] = any(values)
        elif isinstance(value, (int, float)):
            result[name] = statistics.median(values)
        elif name.endswith('_us'):
            result[name] = {q: statistics.median(v[q] for v in values)
                            for q in value}
    return result


def take_turns(turns, run):
    """Node and bare loop take turns; medians of what run(kind, line) says.

    The loop's line has as many bytes as the node sent for a delivery, so it
    is known after the node's first turn. The loop without TLS, and with lines
    of 64 bytes, is there for comparison and runs once."""
    runs = {'node': [run('node', None)]}
    line = max(16, round(runs['node'][0]['plain_bytes']))
    runs['tls'] = [run('tls', line)]
    runs['plain'] = [run('plain', line)]
    runs['tls64'] = [run('tls', 64)]
    for _ in range(1, turns):
        runs['node'].append(run('node', None))
        runs['tls'].append(run('tls', line))
    return {'line': line, **{k: median(v) for k, v in runs.items()}}


def race(tools, turns, threads=1, **options):
    return take_turns(turns, lambda kind, line:
                      once(tools, kind, threads, line, **options))
