#!/usr/bin/env -S python3 -B
# irc_rules.py - what the specifications of IRC ask for, and clients count on
import base64
import hashlib
import hmac

from house import claim, equal, prove
from irc_client import Irc, tags_of, text_of, word_of

HISTORY = ('message-tags', 'server-time', 'batch', 'draft/chathistory')
ACCOUNTS = ('draft/account-registration', 'account-tag')
LINES = ('batch', 'draft/multiline', 'labeled-response', 'message-tags')
EPOCH = '1970-01-01T00:00:00.000Z'


def said(lines):
    return [line for line in lines if ' PRIVMSG ' in line]


def texts(lines):
    return [text_of(line) for line in said(lines)]


def on_two_nodes(house):
    """Max is a guest of ana's node, zoe of bob's; and what each is called at
    the other's."""
    ana, bob = house.pair()
    zoe = Irc(bob, 'zoe', ('draft/message-redaction', 'message-tags',
                           *ACCOUNTS, *HISTORY))
    max = Irc(ana, 'max', ('draft/message-redaction', 'echo-message',
                           *HISTORY))
    zoe.ask('JOIN #a')
    max.ask('JOIN #a')
    names = []
    for says, hears, person in ((zoe, max, 'bob'), (max, zoe, 'ana')):
        says.send('PRIVMSG #a :hello')
        hello = hears.until(':hello')[-1]
        names.append(hello.split(' ')[1].split('!')[0][1:])
        hears.say_until(f'ISON {person}', f':{person}')
    max.all()
    return bob, zoe, max, *names


@claim
def a_page_by_time_ends_between_any_two_lines(house):
    zoe = Irc(house.node('ana'), 'zoe', HISTORY)
    zoe.ask('JOIN #a')
    zoe.raw(b''.join(b'PRIVMSG #a :%d\r\n' % i for i in range(20)))
    zoe.all()
    got, before = [], '2099-01-01T00:00:00.000Z'
    while page := said(zoe.ask(f'CHATHISTORY BEFORE #a timestamp={before} 3')):
        got = texts(page) + got
        before = tags_of(page[0])['time']
    equal(got, [str(i) for i in range(20)])


@claim
def who_registers_a_name_has_not_said_what_others_said_by_it(house):
    node = house.node('ana')
    caps = ('draft/message-redaction', 'echo-message', *ACCOUNTS, *HISTORY)
    neo = Irc(node, 'neo', caps)
    neo.ask('JOIN #a')
    line = said(neo.ask('PRIVMSG #a :mine'))[0]
    first = tags_of(line)['msgid']
    neo.send('QUIT')
    neo.ended()
    neo = Irc(node, 'neo', caps)
    neo.ask('JOIN #a')
    assert 'SUCCESS' in neo.ask('REGISTER * * sesame')[0]
    for _ in range(2):
        refused = neo.ask(f'REDACT #a {first}')
        assert 'REDACT_FORBIDDEN' in refused[0], refused
        past = said(neo.ask('CHATHISTORY LATEST #a * 5'))
        assert 'account' not in tags_of(past[0]), past
        second = tags_of(said(neo.ask('PRIVMSG #a :really'))[0])
        equal(second['account'], 'neo')
    neo.send('QUIT')
    neo.ended()
    max = Irc(node, 'max', caps)
    max.ask('JOIN #a')
    past = said(max.ask('CHATHISTORY LATEST #a * 5'))
    equal([tags_of(line).get('account') for line in past],
          [None, 'neo', 'neo'])
    # What was said by an account is its own, whenever it comes back.
    neo = Irc(node)
    neo.send('CAP REQ :sasl ' + ' '.join(caps))
    neo.send('AUTHENTICATE PLAIN')
    neo.send('AUTHENTICATE ' +
             base64.b64encode(b'\0neo\0sesame').decode())
    for line in ('NICK neo', 'USER n 0 * :N', 'CAP END'):
        neo.send(line)
    neo.until(' 376 ')
    neo.ask('JOIN #a')
    gone = neo.ask(f'REDACT #a {second["msgid"]}')
    assert f'REDACT #a {second["msgid"]}' in gone[0], gone


