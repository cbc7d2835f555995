#!/usr/bin/env -S python3 -B
# contact_keys.py - whoever was met once must show the same key again
#
# bob remembers ana. Then ana is gone, and mallory listens on her port.
import json
import pathlib

from house import claim, equal, in_seconds, prove


class Impostor:
    def __init__(self, house):
        ana = house.node('ana', '--join', '#lobby')
        bob = house.node('bob', '--join', '#lobby')
        house.run('connect', f'127.0.0.1:{ana.port}', home='bob')
        house.run('send', '#lobby', 'hello', '--wait-copies', '1', home='ana')
        equal((bob.stop(), ana.stop()), (0, 0))
        self.port = ana.port
        self.mallory = house.node('mallory', '--join', '#lobby', '--port',
                                  str(ana.port))
        house.run('send', '#lobby', 'i am ana', home='mallory')


@claim
def another_key_is_refused_and_forget_is_named(house):
    impostor = Impostor(house)
    bob = house.node('bob')
    event = bob.out.event('unreachable', port=impostor.port)
    assert 'another key' in event['why'], event
    assert '/forget ana' in event['why'], event
    equal(bob.api().ask('status')['links'], [])
    equal(house.texts('bob'), ['hello'])


@claim
def people_are_told_the_same(house):
    Impostor(house)
    bob = house.start('serve', '--port', '0', '--listen', '127.0.0.1',
                      home='bob')
    assert 'another key' in bob.out.containing('/forget ana')
    equal(bob.stop(), 0)


@claim
def the_right_key_is_welcome_again(house):
    impostor = Impostor(house)
    bob = house.node('bob')
    bob.out.event('unreachable', port=impostor.port)
    equal(impostor.mallory.stop(), 0)
    house.node('ana', '--port', str(impostor.port))
    bob.out.event('linked', in_seconds(20), name='ana')


@claim
def a_typed_address_takes_any_key_and_shows_its_words(house):
    impostor = Impostor(house)
    bob = house.node('bob')
    words = impostor.mallory.api().ask('status')['words']
    result = house.run('connect', f'127.0.0.1:{impostor.port}', home='bob')
    equal(result.code, 0)
    assert words in result.out, result
    assert 'another key answers there' in result.err, result
    assert words in result.err and '/forget ana' in result.err, result
    notice = bob.out.event('notice')
    assert words in notice['say'] and '/forget ana' in notice['say'], notice


@claim
def who_was_forgotten_may_have_a_new_key(house):
    impostor = Impostor(house)
    bob = house.node('bob')
    bob.out.event('unreachable', port=impostor.port)
    api = bob.api()
    equal(api.ask('forget', who='nobody')['code'], 'unknown-peer')
    equal(api.ask('forget', who='ana')['on'], 'done')
    equal(api.ask('status')['peers_known'], 0)
    equal(house.run('connect', f'127.0.0.1:{impostor.port}', home='bob').code,
          0)
    equal(bob.stop(), 0)
    assert not any('"notice"' in line for line in bob.out.seen), bob.report()
    house.node('bob').api().linked()


@claim
def a_key_that_is_missing_is_said_and_put_back_it_is_who_it_was(house):
    ana, bob = house.pair()
    for text in ('one', 'two'):
        equal(house.run('send', '#lobby', text, '--wait-copies', '1',
                        home='ana').code, 0)
    who = house.api('ana').ask('status')['key']
    equal(ana.stop(), 0)
    key = pathlib.Path(ana.home) / 'key'
    copy = pathlib.Path(ana.home) / 'copy'
    key.rename(copy)

    ana = ana.again()
    say = ana.out.event('notice')['say']
    assert 'the key of this home was missing' in say, say
    assert f'put it back as {key}' in say, say
    assert say in house.run('status', home='ana').out
    assert house.api('ana').ask('status')['key'] != who
    equal(house.run('send', '#lobby', 'three', '--wait-copies', '1',
                    home='ana').code, 0)
    equal(ana.stop(), 0)

    key.unlink()
    result = house.run('send', '#lobby', 'four', home='ana')
    equal(result.code, 0)
    assert 'the key of this home was missing' in result.err, result
    copy.rename(key)
    ana = ana.again()
    equal(house.api('ana').ask('status')['key'], who)
    equal(house.api('ana').ask('status')['notice'], None)
    house.api('ana').linked()
    equal(house.run('send', '#lobby', 'five', '--wait-copies', '1',
                    home='ana').code, 0)
    lines = ['one', 'two', 'three', 'four', 'five']
    equal((house.texts('ana'), house.texts('bob')), (lines, lines))


def texts_with(api, who):
    number = api.tell('history', room=f'@{who}')
    texts = []
    while (event := json.loads(api.lines.next()))['on'] != 'end':
        if event.get('re') == number:
            texts.append(event['text'])
    return texts


@claim
def who_lost_a_key_writes_to_the_same_person_again(house):
    ana, bob = house.pair()
    there = bob.api()
    there.ask('follow', room='@', last=0)
    key = pathlib.Path(ana.home) / 'key'
    copy = pathlib.Path(ana.home) / 'copy'
    who = there.ask('status')['key']

    def whisper(text, *known):
        here = ana.api()
        here.linked()
        equal(here.ask('msg', to=who, text=text)['on'], 'stored')
        there.event('text', text=text)
        equal(texts_with(here, who), [*known, text])
        equal(ana.stop(), 0)

    whisper('one')
    key.rename(copy)
    ana = ana.again()
    whisper('two')
    ana = ana.again()
    whisper('three', 'two')
    copy.replace(key)
    ana = ana.again()
    whisper('four', 'one')
    assert not any('malformed' in line
                   for line in bob.out.seen + bob.err.seen), bob.report()


if __name__ == '__main__':
    prove()
