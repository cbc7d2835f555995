#!/usr/bin/env -S python3 -B
# irc.py - any IRC client walks in: rooms are channels, on one node and more
import base64
import hashlib
import re
import ssl
import subprocess
import time

from house import PATIENCE, claim, equal, in_time, prove
from irc_client import Irc, tags_of, text_of, word_of

MODERN = ('message-tags', 'server-time', 'echo-message', 'batch',
          'labeled-response', 'draft/chathistory')
MORE_THAN_IS_READ = 300  # of a room, when somebody comes


def two(house, *options):
    node = house.node('ana', *options)
    return node, Irc(node, 'zoe', MODERN), Irc(node, 'max')


def both_in(room, *clients):
    for client in clients:
        client.ask(f'JOIN {room}')
    for client in clients:
        client.all()


@claim
def somebody_registers_in_plain_text_and_in_tls(house):
    node = house.node('ana', '--irc-name', 'my.house')
    for secure in (False, True):
        client = Irc(node, secure=secure)
        codes = [word_of(line) for line in client.register('zoe')]
        for code in ('001', '002', '003', '004', '005', '251', '255', '265',
                     '266', '375', '372', '376'):
            assert code in codes, codes
        assert client.ask('VERSION')[0].startswith(':my.house 351 zoe ')
        client.send('QUIT :gone')
        assert client.ended()[-1].startswith('ERROR :')


@claim
def who_insists_on_another_port_finds_the_same_there(house):
    node = house.node('ana', '--irc-port', '0', '--irc-port', '0')
    ports = [node.out.event('irc-listening')['port'] for _ in range(2)]
    api = node.api()
    equal([at['port'] for at in api.ask('status')['irc']], ports)
    said = house.run('status', home='ana').out
    assert f'IRC clients also on port {ports[0]}, {ports[1]}\n' in said, said
    equal(api.ask('host', irc=True, port=ports[0])['code'], 'taken')
    taken = house.run('serve', '--listen', '127.0.0.1', '--port', '0',
                      '--irc-port', str(ports[0]), home='bob')
    equal(taken.code, 69)
    assert f'port {ports[0]} ' in taken.err, taken.err
    zoe, max = (Irc(node, nick, secure=secure, port=port) for
                nick, secure, port in (('zoe', False, ports[0]),
                                       ('max', True, ports[1])))
    both_in('#a', zoe, max)
    zoe.ask('PRIVMSG #a :hello')
    equal(text_of(max.all()[0]), 'hello')


