#!/usr/bin/env -S python3 -B
# two_terminals.py - two people at terminals, and trouble on the network
#
# Four namespaces: a switch, and on its cables a host and two people, who know
# nothing but the host. Afterwards both screens and all three disks are read to
# the end.
import contextlib
import os
import re
import shutil
import subprocess

from house import claim, equal, in_seconds, in_time, prove, skip
from namespaces import Namespace
from terminals import Terminals

# For documentation (RFC 5737): no machine here has them.
HOST, ANA, BOB = '192.0.2.1', '192.0.2.2', '192.0.2.3'
LINES = 500
# What a row may begin with. Four spaces are the rest of a line of ours.
OURS = ('System: ', '(kept ', '    ')
ROW = re.compile(r'System: |\(kept |    |[a-z]+(\u00b7\w+)?: (ana|bob) ')
TOLD = re.compile(r'you are shown as (zoe\u00b7\w+), they are (zoe\u00b7\w+);')


class Place(Namespace):
    """Where somebody is, with a cable."""

    def __init__(self, address):
        super().__init__()
        self.address = address


class Switch(Namespace):
    """Everyone's cable ends here, and can be pulled out here."""

    def build(self):
        self.ip('link', 'add', 'switch', 'type', 'bridge')
        self.heal('switch')

    def take(self, place, name):
        self.ip('link', 'add', name, 'master', 'switch', 'type', 'veth',
                'peer', 'cable', 'netns', str(place.holder.pid))
        place.ip('addr', 'add', f'{place.address}/24', 'dev', 'cable')
        place.ip('link', 'set', 'cable', 'up')
        self.heal(name)

    def cut(self, name):
        self.ip('link', 'set', name, 'down')

    def heal(self, name):
        self.ip('link', 'set', name, 'up')


def four_namespaces():
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    for tool in ('ip', 'tmux'):
        if not shutil.which(tool):
            skip(f'{tool} is not installed')
    switch = Switch()
    places = {'host': Place(HOST), 'ana': Place(ANA), 'bob': Place(BOB)}
    if not all(n.is_there() for n in (switch, *places.values())):
        skip('this system lets nobody make network namespaces')
    try:
        switch.build()
    except subprocess.CalledProcessError:
        skip('this system has no bridges')
    for name, place in places.items():
        switch.take(place, name)
    return switch, places


def by_author(texts):
    return {name: [text for text in texts if text.startswith(f'{name} ')]
            for name in ('ana', 'bob')}


class Scene:
    """A host, and ana and bob at terminals, all linked through it."""

    def __init__(self, house):
        self.house = house
        self.said = {'ana': [], 'bob': []}
        self.names = {'ana': {'ana'}, 'bob': {'bob'}}
        self.host = house.node('host', '--join', '#lobby', '--listen', HOST,
                               inside=places['host'].inside())
        self.t = Terminals(house)

    def begin(self):
        for name in self.said:
            self.t.open(name, '--connect', f'{HOST}:{self.host.port}',
                        inside=places[name].inside(),
                        listen=places[name].address)
            self.t.sees(name, 'linked with host')
        self.t.sees('ana', 'bob is here')
        self.t.sees('bob', 'ana is here')

    def both_say(self, when, count=10):
        for i in range(count):
            for name, said in self.said.items():
                said.append(f'{name} {when} {i}')
                self.t.says(name, said[-1])

    def both_do(self, command):
        for name in self.said:
            self.t.says(name, command)

    def both_see(self, text, seconds=20):
        for name in self.said:
            self.t.sees(name, text, seconds)

    def both_see_all(self):
        for said in self.said.values():
            self.both_see(f': {said[-1]}\n', 60)

    def host_has_all(self):
        api = self.host.api()
        api.tell('follow', room='#lobby', last=1000)
        for _ in range(sum(map(len, self.said.values()))):
            assert api.event('text', in_seconds(20)), self.house.report()

    def nothing_is_wrong(self, **drafts):
        """Every line once, in its author's order, and nothing else."""
        self.both_see_all()
        self.host_has_all()
        for name in self.said:
            self.screen_is_right(name, drafts.get(name, ''))
        digests = []
        for name in ('host', *self.said):
            equal(by_author(self.house.texts(name)), self.said)
            digests.append(self.house.digest(name))
        equal(digests, digests[:1] * len(digests))

    def unwrapped(self, name):
        return self.t.screen(name).replace('\n    ', ' ')

    def told(self, name):
        """Under which names it is shown, and whoever has its name."""
        return TOLD.search(self.unwrapped(name)).groups()

    def screen_is_right(self, name, draft):
        rows = self.t.screen(name).rstrip().splitlines()
        equal(rows.pop().rstrip(), f'#lobby> {draft}'.rstrip())
        texts = []
        for row in rows:
            assert ROW.match(row), f'{name} has a torn row: {row!r}'
            if row.startswith(OURS):
                continue
            who, _, text = row.partition(': ')
            names = self.names[text.split()[0]]
            assert who.partition('\u00b7')[0] in names, f'forged: {row}'
            texts.append(text)
        equal(sorted(texts), sorted(sum(self.said.values(), [])))
        # A line waits half a second for the one before it (core/early.h).
        in_time(by_author(texts) == self.said, f'{name} reads: {texts}')


