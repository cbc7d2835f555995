#!/usr/bin/env -S python3 -B
# kills.py - five nodes talk while one after another is killed, again and again
#
# Each node has a sender that waits for `stored`, and all five together say 200
# messages a second. A node is killed (SIGKILL) at any moment, also while it
# still begins, and started again at once. In the end everyone must have all
# that was ever printed as stored, once, with no number missing.
#
# KILLS=N: how many; KILLS_SEED=N repeats whom and when.
import collections
import contextlib
import json
import os
import random
import statistics
import threading
import time

from house import PATIENCE, Late, claim, equal, in_seconds, in_time, prove

NAMES = ['ana', 'bob', 'cyd', 'dan', 'eve']
PER_SECOND = 200
KILLS = int(os.environ.get('KILLS', 50 / PATIENCE**2))
LIFE = 0.4  # seconds, at most, from one kill to the next
RESTART = 1  # seconds, in the middle: the machine has other things to do
GAVE_UP = 75  # EX_TEMPFAIL
IN_THE_CRADLE = 0.2  # of the kills hit one that has not begun to listen


class Talk:
    """What the senders are given, at an even pace, on a thread of its own."""

    def __init__(self, senders):
        self.senders = senders
        self.said = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        due = time.monotonic()
        while not self.over.wait(max(0, due - time.monotonic())):
            sender = self.senders[self.said % len(self.senders)]
            try:
                sender.write(f'line {self.said}\n')
            except BrokenPipeError:
                return  # it has ended; its exit code says why
            self.said += 1
            due += 1 / PER_SECOND

    def end(self):
        self.over.set()
        self.thread.join()
        for sender in self.senders:
            with contextlib.suppress(BrokenPipeError):
                sender.end_input()


def begin(house):
    nodes = {}
    for name in NAMES:
        others = [word for other in nodes.values()
                  for word in ('--connect', f'127.0.0.1:{other.port}')]
        nodes[name] = house.node(name, '--join', '#lobby', *others)
    return nodes


def wait_until_attached(senders):
    """A sender that found no node at first would be the node itself."""
    for sender in senders:
        sender.out.next()


def kill_as_it_begins(house, node, dice):
    """Another one begins in that home, and does not get far."""
    child = house.start('serve', '--json', '--port', str(node.port),
                        '--listen', '127.0.0.1', home=node.name)
    try:
        child.out.next(time.monotonic() + dice.uniform(0, 0.1))
    except Late:
        pass
    child.kill()


def waited(pid):
    """Seconds in which it could have run, but others had the processors."""
    with open(f'/proc/{pid}/schedstat', encoding='ascii') as stat:
        return int(stat.read().split()[1]) / 1e9


def restart(node):
    """The next node in that home, and how long it took to answer."""
    begun = time.monotonic()
    node = node.again()
    api = node.api()
    equal(api.ask('status')['on'], 'status')
    return node, time.monotonic() - begun - waited(node.pid)


def kill_and_restart(house, nodes, dice):
    """Returns how long each restart took."""
    kills = 0
    restarts = []
    while kills < KILLS:
        threading.Event().wait(dice.uniform(0, LIFE))
        name = dice.choice(NAMES)
        nodes[name].kill()
        kills += 1
        if kills < KILLS and dice.random() < IN_THE_CRADLE:
            kill_as_it_begins(house, nodes[name], dice)
            kills += 1
        nodes[name], took = restart(nodes[name])
        restarts.append(took)
    return restarts


def stored_by(senders):
    """All ids that were printed as stored."""
    ids = [event['id'] for sender in senders
           for event in map(json.loads, sender.out.seen)
           if event['on'] == 'stored']
    equal(len(set(ids)), len(ids))
    return set(ids)


def wait_until_even(house, nodes, count):
    deadline = in_seconds(60)
    for node in nodes.values():
        api = node.api()
        while api.ask('digest', room='#lobby')['count'] < count:
            in_time(time.monotonic() < deadline, house.report())
            api.ask('history', room='#lobby', last=1)


def lines_of(house, name, count):
    """Every envelope's id, author and number in what that node has."""
    result = house.run('history', '#lobby', '-n', str(count + 1), '--json',
                       home=name)
    equal(result.code, 0)
    return [(e['id'], e['key'], e['seq']) for e in result.events()
            if e['on'] == 'text']


def check(house, name, stored, said):
    lines = lines_of(house, name, said)
    ids = {identity for identity, _, _ in lines}
    equal(len(ids), len(lines))
    equal(stored - ids, set())
    numbers = collections.defaultdict(set)
    for _, key, seq in lines:
        assert seq not in numbers[key], f'{key} said {seq} twice'
        numbers[key].add(seq)
    for key, seqs in numbers.items():
        equal(seqs, set(range(1, len(seqs) + 1)))


@claim
def nothing_that_was_stored_is_lost_when_nodes_are_killed(house):
    seed = int(os.environ.get('KILLS_SEED', random.randrange(10**6)))
    dice = random.Random(seed)
    print(f'# KILLS_SEED={seed}', flush=True)
    begun = time.monotonic()
    nodes = begin(house)
    senders = [house.start('send', '#lobby', '--json', home=name)
               for name in NAMES]
    talk = Talk(senders)
    try:
        wait_until_attached(senders)
        restarts = kill_and_restart(house, nodes, dice)
    finally:
        talk.end()
    for sender in senders:
        code = sender.ended(60)
        in_time(code != GAVE_UP, f'a node was away too long\n{house.report()}')
        equal(code, 0)
    stored = stored_by(senders)
    equal(len(stored), talk.said)
    wait_until_even(house, nodes, talk.said)
    for name in NAMES:
        check(house, name, stored, talk.said)
    equal({house.digest(name)['digest'] for name in NAMES},
          {house.digest(NAMES[0])['digest']})
    median = statistics.median(restarts)
    print(f'# {KILLS} kills, {len(stored)} stored, 0 lost; a restart took '
          f'{median:.3f} s, the slowest {max(restarts):.3f} s; all in '
          f'{time.monotonic() - begun:.1f} s', flush=True)
    assert median < RESTART * PATIENCE, median


if __name__ == '__main__':
    prove()