@claim
def what_is_typed_wrong_is_answered_by_its_number(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    for line, code in (
            ('JOIN', '461'), ('JOIN a', '403'), ('JOIN #x y', '366'),
            ('PART #nowhere', '403'), ('NICK', '431'), ('NICK *', '432'),
            ('NICK max', '433'), ('NICK ana', '433'), ('USER a b c d', '462'),
            ('PASS x', '462'), ('PRIVMSG', '411'), ('PRIVMSG #a', '412'),
            ('PRIVMSG nobody :x', '401'), ('PRIVMSG #nowhere :x', '403'),
            ('WHATEVER', '421'), ('TOPIC #nowhere', '403'),
            ('KICK #a max', '482'), ('MODE #a +m', '482'),
            ('MODE max', '502'), ('WHOIS nobody', '401'), ('WHOWAS no', '406'),
            ('MOTD other.server', '402'), ('CAP WHAT', '410'),
            ('INVITE max #a', '443'), ('INVITE nobody #a', '401'),
            ('OPER a b', '491'), ('PING', '461'), ('HELP nothing', '524'),
            ('MODE zoe +q', '501'), ('@' + 'a' * 4096 + ' PING x', '417'),
            ('PRIVMSG max :' + 'x' * 600, '417')):
        assert code in zoe.codes(line), (line, code)
    equal(zoe.codes('NOTICE nobody :x'), [])
    equal(zoe.codes('NOTICE #nowhere :x'), [])
    equal(max.all(), [])
    Irc(node).send('JOIN #a')
    stranger = Irc(node)
    stranger.send('JOIN #a')
    equal(word_of(stranger.line()), '451')


@claim
def no_bytes_of_one_begin_a_line_of_another(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    zoe.raw(b'PRIVMSG #a :one\rQUIT :two\r\n')
    zoe.raw(b'PRIVMSG #a :one\0two\r\n')
    zoe.raw(b'PRIVMSG #a :\xff\xfe\r\n')
    zoe.raw(b'@+a=\rQUIT;+b=c PRIVMSG #a :three\r\n')
    echoes = zoe.all()
    equal([word_of(line) for line in echoes],
          ['PRIVMSG', 'FAIL', 'FAIL', 'PRIVMSG'])
    assert not any('\r' in line for line in echoes), echoes
    equal(tags_of(echoes[3])['+b'], 'c')
    equal([text_of(line) for line in max.all()], ['one QUIT :two', 'three'])

    api = node.api()
    api.ask('join', room='#a')
    for client in (zoe, max):
        equal(word_of(client.all()[-1]), 'JOIN')
    text = 'first\r\nQUIT :x\nthird'
    equal(api.ask('say', room='#a', text=text)['on'], 'stored')
    equal([text_of(line) for line in max.all()],
          ['first ', 'QUIT :x', 'third'])
    equal([word_of(line) for line in zoe.all()], ['PRIVMSG'] * 3)


@claim
def a_message_is_readable_before_the_pong_of_who_said_it(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    for number in range(200):
        zoe.send(f'PRIVMSG #a :{number}')
        zoe.send('PING x')
        echo = zoe.line()
        equal(word_of(zoe.line()), 'PONG')
        max.socket.settimeout(0.5 * PATIENCE)
        line = max.line()
        equal(text_of(line), str(number))
        equal(tags_of(line), {})
        assert len(tags_of(echo)['msgid']) == 52


@claim
def labels_are_answered_once_each(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    equal(zoe.ask('@label=1 PONG x'), ['@label=1 :quickfi ACK'])
    [pong] = zoe.ask('@label=2 WHAT')
    assert pong.startswith('@label=2 :quickfi 421 '), pong
    [echo] = zoe.ask('@label=3 PRIVMSG #a :x')
    equal(tags_of(echo)['label'], '3')
    equal(tags_of(max.all()[0]), {})
    first, *inner, last = zoe.ask('@label=4 JOIN #b')
    equal(tags_of(first)['label'], '4')
    ref = first.split('+')[1].split(' ')[0]
    assert last.endswith(f'BATCH -{ref}'), last
    assert all(tags_of(line)['batch'] == ref for line in inner), inner
    first, *inner, last = zoe.ask('@label=5 PRIVMSG #a,max :x')
    equal(tags_of(first)['label'], '5')
    equal(len(inner), 2)


@claim
def names_are_taken_given_back_and_never_a_persons(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    other = Irc(node)
    other.send('NICK ZOE')
    other.send('USER u 0 * :r')
    assert ' 433 ' in other.line()
    other.send('NICK Ana')
    assert ' 433 ' in other.line()
    other.send('NICK kim')
    other.until(' 376 ')
    equal(zoe.codes('NICK Zoe'), ['NICK'])
    equal(max.all()[0], ':zoe!zoe@' + max_host(max) + ' NICK :Zoe')
    equal(zoe.codes('NICK Zoe'), [])
    zoe.send('QUIT')
    zoe.ended()
    equal(word_of(max.all()[0]), 'QUIT')
    equal(other.codes('NICK zoe'), ['NICK'])


def max_host(client):
    return client.ask('USERHOST max')[0].split('@')[1].strip()


@claim
def who_is_where_can_be_asked(house):
    node, zoe, max = two(house, '--irc-name', 'my.house')
    both_in('#a', zoe, max)
    assert zoe.ask('NAMES #a')[0].endswith('353 zoe = #a :@zoe max')
    equal(zoe.codes('NAMES #no'), ['366'])
    equal(zoe.codes('WHO #a'), ['352', '352', '315'])
    assert ' my.house max H :0 Real max' in zoe.ask('WHO max')[0]
    assert zoe.ask('WHO ma* %tnf,42')[0].endswith(' 354 zoe 42 max H')
    equal(zoe.codes('WHO idontexist'), ['315'])
    equal(max.codes('AWAY :lunch'), ['306'])
    assert ' G ' in zoe.ask('WHO max')[0]
    assert '301' in zoe.codes('PRIVMSG max :there?')
    equal(zoe.codes('WHOIS max'), ['311', '319', '312', '301', '317', '318'])
    assert zoe.ask('ISON nobody max')[0].endswith(' 303 zoe :max')
    equal(max.codes('AWAY')[-1], '305')
    equal(zoe.codes('LIST'), ['321', '322', '323'])
    equal(zoe.codes('MODE #a'), ['324', '329'])
    equal(zoe.codes('MODE #a b'), ['368'])
    equal(zoe.codes('MODE zoe +i'), ['MODE'])
    max.send('QUIT')
    max.ended()
    equal(zoe.codes('WHOWAS max'), ['QUIT', '314', '312', '369'])
    equal(zoe.codes('WHOWAS M?X'), ['314', '312', '369'])


@claim
def news_of_others_come_to_who_asked_for_them(house):
    node = house.node('ana')
    caps = ('away-notify', 'setname', 'extended-join', 'account-notify',
            'invite-notify', 'userhost-in-names', 'message-tags')
    zoe = Irc(node, 'zoe', caps)
    max = Irc(node, 'max')
    zoe.ask('JOIN #a')
    max.ask('JOIN #a')
    assert zoe.all()[0].endswith(' JOIN #a * :Real max')
    max.ask('AWAY :lunch')
    assert zoe.all()[0].endswith(' AWAY :lunch')
    max.ask('SETNAME :Max Power')
    assert zoe.all()[0].endswith(' SETNAME :Max Power')
    assert '!max@' in zoe.ask('NAMES #a')[0]
    equal(zoe.codes('MONITOR + kim,max'), ['731', '730'])
    kim = Irc(node, 'kim')
    assert ' 730 zoe :kim!kim@' in zoe.all()[0]
    max.ask('INVITE kim #a')
    equal([word_of(line) for line in kim.all()], ['INVITE'])
    equal([word_of(line) for line in zoe.all()], ['INVITE'])
    kim.send('QUIT')
    kim.ended()
    assert ' 731 zoe :kim' in zoe.all()[0]
    zoe.ask('@+draft/react=x TAGMSG #a')
    equal(max.all(), [])


@claim
def a_topic_stays_with_its_room(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    equal(zoe.codes('TOPIC #a'), ['331'])
    zoe.ask('TOPIC #a :apples')
    assert max.all()[0].endswith(' TOPIC #a :apples')
    assert node.stop() == 0
    node = node.again()
    kim = Irc(node, 'kim')
    assert ' 332 kim #a :apples' in ''.join(kim.ask('JOIN #a'))
    assert ' 322 kim #a 1 :apples' in kim.ask('LIST')[1]
    kim.ask('PART #a')
    assert ' 322 kim #a 0 :apples' in kim.ask('LIST')[1]


@claim
def what_stands_is_known_however_much_was_said_since(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    zoe.ask('TOPIC #a :apples')
    [oops] = zoe.ask('PRIVMSG #a :oops')
    zoe.ask('PRIVMSG #a :kept')
    zoe.ask(f'REDACT #a {tags_of(oops)["msgid"]}')
    more = ''.join(f'{number}\n' for number in range(MORE_THAN_IS_READ))
    equal(house.run('send', '#a', home='ana', text=more).code, 0)
    zoe.ask('JOIN #b')
    long = ('x' * 60000 + '\n') * 10  # more than one read gives
    equal(house.run('send', '#b', home='ana', text=long).code, 0)
    zoe.ask('TOPIC #b :bananas')
    assert node.stop() == 0
    kim = Irc(node.again(), 'kim', MODERN)
    assert ' 332 kim #b :bananas' in ''.join(kim.ask('JOIN #b'))
    assert ' 332 kim #a :apples' in ''.join(kim.ask('JOIN #a'))
    lines = kim.ask('CHATHISTORY AFTER #a timestamp=2000-01-01T00:00:00.000Z'
                    ' 3')
    equal([text_of(line) for line in lines if 'PRIVMSG' in line],
          ['kept', '0', '1'])


@claim
def history_can_be_asked_for_in_every_way(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    said = []
    for number in range(10):
        [line] = zoe.ask(f'PRIVMSG #a :{number}')
        said.append(tags_of(line))
        stamp = time.time_ns() // 1000000
        while time.time_ns() // 1000000 == stamp:
            pass  # each has a millisecond of its own

    def shown(request):
        first, *lines, last = zoe.ask(f'CHATHISTORY {request}')
        assert ' chathistory #a' in first, first
        return [int(text_of(line)) for line in lines]

    def at(number, how):
        return f'msgid={said[number]["msgid"]}' if how == 'msgid' \
            else f'timestamp={said[number]["time"]}'

    equal(shown('LATEST #a * 100'), list(range(10)))
    equal(shown('LATEST #a * 3'), [7, 8, 9])
    for how in ('msgid', 'timestamp'):
        equal(shown(f'LATEST #a {at(4, how)} 100'), [5, 6, 7, 8, 9])
        equal(shown(f'BEFORE #a {at(6, how)} 2'), [4, 5])
        equal(shown(f'AFTER #a {at(3, how)} 3'), [4, 5, 6])
        equal(shown(f'AROUND #a {at(7, how)} 3'), [6, 7, 8])
        equal(shown(f'BETWEEN #a {at(0, how)} {at(9, how)} 3'), [1, 2, 3])
        equal(shown(f'BETWEEN #a {at(9, how)} {at(0, how)} 3'), [6, 7, 8])
    assert zoe.ask('CHATHISTORY LATEST #no * 5')[0].startswith(
        ':quickfi FAIL CHATHISTORY INVALID_TARGET LATEST #no :')
    targets = zoe.ask('CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z '
                      'timestamp=2100-01-01T00:00:00.000Z 10')
    assert ' CHATHISTORY TARGETS #a ' in targets[1], targets
    refused = max.ask(f'REDACT #a {said[9]["msgid"]} :not mine')
    assert ' FAIL REDACT REDACT_FORBIDDEN #a ' in refused[-1], refused
    equal(shown('LATEST #a * 2'), [8, 9])
    zoe.ask(f'REDACT #a {said[9]["msgid"]} :oops')
    equal(shown('LATEST #a * 2'), [7, 8])


@claim
def no_view_of_the_past_shows_what_was_taken_back(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    follower = house.start('tail', '#a', '--follow', home='ana')
    [oops] = zoe.ask('PRIVMSG #a :oops')
    [typo] = zoe.ask('PRIVMSG #a :typo')
    max.ask('PRIVMSG #a :mine')
    zoe.ask('PRIVMSG #a :kept')
    follower.out.containing('oops')
    zoe.ask(f'REDACT #a {tags_of(oops)["msgid"]} :wrong room')
    follower.out.containing('zoe@ana takes a message back: wrong room')
    zoe.ask(f'REDACT #a {tags_of(typo)["msgid"]}')
    follower.out.containing('zoe@ana takes a message back')
    equal(house.texts('ana', '#a'), ['mine', 'kept'])
    past = house.run('history', '#a', home='ana').out
    assert 'kept' in past and 'back' not in past, past
    chat = house.start('--home', house.home('ana'), '--join', '#a')
    chat.write('/history\n')
    chat.out.containing('that was')
    assert not any(word in line for line in chat.out.seen
                   for word in ('oops', 'typo', 'back')), chat.report()


@claim
def history_has_long_messages_too(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    person = node.api()
    ids = [person.ask('say', room='#a', text=f'{i} ' + 'x' * 9000)['id']
           for i in range(60)]
    for ask in 'LATEST #a * 100', f'BEFORE #a msgid={ids[-1]} 100':
        told = re.findall('msgid=([a-z2-7]+)', ' '.join(
            zoe.ask('CHATHISTORY ' + ask)))
        equal(list(dict.fromkeys(told)), ids[:60 if '*' in ask else 59])


@claim
def who_did_not_ask_for_history_is_shown_the_last_lines(house):
    node, zoe, max = two(house, '--irc-history', '2')
    both_in('#a', zoe, max)
    for number in range(3):
        zoe.ask(f'PRIVMSG #a :{number}')
    kim = Irc(node, 'kim', ('server-time',))
    lines = kim.ask('JOIN #a')
    equal([text_of(line) for line in lines if 'PRIVMSG' in line], ['1', '2'])
    old = Irc(node, 'old')
    assert not [x for x in old.ask('JOIN #a') if 'PRIVMSG' in x]


@claim
def what_two_said_alone_only_they_read(house):
    node, zoe, max = two(house)
    kim = Irc(node, 'kim', MODERN)
    zoe.ask('PRIVMSG max :hello')
    assert max.all()[0].endswith(' PRIVMSG max :hello')
    max.ask('PRIVMSG zoe :hi')
    zoe.ask('PRIVMSG kim :other')
    kim.all()
    equal([text_of(line) for line in zoe.ask('CHATHISTORY LATEST max * 9')
           if 'PRIVMSG' in line], ['hello', 'hi'])
    equal(len(kim.ask('CHATHISTORY LATEST max * 9')), 2)
    equal(text_of(kim.ask('CHATHISTORY LATEST zoe * 9')[1]), 'other')
    echoes = zoe.ask('PRIVMSG zoe :self')
    equal(len(echoes), 2)

    api = node.api()
    equal(api.ask('follow', room='@', last=10)['count'], 0)


def private(client, target):
    return [text_of(line) for line in
            client.ask(f'CHATHISTORY LATEST {target} * 9')
            if 'PRIVMSG' in line]


@claim
def a_guest_and_the_person_of_its_node_talk_alone(house):
    node, zoe, max = two(house)
    person = node.api()
    person.ask('join', room='#a')
    both_in('#a', zoe, max)
    screen = house.start('-cli', home='ana')
    person.ask('follow', room='@', last=10)

    assert zoe.ask('PRIVMSG ana :psst')[0].endswith(' PRIVMSG ana :psst')
    line = person.event('text', text='psst')
    equal((line['guest'], line['direct'], 'to' in line), ('zoe', True, False))
    screen.out.containing('@zoe@ana zoe@ana: psst')
    screen.write('/msg zoe yes?\n')
    mask = f'node@{short_of(node)}.quickfi'
    line = zoe.until(' PRIVMSG ')[-1]
    assert f' :ana!{mask} PRIVMSG zoe :yes?' in line, line
    equal(person.event('text', text='yes?')['to'], 'zoe')
    stored = person.ask('msg', to='zoe@ana', text='by another name')
    equal((stored['on'], stored['to']), ('stored', 'zoe@ana'))
    assert zoe.until(' PRIVMSG ')[-1].endswith(' zoe :by another name')

    # Nobody else reads it, whoever has the name later.
    zoe.ask('PRIVMSG max :between guests')
    equal(private(zoe, 'ana'), ['psst', 'yes?', 'by another name'])
    equal(private(zoe, 'max'), ['between guests'])
    assert max.all()[0].endswith(':between guests')
    equal(private(max, 'ana'), [])
    assert any(' TARGETS ana ' in x for x in zoe.ask(
        'CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z '
        'timestamp=2099-01-01T00:00:00.000Z 9'))
    zoe.send('QUIT')
    zoe.until('ERROR ')
    equal(private(Irc(node, 'zoe', MODERN), 'ana'), [])
    later = node.api()
    later.tell('follow', room='@', last=9)
    equal([later.event('text')['text'] for _ in range(3)],
          ['psst', 'yes?', 'by another name'])
    equal(later.event('following')['count'], 3)

    person.ask('away', why='tea')
    assert ' 301 max ana :tea' in ' '.join(max.ask('PRIVMSG ana :there?'))
    equal(max.ask('@+typing=active TAGMSG ana'), [])
    nonce = '00112233445566778899aabbccddeeff'
    first = person.ask('msg', to='max', text='once', nonce=nonce)
    max.send('QUIT')
    max.until('ERROR ')
    again = person.ask('msg', to='max', text='once', nonce=nonce)
    equal((again['id'], 'say' in again), (first['id'], False))
    nobody = person.ask('msg', to='kim@ana', text='x')
    equal((nobody['code'], nobody['say']),
          ('unknown-person', 'no guest of this node is called kim'))
    screen.end_input()


@claim
def what_is_kept_for_guests_is_no_matter_of_others(house):
    screen = house.start('--home', house.home('ana'), '--port', '0',
                         '--listen', '127.0.0.1')
    line = screen.out.containing('listening on port ')
    screen.port = line.split('listening on port ')[1].split()[0]
    zoe = Irc(screen, 'zoe')
    zoe.ask('JOIN #lobby')
    screen.write('/part\n')
    screen.out.containing('you have left #lobby')
    zoe.ask('PRIVMSG #lobby :hello')
    screen.write('/rooms\n')
    screen.out.containing('#lobby (1, kept for guests)')
    screen.write('/msg zoe psst\n')
    zoe.until('psst')
    screen.end_input()
    equal(screen.ended(), 0)
    assert not any('kept only here' in line for line in
                   screen.out.seen + screen.err.seen), screen.report()


@claim
def what_is_for_guests_of_a_node_its_person_does_not_read(house):
    ana, bob = house.pair()
    sees(ana, 'bob')
    sees(bob, 'ana')
    zoe, kim = Irc(ana, 'zoe', MODERN), Irc(bob, 'kim', MODERN)
    at_ana, at_bob = ana.api(), bob.api()
    for person in at_ana, at_bob:
        person.ask('follow', room='@', last=10)
    at_ana.ask('watch')

    far = 'kim·' + short_of(bob)
    echo = zoe.ask(f'@label=7 PRIVMSG {far} :for kim')
    assert echo[0].startswith('@label=7;') and \
        echo[0].endswith(f' PRIVMSG {far} :for kim'), echo
    assert kim.until('for kim')[-1].endswith(' PRIVMSG kim :for kim')
    # Who has the name later reads it only with the account that owns it.
    kim.send('NICK kit')
    kim.until(' NICK ')
    later = Irc(bob, 'kim', MODERN)
    there = 'zoe·' + short_of(ana)
    equal(len(later.ask(f'CHATHISTORY LATEST {there} * 9')), 2)
    later.send('QUIT')
    later.until('ERROR ')
    kim.send('NICK kim')
    kim.until(' NICK ')
    zoe.ask(f'PRIVMSG {far} :for kim too')
    kim.until('for kim too')
    equal(len(kim.ask(f'CHATHISTORY LATEST {there} * 9')), 3)

    for guest, other in (zoe, far), (kim, there):
        targets = guest.ask('CHATHISTORY TARGETS '
                            'timestamp=2020-01-01T00:00:00.000Z '
                            'timestamp=2099-01-01T00:00:00.000Z 9')
        assert any(f' TARGETS {other} ' in x for x in targets), targets
    equal(at_ana.ask('msg', to='kim@bob', text='from ana')['on'], 'stored')
    assert kim.until('from ana')[-1].endswith(' PRIVMSG kim :from ana')
    equal(at_ana.event('text', text='from ana')['to'], 'kim')
    # One of our own who is called so is not meant, nor told.
    kin = Irc(ana, 'kim', MODERN)
    equal(at_ana.ask('msg', to='kim@bob', text='not for kin')['on'], 'stored')
    kim.until('not for kin')
    equal(kin.all(), [])
    equal(at_ana.ask('msg', to='kim', text='for kin')['on'], 'stored')
    kin.until('for kin')
    at_ana.event('text', text='for kin')
    ben = Irc(ana, 'ben')
    at_bob.ask('name', name='ben')
    at_ana.event('renamed')
    refused = at_ana.ask('msg', to='ben', text='x')
    equal(refused['code'], 'ambiguous')
    assert f'ben·{short_of(bob)}, ben@ana·' in refused['say'], refused
    equal(at_ana.ask('msg', to='ben@ana', text='for our ben')['on'], 'stored')
    ben.until('for our ben')
    at_ana.event('text', text='for our ben')
    at_bob.ask('name', name='bob')
    at_ana.event('renamed')

    # Each person is told of what is next, and of nothing before it.
    kim.ask('PRIVMSG ana :for ana')
    zoe.ask('PRIVMSG bob :for bob')
    equal(at_ana.event('text')['text'], 'for ana')
    equal(at_bob.event('text')['text'], 'for bob')
    equal(private(zoe, far), ['for kim', 'for kim too'])
    equal(private(zoe, 'bob'), ['for bob'])
    equal(private(kim, there), ['for kim too'])
    equal(private(kim, 'ana'), ['from ana', 'not for kin', 'for ana'])


@claim
def one_message_may_have_several_lines(house):
    node = house.node('ana')
    caps = (*MODERN, 'draft/multiline')
    zoe, max, old = (Irc(node, 'zoe', caps), Irc(node, 'max', caps),
                     Irc(node, 'old', MODERN))
    both_in('#a', zoe, max, old)
    for client in (zoe, max, old):
        client.all()
    zoe.send('@label=m BATCH +1 draft/multiline #a')
    zoe.send('@batch=1 PRIVMSG #a :one')
    zoe.send('@batch=1 PRIVMSG #a :')
    zoe.send('@batch=1 PRIVMSG #a :two ')
    zoe.send('@batch=1;draft/multiline-concat PRIVMSG #a :three')
    echo = zoe.ask('BATCH -1')
    equal(tags_of(echo[0])['label'], 'm')
    lines = max.all()
    equal([text_of(x) for x in lines[1:-1]], ['one', '', 'two ', 'three'])
    assert 'draft/multiline-concat' in tags_of(lines[4])
    equal([text_of(x) for x in old.all()], ['one', 'two ', 'three'])
    history = zoe.ask('CHATHISTORY LATEST #a * 1')
    equal(len(history), 8)


@claim
def reading_goes_on_where_it_was_on_every_client(house):
    node = house.node('ana')
    zoe = Irc(node, 'zoe', ('draft/read-marker',))
    assert ':quickfi MARKREAD #a *' in zoe.ask('JOIN #a')
    at = 'timestamp=2019-06-01T12:00:00.000Z'
    equal(zoe.ask(f'MARKREAD #a {at}'), [f':quickfi MARKREAD #a {at}'])
    older = zoe.ask('MARKREAD #a timestamp=2019-01-01T12:00:00.000Z')
    equal(older, [f':quickfi MARKREAD #a {at}'])
    assert ' FAIL MARKREAD INVALID_PARAMS ' in zoe.ask('MARKREAD #a *')[0]


def sees(node, name):
    """Wait until a node knows that somebody is here."""
    api = node.api()
    api.ask('watch')
    while name not in [p['name'] for p in api.ask('who')['people']]:
        api.event('came')


@claim
def a_line_is_the_same_in_irc_in_line_mode_and_on_another_node(house):
    ana = house.node('ana', '--join', '#lobby')
    bob = house.node('bob', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{ana.port}')
    bob.api().linked()
    sees(ana, 'bob')
    sees(bob, 'ana')
    zoe = Irc(ana, 'zoe', MODERN)
    kim = Irc(bob, 'kim', MODERN)
    names = zoe.ask('JOIN #lobby')
    assert any(' 353 ' in x and ' bob' in x for x in names), names
    kim.ask('JOIN #lobby')
    screen = house.start('-cli', home='ana')

    zoe.send('PRIVMSG #lobby :from irc')
    echo = zoe.until('from irc')[-1]
    far = kim.until('from irc')[-1]
    assert ' PRIVMSG #lobby :from irc' in far and far.split('!')[0].endswith(
        'zoe·' + short_of(ana)), far
    for key in ('msgid', 'time'):
        equal(tags_of(echo)[key], tags_of(far)[key])
    screen.out.containing('from irc')

    screen.write('from a screen\n')
    near = zoe.until('from a screen')[-1]
    far = kim.until('from a screen')[-1]
    assert ':ana!node@' in near and ':ana!node@' in far, (near, far)
    equal(tags_of(near)['msgid'], tags_of(far)['msgid'])
    texts = house.texts('bob')
    equal(texts, ['from irc', 'from a screen'])
    screen.end_input()

    zoe.send('PRIVMSG bob :to the person')
    event = bob.api()
    event.tell('follow', room='@', last=10)
    equal(event.event('text', text='to the person')['guest'], 'zoe')
    kim.send('PRIVMSG zoe·%s :to a guest' % short_of(ana))
    line = zoe.until('to a guest')[-1]
    assert 'kim·' in line and line.endswith(' PRIVMSG zoe :to a guest'), line


@claim
def a_person_of_another_node_is_seen_coming_and_going(house):
    ana, bob = house.pair()
    sees(ana, 'bob')
    zoe = Irc(ana, 'zoe', ('extended-join', 'away-notify'))
    max = Irc(ana, 'max')
    both_in('#den', zoe, max)
    mask = f'node@{short_of(bob)}.quickfi'
    person = bob.api()

    person.ask('join', room='#den')
    equal(zoe.until(' JOIN ')[-1], f':bob!{mask} JOIN #den * :bob')
    equal(max.until(' JOIN ')[-1], f':bob!{mask} JOIN #den')
    assert zoe.ask('NAMES #den')[0].endswith(' bob')
    person.ask('away', why='lunch')
    equal(zoe.until(' AWAY ')[-1], f':bob!{mask} AWAY :lunch')
    person.ask('name', name='rob')
    equal(max.until(' NICK ')[-1], f':bob!{mask} NICK :rob')
    person.ask('part', room='#den')
    equal(zoe.until(' PART ')[-1], f':rob!{mask} PART #den')
    assert 'rob' not in zoe.ask('NAMES #den')[0]

    # A room that a guest of that node is in is one of the node's.
    Irc(bob, 'kim').ask('JOIN #den')
    equal(zoe.until(' AWAY ')[-2:], [f':rob!{mask} JOIN #den * :rob',
                                     f':rob!{mask} AWAY :lunch'])
    bob.stop()
    equal(zoe.until(' QUIT ')[-1], f':rob!{mask} QUIT :left')
    equal([word_of(line) for line in max.all()], ['PART', 'JOIN', 'QUIT'])


@claim
def the_person_of_a_node_is_seen_by_its_own_guests(house):
    ana = house.node('ana')
    zoe = Irc(ana, 'zoe', ('extended-join', 'away-notify'))
    zoe.ask('JOIN #den')
    mask = f'node@{short_of(ana)}.quickfi'
    person = ana.api()

    # A room that guests alone wished for is not the person's, read or not.
    screen = house.start('-cli', home='ana')
    screen.end_input()
    assert screen.ended() == 0
    assert 'ana' not in zoe.ask('NAMES #den')[0]
    assert any(' 322 zoe #den 1 :' in x for x in zoe.ask('LIST'))
    person.ask('join', room='#den')
    equal(zoe.until(' JOIN ')[-1], f':ana!{mask} JOIN #den * :ana')
    assert 'ana' in zoe.ask('NAMES #den')[0].split()
    assert any(' 322 zoe #den 2 :' in x for x in zoe.ask('LIST'))
    assert any(' 312 zoe ana quickfi :this node' in x
               for x in zoe.ask('WHOIS ana'))
    person.ask('away', why='tea')
    equal(zoe.until(' AWAY ')[-1], f':ana!{mask} AWAY :tea')
    assert ' 301 zoe ana :tea' in ' '.join(zoe.ask('WHOIS ana'))
    person.ask('back')
    zoe.until(' AWAY')
    person.ask('name', name='nia')
    equal(zoe.until(' NICK ')[-1], f':ana!{mask} NICK :nia')
    person.ask('say', room='#den', text='hello')
    equal(zoe.until(' PRIVMSG ')[-1], f':nia!{mask} PRIVMSG #den :hello')
    # Where the person is stays known; and the room stays with its guests.
    ana.stop()
    ana = ana.again()
    zoe = Irc(ana, 'zoe')
    assert zoe.ask('JOIN #den')[1].endswith(' ana')
    ana.api().ask('part', room='#den')
    equal(zoe.until(' PART ')[-1], f':ana!{mask} PART #den')
    equal(zoe.ask('PRIVMSG #den :still here'), [])
    equal(house.texts('ana', '#den'), ['hello', 'still here'])


def short_of(node):
    return node.api().ask('who')['people'][0]['short']


def plain(name, password):
    return base64.b64encode(f'\0{name}\0{password}'.encode()).decode()


@claim
def an_account_holds_a_name_and_its_history(house):
    node = house.node('ana')
    added = house.run('account', 'add', 'zoe', home='ana', text='sesame\n')
    equal(added.code, 0)
    equal(house.run('account', 'steal', 'zoe', home='ana').code, 64)
    equal(house.run('account', 'list', home='ana').lines, ['zoe'])
    equal(house.run('account', 'add', 'zoe', home='ana', text='x\n').code, 64)
    equal(house.run('account', 'passwd', 'max', home='ana',
                    text='x\n').code, 66)
    equal(house.run('account', 'remove', 'max', home='ana').code, 66)
    for password, code in (('wrong', '904'), ('sesame', '900')):
        zoe = Irc(node)
        zoe.send('NICK zoe')
        zoe.send('USER z 0 * :Zoe')
        assert ' 433 ' in zoe.line()
        zoe.send('CAP REQ :sasl draft/chathistory batch')
        zoe.send('AUTHENTICATE PLAIN')
        zoe.until('AUTHENTICATE +')
        zoe.send(f'AUTHENTICATE {plain("zoe", password)}')
        equal(word_of(zoe.line()), code)
    equal(word_of(zoe.line()), '903')
    zoe.send('NICK zoe')
    zoe.send('CAP END')
    zoe.until(' 376 ')
    max = Irc(node, 'max', ('account-tag',))
    assert '330' in max.codes('WHOIS zoe')
    zoe.ask('PRIVMSG max :hello')
    equal(tags_of(max.all()[0]), {'account': 'zoe'})
    read = 'MARKREAD max timestamp=2019-06-01T12:00:00.000Z'
    zoe.ask(read)
    zoe.send('QUIT')
    zoe.ended()
    assert node.stop() == 0

    node = node.again()
    other = Irc(node)
    other.send('NICK zoe')
    other.send('USER z 0 * :Zoe')
    assert ' 433 ' in other.line()
    zoe = Irc(node)
    zoe.send('CAP REQ :sasl draft/chathistory batch draft/read-marker')
    zoe.send('AUTHENTICATE PLAIN')
    zoe.send(f'AUTHENTICATE {plain("zoe", "sesame")}')
    zoe.send('NICK zoe')
    zoe.send('USER z 0 * :Zoe')
    zoe.send('CAP END')
    zoe.until(' 376 ')
    lines = zoe.ask('CHATHISTORY LATEST max * 5')
    equal([text_of(x) for x in lines[1:-1]], ['hello'])
    equal(zoe.ask('MARKREAD max'), [f':quickfi {read}'])
    equal(house.run('account', 'remove', 'zoe', home='ana').code, 0)
    equal(zoe.ask('MARKREAD max'), [':quickfi MARKREAD max *'])


@claim
def no_account_has_the_name_of_a_person(house):
    node = house.node('ana', '--threads', '1')
    zoe = Irc(node, 'zoe', ('draft/account-registration',))
    house.node('zoe')
    api = house.api('ana')
    api.ask('watch')
    equal(house.run('connect', f'127.0.0.1:{node.port}', home='zoe').code, 0)
    api.event('came', name='zoe')
    for name, why in (('ana', "this node's own person"), ('ANA', 'own person'),
                      ('zoe', 'somebody here has that name')):
        added = house.run('account', 'add', name, home='ana', text='sesame\n')
        equal(added.code, 69)
        assert why in added.err, added
        refused = api.ask('account', name=name, password='x', new=True)
        equal(refused['code'], 'taken')
    assert ' REGISTER USERNAME_EXISTS zoe ' in zoe.ask('REGISTER * * x')[0]
    equal(house.run('account', 'list', home='ana').lines, [])
    equal(house.run('account', 'add', 'max', home='ana', text='x\n').code, 0)


def logged_in(node, name, password):
    client = Irc(node)
    client.send('CAP REQ :sasl')
    client.send('AUTHENTICATE PLAIN')
    client.send(f'AUTHENTICATE {plain(name, password)}')
    client.register(name)
    return client


@claim
def no_person_takes_the_name_of_a_guest_or_an_account(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    equal(house.run('account', 'add', 'kim', home='ana', text='x\n').code, 0)
    for name in 'zoe', 'ZOE', 'kim', 'Kim':
        refused = node.api().ask('name', name=name)
        equal((refused['code'], refused['say']),
              ('taken', f'{name} is already taken as a username'))
    equal(node.stop(), 0)
    node = node.again()
    equal(node.api().ask('name', name='kim')['code'], 'taken')
    equal(node.api().ask('name', name='ANA')['on'], 'done')
    equal(node.api().ask('name', name='zoe')['on'], 'done')


@claim
def an_account_comes_in_whatever_its_node_is_called(house):
    node = house.node('ana', '--join', '#a')
    equal(house.run('account', 'add', 'kim', home='ana', text='x\n').code, 0)
    equal(node.stop(), 0)
    node = house.node('ana', '--name', 'kim')
    max = Irc(node, 'max')
    max.ask('JOIN #a')
    assert ' 353 max = #a :@max kim' in ''.join(max.ask('NAMES #a'))
    kim = logged_in(node, 'kim', 'x')
    assert any(' NICK :kim·' in line for line in max.all())
    kim.ask('JOIN #a')
    names = ''.join(max.ask('NAMES #a'))
    assert ' kim ' in names and ' kim·' in names, names
    thief = Irc(node)
    thief.send('NICK kim')
    thief.send('USER k 0 * :Kim')
    assert ' 433 ' in thief.line()


def own_certificate(house):
    path = house.home('zoe.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ed25519', '-nodes',
                    '-days', '2', '-subj', '/CN=zoe', '-keyout', path,
                    '-out', path + '.crt'], check=True, capture_output=True)
    der = ssl.PEM_cert_to_DER_cert(open(path + '.crt').read())
    with open(path, 'a') as to:
        to.write(open(path + '.crt').read())
    digest = hashlib.sha256(der).hexdigest().upper()
    return path, ':'.join(digest[i:i + 2] for i in range(0, 64, 2))


@claim
def a_certificate_is_as_good_as_a_password(house):
    node = house.node('ana')
    path, fingerprint = own_certificate(house)
    equal(house.run('account', 'cert', 'zoe', fingerprint, home='ana').code,
          66)
    house.run('account', 'add', 'zoe', home='ana', text='sesame\n')
    equal(house.run('account', 'cert', 'zoe', 'abc', home='ana').code, 64)
    equal(house.run('account', 'cert', 'zoe', fingerprint, home='ana').code,
          0)
    equal(house.run('account', 'list', home='ana').lines,
          ['zoe, 1 certificate'])
    for certificate, code in ((None, '904'), (path, '900')):
        zoe = Irc(node, secure=True, certificate=certificate)
        zoe.send('CAP REQ :sasl')
        zoe.send('AUTHENTICATE EXTERNAL')
        zoe.until('AUTHENTICATE +')
        zoe.send('AUTHENTICATE +')
        equal(word_of(zoe.line()), code)
    assert node.stop() == 0
    node = node.again()
    house.run('account', 'passwd', 'zoe', home='ana', text='other\n')
    equal(house.run('account', 'list', home='ana').lines, ['zoe'])


@claim
def a_node_ends_quickly_with_guests_on_it(house):
    node, zoe, max = two(house)
    both_in('#a', zoe, max)
    begun = time.monotonic()
    equal(node.stop(), 0)
    in_time(time.monotonic() - begun < 0.5 * PATIENCE)
    assert zoe.ended()[-1].startswith('ERROR :')


if __name__ == '__main__':
    prove()
