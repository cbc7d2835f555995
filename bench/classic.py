#!/usr/bin/env -S python3 -B
# classic.py - a classic as a guest, in the figures the original was measured by
#
# The original's figures are from a machine of two cores with both its sides on
# it; it stores nothing. Our lines are signed and on disk before anybody hears
# them, so what fdatasync takes is printed too; TMPDIR=/dev/shm leaves it out.
# The classics are Python (tests/e2e/classic_peer.py). Prints a Markdown table.
import json
import os
import select
import socket
import statistics
import tempfile
import time

import classic_peer
from house import House

USED = 500        # lines said before anything is measured
LINES = 300       # for a latency,
APART = 0.002     # seconds between those that are paced for the original;
FOLLOW = 4        # so many may follow one another before it loses its step
POURED = 20000    # by one client
LISTENERS = 50
MANY = 200        # connections, for their memory
ATTACHED = 40
TEXT = 'twenty characters ok'


class Hall(House):
    """A node that lets classics in, and a client that follows its room."""

    def open(self):
        with socket.create_server(('127.0.0.1', 0)) as s:
            self.port = s.getsockname()[1]
        self.served = self.node('ana', '--join', '#lobby', '--classic',
                                str(self.port))
        self.served.out.event('classic-listening')
        self.screen = socket.socket(socket.AF_UNIX)
        self.screen.connect(f'{self.home("ana")}/socket')
        self.lines = self.screen.makefile('rb')
        self.tell(do='follow', room='#lobby')
        self.until(b'"following"')
        # The log of a node that was in use is written over; that of a new one
        # grows, and then the file system has more to do for each line.
        for _ in range(USED):
            self.tell(do='say', room='#lobby', text=TEXT)
            self.until(b'"on":"stored"', b'"on":"text"')
        return self

    def tell(self, **request):
        self.screen.sendall(json.dumps(request).encode() + b'\n')

    def until(self, *words):
        """Lines with each of these have come, in any order."""
        left = set(words)
        while left:
            line = self.lines.readline()
            assert line, 'the node has ended'
            left -= {one for one in left if one in line}

    def enter(self, name):
        """A guest that has read its welcome: its socket and secret."""
        wire, secret, _ = classic_peer.greet(classic_peer.knock(self.port),
                                             name)
        wire.exactly(int(wire.exactly(4)))
        return wire, secret


def took(function):
    began = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - began)


def one_by_one(function):
    def apart():
        time.sleep(APART)
        return took(function)
    return statistics.median(apart() for _ in range(LINES))


def one_after_another(function):
    return statistics.median(took(function) for _ in range(LINES))


def in_fours(function):
    def four():
        time.sleep(2 * FOLLOW / 1000)
        return [took(function) for _ in range(FOLLOW)]
    return statistics.median(sum((four() for _ in range(LINES // FOLLOW)),
                                 []))


def to_us(hall, measure):
    wire, secret = hall.enter('Tom')

    def once():
        wire.send(classic_peer.frame(secret, TEXT))
        hall.until(b'"on":"text"')
    return measure(once)


def from_us(hall, measure):
    wire, secret = hall.enter('Kim')

    def once():
        hall.tell(do='say', room='#lobby', text=TEXT)
        classic_peer.decode(secret, wire.exactly(int(wire.exactly(4)))
                            .decode())
    return measure(once)


def pour(hall):
    wire, secret = hall.enter('Tom')
    frames = classic_peer.frame(secret, TEXT) * POURED

    def all_of_them():
        sent = 0
        left = POURED
        # Sent and read in turns, as there is one thread for both.
        wire.socket.setblocking(False)
        while left:
            can_read, can_write, _ = select.select(
                [hall.screen], [wire.socket] if sent < len(frames) else [],
                [])
            if can_write:
                sent += wire.socket.send(frames[sent:sent + 65536])
            if can_read:
                left -= hall.screen.recv(1 << 20).count(b'"on":"text"')
    return POURED / took(all_of_them) * 1000


def to_fifty(hall):
    guests = [hall.enter(f'Guest{i}')[0].socket for i in range(LISTENERS)]
    size = 4 + 7 * len(f'ana: {TEXT}')
    epoll = select.epoll()
    by_fd = {g.fileno(): g for g in guests}
    for fd in by_fd:
        epoll.register(fd, select.EPOLLIN)

    def once():
        left = size * LISTENERS
        hall.tell(do='say', room='#lobby', text=TEXT)
        while left:
            for fd, _ in epoll.poll():
                left -= len(by_fd[fd].recv(65536))
    return one_by_one(once)


def memory(hall):
    def resident():
        with open(f'/proc/{hall.served.pid}/statm') as f:
            return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    first = hall.enter('First')
    before = resident()
    guests = [hall.enter(f'Guest{i}') for i in range(MANY)]
    after = resident()
    assert first and len(guests) == MANY
    return (after - before) / MANY / 1024


def attach(hall):
    def once():
        wire, _, _ = classic_peer.greet(classic_peer.knock(hall.port), 'Tom')
        kept.append(wire)
    kept = []
    return statistics.median(took(once) for _ in range(ATTACHED))


ROWS = [
    ('a line of 20 characters, from a classic to our screen, ms', '0.51',
     lambda hall: to_us(hall, one_after_another), '{:.2f}'),
    ('the same, from us to the screen of a classic, ms', '0.51',
     lambda hall: from_us(hall, in_fours), '{:.2f}'),
    ('the first, 2 ms after the line before it, ms', '',
     lambda hall: to_us(hall, one_by_one), '{:.2f}'),
    ('the second, 2 ms after the line before it, ms', '',
     lambda hall: from_us(hall, one_by_one), '{:.2f}'),
    ('lines a second from one client', '13,048', pour, '{:,.0f}'),
    (f'a line to {LISTENERS} clients, until the last has it, ms', '4.86',
     to_fifty, '{:.2f}'),
    ('memory a connection, KiB', '22.6', memory, '{:.1f}'),
    ('attaching, until the host\'s name is here, ms', '35 to 44', attach,
     '{:.2f}'),
]


def sync_ms():
    with tempfile.NamedTemporaryFile() as file:
        def once():
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
        return statistics.median(took(once) for _ in range(100))


def main():
    print(f'Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; '
          f'fdatasync takes {sync_ms():.2f} ms.\n')
    print('| | the original | QuickFi |\n|---|---|---|')
    for name, original, measure, form in ROWS:
        with Hall() as hall:
            value = form.format(measure(hall.open()))
        print(f'| {name} | {original} | {value} |', flush=True)


if __name__ == '__main__':
    main()
