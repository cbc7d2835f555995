#!/usr/bin/env -S python3 -B
# wrong_clock.py - a machine whose clock is wrong talks in the order of others
import time

from house import claim, equal, prove
from shifted import Clock

DAY = 86400


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


if __name__ == '__main__':
    prove()