@claim
def a_later_account_reads_nothing_that_was_for_its_name(house):
    bob, zoe, max, far, near = on_two_nodes(house)
    max.ask(f'PRIVMSG {far} :for the first')
    zoe.until(':for the first')
    zoe.send('QUIT')
    zoe.ended()
    zoe = Irc(bob, 'zoe', (*ACCOUNTS, *HISTORY))
    zoe.ask('REGISTER * * sesame')
    equal(said(zoe.ask(f'CHATHISTORY LATEST {near} * 5')), [])
    max.ask(f'PRIVMSG {far} :for the second')
    zoe.until(':for the second')
    equal(texts(zoe.ask(f'CHATHISTORY LATEST {near} * 5')),
          ['for the second'])


@claim
def what_was_said_to_another_node_alone_can_be_taken_back(house):
    bob, zoe, max, far, near = on_two_nodes(house)
    for name in (far, far.upper()):
        line = max.say_until(f'PRIVMSG {name} :oops', ':oops')[-1]
        told = tags_of(zoe.until(':oops')[-1])['msgid']
        equal(told, tags_of(line)['msgid'])
        max.send(f'REDACT {far} {told} :sorry')
        assert f' REDACT zoe {told} :sorry' in zoe.until(' REDACT ')[-1]
        max.all()


@claim
def who_types_is_told_to_who_is_here_and_not_kept(house):
    bob, zoe, max, far, near = on_two_nodes(house)
    equal(max.ask(f'@+typing=active TAGMSG {far}'), [])
    max.ask(f'@+draft/react=x;+draft/reply=y TAGMSG {far}')
    assert '+draft/react=x' in zoe.until(' TAGMSG ')[-1]
    max.ask('@+draft/react=z;+draft/reply=y TAGMSG #a')
    assert '+draft/react=z' in zoe.until(' TAGMSG ')[-1]
    zoe.ask('CAP REQ :draft/event-playback')
    kept = [line for line in zoe.ask('CHATHISTORY LATEST #a * 9')
            if ' TAGMSG ' in line]
    assert len(kept) == 1 and '+draft/react=z' in kept[0], kept


@claim
def a_message_of_lines_that_is_refused_has_its_label(house):
    zoe = Irc(house.node('ana'), 'zoe', (*LINES, 'echo-message'))
    zoe.ask('JOIN #a')
    for inner, code in (
            ('@batch=1 PRIVMSG #b :x', 'MULTILINE_INVALID_TARGET #a #b'),
            ('@batch=1 JOIN #b', 'MULTILINE_INVALID'),
            ('@batch=1 BATCH +2 draft/multiline #a', 'MULTILINE_INVALID'),
            ('@batch=1;draft/multiline-concat PRIVMSG #a :',
             'MULTILINE_INVALID'),
            ('@label=B BATCH +1 draft/multiline #a', 'MULTILINE_INVALID')):
        zoe.ask('@label=A BATCH +1 draft/multiline #a')
        answers = zoe.ask(inner)
        equal(len(answers), 1)
        equal(tags_of(answers[0]).get('label'), 'A')
        assert f'FAIL BATCH {code} ' in answers[0], answers
        zoe.ask('@batch=1 PRIVMSG #a :more')
        zoe.ask('BATCH -1')
    assert '366' not in zoe.codes('NAMES #b')[:-1]
    lost = zoe.ask('@label=C;batch=nope PRIVMSG #a :lost?')
    assert 'FAIL BATCH MULTILINE_INVALID ' in lost[0], lost
    equal(tags_of(lost[0])['label'], 'C')
    lost = zoe.ask(f'@label=D BATCH +{"x" * 80} draft/multiline #a')
    assert 'FAIL BATCH ' in lost[0], lost
    # Letters of either case are one name, and the closing label will do.
    zoe.send('BATCH +3 draft/multiline #a')
    for line in ('one', 'two'):
        zoe.send(f'@batch=3 PRIVMSG #A :{line}')
    zoe.send('@label=E BATCH -3')
    echo = zoe.all()
    equal(tags_of(echo[0])['label'], 'E')
    equal(texts(echo), ['one', 'two'])


@claim
def a_batch_ends_in_the_batch_that_it_began_in(house):
    node = house.node('ana')
    zoe = Irc(node, 'zoe', (*LINES, *HISTORY, 'echo-message'))
    max = Irc(node, 'max')
    max.ask('AWAY :lunch')
    zoe.ask('JOIN #a')
    for target in ('#a', 'max'):
        zoe.send(f'@label=A BATCH +1 draft/multiline {target}')
        for line in ('one', 'two'):
            zoe.send(f'@batch=1 PRIVMSG {target} :{line}')
        zoe.send('BATCH -1')
        answers = zoe.all()
        labels = [line for line in answers if 'label' in tags_of(line)]
        equal(labels, answers[:1])
        assert ' BATCH +' in labels[0], answers
    for lines in (answers, zoe.ask('@label=B CHATHISTORY LATEST #a * 5')):
        began = {}
        for line in lines:
            words = line.split(' ')
            if ' BATCH ' not in line:
                continue
            ref = words[words.index('BATCH') + 1]
            outer = tags_of(line).get('batch')
            if ref[0] == '+':
                began[ref[1:]] = outer
            else:
                equal(began.pop(ref[1:]), outer)
        equal(began, {})


