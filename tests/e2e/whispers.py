#!/usr/bin/env -S python3 -B
# whispers.py - what is said to a guest of the page alone, and by one
import json

from house import claim, equal, prove
from irc_client import Irc, text_of
from page import TICKET, Visitor, guest, links, lobby


def whisperer(house, node, name, ticket):
    """A guest of the page who reads what is said to it alone."""
    visitor = guest(house, node, name, ticket)
    visitor.ask('following', do='follow', room='@')
    return visitor


def key_of(node):
    return node.api().ask('status')['key']


def whisper(visitor, to, text):
    """It is stored, and shown to who says it too."""
    visitor.number += 1
    visitor.write(json.dumps({'do': 'msg', 'to': to, 'text': text,
                              'id': visitor.number}) + '\n')
    lines = []
    while not {'text', 'stored'} <= {line['on'] for line in lines}:
        lines.append(json.loads(visitor.out.next()))
    stored, = (line for line in lines if line['on'] == 'stored')
    equal((stored['direct'], stored['to']), (True, to))
    assert any(line.get('text') == text for line in lines), lines


def heard(visitor, text):
    return visitor.out.event('text', text=text)


def lines_until(visitor, **wanted):
    lines = []
    while not lines or not wanted.items() <= lines[-1].items():
        lines.append(json.loads(visitor.out.next()))
    return lines


def past(visitor, key, last=50):
    """The texts of its own in the room with that key, and how they end."""
    visitor.number += 1
    visitor.write(json.dumps({'do': 'history', 'room': '@' + key, 'last': last,
                              'id': visitor.number}) + '\n')
    lines = lines_until(visitor, on='end', re=visitor.number)
    return [line['text'] for line in lines
            if line.get('re') == visitor.number and line['on'] == 'text'
            ], lines[-1]


def hears_nothing_of(visitor, node, texts):
    """All that it is shown until a later word to it."""
    node.api().ask('msg', to=visitor.name, text='and now?')
    lines = lines_until(visitor, text='and now?')
    assert not {line.get('text') for line in lines} & set(texts), lines


@claim
def guests_of_the_page_whisper_and_nobody_else_is_shown_it(house):
    ana = lobby(house)
    eva = whisperer(house, ana, 'eva', '01')
    tom = whisperer(house, ana, 'tom', '02')
    max = whisperer(house, ana, 'max', '03')
    max.name = 'max'
    zoe = Irc(ana, 'zoe')
    owner = ana.api()
    equal(owner.ask('follow', room='@', last=9)['on'], 'following')
    whisper(eva, 'tom', 'a secret')
    line = heard(tom, 'a secret')
    equal((line['guest'], line['to'], line['direct']), ('eva', 'tom', True))
    whisper(tom, f'eva@{key_of(ana)}', 'kept')
    heard(eva, 'kept')
    hears_nothing_of(max, ana, ['a secret', 'kept'])
    equal(zoe.all(), [])
    equal(owner.event('text')['text'], 'and now?')

    # It is theirs after the page was loaded anew, and nobody else's.
    key = key_of(ana)
    equal(past(eva, key)[0], ['a secret', 'kept'])
    equal(past(max, key)[0], ['and now?'])
    eva.kill()
    eva = whisperer(house, ana, 'eve', '01')
    equal(past(eva, key)[0], ['a secret', 'kept'])
    equal(past(eva, key, 1)[0], ['kept'])
    other = whisperer(house, ana, 'eva', '04')
    equal(past(other, key)[0], [])


@claim
def guests_of_the_page_and_of_irc_whisper(house):
    ana = lobby(house)
    eva = whisperer(house, ana, 'eva', '10')
    zoe = Irc(ana, 'zoe', ('echo-message', 'draft/chathistory', 'batch',
                           'server-time', 'message-tags'))
    whisper(eva, 'zoe', 'by the page')
    line = zoe.until(' PRIVMSG ')[-1]
    assert ':eva!guest@' in line and text_of(line) == 'by the page', line
    zoe.send('PRIVMSG EVA :by IRC')
    assert zoe.until(' PRIVMSG ')[-1].endswith(' PRIVMSG EVA :by IRC')
    equal(heard(eva, 'by IRC')['guest'], 'zoe')
    lines = zoe.ask('CHATHISTORY LATEST eva * 10')
    equal([text_of(line) for line in lines if ' PRIVMSG ' in line],
          ['by the page', 'by IRC'])
    equal(past(eva, key_of(ana))[0], ['by the page', 'by IRC'])


@claim
def a_guest_of_the_page_and_the_person_of_its_node_whisper(house):
    ana = lobby(house)
    eva = whisperer(house, ana, 'eva', '20')
    owner = ana.api()
    equal(owner.ask('follow', room='@', last=9)['on'], 'following')
    whisper(eva, 'ana', 'may I?')
    line = owner.event('text')
    equal((line['text'], line['guest']), ('may I?', 'eva'))
    equal(owner.ask('msg', to='eva', text='you may')['on'], 'stored')
    line = heard(eva, 'you may')
    equal((line['to'], 'guest' in line), ('eva', False))
    whisper(eva, key_of(ana), 'thanks')
    equal(past(eva, key_of(ana))[0], ['may I?', 'you may', 'thanks'])