@contextlib.contextmanager
def scene(house):
    s = Scene(house)
    try:
        s.begin()
        yield s
    finally:
        for name in places:
            switch.heal(name)
        s.t.close()


@claim
def a_host_that_is_killed_takes_nothing_with_it(house):
    with scene(house) as s:
        s.both_say('before')
        s.host.kill()
        s.both_say('without')
        s.both_see('no longer linked with host')
        s.both_say('alone')
        s.t.types('ana', 'half typed')
        s.host = s.host.again()
        s.nothing_is_wrong(ana='half typed')


@claim
def one_name_taken_on_both_sides_of_a_cut_is_two_people(house):
    with scene(house) as s:
        s.both_say('before', 3)
        s.both_see_all()
        switch.cut('bob')
        s.both_do('/nick zoe')
        for names in s.names.values():
            names.add('zoe')
        s.both_see('Username is being changed to zoe')
        s.both_say('apart', 3)
        switch.heal('bob')
        s.both_see_all()
        s.both_see('zoe is the name of another here too')
        ana, bob = s.told('ana')
        equal(s.told('bob'), (bob, ana))
        s.both_say('together', 3)
        s.both_see(f'{ana}: ana together 2')
        s.both_see(f'{bob}: bob together 2')
        s.both_do('/names')
        s.t.sees('ana', f'here: {ana} (you)')
        s.t.sees('bob', f'here: {bob} (you)')
        for name in s.said:
            here = s.unwrapped(name).split('System: here: ')[-1]
            for who in (ana, bob, 'host'):
                assert who in here.splitlines()[0], here
        s.both_do('/whois zoe')
        s.t.sees('ana', f'System: {ana} (you) listens')
        s.t.sees('ana', f'System: {bob} is linked with us')
        s.t.sees('bob', f'System: {bob} (you) listens')
        s.t.sees('bob', f'System: {ana} is linked with us')
        s.nothing_is_wrong()


@claim
def a_cut_while_both_type_loses_nothing(house):
    with scene(house) as s:
        s.both_say('before')
        switch.cut('bob')
        s.both_say('apart')
        s.t.sees('bob', 'no longer linked with host', 30)
        s.t.sees('ana', 'bob was lost', 30)
        s.both_say('alone')
        switch.heal('bob')
        s.both_say('healing')
        s.t.types('bob', 'half typed')
        s.nothing_is_wrong(bob='half typed')


@claim
def a_paste_while_the_other_types_is_whole(house):
    with scene(house) as s:
        lines = [f'ana pasted {i}' for i in range(LINES)]
        s.t.pastes('ana', lines)
        s.said['ana'] += lines
        s.both_say('meanwhile', 20)
        s.nothing_is_wrong()


if __name__ == '__main__':
    switch, places = four_namespaces()
    try:
        prove()
    finally:
        for namespace in (switch, *places.values()):
            namespace.end()
