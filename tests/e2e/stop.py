#!/usr/bin/env -S python3 -B
# stop.py - a node that is told to stop keeps its word
#
# What it answered is stored, what it did not take is refused or can be said
# again, and whoever comes next finds the home free.
import json
import os
import random
import signal

from house import claim, equal, prove

LINES = 500


def say_all(api, nonces):
    for i, nonce in enumerate(nonces):
        api.tell('say', room='#lobby', text=f'text {i}', nonce=nonce)


def left_clean(house):
    assert 'socket' not in os.listdir(house.home('ana'))
    assert house.is_free('ana')


@claim
def each_line_that_was_answered_is_there_after_a_stop(house):
    ana = house.node('ana', '--join', '#lobby')
    nonces = [f'{random.getrandbits(128):032x}' for _ in range(LINES)]
    api = ana.api()
    say_all(api, nonces)
    for _ in range(LINES // 5):
        api.event('stored')
    equal(ana.stop(), 0)
    left_clean(house)
    while api.lines.next() is not None:
        pass
    events = [json.loads(line) for line in api.lines.seen]
    stored = {e['re']: e['id'] for e in events if e['on'] == 'stored'}
    refused = [e for e in events if e['on'] == 'error']
    print(f'# {len(stored)} stored, {len(refused)} refused', flush=True)
    equal({e['code'] for e in refused} | {'stopping'}, {'stopping'})

    ana = ana.again()
    api = ana.api()
    say_all(api, nonces)
    again = [api.event('stored') for _ in nonces]
    again = {e['re']: e['id'] for e in again}
    equal({re: again[re] for re in stored}, stored)
    equal(sorted(house.texts('ana')),
          sorted(f'text {i}' for i in range(LINES)))


@claim
def send_goes_on_when_its_node_is_stopped_and_started(house):
    ana = house.node('ana', '--join', '#lobby')
    said = [f'line {i}' for i in range(LINES)]
    send = house.start('send', '#lobby', '--json', home='ana')
    send.write(''.join(f'{line}\n' for line in said))
    for _ in range(LINES // 5):
        send.out.event('stored')
    send.end_input()
    equal(ana.stop(), 0)
    ana.again()
    equal(send.ended(), 0)
    equal(len(send.out.seen), LINES)
    equal(house.texts('ana'), said)


@claim
def the_other_side_learns_that_it_stops(house):
    ana, bob = house.pair()
    api = bob.api()
    api.ask('watch')
    equal(ana.stop(), 0)
    event = api.event('unlinked', name='ana')
    assert 'stopping' in event['why'], event


@claim
def every_signal_to_end_is_heeded(house):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        ana = house.node('ana')
        ana.process.send_signal(number)
        equal((number, ana.ended()), (number, 0))
        left_clean(house)


@claim
def a_terminal_that_goes_is_no_second_wish(house):
    ana = house.node('ana')
    for _ in range(2):
        ana.process.send_signal(signal.SIGHUP)
    equal(ana.ended(), 0)
    left_clean(house)


if __name__ == '__main__':
    prove()
