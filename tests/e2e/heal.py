#!/usr/bin/env -S python3 -B
# heal.py - two halves that talked apart become one, soon and with few bytes
#
# Between two namespaces lies a cable that is cut, slow or bad (cable.py).
import contextlib
import os
import time

from cable import Cable
from house import (PATIENCE, claim, equal, in_seconds, in_time, prove,
                   skip)
from namespaces import two_namespaces
from stock import fill, weigh

# For documentation (RFC 5737): no machine here has them.
ANA, BOB = '192.0.2.1', '192.0.2.2'

LINES = 5000  # said on each side
HEAL_SECONDS = 5
HEAL_RATIO = 1.15
HEAL_BYTES = 64 * 1024

LONG_TALK, MISSED = 100000, 1000
BACK_BYTES = 2048
# A join says TAGS and OPEN, and hears OPEN: then it is two round trips.
BACK_FLIGHTS = 2 + 4
BACK_DELAY = 0.01
MANY_BYTES = 10000  # in one flight: the messages themselves
SILENCE_SECONDS = 3  # what is said of who is here is said once a second


@contextlib.contextmanager
def a_cable():
    """And its two ends. A killed node's connections outlive it, and would
    still speak over the next one's cable."""
    ends = two_namespaces()
    cable = Cable(ends, (ANA, BOB))
    try:
        yield cable, ends
    finally:
        cable.end()
        for end in ends:
            end.end()


def two_nodes(house, ends):
    ana = house.node('ana', '--join', '#lobby', '--listen', ANA,
                     inside=ends[0].inside())
    bob = house.node('bob', '--join', '#lobby', '--listen', BOB,
                     '--connect', f'{ANA}:{ana.port}',
                     inside=ends[1].inside())
    return ana, bob


def talk_apart(house, cable, nodes):
    """Cut the cable, and let both say what they have to say."""
    apis = [node.api() for node in nodes]
    for api in apis:
        api.linked()
    cable.cut()
    sends = []
    for node in nodes:
        send = house.start('send', '#lobby', home=node.name)
        said = f'is what {node.name} said, {"and " * 12}so on'
        send.write(''.join(f'{i} {said}\n' for i in range(LINES)))
        send.end_input()
        sends.append(send)
    for send in sends:
        equal(send.ended(30), 0)
    for api in apis:
        api.event('unlinked', in_seconds(20))


def heal(house, cable, nodes, **cable_is):
    """Mend the cable; how long it took until both had all."""
    apis = [node.api() for node in nodes]
    for api in apis:
        api.tell('follow', room='#lobby', last=0)
        api.event('following')
    cable.mend(**cable_is)
    begun = time.monotonic()
    # When they dial again is another matter than how fast they heal.
    nodes[1].api().tell('connect', address=ANA, port=nodes[0].port)
    for api in apis:
        for _ in range(LINES):
            api.event('text', in_seconds(60))
    took = time.monotonic() - begun
    equal(house.digest('ana'), house.digest('bob'))
    equal(house.digest('ana')['count'], 2 * LINES)
    return took


@claim
def two_halves_heal_soon_and_with_few_bytes(house):
    with a_cable() as (cable, ends):
        nodes = two_nodes(house, ends)
        talk_apart(house, cable, nodes)
        missing = weigh(house, 'ana') + weigh(house, 'bob')
        took = heal(house, cable, nodes)
        most = int(HEAL_RATIO * missing) + HEAL_BYTES
        print(f'# {took:.2f} s, {cable.bytes} bytes of packets; {missing} were '
              f'missing, {most} allowed')
        in_time(took <= HEAL_SECONDS * PATIENCE)
        # Who acknowledges late, being busy, makes TCP say things again.
        in_time(cable.bytes <= most or PATIENCE > 1)


@claim
def two_halves_heal_over_a_bad_cable(house):
    with a_cable() as (cable, ends):
        nodes = two_nodes(house, ends)
        talk_apart(house, cable, nodes)
        took = heal(house, cable, nodes, delay=0.005, lost=0.02, overtaken=0.05)
        print(f'# {took:.2f} s')


def in_room(api):
    rooms = api.ask('status')['rooms']
    return sum(r['count'] for r in rooms if r['room'] == '#lobby')


def long_talks(house, ends):
    """Ana has a long talk, and bob, who is linked with her, most of it; but
    he has left the room."""
    for name, count in (('ana', LONG_TALK), ('bob', LONG_TALK - MISSED)):
        fill(house, name, count)
    ana = house.node('ana', '--listen', ANA, inside=ends[0].inside())
    bob = house.node('bob', '--listen', BOB, inside=ends[1].inside())
    api = bob.api()
    api.ask('part', room='#lobby')
    api.ask('connect', address=ANA, port=ana.port)
    api.linked()
    return api


@claim
def who_missed_little_of_a_long_talk_pays_for_that_only(house):
    with a_cable() as (cable, ends):
        bob = long_talks(house, ends)
        missing = weigh(house, 'ana') - weigh(house, 'bob')
        cable.fell_silent(SILENCE_SECONDS, in_seconds(60))
        cable.mend(delay=BACK_DELAY)
        bob.ask('join', room='#lobby')
        deadline = in_seconds(60)
        while in_room(bob) < LONG_TALK:
            in_time(time.monotonic() < deadline, in_room(bob))
        cable.fell_silent(SILENCE_SECONDS, in_seconds(60))
        more = sum(cable.flights.values()) - missing
        flight = min(number for number, count in cable.flights.items()
                     if count >= MANY_BYTES)
        print(f'# {more} bytes more than the {missing} that were missing, which '
              f'came in flight {flight}')
        equal(house.digest('ana'), house.digest('bob'))
        assert more <= BACK_BYTES
        assert flight <= BACK_FLIGHTS


if __name__ == '__main__':
    if not os.path.exists('/dev/net/tun'):
        skip('there are no TUN devices here')
    prove()
