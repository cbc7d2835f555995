#!/usr/bin/env -S python3 -B
# power_loss.py - the power goes at any moment, and all that was stored is there
#
# A node works while disk_shim.c writes down what it does to its database and
# when it says that something is stored. From that the files are made again as
# a disk may hold them after a cut at some moment, and the program begins on
# them. A disk keeps what was synced. Of the rest each sector of 512 bytes is
# there or not, whatever the order of writing; a file may have grown without
# its bytes; and what happened to names is kept up to some moment.
#
# CUTS=N: how many; CUTS_SEED=N repeats all of it.
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct

from house import PATIENCE, claim, equal, program, prove

CUTS = int(os.environ.get('CUTS', 200 / PATIENCE**2))
CUTS_A_STORY = 100
SECTOR = 512
NO_ROOM = 66  # the exit code if the cut was before it was joined
SHIM = program('DISK_SHIM')
HEAD = struct.Struct('<cBIQ')
STORED = re.compile(rb'{"on":"stored","id":"(\w+)"')

Record = collections.namedtuple('Record', 'kind name offset data')


class File:
    """One file: what is certain to be on the disk, and what may be."""

    def __init__(self):
        self.synced = bytearray()
        self.pending = []

    def sync(self):
        for record in self.pending:
            apply(self.synced, record)
        self.pending = []

    def after_cut(self, dice):
        data = bytearray(self.synced)
        kept = dice.choice([0, 1, 0.5, 0.9, 0.1])  # of what is not certain
        for record in self.pending:
            if record.kind == b'W':
                tear(data, record, dice, kept)
            elif dice.random() < kept:
                apply(data, record)
        return data


