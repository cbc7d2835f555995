#!/usr/bin/env -S python3 -B
# failing_disk.py - a disk that fails is said, and nothing stored is lost
#
# disk_shim.c makes what a node does to its database fail, for as long as a file
# says so. Homes are moved and removed below a running node, and databases are
# damaged: then they are kept aside, and the rooms come back from others.
import os
import pathlib
import random
import shutil

from house import claim, equal, program, prove

SHIM = program('DISK_SHIM')
FAULTS = {  # and a word of what is said
    'EIO': 'the disk failed',
    'ENOSPC': 'full',
    'EROFS': 'the disk failed',
}
LINES = 300
PAGE = 4096


class Faults:
    """A node whose disk can be made to fail."""

    def __init__(self, house, name):
        self.file = house.dir / f'{name}.fault'
        self.inside = ('env', f'LD_PRELOAD={SHIM}',
                       f'DISK_DIR={house.home(name)}',
                       f'DISK_FAULT={self.file}')

    def set(self, word):
        fresh = self.file.with_suffix('.new')
        fresh.write_text(word)
        fresh.rename(self.file)

    def clear(self):
        self.file.unlink()


@claim
def whatever_fails_is_said_until_it_works_again(house):
    faults = Faults(house, 'ana')
    ana = house.node('ana', '--join', '#lobby', inside=faults.inside)
    said = []
    for fault, words in FAULTS.items():
        faults.set(fault)
        send = house.start('send', '#lobby', home='ana')
        said += [f'{fault} {i}' for i in range(5)]
        send.write(''.join(f'{line}\n' for line in said[-5:]))
        send.end_input()
        line = send.err.containing('not stored yet: ')
        assert words in line, line
        assert words in ana.api().ask('status')['trouble']
        equal(house.texts('ana'), said[:-5])
        faults.clear()
        equal(send.ended(), 0)
        equal(house.texts('ana'), said)
    equal(ana.api().ask('status')['trouble'], None)


@claim
def a_node_that_dies_on_a_failing_disk_has_all_that_it_stored(house):
    for number, fault in enumerate(FAULTS):
        name = f'ana{number}'
        faults = Faults(house, name)
        ana = house.node(name, '--join', '#lobby', inside=faults.inside)
        send = house.start('send', '#lobby', '--json', home=name)
        send.write('before\n')
        send.out.event('stored')
        faults.set(fault)
        send.write('after\n')
        send.end_input()
        send.err.containing('not stored yet: ')
        ana.kill()
        faults.clear()
        ana.again()
        equal(send.ended(), 0)
        equal(house.texts(name), ['before', 'after'])


@claim
def a_home_that_is_moved_away_is_missed_until_it_is_back(house):
    ana = house.node('ana', '--join', '#lobby')
    api = ana.api()
    api.ask('watch')
    api.ask('say', room='#lobby', text='before')
    os.rename(ana.home, f'{ana.home}.away')
    api.tell('say', room='#lobby', text='meanwhile')
    trouble = api.event('trouble')
    assert 'moved or deleted' in trouble['say'], trouble
    os.rename(f'{ana.home}.away', ana.home)
    api.event('stored')
    equal(house.texts('ana'), ['before', 'meanwhile'])


@claim
def a_node_whose_home_is_deleted_says_so_and_ends(house):
    ana = house.node('ana', '--join', '#lobby')
    api = ana.api()
    shutil.rmtree(ana.home)
    api.tell('say', room='#lobby', text='for nobody')
    equal(ana.ended(), 74)
    assert 'was deleted' in ana.err.report(), ana.report()
    equal([e for e in api.lines.seen if '"stored"' in e], [])


def overwrite(path, at, data):
    with open(path, 'r+b') as file:
        file.seek(at)
        file.write(data)


def garbage_header(store, dice):
    overwrite(store, 0, dice.randbytes(100))


