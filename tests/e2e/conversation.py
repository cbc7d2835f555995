#!/usr/bin/env -S python3 -B
# conversation.py - line mode through pipes: what is typed, and what comes of it
import json
import socket

from house import claim, equal, prove


def screen(house, name, *options):
    program = house.start('--home', house.home(name), '--name', name,
                          '--port', '0', '--listen', '127.0.0.1', *options)
    if '--json' not in options:
        line = program.out.containing('listening on port ')
        program.port = line.split('listening on port ')[1].split()[0]
    return program


def two(house):
    ana = screen(house, 'ana')
    bob = screen(house, 'bob')
    bob.write(f'/connect 127.0.0.1 {ana.port}\n')
    for program, other in ((ana, 'bob'), (bob, 'ana')):
        program.out.containing(f'linked with {other}')
        program.out.containing(f'System: {other} is here')
    return ana, bob


@claim
def what_is_typed_wrong_is_answered_and_never_said(house):
    ana = screen(house, 'ana')
    for typed, answer in (
            ('/dance', 'there is no command /dance; there are /host, '),
            ('/h', '/h may be /host, /history, /help'),
            ('/msg bob', 'that needs more: /msg NAME TEXT'),
            ('/msg bob hi', 'bob is not here and not known'),
            ('/connect 1.2.3', 'Please input a valid ip address.'),
            ('/connect 1.2.3.4 0', 'number between 1 and 65535.'),
            ('/connect 1.2.3.4 65536', 'number between 1 and 65535.'),
            ('/connect 1.2.3.4 http', 'Please input a port number.'),
            ('/connect 127.0.0.1 1', 'refused: nobody listens there'),
            ('/host 70000', 'number between 1 and 65535.'),
            ('/nick a b', 'Invalid username. No spaces allowed.'),
            ('/nick SYSTEM', 'that is not a name'),
            ('/join lobby', 'a room begins with #'),
            ('/join #a,b', 'room'),
            ('/part #nowhere', 'you are not in that room'),
            ('/history x', 'N is a number'),
            ('/forget nobody', 'nobody is known by that'),
            ('/whois nobody', 'nobody is not here and not remembered'),
            ('/help nothing', 'there is no command /nothing')):
        ana.write(f'{typed}\n')
        line = ana.out.containing(answer)
        assert line.startswith('System: '), line
    ana.write('//slash\n/me waves\n')
    ana.end_input()
    equal(ana.ended(), 0)
    equal(house.texts('ana'), ['/slash', 'waves'])


@claim
def two_people_talk_are_renamed_and_write_to_each_other(house):
    ana, bob = two(house)
    ana.write('hello\n/me waves\n')
    bob.out.containing('ana: hello')
    bob.out.containing('* ana waves')
    bob.write('/nick ana\n')
    bob.out.containing('ana is already taken as a username')
    bob.write('/changeUsername rob\n')
    bob.out.containing('System: Username is being changed to rob')
    ana.out.containing('System: User bob has changed their username to rob')
    ana.write('/msg rob for you alone\n')
    bob.out.containing('@ana ana: for you alone')
    bob.write('/join #dev\nin dev\n')
    ana.write('/join #dev\n')
    ana.out.containing('rob: in dev')
    ana.write('/join #lobby\n')
    bob.write('again\n')
    ana.out.containing('#dev rob: again')
    bob.write('/away lunch\n')
    ana.out.containing('System: rob is away: lunch')
    bob.write('/back\n')
    ana.out.containing('System: rob is back')
    equal(house.texts('ana'), ['hello', 'waves'])


@claim
def what_is_said_while_disconnected_is_kept_and_goes_out_later(house):
    ana, bob = two(house)
    bob.write('/disconnect\n')
    bob.out.containing('What you say is kept')
    bob.write('said alone\n')
    bob.out.containing('(kept only here until another node has it)')
    bob.write('/connect ana\n')
    ana.out.containing('bob: said alone')
    bob.out.containing('(kept on 1 other)')


@claim
def a_host_that_moves_its_port_is_found_there(house):
    ana = screen(house, 'ana')
    bob = screen(house, 'bob')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    ana.write(f'/host {port}\n')
    ana.out.containing(f'Waiting for connections on port: {port}')
    bob.write(f'/connect 127.0.0.1 {port}\n')
    ana.out.containing('System: bob is here')


@claim
def events_are_for_machines_and_sentences_for_people(house):
    ana = screen(house, 'ana', '--json')
    ana.out.event('status')
    ana.write('hello\n/dance\n')
    event = ana.out.event('text')
    equal((event['name'], event['text']), ('ana', 'hello'))
    ana.err.containing('quickfi: there is no command /dance')
    ana.end_input()
    equal(ana.ended(), 0)
    for line in ana.out.seen:
        assert 'on' in json.loads(line), line


@claim
def contacts_go_through_a_file(house):
    ana, bob = two(house)
    file = str(house.dir / 'friends')
    result = house.run('contacts', '--export', file, home='bob')
    equal((result.code, result.out), (0, ''))
    with open(file, encoding='utf-8') as lines:
        name, key, address = lines.read().split()
    equal((name, len(key)), ('ana', 52))
    equal(address, f'127.0.0.1:{ana.port}')
    with open(file, 'a', encoding='utf-8') as lines:
        lines.write('\n# a word\n')
    equal(house.run('contacts', '--import', file, home='cem').code, 0)
    result = house.run('contacts', home='cem')
    equal((result.code, result.out), (0, f'ana {key} {address}'))
    who = house.run('who', home='bob')
    assert 'ana  is linked with this node' in who.out, who
    for text, code in (('ana\n', 65), (f'ana {key[1:]} -\n', None)):
        result = house.run('contacts', '--import', '-', home='cem', text=text)
        assert result.code, result
        assert code in (None, result.code), result
        assert 'stopped at line 1' in result.err, result


if __name__ == '__main__':
    prove()
