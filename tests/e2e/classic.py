#!/usr/bin/env -S python3 -B
# classic.py - the original program talks with QuickFi, and hostile ones do not
import os
import select
import socket
import time

import classic_peer
from house import (LIMIT, PATIENCE, claim, equal, in_seconds, in_time, prove,
                   until)
from shifted import Clock


STUCK_LINES = 600  # of ten kilobytes each


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def hall(house, inside=()):
    """A node that lets classics in, a client of it, and the port."""
    port = free_port()
    node = house.node('ana', '--join', '#lobby', '--classic', str(port),
                      inside=inside)
    node.out.event('classic-listening', port=port)
    api = node.api()
    equal(api.ask('watch')['on'], 'done')
    equal(api.ask('follow', room='#lobby')['on'], 'following')
    return node, api, port


def classics(api):
    return sorted(c['name'] for c in api.ask('who')['classics'])


@claim
def classics_and_quickfi_hear_each_other(house):
    ana, api, port = hall(house)
    bob = house.node('bob', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{ana.port}').api()
    bob.linked()
    bob.ask('follow', room='#lobby')
    tom = classic_peer.client(port, 'Tom')
    kim = classic_peer.client(port, 'Kim')
    tom.hears('Nothing here is private')
    kim.hears('You are Kim, a guest of #lobby')
    equal(classics(api), ['Kim', 'Tom'])

    tom.say('hello from 1999')
    equal(kim.hears('1999'), '#lobby: Tom: hello from 1999')
    for who in (api, bob):
        line = who.event('text', text='hello from 1999')
        equal(line['guest'], 'Tom (classic)')
    api.ask('say', room='#lobby', text='welcome')
    bob.ask('say', room='#lobby', text='hi all')
    for peer in (tom, kim):
        peer.hears('#lobby: ana: welcome')
        peer.hears('#lobby: bob: hi all')
    assert not any('Tom: hello' in line for line in tom.seen), tom.seen


@claim
def what_seven_bits_cannot_carry_is_said_to_those_who_wrote_it(house):
    _, api, port = hall(house)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    api.tell('say', room='#lobby', text='caf\u00e9 \u2026 \u4e2d\x1b[2J\nend')
    assert 'cafe ... ? [2J end' in api.event('notice')['say']
    tom.hears('#lobby: ana: cafe ... ? [2J end')
    tom.say('\x1b[2Jred\x07\x7f')
    equal(api.event('text', guest='Tom (classic)')['text'], ' [2Jred  ')


@claim
def a_long_line_comes_in_pieces_that_fit(house):
    _, api, port = hall(house)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    api.ask('say', room='#lobby', text='x' * 5000)
    got = ''
    while len(got) < 5000:
        line = tom.hears('ana: ')
        assert len(line) - len('#lobby: ') <= 1428, len(line)
        got += line.removeprefix('#lobby: ana: ')
    equal(got, 'x' * 5000)
    tom.say('y' * 1428)
    equal(api.event('text', guest='Tom (classic)')['text'], 'y' * 1428)


@claim
def many_lines_arrive_in_order_and_one_at_a_time(house):
    _, api, port = hall(house)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    lines = [f'line {i}' for i in range(300)]
    for line in lines:
        api.tell('say', room='#lobby', text=line)
    for line in lines:
        tom.hears(f'ana: {line}')
    for line in lines:
        tom.say(line)
    for line in lines:
        api.event('text', text=line, guest='Tom (classic)')


@claim
def names_are_made_safe_and_renames_travel_both_ways(house):
    _, api, port = hall(house)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    second = classic_peer.client(port, 'Tom')
    second.hears('Tom cannot be had as a name here: you are Tom-2')
    nobody = classic_peer.client(port)
    nobody.hears('You are 127.0.0.1')
    strange = classic_peer.client(port, '\u00c9va \x1b#\n')
    strange.hears('You are Eva')
    system = classic_peer.client(port, 'System')
    system.hears('You are guest')
    named = classic_peer.client(port, 'ana')
    named.hears('you are ana-2')

    tom.rename('Thomas')
    api.event('classic-renamed', old='Tom', name='Thomas')
    second.hears('#lobby: * Tom is now Thomas')
    tom.say('it is me')
    equal(second.hears('it is me'), '#lobby: Thomas: it is me')
    tom.rename('ana')
    tom.hears('ana cannot be had as a name here: you are ana-3')
    api.ask('name', name='anna')
    tom.hears('#lobby: * ana is now anna')


@claim
def comings_and_goings_disturb_nobody(house):
    _, api, port = hall(house)
    stays = classic_peer.client(port, 'Stays')
    stays.hears('You are Stays')
    for i in range(20):
        goer = classic_peer.client(port, f'Goer{i}')
        goer.hears('You are Goer')
        goer.say(f'hello {i}')
        stays.hears(f'Goer{i}: hello {i}')
        if i % 2:
            goer.leave()
        else:
            goer.wire.close()
        api.event('classic-left', name=f'Goer{i}')
    equal(classics(api), ['Stays'])
    api.ask('disconnect')
    stays.ended()


@claim
def we_go_to_a_classic_host(house):
    host = classic_peer.Host('Hana')
    ana = house.node('ana', '--join', '#lobby')
    api = ana.api()
    api.ask('watch')
    api.ask('follow', room='#lobby')
    command = house.start('connect', '--classic', '127.0.0.1',
                          str(host.port), home='ana')
    hana = host.accept()
    command.end_input()
    equal(command.ended(), 0)
    assert 'no secret' in command.out.report(), command.report()
    equal(hana.theirs, 'ana')
    equal(classics(api), ['Hana'])
    hana.say('you found me')
    equal(api.event('text', text='you found me')['guest'], 'Hana (classic)')
    api.ask('say', room='#lobby', text='yes')
    equal(hana.hears('yes'), 'ana: yes')
    api.ask('name', name='anna')
    hana.hears('System: User ana has changed their username to anna')
    hana.rename('Johanna')
    api.event('rename', guest='Johanna (classic)')
    hana.leave()
    api.event('classic-left', name='Johanna')

    # It does not listen again by itself, and that is said.
    gone = house.run('connect', '--classic', f'127.0.0.1:{host.port}',
                     home='ana')
    equal(gone.code, 69)
    assert 'refused' in gone.err, gone


@claim
def a_node_of_the_moment_stays_as_long_as_its_guest(house):
    host = classic_peer.Host('Hana')
    command = house.start('connect', '--classic', '127.0.0.1', str(host.port),
                          '--name', 'ana', home='ana')
    hana = host.accept()
    command.out.containing('Hana (classic) is here')
    hana.say('for the history')
    hana.leave()
    equal(command.ended(), 0)
    equal(house.texts('ana'), ['for the history'])

    host = classic_peer.Host('Hana')
    command = house.start('connect', '--classic', '127.0.0.1', str(host.port),
                          home='ana')
    hana = host.accept()
    command.out.containing('Hana (classic) is here')
    equal(command.stop(), 0)
    hana.ended()


@claim
def the_screen_says_what_a_classic_is(house):
    port = free_port()
    chat = house.start('--cli', '--listen', '127.0.0.1', '--port', '0',
                       '--name', 'ana', home='ana')
    chat.out.containing('listening on port')
    chat.write(f'/host --classic {port}\n')
    line = chat.out.containing('Waiting for classic programs')
    assert 'not private' in line, line
    tom = classic_peer.client(port, 'Tom')
    line = chat.out.containing('Tom (classic) is here')
    assert 'no secret' in line, line
    tom.hears('You are Tom')
    tom.say('hello')
    chat.out.containing('Tom (classic)@ana: hello')
    chat.write('hello yourself\n')
    tom.hears('ana: hello yourself')
    chat.write('/names\n')
    chat.out.containing('Tom (classic)')
    chat.out.containing('not private')
    who = house.run('who', home='ana')
    assert 'Tom (classic)' in who.out and 'not private' in who.out, who
    tom.leave()
    chat.out.containing('Tom (classic) has left')
    host = classic_peer.Host('Hana')
    chat.write(f'/connect --classic 127.0.0.1 {host.port}\n')
    host.accept().say('hi from a host')
    chat.out.containing('Hana (classic)@ana: hi from a host')
    chat.end_input()


@claim
def nothing_of_two_reaches_a_third(house):
    ana, api, port = hall(house)
    bob = house.node('bob', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{ana.port}').api()
    bob.linked()
    api.linked()
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    for who, to in ((api, 'bob'), (bob, 'ana')):
        equal(who.ask('msg', to=to, text='only for you')['on'], 'stored')
    equal(api.ask('join', room='#other')['on'], 'done')
    equal(api.ask('say', room='#other', text='elsewhere')['on'], 'stored')
    api.ask('say', room='#lobby', text='for all')
    tom.hears('for all')
    assert not any('only for' in line or 'elsewhere' in line
                   for line in tom.seen), tom.seen


def dropped(s):
    """It is ended by the other side within the time."""
    deadline = in_seconds(2 * LIMIT)
    while select.select([s], [], [], until(deadline))[0]:
        try:
            if not s.recv(65536):
                return True
        except OSError:
            return True
    return False


def memory(node):
    with open(f'/proc/{node.pid}/statm') as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


@claim
def hostile_ones_end_and_others_go_on(house):
    node, api, port = hall(house)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    before = memory(node)

    # Many who only knock, and one that does not even take its digits.
    silent = [socket.create_connection(('127.0.0.1', port)) for _ in range(40)]
    kim = classic_peer.client(port, 'Kim')
    kim.hears('You are Kim')

    greetings = [b'x' * 100, b'0004', b'0009123456789', b'0000', b'-001',
                 b'0004abcd', b'0001' + b'7' + b'9999' + b'n' * 40000]
    for greeting in greetings:
        s = socket.create_connection(('127.0.0.1', classic_peer.knock(port)))
        s.sendall(greeting)
        silent.append(s)
    frames = [b'0010012345', b'10003' + b'0' * 10003, b'-xyz', b'-0049999',
              b'00071010102', b'\xff' * 70000]
    for data in frames:
        peer = classic_peer.client(port, 'Eve')
        peer.wire.send(data)
        peer.ended()
    assert 'left' in api.event('classic-left', name='Eve')['on']

    # Byte by byte, and much that is ignored.
    slow = classic_peer.client(port, 'Slow')
    slow.hears('You are Slow')
    for byte in b'-003-000-999-0040009127.0.0.10000' + classic_peer.frame(
            slow.secret, 'at last'):
        slow.wire.send(bytes([byte]))
    tom.hears('Slow: at last')
    tom.say('still here')
    kim.hears('Tom: still here')
    for s in silent[:40]:
        s.close()
    for s in silent[40:]:
        assert dropped(s)
        s.close()
    assert memory(node) - before < 8 << 20, memory(node) - before


@claim
def who_takes_nothing_for_a_minute_is_let_go(house):
    clock = Clock(house, 'ana')
    _, api, port = hall(house, inside=clock.inside)
    tom = classic_peer.client(port, 'Tom')
    tom.hears('You are Tom')
    wire, _, _ = classic_peer.greet(classic_peer.knock(port), 'Stuck')
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    api.event('classic-came', name='Stuck')
    for _ in range(STUCK_LINES):
        tom.say('x' * 1400)
    equal(api.ask('say', room='#lobby', text='enough')['on'], 'stored')
    equal(classics(api), ['Stuck', 'Tom'])
    # Its minute begins when no more of all this fits into the sockets.
    while classics(api) != ['Tom']:
        clock.pass_by(61)
        tom.say('later')
        api.event('text', text='later')
    wire.close()


@claim
def a_port_is_for_its_caller_alone_and_not_for_long(house):
    _, api, port = hall(house)
    for _ in range(3):
        back = classic_peer.knock(port)
        # Somebody else is turned away, and takes nothing from the caller.
        with socket.socket() as other:
            other.bind(('127.0.0.2', 0))
            other.connect(('127.0.0.1', back))
            assert dropped(other)
        peer = classic_peer.come_back(back, 'Late')
        peer.hears('You are Late')
        peer.leave()
        api.event('classic-left')
    back = classic_peer.knock(port)
    deadline = time.monotonic() + 20 * PATIENCE
    # Only whether it listens is asked, without being a caller.
    while f':{back:04X} ' in open('/proc/net/tcp').read():
        in_time(time.monotonic() < deadline, 'it still listens')
        select.select([], [], [], 0.1)


@claim
def a_host_that_is_none_is_told_of(house):
    house.node('ana', '--join', '#lobby')
    answers = [(b'abcde', None), (b'00000', None), (b'', None),
               (b'0001', None),
               (None, b'0002500001000041234'),       # prime 0
               (None, b'0002500009999999990041234'),  # five digits
               (None, b'\x16\x03\x01hello')]
    for first, second in answers:
        server = socket.create_server(('127.0.0.1', 0))
        port = server.getsockname()[1]
        command = house.start('connect', '--classic', '127.0.0.1', str(port),
                              home='ana')
        connection, _ = server.accept()
        if second is not None:
            back = socket.create_server(('127.0.0.1', 0))
            first = f'{back.getsockname()[1]:05}'.encode()
        connection.sendall(first)
        connection.close()
        if second is not None:
            connection, _ = back.accept()
            connection.sendall(second)
        command.end_input()
        equal(command.ended(), 69)
        assert 'cannot be reached' in command.err.report(), command.report()
        connection.close()
        server.close()
    # One of ours would bring everything back.
    classic = free_port()
    bob = house.node('bob', '--join', '#lobby', '--classic', str(classic))
    bob.out.event('classic-listening')
    ours = house.run('connect', '--classic', f'127.0.0.1:{classic}',
                     home='ana')
    equal(ours.code, 69)
    assert 'QuickFi too' in ours.err, ours


@claim
def a_taken_port_is_refused(house):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        ana = house.node('ana', '--join', '#lobby')
        answer = ana.api().ask('host', classic=True, port=port)
        equal(answer['code'], 'taken')
        result = house.run('serve', '--listen', '127.0.0.1', '--port', '0',
                           '--classic', str(port), home='other')
        assert result.code and 'taken' in result.err, result


if __name__ == '__main__':
    prove()
