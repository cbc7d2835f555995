#!/usr/bin/env -S python3 -B
# wrong_clock.py - a machine whose clock is wrong talks in the order of others
import re
import time

from house import claim, equal, prove
from irc_client import Irc, tags_of, text_of
from shifted import Clock

DAY = 86400
NOT_YET = 75
HISTORY = ('batch', 'message-tags', 'server-time', 'draft/chathistory')


def with_three_that_are_right(house):
    """A room of three whose clocks agree; carl said two lines a year ahead of
    them while he was alone, and they have them now. Then ana says one."""
    clock = Clock(house, 'carl').shift(365 * DAY)
    carl = house.node('carl', '--join', '#lobby', inside=clock.inside)
    says = carl.api()
    for text in ('from', 'far ahead'):
        says.tell('say', room='#lobby', text=text)
        says.event('stored')
    ana, bob = house.pair()
    dora = house.node('dora', '--join', '#lobby', '--connect',
                      f'127.0.0.1:{ana.port}')
    house.run('send', '#lobby', 'before', home='ana')
    for node in (bob, dora):
        follow = node.api()
        follow.tell('follow', room='#lobby', last=1)
        follow.event('text', text='before')
    meets = ana.api()
    meets.ask('follow', room='#lobby', last=10)
    meets.tell('connect', address=f'127.0.0.1:{carl.port}')
    for text in ('from', 'far ahead'):
        line = meets.event('text', text=text)
        assert stamped(line) > time.time() + 300 * DAY, line
    equal(house.run('send', '#lobby', 'after', home='ana').code, 0)
    return ana


def stamped(event):
    return (int(event['hlc']) >> 16) / 1000


@claim
def three_days_behind_is_said_and_mended(house):
    clock = Clock(house, 'bob').shift(-3 * DAY)
    ana = house.node('ana', '--join', '#lobby')
    bob = house.node('bob', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{ana.port}', inside=clock.inside)
    said = bob.out.event('clock')
    equal(said['say'], "Your clock is 3 days behind the room. Using the "
                       "room's time.")
    follow = ana.api()
    follow.ask('follow', room='#lobby', last=10)
    equal(house.run('send', '#lobby', 'hello', home='bob').code, 0)
    assert abs(stamped(follow.event('text')) - time.time()) < 60
    status = house.run('status', home='bob')
    assert '3 days behind the room' in str(status), status


@claim
def what_is_said_in_1970_is_queued_and_survives(house):
    clock = Clock(house, 'bob').shift(-time.time() + DAY)
    bob = house.node('bob', '--join', '#lobby', inside=clock.inside)
    api = bob.api()
    for text in ('one', 'two'):
        api.tell('say', room='#lobby', text=text)
    equal([api.event('queued')['draft'] for _ in range(2)], [1, 2])
    bob.kill()
    bob = bob.again()
    equal(house.texts('bob'), [])
    api = bob.api()
    api.ask('watch')
    ana = house.node('ana', '--join', '#lobby')
    api.ask('connect', address=f'127.0.0.1:{ana.port}')
    equal([api.event('stored')['draft'] for _ in range(2)], [1, 2])
    follow = ana.api()
    follow.tell('follow', room='#lobby', last=10)
    for text in ('one', 'two'):
        line = follow.event('text', text=text)
        assert abs(stamped(line) - time.time()) < 60


@claim
def send_in_1970_waits_for_copies_of_what_is_queued(house):
    clock = Clock(house, 'bob').shift(-time.time() + DAY)
    result = house.run('send', '#lobby', 'alone', home='bob',
                       inside=clock.inside)
    equal(result.code, 0)
    assert 'queued' in result.err, result
    bob = house.node('bob', inside=clock.inside)
    send = house.start('send', '#lobby', 'waits', '--wait-copies', '1',
                       home='bob')
    send.err.containing('queued: ')
    equal(send.stop(), NOT_YET)
    send.err.containing('1 of 1 messages are queued on this disk')
    send = house.start('send', '#lobby', 'and then', '--wait-copies', '1',
                       home='bob')
    send.err.containing('queued: ')
    ana = house.node('ana', '--join', '#lobby')
    bob.api().ask('connect', address=f'127.0.0.1:{ana.port}')
    equal(send.ended(), 0)
    equal(house.texts('ana'), ['alone', 'waits', 'and then'])


@claim
def a_year_ahead_buries_nothing(house):
    ana = with_three_that_are_right(house)
    said = ['before', 'from', 'far ahead', 'after']
    equal(house.texts('ana'), said)
    last = house.run('history', '#lobby', '-n', '1', home='ana')
    assert 'ana: after' in last.out and 'carl' not in last.out, last
    follow = ana.api()
    follow.tell('follow', room='#lobby', last=2)
    equal([follow.event('text')['text'] for _ in range(2)], said[2:])
    ana.stop()
    ana.again()
    equal(house.texts('ana'), said)


@claim
def irc_dates_what_is_ahead_when_it_came(house):
    ana = with_three_that_are_right(house)
    zoe = Irc(ana, 'zoe', HISTORY)
    zoe.ask('JOIN #lobby')

    def asked(words):
        return [re.sub('^@batch=[^;]*;', '@', line)
                for line in zoe.ask(f'CHATHISTORY {words}')
                if ' PRIVMSG #lobby ' in line]

    lines = asked('LATEST #lobby * 10')
    said = ['before', 'from', 'far ahead', 'after']
    equal([text_of(line) for line in lines], said)
    times = [tags_of(line)['time'] for line in lines]
    equal(times, sorted(times))
    assert times[-1] < time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(
        time.time() + 60)), times
    for i, (when, line) in enumerate(zip(times, lines)):
        at = f'msgid={tags_of(line)["msgid"]}'
        equal(asked(f'BEFORE #lobby {at} 10'), lines[:i])
        equal(asked(f'AFTER #lobby {at} 10'), lines[i + 1:])
        at = f'timestamp={when}'
        equal(asked(f'BEFORE #lobby {at} 10'), lines[:times.index(when)])
        equal(asked(f'AFTER #lobby {at} 10'),
              lines[times.index(when) + times.count(when):])
    between = asked(f'BETWEEN #lobby timestamp={times[0]} '
                    f'timestamp={times[3]} 10')
    equal([text_of(line) for line in between], said[1:3])


if __name__ == '__main__':
    prove()
