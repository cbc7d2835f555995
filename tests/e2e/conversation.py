#!/usr/bin/env -S python3 -B
# conversation.py - line mode through pipes: what is typed, and what comes of it
import json
import socket
import sqlite3

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
            ('/connect 127.0.0.1:1', 'refused: nobody listens there'),
            ('/connect 1.2.3:9', 'Please input a valid ip address.'),
            ('/connect 1.2.3.4:x', 'Please input a port number.'),
            ('/connect [::1]:0', 'number between 1 and 65535.'),
            ('/host 70000', 'number between 1 and 65535.'),
            ('/nick a b', 'Invalid username. No spaces allowed.'),
            ('/nick SYSTEM', 'that is not a name'),
            ('/join lobby', 'a room begins with #'),
            ('/join #a,b', 'room'),
            ('/names #nix', 'nobody is known to be in #nix'),
            ('/page closed', 'the page for guests is closed'),
            ('/page ajar', 'open, closed or off'),
            (f'/away {"x" * 201}', 'away is text of up to 200 bytes'),
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
    equal(len([line for line in ana.out.seen if 'a room is #' in line]), 1)


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
def lines_of_a_room_that_was_left_are_not_said_to_have_copies(house):
    ana, bob = two(house)
    bob.write('/join #dev\nin dev\n/disconnect\n')
    bob.out.containing('Connection closed.')
    bob.write('alone in dev\n')
    bob.out.containing('(kept only here until another node has it)')
    bob.write('/part\n')
    bob.out.containing('you have left #dev')
    bob.out.containing('of your lines there are kept only here; /join #dev')
    bob.write('/join #dev\nand again\n/part\n')
    bob.out.containing('1 of your lines there is kept only here; /join #dev')
    bob.write('/part\n')
    bob.out.containing('you have left #lobby')
    bob.write('/join #dev\n/connect ana\n')
    bob.out.containing('linked with ana')
    ana.write('/join #dev\n')
    for said in 'in dev', 'alone in dev', 'and again':
        ana.out.containing(f'bob: {said}')
    bob.end_input()
    equal(bob.ended(), 0)
    assert not any('(kept on ' in line for line in bob.out.seen), bob.report()


@claim
def a_message_waits_and_reaches_its_reader_once(house):
    ana, bob = two(house)
    ana.write('/disconnect\n')
    ana.out.containing('Connection closed. What you say is kept')
    ana.write('/msg bob one\n/msg bob two\n')
    for _ in range(2):
        ana.out.containing('System: stored, waiting to reach bob')
    ana.write('/connect bob\n')
    came = {bob.out.containing('@ana ana: ') for _ in range(2)}
    equal(came, {'@ana ana: one', '@ana ana: two'})
    ana.out.containing('System: reached bob')
    ana.write('/msg bob three\n')
    bob.out.containing('@ana ana: three')
    ana.write('/quit\n')
    equal(ana.ended(), 0)
    equal(ana.out.seen.count('System: reached bob'), 1)


@claim
def what_was_said_to_a_contact_stands_under_the_name_later(house):
    ana, bob = two(house)
    ana.write('/msg bob one\n')
    bob.out.containing('@ana ana: one')
    for program in bob, ana:
        program.write('/quit\n')
        equal(program.ended(), 0)
    ana = house.start('--home', house.home('ana'), '--port', '0', '--listen',
                      '127.0.0.1')
    ana.out.containing('@bob ana: one')


@claim
def rooms_that_are_too_many_are_counted(house):
    house.node('ana')
    api = house.api('ana')
    for i in range(70):
        equal(api.ask('join', room=f'#room{i}')['on'], 'done')
    ana = house.start('--home', house.home('ana'))
    ana.out.containing('System: 12 more of your rooms are not shown here')
    ana.write('/rooms\n')
    assert '#room69' in ana.out.containing('System: rooms: ')


@claim
def two_who_take_one_name_apart_are_both_told_and_told_apart(house):
    ana, bob = two(house)
    for program in (ana, bob):
        program.write('/disconnect\n')
        program.out.containing('Connection closed.')
    api = house.api('bob')
    api.ask('watch')
    for program in (ana, bob):
        program.write('/nick zoe\n')
        program.out.containing('System: Username is being changed to zoe')
    ana.write(f'/host {ana.port}\n')
    ana.out.containing(f'Waiting for connections on port: {ana.port}')
    bob.write(f'/connect 127.0.0.1 {ana.port}\n')
    told = []
    for program in (ana, bob):
        line = program.out.containing('is the name of another here too')
        assert 'you are shown as zoe·' in line, line
        assert ', they are zoe·' in line, line
        told.append(line)
    assert told[0] != told[1]
    assert 'the name of another' in api.event('notice')['say']
    ana.write('which of us?\n')
    assert bob.out.containing('which of us?').startswith('zoe·')