def apply(data, record):
    end = record.offset + len(record.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    if record.kind == b'W':
        data[record.offset:end] = record.data
    else:
        del data[record.offset:]


def tear(data, record, dice, kept):
    """Some sectors of a write, or only the size that it gave the file."""
    at, end = record.offset, record.offset + len(record.data)
    if len(data) < end and dice.random() < kept:
        data.extend(bytes(end - len(data)))
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        if dice.random() < kept:
            apply(data, Record(b'W', '', at, record.data[
                at - record.offset:until - record.offset]))
        at = until


class Disk:
    """The directory as the program sees it, and as it is on the disk."""

    def __init__(self, believes_syncs):
        self.believes_syncs = believes_syncs
        self.seen = {}
        self.synced = {}
        self.pending = []  # (name, file, or None: removed), oldest first
        self.stored = set()

    def file(self, name):
        if name not in self.seen:
            self.seen[name] = File()
            self.pending.append((name, self.seen[name]))
        return self.seen[name]

    def names(self, count):
        names = dict(self.synced)
        for name, file in self.pending[:count]:
            names[name] = file
        return {name: file for name, file in names.items() if file}

    def keep_names(self, count):
        self.synced = self.names(count)
        del self.pending[:count]

    def sync(self, name):
        if not name:
            self.keep_names(len(self.pending))
            return
        file = self.file(name)
        file.sync()
        # A journal keeps names in order, so with it go all that came before.
        for count, (_, other) in enumerate(self.pending, 1):
            if other is file:
                self.keep_names(count)
                return

    def take(self, record):
        if record.kind == b'!':
            self.stored |= {i.decode() for i in STORED.findall(record.data)}
        elif record.kind == b'S':
            if self.believes_syncs:
                self.sync(record.name)
        elif record.kind == b'U':
            self.seen.pop(record.name, None)
            self.pending.append((record.name, None))
        else:
            self.file(record.name).pending.append(record)

    def after_cut(self, dice):
        """What is in each file that is found when the power is back."""
        names = self.names(dice.randint(0, len(self.pending)))
        return {name: file.after_cut(dice) for name, file in names.items()}


def read_log(path):
    log = path.read_bytes()
    at = 0
    while at < len(log):
        kind, name_len, length, offset = HEAD.unpack_from(log, at)
        at += HEAD.size
        name = log[at:at + name_len].decode().lstrip('/')
        at += name_len
        yield Record(kind, name, offset, log[at:at + length])
        at += length


def say(api, dice, count):
    """As many lines, answered in groups: commits of all sizes."""
    while count:
        group = min(count, dice.choice([1, 1, 1, 2, 5, 30]))
        size = dice.choice([10, 10, 10, 300, 5000])
        for _ in range(group):
            api.tell('say', room='#lobby', text='x' * dice.randint(1, size))
        for _ in range(group):
            api.event('stored')
        count -= group


def story(house, name, dice):
    """A node begins, talks, is killed while it rests, talks, and ends. Returns
    what it wrote, in order."""
    home = pathlib.Path(house.home(name))
    log = house.dir / f'{name}.log'
    node = house.node(name, '--join', '#lobby',
                      inside=('env', f'LD_PRELOAD={SHIM}', f'DISK_DIR={home}',
                              f'DISK_LOG={log}'))
    say(node.api(), dice, 400)
    node.kill()
    node = node.again()
    say(node.api(), dice, 200)
    equal(node.stop(), 0)
    return list(read_log(log))


def begin_again(house, home, stored, goes_on):
    """Why what the program finds there is not good, or None."""
    if goes_on:
        result = house.run('send', '#lobby', 'and on', home=home)
        if result.code:
            return f'it does not go on: {result}'
    result = house.run('history', '#lobby', '-n', '100000', '--json',
                       home=home)
    if result.code and not (result.code == NO_ROOM and not stored):
        return str(result)
    texts = [e for e in result.events() if e['on'] == 'text']
    lost = stored - {e['id'] for e in texts}
    if lost:
        return f'{len(lost)} of {len(stored)} are lost'
    # Where there was no database yet, the key is older than the first number.
    first = texts[0]['seq'] if texts and not stored else 1
    if [e['seq'] - first for e in texts] != [*range(len(texts))]:
        return 'numbers are missing, or not in order'
    if [*pathlib.Path(house.home(home)).glob('store.damaged-*')]:
        return 'it was taken for damaged'
    with sqlite3.connect(f'{house.home(home)}/store') as db:
        answer = db.execute('PRAGMA integrity_check').fetchone()[0]
    db.close()
    return None if answer == 'ok' else answer


def try_cut(house, key, files, stored, number):
    name = f'cut{number}'
    home = pathlib.Path(house.home(name))
    home.mkdir(mode=0o700)
    shutil.copy(key, home / 'key')
    for file, data in files.items():
        (home / file).write_bytes(data)
    if number % 3 == 0:  # memory that somebody found worth keeping
        (home / 'store-shm').write_bytes(random.randbytes(32768))
    why = begin_again(house, name, stored, number % 10 == 0)
    shutil.rmtree(home)
    return f'cut {number}: {why}' if why else None


def cuts(records, moments, dice, believes_syncs=True):
    """The files and what was stored, at each moment."""
    disk = Disk(believes_syncs)
    moments = collections.Counter(moments)
    for number, record in enumerate(records, 1):
        disk.take(record)
        for _ in range(moments[number]):
            yield disk.after_cut(dice), set(disk.stored)


def losses(house, key, found):
    """What went wrong at each cut where something did."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = collections.deque()
        for number, (files, stored) in enumerate(found):
            waiting.append(pool.submit(try_cut, house, key, files, stored,
                                       number))
            while len(waiting) > 4:
                yield waiting.popleft().result()
        for result in waiting:
            yield result.result()


def roll():
    seed = int(os.environ.get('CUTS_SEED', random.randrange(10**6)))
    print(f'# CUTS_SEED={seed}', flush=True)
    return random.Random(seed)


@claim
def all_that_was_stored_is_there_when_the_power_is_back(house):
    dice = roll()
    left = CUTS
    told = set()
    while left:
        some = min(left, CUTS_A_STORY)
        name = f'ana{left}'
        records = story(house, name, dice)
        told |= {i for r in records for i in STORED.findall(r.data)}
        moments = [dice.randint(1, len(records)) for _ in range(some)]
        wrong = [w for w in losses(house, f'{house.home(name)}/key',
                                   cuts(records, moments, dice)) if w]
        equal(wrong, [])
        house.forget()
        left -= some
    assert len(told) >= 600, len(told)
    print(f'# {CUTS} cuts among {len(told)} that were stored, 0 lost',
          flush=True)


@claim
def a_disk_that_lies_about_syncs_is_found_out(house):
    dice = roll()
    records = story(house, 'ana', dice)
    moments = [dice.randint(len(records) // 2, len(records))
               for _ in range(10)]
    found = cuts(records, moments, dice, believes_syncs=False)
    wrong = [w for w in losses(house, f'{house.home("ana")}/key', found) if w]
    print(f'# {len(wrong)} of {len(moments)} cuts lose something', flush=True)
    assert len(wrong) > len(moments) / 2


if __name__ == '__main__':
    prove()