@claim
def what_is_said_to_a_guest_whose_phone_sleeps_waits_for_it(house):
    ana = lobby(house)
    eva = whisperer(house, ana, 'eva', '25')
    tom = whisperer(house, ana, 'tom', '26')
    zoe = Irc(ana, 'zoe')
    watcher = ana.api()
    equal(watcher.ask('watch')['on'], 'done')
    eva.kill()
    watcher.event('guest-left', name='eva')
    stored = tom.ask('stored', do='msg', to='eva', text='are you there?')
    equal(stored['say'], 'stored, waiting for eva, who is not connected')
    equal(watcher.ask('msg', to='eva', text='and I?')['on'], 'stored')
    equal(zoe.codes('PRIVMSG eva :and so do I'), ['301'])
    equal(zoe.codes('PRIVMSG nobody :x'), ['401'])
    eva = whisperer(house, ana, 'eve', '25')
    equal(past(eva, key_of(ana))[0], ['are you there?', 'and I?',
                                      'and so do I'])

    # Who has the name now is meant by it.
    other = whisperer(house, ana, 'eva', '27')
    equal(past(other, key_of(ana))[0], [])
    stored = tom.ask('stored', do='msg', to='eva', text='hello, new one')
    assert 'say' not in stored, stored
    heard(other, 'hello, new one')
    equal(len(past(eva, key_of(ana))[0]), 3)


@claim
def a_guest_of_the_page_and_people_of_other_nodes_whisper(house):
    ana = lobby(house)
    bob = house.node('bob', '--connect', f'127.0.0.1:{ana.port}')
    bob.api().linked()
    eva = whisperer(house, ana, 'eva', '30')
    far = bob.api()
    equal(far.ask('follow', room='@', last=9)['on'], 'following')
    whisper(eva, 'bob', 'hello over there')
    line = far.event('text')
    equal((line['text'], line['guest']), ('hello over there', 'eva'))
    equal(far.ask('msg', to='eva@ana', text='hello by the way')['on'],
          'stored')
    equal(heard(eva, 'hello by the way')['name'], 'bob')
    equal(past(eva, key_of(bob))[0], ['hello over there', 'hello by the way'])

    # A guest there, too; and who has the name later was not meant.
    tom = whisperer(house, bob, 'tom', '31')
    whisper(tom, 'eva@ana', 'from guest to guest')
    line = heard(eva, 'from guest to guest')
    equal((line['guest'], line['name']), ('tom', 'bob'))
    whisper(eva, 'tom@bob', 'and back')
    equal(heard(tom, 'and back')['guest'], 'eva')
    eva.ask('entered', do='enter', name='eve', nonce=TICKET + '30')
    other = whisperer(house, ana, 'eva', '32')
    equal(past(other, key_of(bob))[0], [])
    equal(past(eva, key_of(bob))[0], ['hello over there', 'and back'])
    equal(far.ask('msg', to='eva@ana', text='who?')['on'], 'stored')
    heard(other, 'who?')
    equal(past(other, key_of(bob))[0], ['who?'])


@claim
def a_guest_learns_nothing_of_what_others_whisper(house):
    ana = lobby(house)
    bob = house.node('bob', '--connect', f'127.0.0.1:{ana.port}')
    bob.api().linked()
    ana.api().ask('msg', to='bob', text='between us')
    eva = whisperer(house, ana, 'eva', '40')
    some, none = key_of(bob), 'a' * 52
    texts, end = past(eva, some)
    equal((texts, end['lsn'], end['more']), ([], 0, False))
    equal({**past(eva, none)[1], 're': 0, 'room': ''},
          {**end, 're': 0, 'room': ''})
    for room in ('@' + some, '@' + none):
        equal(eva.ask('error', do='follow', room=room)['code'], 'not-allowed')
    refused = eva.ask('error', do='msg', to='nobody', text='x')
    equal(refused['code'], 'unknown-person')
    equal(eva.ask('error', do='digest', room='@' + some)['code'],
          'not-allowed')
    eva.ask('done', do='unfollow', room='@')
    eva.name = 'eva'
    ana.api().ask('msg', to='eva', text='not followed')
    eva.ask('following', do='follow', room='@')
    hears_nothing_of(eva, ana, ['not followed'])


@claim
def whispers_have_the_limits_of_what_a_guest_says(house):
    ana = lobby(house)
    eva = whisperer(house, ana, 'eva', '50')
    link, = links(ana, 'invite', room='#lobby')
    early = Visitor(house, link)
    early.out.event('open')
    for request in ({'do': 'follow', 'room': '@'},
                    {'do': 'msg', 'to': 'eva', 'text': 'x'}):
        equal(early.ask('error', **request)['code'], 'not-allowed')
    for _ in range(30):
        eva.number += 1
        eva.write('{"do":"msg","to":"ana","text":"x","id":%d}\n' % eva.number)
    equal(eva.out.event('error')['code'], 'slow-down')


if __name__ == '__main__':
    prove()