def cut_in_half(store, dice):
    os.truncate(store, store.stat().st_size // 2 + dice.randrange(PAGE))


def cut_to_nothing(store, dice):
    os.truncate(store, 0)
    overwrite_wal = pathlib.Path(f'{store}-wal')
    overwrite_wal.write_bytes(dice.randbytes(PAGE))


def pages_of_noise(store, dice):
    """Every second page, so that there is no way past them."""
    for page in range(2, store.stat().st_size // PAGE, 2):
        overwrite(store, page * PAGE, dice.randbytes(PAGE))


def flipped_bits(store, dice):
    """In the beginning of each page, where its structure is."""
    for page in range(1, store.stat().st_size // PAGE):
        overwrite(store, page * PAGE + dice.randrange(8),
                  bytes([1 << dice.randrange(8)]))


def flipped_bit_in_the_log(store, dice):
    """SQLite would believe what lies before it, and forget the rest."""
    log = pathlib.Path(f'{store}-wal')
    at = dice.randrange(log.stat().st_size // 2)
    overwrite(log, at, bytes([log.read_bytes()[at] ^ 1 << dice.randrange(8)]))


DAMAGES = [garbage_header, cut_in_half, cut_to_nothing, pages_of_noise,
           flipped_bits]


def talk(house):
    """Ana and bob have the same lines, and ana's files are at rest."""
    ana, bob = house.pair()
    lines = ''.join(f'line {i} {"x" * 200}\n' for i in range(LINES))
    for name in ('ana', 'bob'):
        result = house.run('send', '#lobby', '--wait-copies', '1', home=name,
                           text=lines)
        equal((result.code, result.err), (0, ''))
    equal(house.digest('ana'), house.digest('bob'))
    equal(ana.stop(), 0)
    return ana, bob


def told_where(node):
    """The file that is said to be kept; it is there, and what it says is."""
    line = node.out.event('notice')['say']
    path = pathlib.Path(line.split('kept as ')[1].split(';')[0])
    assert path.exists(), line
    return path, int(line.split('; ')[1].split()[0])


def wait_until_even(house, ana, bob, count):
    for node in (ana, bob):
        api = node.api()
        api.tell('follow', room='#lobby', last=100000)
        for _ in range(count):
            api.event('text')
    equal(house.digest('ana'), house.digest('bob'))


@claim
def a_damaged_database_is_kept_aside_and_the_room_comes_back(house):
    dice = random.Random()
    ana, bob = talk(house)
    store = pathlib.Path(ana.home) / 'store'
    good = store.read_bytes()
    count = house.digest('bob')['count']
    for damage in DAMAGES:
        print(f'# {damage.__name__}', flush=True)
        store.write_bytes(good)
        damage(store, dice)
        bad = store.read_bytes()
        ana = ana.again()
        aside, saved = told_where(ana)
        equal(aside.read_bytes(), bad)
        assert saved <= 2 * LINES
        # Bob has not dialled yet, perhaps: what is said now must not take
        # numbers that his copies of our lines have.
        equal(house.run('send', '#lobby', 'I am back', home='ana').code, 0)
        count += 1
        wait_until_even(house, ana, bob, count)
        equal([a['forks'] for a in house.digest('bob')['authors']], [0, 0])
        equal(ana.stop(), 0)


@claim
def a_home_put_back_from_a_copy_takes_no_number_twice(house):
    ana, bob = talk(house)
    store = pathlib.Path(ana.home) / 'store'
    copy = store.read_bytes()
    ana = ana.again()
    for text in ('forgotten', 'forgotten too'):
        equal(house.run('send', '#lobby', text, '--wait-copies', '1',
                        home='ana').code, 0)
    equal(ana.stop(), 0)
    store.write_bytes(copy)
    ana = ana.again()
    count = 2 * LINES + 2
    wait_until_even(house, ana, bob, count)
    equal(house.run('send', '#lobby', 'I am back', home='ana').code, 0)
    wait_until_even(house, ana, bob, count + 1)
    equal([a['forks'] for a in house.digest('bob')['authors']], [0, 0])


@claim
def a_log_with_one_flipped_bit_is_not_believed(house):
    dice = random.Random()
    ana, bob = house.pair()
    for i in range(LINES // 10):
        equal(house.run('send', '#lobby', f'line {i}', '--wait-copies', '1',
                        home='ana').code, 0)
    ana.kill()
    flipped_bit_in_the_log(pathlib.Path(ana.home) / 'store', dice)
    ana = ana.again()
    _, saved = told_where(ana)
    assert saved < LINES // 10, saved
    equal(house.run('send', '#lobby', 'I am back', home='ana').code, 0)
    wait_until_even(house, ana, bob, LINES // 10 + 1)
    equal([a['forks'] for a in house.digest('bob')['authors']], [0])


@claim
def what_can_be_read_is_saved_from_it(house):
    dice = random.Random()
    ana, bob = talk(house)
    equal(bob.stop(), 0)
    store = pathlib.Path(ana.home) / 'store'
    pages = store.stat().st_size // PAGE
    overwrite(store, (pages - 3) * PAGE, dice.randbytes(PAGE))
    ana = ana.again()
    result = house.run('history', '#lobby', '-n', '100000', home='ana')
    equal(result.code, 0)
    _, saved = told_where(ana)
    assert LINES < saved < 2 * LINES, saved
    equal(len(house.texts('ana')), saved)


@claim
def damage_that_shows_while_it_runs_is_mended_too(house):
    ana, bob = talk(house)
    count = house.digest('bob')['count']
    store = pathlib.Path(ana.home) / 'store'
    data = store.read_bytes()
    at = data.index(b'x' * 200, len(data) // 2)
    overwrite(store, at, b'y')
    ana = ana.again()
    equal(ana.err.seen, [])
    assert len(house.texts('ana')) >= count - 1
    _, saved = told_where(ana)
    equal(saved, count - 1)
    wait_until_even(house, ana, bob, count)


if __name__ == '__main__':
    prove()