@claim
def accounts_are_refused_by_the_codes_of_the_specification(house):
    node = house.node('ana')
    early = Irc(node)
    early.send('CAP REQ :draft/account-registration')
    early.send('REGISTER * * sesame')
    early.until('NEED_NICK')
    zoe = Irc(node, 'zoe', ACCOUNTS)
    assert ' UNACCEPTABLE_PASSWORD ' in zoe.ask('REGISTER * * :')[0]
    assert ' ACCOUNT_NAME_MUST_BE_NICK ' in zoe.ask('REGISTER x * y')[0]
    assert ' SUCCESS ' in zoe.ask('REGISTER * * sesame')[0]
    assert ' ALREADY_AUTHENTICATED ' in zoe.ask('REGISTER * * sesame')[0]
    max = Irc(node, 'max')
    for nick, code in (('zoe', 'ACCOUNT_EXISTS'), ('max', 'USERNAME_EXISTS')):
        other = Irc(node)
        other.send('CAP REQ :draft/account-registration')
        other.send(f'NICK {nick}')
        other.send('REGISTER * * sesame')
        other.until(f' {code} ')
    max.all()


@claim
def whoever_ends_the_greeting_gives_up_logging_in(house):
    client = Irc(house.node('ana'))
    client.send('CAP REQ :sasl')
    client.send('AUTHENTICATE PLAIN')
    client.send('NICK zoe')
    client.send('USER z 0 * :Z')
    client.send('CAP END')
    client.until(' 906 ')
    client.until(' 376 ')
    equal(client.ask('AUTHENTICATE PLAIN'), ['AUTHENTICATE +'])
    equal(client.codes('AUTHENTICATE *'), ['906'])


def scram(client, header, bound, name='zoe', password='sesame'):
    """The number that ends a login."""
    def say(text):
        client.send('AUTHENTICATE ' +
                    (base64.b64encode(text.encode()).decode() or '+'))

    client.send('AUTHENTICATE SCRAM-SHA-256')
    client.until('AUTHENTICATE +')
    first = f'n={name},r=abc'
    say(header + first)
    answer = client.line()
    if 'AUTHENTICATE ' not in answer:
        return word_of(answer)
    server = base64.b64decode(answer.split(' ')[1]).decode()
    part = dict(one.split('=', 1) for one in server.split(','))
    salted = hashlib.pbkdf2_hmac('sha256', password.encode(),
                                 base64.b64decode(part['s']), int(part['i']))
    key = hmac.digest(salted, b'Client Key', 'sha256')
    last = f'c={base64.b64encode(bound.encode()).decode()},r={part["r"]}'
    sign = hmac.digest(hashlib.sha256(key).digest(),
                       f'{first},{server},{last}'.encode(), 'sha256')
    proof = bytes(a ^ b for a, b in zip(key, sign))
    say(f'{last},p={base64.b64encode(proof).decode()}')
    if 'AUTHENTICATE ' in (answer := client.line()):
        say('')
        answer = client.until(' 90')[-1]
    return word_of(answer)


@claim
def a_proof_binds_what_the_client_said_first(house):
    node = house.node('ana')
    house.run('account', 'add', 'zoe', home='ana', text='sesame\n')
    client = Irc(node)
    client.send('CAP REQ :sasl')
    client.until('ACK')
    equal(scram(client, 'n,,', 'y,,'), '904')
    equal(scram(client, 'n,a=max,', 'n,a=max,'), '904')
    equal(scram(client, 'n,a=zoe,', 'n,a=zoe,'), '900')