@claim
def names_that_look_alike_are_told_apart(house):
    ana, bob = two(house)
    bob.write('/nick \u0430na\n')  # with a Cyrillic letter
    line = ana.out.containing('looks like your name')
    assert 'you are shown as ana\u00b7' in line, line
    assert ', they are \u0430na\u00b7' in line, line
    bob.write('which of us?\n')
    assert ana.out.containing('which of us?').startswith('\u0430na\u00b7')
    ana.write('this one\n')
    assert bob.out.containing('this one').startswith('ana\u00b7')
    names = [line.split()[0] for line in house.run('who', home='ana').lines
             if not line.startswith(' ')]
    equal([name[:4] for name in names], ['ana\u00b7', '\u0430na\u00b7'])


@claim
def a_person_called_as_a_guest_is_not_taken_for_one(house):
    kim = screen(house, 'kim')
    kim.write('/nick zoe@ana\n')
    kim.out.containing('a name with @ would look like that of a guest')
    kim.write('/quit\n')
    equal(kim.ended(), 0)
    # There was a time when it could be taken.
    db = sqlite3.connect(house.home('kim') + '/store')
    with db:
        db.execute("UPDATE peer SET name = 'zoe@ana' WHERE name = 'kim'")
    db.close()
    ana, bob = two(house)
    kim = house.start('--home', house.home('kim'), '--port', '0', '--listen',
                      '127.0.0.1', '--connect', f'127.0.0.1:{bob.port}')
    line = bob.out.containing('linked with zoe@ana')
    assert 'linked with zoe@ana\u00b7' in line, line
    line = bob.out.containing('zoe@ana\u00b7')
    whole = line.split()[1]
    bob.write('/msg zoe@ana which?\n')
    line = bob.out.containing('zoe@ana may be one of: ')
    assert f'{whole}, zoe@ana\u00b7' in line, line
    bob.write(f'/msg {whole} you\n')
    kim.out.containing('@bob bob: you')
    kim.write('hello\n')
    assert ana.out.containing(': hello').startswith(f'{whole}: ')


@claim
def who_is_renamed_is_known_by_the_new_name(house):
    ana, bob = two(house)
    api = house.api('ana')
    api.ask('watch')
    bob.write('/nick rob\n')
    ana.out.containing('System: User bob has changed their username to rob')
    api.event('renamed', name='rob', old='bob')
    link, = api.ask('status')['links']
    contact, = api.ask('contacts')['contacts']
    equal((link['name'], contact['name']), ('rob', 'rob'))
    seen = contact['seen']
    house.run('contacts', '--import', '-', home='ana',
              text=f'rob {contact["key"]} -\n')
    contact, = api.ask('contacts')['contacts']
    equal((contact['seen'], contact['port']), (seen, int(bob.port)))
    ana.write('/connect rob\n')
    ana.out.containing('you are linked with rob already')
    result = house.run('connect', 'rob', home='ana')
    equal(result.code, 0)
    assert 'linked with rob' in result.out, result


@claim
def a_contact_without_an_address_is_answered_with_what_to_do(house):
    ana = screen(house, 'ana')
    house.node('eve')
    key = house.api('eve').ask('status')['key']
    house.run('contacts', '--import', '-', home='ana', text=f'eve {key} -\n')
    ana.write('/connect eve\n')
    ana.out.containing('it is not known where they can be reached; connect '
                       'to their address once')
    result = house.run('connect', 'eve', home='ana')
    assert result.code, result
    assert 'connect to their address once' in result.err, result


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


@claim
def a_host_that_moves_its_port_is_found_there(house):
    ana = screen(house, 'ana')
    bob = screen(house, 'bob')
    port = free_port()
    ana.write(f'/host {port}\n')
    ana.out.containing(f'Waiting for connections on port: {port}')
    bob.write(f'/connect 127.0.0.1 {port}\n')
    ana.out.containing('System: bob is here')


def is_open(host, port):
    with socket.socket() as s:
        return s.connect_ex((host, port)) == 0


@claim
def a_host_stays_at_the_address_that_it_was_told(house):
    # All of 127/8 is this machine, so whoever listens at all answers there.
    ana = screen(house, 'ana')
    other = '127.0.0.2'
    port, irc = free_port(), free_port()
    for before in ('', '/disconnect\n'):
        ana.write(f'{before}/host {port}\n')
        ana.out.containing(
            f'System: Waiting for connections on port: {port} of 127.0.0.1')
        assert is_open('127.0.0.1', port)
        assert not is_open(other, port)
        at = house.api('ana').ask('status')['listening']
        equal(at, {'address': '127.0.0.1', 'port': port})
    result = house.run('status', home='ana')
    assert f'listening on port {port} of 127.0.0.1' in result.out, result
    ana.write(f'/disconnect\n/host --irc {irc}\n')
    ana.out.containing(f'are let in on port {irc} of 127.0.0.1 too')
    assert is_open('127.0.0.1', irc)
    assert not is_open(other, irc)


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
    own = house.api('bob').ask('status')['key']
    for text, why in (('ana\n', 'a contact is a name, a key'),
                      (f'ana {key[1:]} -\n', 'not a key'),
                      (f'System {key} -\n', 'not a name for a person'),
                      (f'bob {own} -\n', 'that is your own key')):
        result = house.run('contacts', '--import', '-', home='bob', text=text)
        equal(result.code, 65)
        assert why in result.err, result
        assert 'stopped at line 1; what stands above' in result.err, result


if __name__ == '__main__':
    prove()
