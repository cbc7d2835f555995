# nodes.py - what is measured between two real nodes, through their API
import os
import shutil
import statistics
import time

import served
from api import Client


def latency(tools, messages):
    a = served.Node(tools, cores=tools.cores)
    b = served.Node(tools, cores=tools.cores,
                    more=['--connect', f'127.0.0.1:{a.port}'])
    says, hears = Client(a.home), Client(b.home)
    hears.ask(do='follow', room='#lobby', id=1)
    hears.hear('following')
    took, stored = [], []
    for i in range(messages + 1):
        began = time.monotonic()
        says.ask(do='say', room='#lobby', text=f'message {i}')
        says.hear('stored')
        stored.append(time.monotonic() - began)
        hears.hear('text')
        took.append(time.monotonic() - began)
    says.close()
    hears.close()
    b.stop()
    a.stop()
    took = sorted(1000 * t for t in took[1:])  # the first waits for the link
    return {'messages': messages, 'p50': statistics.median(took),
            'p99': took[len(took) * 99 // 100],
            'stored': 1000 * statistics.median(stored[1:])}


# Who said what a room holds before it is measured.
PAST_FIRST = 900000


def fill(tools, node, messages, halls=1):
    """The first room holds messages; what a bench with the same is told."""
    past = {'at': int(time.time()), 'text': 64}
    said = served.drive(tools, node, 'node', members=2, authors=1, spoken=1,
                        halls=halls, messages=messages, batch=256,
                        window=2048, first=PAST_FIRST, **past)
    if said['lost']:
        raise served.Failed(f'{said["lost"]} of the past were lost')
    return {**past, 'past': messages, 'past_first': PAST_FIRST}


def comeback(tools, threads, links, messages):
    """A node is killed and started again: until all its links are even."""
    node = served.Node(tools, threads=threads)
    past = fill(tools, node, messages)
    load = served.begin(tools, node, 'node', members=links, authors=0,
                        returns=1, **past)
    if load.stdout.readline() != 'heard\n':
        raise served.Failed('its links did not come up')
    node.kill()
    node = served.Node(tools, threads=threads, home=node.home,
                       port=node.port)
    try:
        return served.end(load)
    finally:
        node.stop()


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat') as stat:
        fields = stat.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def backlog(tools, threads, messages, verify):
    a = served.Node(tools, threads=threads, cores=tools.load_cores)
    served.drive(tools, a, 'node', members=2, authors=1, messages=messages,
                 window=1000)
    b = served.Node(tools, threads=threads)
    late = Client(b.home)
    used = cpu_seconds(b.pid)
    began = time.monotonic()
    late.ask(do='connect', address=f'127.0.0.1:{a.port}')
    while late.count('#lobby') < messages:
        time.sleep(0.02)
    took = time.monotonic() - began
    used = cpu_seconds(b.pid) - used
    late.close()
    b.stop()
    a.stop()
    cores = min(threads, len(tools.server_cores))
    return {'messages': messages, 'seconds': took, 'rate': messages / took,
            'cores': used / took, 'verify': verify,
            'of_verify': messages / took / (verify * cores),
            'of_cpu': messages / used / verify}


def starts(tools, messages, times):
    """From the program's start until it listens, and from SIGTERM until it
    has ended; its CPU in between. The first start makes the home."""
    node = served.Node(tools)
    past = {} if not messages else fill(tools, node, messages)
    home, up, down, cpu = node.home, [], [], []
    node.end()
    for _ in range(times):
        began = time.monotonic()
        node = served.Node(tools, home=home, rooms=[])
        up.append(1000 * (node.listened - began))
        began = time.monotonic()
        cpu.append(1000 * node.end())
        down.append(1000 * (time.monotonic() - began))
    shutil.rmtree(home)
    return {'messages': past.get('past', 0), 'up': statistics.median(up),
            'down': statistics.median(down), 'cpu': statistics.median(cpu)}
