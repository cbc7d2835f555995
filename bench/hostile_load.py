#!/usr/bin/env -S python3 -B
# hostile_load.py - bench: what hostile peers cost those who talk meanwhile
#
# usage: hostile_load.py [ROUNDS [MESSAGES]]    3 and 500 if not said
#
# bob says something fifty times a second, and a client of ana, to whom he is
# linked, sees it: that is the time measured. Meanwhile 20 peers, each from an
# address of its own, send mutated frames in TLS as fast as they are taken, and
# come again with a new key when they are thrown out, and 100 peers ask for the
# whole room and read a byte a second. In the control the same senders feed a
# process of this machine (discard.c) that takes TLS and throws away what comes.
# Attack and control take turns; the medians are printed, and the ratio of their
# 99th percentiles.
import random
import statistics
import subprocess
import sys
import time

from house import House, Lines, equal, in_seconds, program, until

MUTANTS = 20
SAY_SECONDS = 0.02
ROOM_LINES = 3000  # of 1,000 bytes
HOSTILE = program('HOSTILE')
DISCARD = program('DISCARD')


class Attackers:
    def __init__(self, port, *how):
        self.how = how
        # Those that are slow to come in come first.
        self.all = []
        for name in ('slow_readers', *['mutants_at_line_rate'] * MUTANTS):
            self.all.append(self.start(port, name))
            self.all[-1][1].next(in_seconds(60))

    def start(self, port, name):
        seed = str(random.randrange(10**6))
        process = subprocess.Popen(
            [HOSTILE, str(port), seed, name, *self.how],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return process, Lines(process.stdout)

    def end(self):
        """How many links they had, and frames they sent."""
        for process, _ in self.all:
            process.stdin.close()
        said = []
        for process, lines in self.all:
            process.wait()
            while (line := lines.next()) is not None:
                said.append(line.split())
        links = [int(s[0]) for s in said if s[1:2] == ['links,']]
        return sum(links), sum(int(s[2]) for s in said if len(s) == 4)


def peak_kb(node):
    with open(f'/proc/{node.pid}/status') as status:
        for line in status:
            if line.startswith('VmHWM:'):
                return int(line.split()[1])


def cpu_seconds(node):
    with open(f'/proc/{node.pid}/stat') as stat:
        fields = stat.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


class Talk:
    def __init__(self, house):
        self.ana = house.node('ana', '--join', '#lobby')
        self.bob = house.node('bob', '--join', '#lobby', '--connect',
                              f'127.0.0.1:{self.ana.port}')
        text = ''.join(f'{i:06} {"x" * 993}\n' for i in range(ROOM_LINES))
        equal(house.run('send', '#lobby', home='ana', text=text).code, 0)
        self.hear = self.ana.api()
        self.speak = self.bob.api()
        self.speak.linked()
        self.hear.ask('follow', room='#lobby', last=0)

    def seconds(self, count):
        """How long each of so many messages took, ascending."""
        took = []
        due = time.monotonic()
        for i in range(count):
            due += SAY_SECONDS
            time.sleep(until(due))
            text = f'{due} {i}'
            begun = time.monotonic()
            self.speak.tell('say', room='#lobby', text=text)
            self.hear.event('text', in_seconds(60), text=text)
            took.append(time.monotonic() - begun)
        return sorted(took)


def measure(talk, attackers, name, count):
    before = cpu_seconds(talk.ana)
    took = talk.seconds(count)
    links, frames = attackers.end()
    print(f'#   {name}: p50 {took[count // 2] * 1e3:.1f} ms, '
          f'p99 {took[count * 99 // 100] * 1e3:.1f} ms; {links} links, '
          f'{frames} frames, {cpu_seconds(talk.ana) - before:.1f} s of her CPU',
          flush=True)
    return took[count * 99 // 100]


def under_attack(talk, count):
    return measure(talk, Attackers(talk.ana.port), 'attack', count)


def beside_discard(talk, count):
    discard = subprocess.Popen(DISCARD, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    port = int(discard.stdout.readline())
    took = measure(talk, Attackers(port, 'discarded'), 'control', count)
    discard.stdin.close()
    discard.wait()
    return took


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    attack, control = [], []
    with House() as house:
        talk = Talk(house)
        quiet = talk.seconds(count)
        before_kb = peak_kb(talk.ana)
        for _ in range(rounds):
            control.append(beside_discard(talk, count))
            attack.append(under_attack(talk, count))
        grown_kb = peak_kb(talk.ana) - before_kb
    control = statistics.median(control)
    attack = statistics.median(attack)
    print('p99 in ms:   alone  control   attack    ratio   more memory')
    print(f'         {quiet[count * 99 // 100] * 1e3:9.1f} '
          f'{control * 1e3:8.1f} {attack * 1e3:8.1f} '
          f'{attack / control:8.2f} {grown_kb / 1024:8.1f} MiB')


if __name__ == '__main__':
    main()
