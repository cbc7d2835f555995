#!/usr/bin/env -S python3 -B
# takeover.py - clients outlive the node that they are attached to
#
# Whoever loses its node finds the next one, and a screen becomes it if nobody
# else does. Each line is shown once, and what was not answered is said again
# with the same nonce.
import os
import random
import signal
import socket

from house import claim, equal, prove

UNAVAILABLE = 69
LINES = 300
SENDS = 3  # nodes that die while send is at it
DEATHS = 10
NONCES = 40


@claim
def followers_find_the_next_node(house):
    ana = house.node('ana', '--join', '#lobby')
    house.run('send', '#lobby', 'before', home='ana')
    tails = [house.start('tail', '#lobby', '--follow', '--json', home='ana')
             for _ in range(2)]
    for tail in tails:
        tail.out.event('text', text='before')
    ana.kill()
    ana.again()
    equal(house.run('send', '#lobby', 'after', home='ana').code, 0)
    for tail in tails:
        tail.out.event('text', text='after')
        equal(tail.stop(), 0)
        equal(len(tail.out.seen), 2)


@claim
def a_follower_without_a_node_says_so_after_ten_seconds(house):
    ana = house.node('ana', '--join', '#lobby')
    tail = house.start('tail', '#lobby', '--follow', '--json', home='ana')
    house.run('send', '#lobby', 'hello', home='ana')
    tail.out.event('text', text='hello')
    ana.kill()
    equal(tail.ended(20), UNAVAILABLE)
    tail.err.containing('no other could be reached')


def chat(house):
    return house.start('--home', house.home('ana'))


@claim
def a_screen_becomes_the_node_and_is_linked_again(house):
    ana, bob = house.pair()
    screen = chat(house)
    screen.write('one\n')
    follow = bob.api()
    follow.ask('follow', room='#lobby', last=10)
    follow.event('text', text='one')
    ana.kill()
    screen.out.containing('this screen is it now')
    screen.write('two\n')
    follow.event('text', text='two')
    equal(house.run('send', '#lobby', 'three', home='bob').code, 0)
    screen.out.containing('bob: three')
    screen.end_input()
    equal(screen.ended(), 0)
    equal(house.texts('ana'), ['one', 'two', 'three'])


def is_open(host, port):
    with socket.socket() as s:
        return s.connect_ex((host, port)) == 0


@claim
def a_screen_listens_where_the_node_did_and_nowhere_else(house):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        irc = free.getsockname()[1]
    ana = house.node('ana', '--irc-port', str(irc))
    ana.out.event('irc-listening')
    node = ana
    # The second one takes the place of a screen that had taken one.
    for _ in range(2):
        screen = chat(house)
        screen.out.containing('nobody else is linked')
        node.kill()
        node = screen
        node.out.containing('this screen is it now')
        node.out.containing(f'listening on port {ana.port} of 127.0.0.1')
        node.out.containing(f'let in on port {irc} of 127.0.0.1 too')
        # All of 127/8 is this machine.
        for port in ana.port, irc:
            assert is_open('127.0.0.1', port)
            assert not is_open('127.0.0.2', port)


@claim
def a_node_for_the_moment_in_between_changes_nothing_of_that(house):
    ana = house.node('ana')
    screen = chat(house)
    screen.out.containing('nobody else is linked')
    ana.kill()
    house.run('send', '#lobby', 'in between', home='ana')
    screen.out.containing('this screen is it now')
    screen.out.containing(f'listening on port {ana.port} of 127.0.0.1')
    assert not is_open('127.0.0.2', ana.port)


@claim
def a_screen_that_does_not_know_the_settings_does_not_listen(house):
    ana = house.node('ana')
    screen = chat(house)
    screen.out.containing('nobody else is linked')
    with open(house.home('ana') + '/will', 'w', encoding='utf-8'):
        pass  # as on a full disk
    ana.kill()
    equal(screen.ended(20), UNAVAILABLE)
    screen.err.containing('what it was started with cannot be read')


@claim
def one_of_two_screens_becomes_the_node(house):
    ana = house.node('ana')
    screens = [chat(house), chat(house)]
    for screen in screens:
        screen.out.containing('nobody else is linked')
    ana.kill()
    for screen in screens:
        screen.out.containing('the node has ended, and')
    screens[0].write('from the first\n')
    screens[1].write('from the second\n')
    screens[1].out.containing('from the first')
    screens[0].out.containing('from the second')
    said = [line for screen in screens for line in screen.out.seen]
    equal(len([line for line in said if 'is it now' in line]), 1)


@claim
def send_goes_on_with_the_next_node(house):
    ana = house.node('ana', '--join', '#lobby')
    said = [f'line {i}' for i in range(LINES)]
    send = house.start('send', '#lobby', '--json', home='ana')
    send.write(''.join(f'{line}\n' for line in said))
    send.end_input()
    for _ in range(SENDS):
        for _ in range(LINES // (2 * SENDS)):
            send.out.event('stored')
        ana.kill()
        ana = ana.again()
    equal(send.ended(), 0)
    equal(len(send.out.seen), LINES)
    equal(house.texts('ana'), said)


@claim
def a_node_that_was_stopped_is_named(house):
    ana = house.node('ana', '--join', '#lobby')
    house.run('send', '#lobby', 'before', home='ana')
    os.kill(ana.pid, signal.SIGSTOP)
    commands = [house.start(*words, home='ana') for words in (
        ('status',), ('send', '#lobby', 'later'),
        ('history', '#lobby', '--json'), ('who',))]
    for command in commands:
        command.end_input()
        command.err.containing(f'no answer yet: process {ana.pid} is')
    os.kill(ana.pid, signal.SIGCONT)
    for command in commands:
        equal(command.ended(), 0)


def say_all(api, nonces):
    return [api.tell('say', room='#lobby', text=f'text {i}', nonce=nonce)
            for i, nonce in enumerate(nonces)]


@claim
def what_is_said_again_with_its_nonce_is_stored_once(house):
    ana = house.node('ana', '--join', '#lobby')
    for _ in range(DEATHS):
        nonces = [f'{random.getrandbits(128):032x}' for _ in range(NONCES)]
        api = ana.api()
        say_all(api, nonces)
        answered = [api.event('stored')
                    for _ in range(random.randrange(NONCES))]
        ana.kill()
        ana = ana.again()
        api = ana.api()
        first = say_all(api, nonces)[0]
        again = {}
        for _ in nonces:
            event = api.event('stored')
            again[event['re'] - first] = event['id']
        equal(len(set(again.values())), NONCES)
        for event in answered:
            assert event['id'] in again.values(), event
    texts = house.texts('ana')
    equal(sorted(texts), sorted(DEATHS * [f'text {i}'
                                          for i in range(NONCES)]))


if __name__ == '__main__':
    prove()