@claim
def what_is_referred_to_and_is_not_there_has_no_past(house):
    zoe = Irc(house.node('ana'), 'zoe', HISTORY)
    zoe.ask('JOIN #a')
    zoe.ask('PRIVMSG #a :one')
    nothing = 'msgid=' + 'a' * 52
    for asked in (f'BEFORE #a {nothing} 5', f'AFTER #a {nothing} 5',
                  f'AROUND #a {nothing} 5', f'LATEST #a {nothing} 5',
                  f'BETWEEN #a {nothing} timestamp={EPOCH} 5',
                  'BEFORE #a timestamp=1969-12-31T23:59:59.000Z 5'):
        equal(said(zoe.ask(f'CHATHISTORY {asked}')), [])
    after = zoe.ask('CHATHISTORY AFTER #a timestamp=0001-01-01T00:00:00.000Z 5')
    equal(texts(after), ['one'])
    for wrong in ('FOO #a', 'BETWEEN #a * * 5', 'LATEST #a * :',
                  'BEFORE #a timestamp=2026-02-31T00:00:00.000Z 5',
                  'BEFORE #a timestamp=2020-1-1T0:0:0.Z 5'):
        assert ' INVALID_PARAMS ' in zoe.ask(f'CHATHISTORY {wrong}')[0]


@claim
def a_marker_before_all_time_is_moved_by_the_next(house):
    zoe = Irc(house.node('ana'), 'zoe', ('draft/read-marker',))
    zoe.ask('JOIN #a')
    zoe.ask('MARKREAD #a timestamp=0001-01-01T00:00:00.000Z')
    at = 'timestamp=2026-01-01T00:00:00.000Z'
    equal(zoe.ask(f'MARKREAD #a {at}'), [f':quickfi MARKREAD #a {at}'])
    long = zoe.ask('MARKREAD ' + 'é' * 100 + ' ' + at)
    assert 'é MARKREAD' not in long[0], long


@claim
def a_room_that_is_listed_is_known(house):
    node = house.node('ana', '--join', '#pers')
    zoe = Irc(node, 'zoe')
    for how in ('', ' #pers', ' <5', ' #p*'):
        listed = [line for line in zoe.ask('LIST' + how) if ' 322 ' in line]
        equal([line.split(' ')[3] for line in listed], ['#pers'])
    equal(zoe.codes('PRIVMSG #pers :x'), ['404'])
    equal(zoe.codes('PRIVMSG #none :x'), ['403'])
    for line in ('TOPIC #pers', 'TOPIC #pers :x', 'MODE #pers', 'PART #pers',
                 'KICK #pers ana'):
        equal(zoe.codes(line), ['442'])


@claim
def who_wishes_not_to_be_seen_is_seen_by_those_beside(house):
    node = house.node('ana')
    inv, out = Irc(node, 'inv'), Irc(node, 'out')
    inv.ask('MODE inv +i')
    inv.ask('JOIN #hid')
    for asked in ('WHO #hid', 'NAMES #hid'):
        assert not any(' inv ' in line or line.endswith('inv')
                       for line in out.ask(asked)), asked
        assert any('inv' in line.split(' ', 3)[-1]
                   for line in inv.ask(asked)[:-1]), asked


@claim
def what_a_client_can_count_on_stays(house):
    node = house.node('ana')
    zoe = Irc(node, 'zoe')
    assert 'NAK' in zoe.ask('CAP REQ :-cap-notify')[0]
    assert 'cap-notify' in zoe.ask('CAP LIST')[0]
    assert 'sasl=' in ' '.join(zoe.ask('CAP LS 302'))
    assert 'sasl=' not in ' '.join(zoe.ask('CAP LS'))
    refused = zoe.ask('NICK a' + 'é' * 40)
    equal([word_of(line) for line in refused], ['432'])


@claim
def what_is_too_much_is_named_in_full(house):
    zoe = Irc(house.node('ana'), 'zoe', ('message-tags',))
    for begin in (0, 50):
        zoe.ask('MONITOR + ' + ','.join(f'm{i}' for i in range(begin, begin + 50)))
    full = zoe.ask('MONITOR + n1,n2,n3')
    equal(full, [':quickfi 734 zoe 100 n1,n2,n3 :Monitor list is full'])
    equal(zoe.codes('PRIVMSG a,b,c,d,e :x')[-1], '407')
    equal(zoe.codes('@+x=1 TAGMSG a,b,c,d,e')[-1], '407')
    equal(zoe.codes('NOTICE a,b,c,d,e :x'), [])


@claim
def a_person_is_answered_for_as_a_guest_is(house):
    ana, bob = house.pair()
    zoe = Irc(ana, 'zoe')
    zoe.say_until('ISON BOB', ' 303 zoe :bob')
    equal(zoe.codes('MODE bob +i'), ['502'])
    assert ':bob=+' in zoe.ask('USERHOST bob')[0]


if __name__ == '__main__':
    prove()
