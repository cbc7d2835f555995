#!/usr/bin/env -S python3 -B
# page.py - the page: its files, guests, the owner, and who must stay out
import gzip
import json
import os
import pathlib
import re
import socket
import subprocess
import threading

from house import LIMIT, PATIENCE, Program, claim, equal, program, prove
from irc_client import Irc

HERE = pathlib.Path(__file__).parent
WORK = program('PAGE')
TICKET = '00112233445566778899aabbccddee'


def talk(port, text, size=65536):
    """What a raw request is answered, until it says no more for now."""
    with socket.create_connection(('127.0.0.1', port),
                                  LIMIT * PATIENCE) as s:
        s.sendall(text if isinstance(text, bytes) else text.encode())
        answer = b''
        while b'\r\n\r\n' not in answer:
            more = s.recv(size)
            if not more:
                break
            answer += more
        head, _, body = answer.partition(b'\r\n\r\n')
        length = re.search(rb'(?i)content-length: (\d+)', head)
        while length and len(body) < int(length[1]):
            body += s.recv(size)
    return head.decode(), body


def status(port, text):
    return int(talk(port, text)[0].split()[1])


def get(port, path, *fields, host=None, method='GET'):
    lines = [f'{method} {path} HTTP/1.1',
             f'Host: {host or f"127.0.0.1:{port}"}', *fields]
    return '\r\n'.join(lines) + '\r\n\r\n'


def upgrade(port, path, origin=None, host=None):
    fields = ['Upgrade: websocket', 'Connection: Upgrade',
              'Sec-WebSocket-Version: 13',
              'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    if origin:
        fields.append(f'Origin: {origin}')
    return get(port, path, *fields, host=host)


def links(node, do, **fields):
    return [entry['link'] for entry in node.api().ask(do, **fields)['links']]


class Visitor(Program):
    """The page's own modules, without a browser around them."""

    def __init__(self, house, link, *how):
        super().__init__(house, ['node', str(HERE / '../page/visitor.mjs'),
                                 WORK, link, *how])
        self.number = 0

    def __str__(self):
        return 'visitor ' + self.argv[-1]

    def ask(self, on, **request):
        self.number += 1
        self.write(json.dumps({'id': self.number, **request}) + '\n')
        return self.out.event(on, re=self.number)

    def enter(self, name, ticket):
        self.out.event('open')
        return self.ask('entered', do='enter', name=name,
                        nonce=TICKET + ticket)


def guest(house, node, name, ticket, *how):
    link, = links(node, 'invite', room='#lobby')
    visitor = Visitor(house, link, *how)
    visitor.enter(name, ticket)
    return visitor


def lobby(house):
    return house.node('ana', '--join', '#lobby')


@claim
def the_files_of_the_page_are_few_and_need_nothing_from_elsewhere(house):
    ana = lobby(house)
    todo, seen, total = ['/'], {}, 0
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        head, body = talk(ana.port, get(ana.port, path))
        assert ' 200 ' in head, path
        total += len(body)
        text = seen[path] = gzip.decompress(body).decode()
        todo += re.findall(r'''(?:from|import|href=|src=)["'](/[^"']+)["']''',
                           text.replace('import(', ''))
    assert total <= 60 * 1024, total
    assert {'/app.js', '/noise.js', '/style.css'} <= seen.keys()
    for text in seen.values():
        assert 'eval(' not in text and 'new Function' not in text
    policy = re.search('Content-Security-Policy: (.*)\r', head)[1]
    for rule in ("default-src 'none'", "script-src 'self'",
                 "frame-ancestors 'none'",
                 "require-trusted-types-for 'script'"):
        assert rule in policy, policy
    tag = re.search('ETag: (.*)\r', head)[1]
    equal(status(ana.port, get(ana.port, path, f'If-None-Match: {tag}')), 304)


@claim
def what_is_no_request_of_a_page_is_refused(house):
    port = lobby(house).port
    for path in ('/../store', '/..%2fstore', '//', '/socket', '/app.js/..',
                 '/%2e%2e/key', 'http://127.0.0.1/', '/app.js?x'):
        equal(status(port, get(port, path)), 404)
    equal(status(port, get(port, '/', method='POST')), 405)
    equal(status(port, get(port, '/', 'X: ' + 'a' * 16384)), 431)
    equal(status(port, get(port, '/', 'Transfer-Encoding: chunked')), 400)
    equal(status(port, get(port, '/', 'Content-Length: 3')), 413)


@claim
def pages_of_others_get_nothing(house):
    port = lobby(house).port
    ours = f'http://127.0.0.1:{port}'
    # A name of theirs that leads here, for a page and for a WebSocket.
    equal(status(port, get(port, '/', host='evil.example')), 421)
    equal(status(port, upgrade(port, '/guest', 'http://evil.example',
                               'evil.example')), 421)
    for path in ('/guest', '/owner'):
        for origin in (None, 'null', 'http://evil.example', ours + '1',
                       ours.replace('http', 'https')):
            equal(status(port, upgrade(port, path, origin)), 403)
        equal(status(port, upgrade(port, path, ours)), 101)


@claim
def two_guests_and_a_person_in_line_mode_talk(house):
    ana = lobby(house)
    bob, eva = guest(house, ana, 'علي', '01'), guest(house, ana, '😀', '02')
    for visitor in (bob, eva):
        visitor.ask('following', do='follow', room='#lobby')
    long = '<script>alert(1)</script>\n' + 'x' * 60000
    stored = bob.ask('stored', do='say', room='#lobby', text=long)
    line = eva.out.event('text', id=stored['id'])
    equal((line['guest'], line['text']), ('علي', long))
    house.run('send', '#lobby', 'from the desk', home='ana')
    equal(bob.out.event('text', text='from the desk').get('guest'), None)
    shown = house.run('history', '#lobby', '-n', '9', home='ana').lines
    assert any('علي@' in line for line in shown), shown
    equal({g['name'] for g in eva.ask('guests', do='guests')['guests']},
          {'علي', '😀'})
    equal(eva.ask('error', do='enter', name='علي',
                  nonce=TICKET + '02')['code'], 'taken')


@claim
def where_there_are_no_websockets_events_and_posts_do(house):
    ana = lobby(house)
    bob, eva = guest(house, ana, 'bob', '01', 'events'), \
        guest(house, ana, 'eva', '02')
    for visitor in (bob, eva):
        visitor.ask('following', do='follow', room='#lobby')
    for text in ('x' * 65000, 'short'):
        stored = bob.ask('stored', do='say', room='#lobby', text=text)
        equal(eva.out.event('text', id=stored['id'])['text'], text)
    stored = eva.ask('stored', do='say', room='#lobby', text='y' * 65000)
    equal(len(bob.out.event('text', id=stored['id'])['text']), 65000)
    link, = links(ana, 'invite', room='#lobby')
    wrong = link[:-2] + ('AA' if link[-2:] != 'AA' else 'BB')
    Visitor(house, wrong, 'events').out.event('stranger')
    equal(ana.api().ask('remove', guest='bob')['on'], 'done')
    bob.out.event('lost')


def post(port, path, *fields, body=b'x'):
    return get(port, path, f'Content-Length: {len(body)}', *fields,
               method='POST').encode() + body


@claim
def what_others_post_reaches_nobody(house):
    ana = lobby(house)
    ours = f'Origin: http://127.0.0.1:{ana.port}'
    bob = guest(house, ana, 'bob', '01', 'events')
    with socket.create_connection(('127.0.0.1', ana.port)) as events:
        events.sendall(get(ana.port, '/guest/events').encode())
        answer = b''
        while not (found := re.search(rb'data: (/post/\w+)\n\n', answer)):
            answer += events.recv(65536)
        path = found[1].decode()
        equal(status(ana.port, post(ana.port, path)), 403)
        equal(status(ana.port, post(ana.port, path, 'Origin: http://e.x')),
              403)
        equal(status(ana.port, post(ana.port, path, ours + '1')), 403)
        last = '0' if path[-1] != '0' else '1'
        for wrong in (path[:-1] + last, '/post/', path + '0', '/guest'):
            equal(status(ana.port, post(ana.port, wrong, ours)), 405)
        # Another's conn with this one's proof.
        other = f'{int(path[6:22], 16) - 1:016x}'
        equal(status(ana.port, post(ana.port, path[:6] + other + path[22:],
                                    ours)), 405)
        equal(status(ana.port, post(ana.port, path, ours,
                                    body=b'x' * 65536)), 413)
        # What opens with no secret ends it, as on a WebSocket.
        equal(status(ana.port, post(ana.port, path, ours, body=b'x' * 64)),
              200)
        while b'event: close\ndata: 4401\n\n' not in answer:
            more = events.recv(65536)
            assert more, answer
            answer += more
    equal(status(ana.port, get(ana.port, '/guest/events',
                               'Origin: http://evil.example')), 403)
    bob.ask('guests', do='guests')


@claim
def a_guest_may_not_do_what_the_owner_may(house):
    ana = lobby(house)
    bob = guest(house, ana, 'bob', '01')
    for request in (
            {'do': 'status'}, {'do': 'contacts'}, {'do': 'disconnect'},
            {'do': 'host', 'port': 1}, {'do': 'name', 'name': 'x'},
            {'do': 'connect', 'address': '127.0.0.1'}, {'do': 'gui'},
            {'do': 'invite', 'room': '#lobby'}, {'do': 'join', 'room': '#x'},
            {'do': 'part', 'room': '#lobby'}, {'do': 'forget', 'who': 'x'},
            {'do': 'remove', 'guest': 'bob'}, {'do': 'page', 'state': 'off'},
            {'do': 'away'}, {'do': 'contact', 'name': 'x', 'key': 'a' * 52},
            {'do': 'digest', 'room': '#lobby'}):
        equal(bob.ask('error', **request)['code'], 'not-allowed')
    equal(bob.ask('error', do='follow', room='#secret')['code'],
          'unknown-room')
    link, = links(ana, 'invite', room='#lobby')
    early = Visitor(house, link)
    early.out.event('open')
    equal(early.ask('error', do='follow', room='#lobby')['code'],
          'not-allowed')


@claim
def a_wrong_link_opens_nothing_and_an_owners_only_once(house):
    ana = lobby(house)
    good, = links(ana, 'invite', room='#lobby')
    wrong = good[:-2] + ('AA' if good[-2:] != 'AA' else 'BB')
    Visitor(house, wrong).out.event('stranger')
    owner, = links(ana, 'gui')
    Visitor(house, owner.replace('#o', '#g')).out.event('stranger')
    first = Visitor(house, owner)
    first.out.event('open')
    entered = first.ask('entered', do='enter')
    equal(first.ask('status', do='status')['name'], entered['node'])
    # Stolen, or from the history of a browser.
    Visitor(house, owner).out.event('stranger')


@claim
def the_owner_can_send_guests_away_and_close_the_page(house):
    ana = lobby(house)
    api = ana.api()
    bob = guest(house, ana, 'bob', '01')
    equal(api.ask('remove', guest='bob')['on'], 'done')
    assert 'leave' in bob.out.event('error', code='closed')['say']
    bob.out.event('open')
    equal(bob.ask('error', do='enter', name='bob',
                  nonce=TICKET + '01')['code'], 'removed')
    eva = guest(house, ana, 'eva', '02')
    equal(api.ask('page', state='closed')['on'], 'done')
    link, = links(ana, 'invite', room='#lobby')
    new = Visitor(house, link)
    new.out.event('open')
    equal(new.ask('error', do='enter', name='new',
                  nonce=TICKET + '03')['code'], 'closed')
    # Who was in comes back.
    Visitor(house, link).enter('eva', '02')
    eva.out.event('lost')
    equal(api.ask('page', state='off')['on'], 'done')
    equal(api.ask('guests')['guests'], [])


@claim
def a_page_that_was_closed_is_closed_after_a_restart_too(house):
    for state, answer in (('closed', None), ('off', None), ('open', 'entered')):
        ana = lobby(house)
        equal(ana.api().ask('page', state=state)['on'], 'done')
        ana.kill()
        ana = lobby(house)
        given = ana.api().ask('invite', room='#lobby')
        equal(given['page'], state)
        if answer:
            guest(house, ana, 'bob', '01')
        ana.stop()


@claim
def a_guest_that_floods_is_slowed_down_and_nobody_else(house):
    ana = lobby(house)
    bob, eva = guest(house, ana, 'bob', '01'), guest(house, ana, 'eva', '02')
    bob.write(''.join(json.dumps({'id': 100 + i, 'do': 'say',
                                  'room': '#lobby', 'text': 'buy'}) + '\n'
                      for i in range(200)))
    bob.out.event('error', code='slow-down')
    eva.ask('stored', do='say', room='#lobby', text='hello')
    bob.out.event('error', re=299)
    assert house.texts('ana').count('buy') < 60


class Tap:
    """A wire between, and all that goes over it."""

    def __init__(self, port):
        self.heard = bytearray()
        self.asked = []  # of each connection, what it said
        self.server = socket.create_server(('127.0.0.1', 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.run, args=(port,), daemon=True).start()

    def run(self, port):
        while True:
            here, _ = self.server.accept()
            there = socket.create_connection(('127.0.0.1', port))
            self.asked.append(bytearray())
            for source, to, heard in ((there, here, None),
                                      (here, there, self.asked[-1])):
                threading.Thread(target=self.copy, args=(source, to, heard),
                                 daemon=True).start()

    def copy(self, source, to, heard):
        try:
            while data := source.recv(65536):
                self.heard += data
                if heard is not None:
                    heard += data
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone, which is an end too


@claim
def who_listens_on_the_wifi_reads_nothing(house):
    ana = lobby(house)
    link, = links(ana, 'invite', room='#lobby')
    tap = Tap(ana.port)
    bob = Visitor(house, link.replace(f':{ana.port}/', f':{tap.port}/'))
    bob.enter('Bartholomew', '01')
    bob.ask('stored', do='say', room='#lobby', text='the treasure is buried')
    heard = bytes(tap.heard)
    assert b'/guest' in heard and len(heard) > 500
    secret = link.partition('#g')[2]
    for word in (b'treasure', b'Bartholomew', b'lobby', b'stored',
                 secret.encode(), TICKET.encode()):
        assert word not in heard, word


@claim
def what_was_posted_does_nothing_when_it_is_posted_again(house):
    ana = lobby(house)
    link, = links(ana, 'invite', room='#lobby')
    tap = Tap(ana.port)
    bob = Visitor(house, link.replace(f':{ana.port}/', f':{tap.port}/'),
                  'events')
    bob.enter('bob', '01')
    bob.ask('following', do='follow', room='#lobby')
    bob.ask('stored', do='say', room='#lobby', text='pay once')
    posts = [bytes(said) for said in tap.asked if said.startswith(b'POST')]
    assert len(posts) >= 4, posts
    for said in posts:
        equal(status(ana.port, said), 200)  # it does not open, and no more
    bob.ask('stored', do='say', room='#lobby', text='and on')
    equal(house.texts('ana'), ['pay once', 'and on'])


@claim
def a_guest_stays_through_the_death_of_its_node(house):
    ana = lobby(house)
    bob = guest(house, ana, 'bob', '01')
    bob.ask('following', do='follow', room='#lobby')
    first = bob.ask('stored', do='say', room='#lobby', text='before')
    bob.out.event('text', id=first['id'])
    port = ana.port
    ana.kill()
    bob.out.event('lost')
    house.run('send', '#lobby', 'meanwhile', home='ana')
    ana = house.node('ana', '--join', '#lobby', '--port', str(port))
    bob.enter('bob', '01')
    bob.ask('following', do='follow', room='#lobby', after=first['lsn'])
    bob.ask('stored', do='say', room='#lobby', text='after')
    bob.out.event('text', text='after')
    texts = [e['text'] for e in map(json.loads, bob.out.seen)
             if e['on'] == 'text']
    equal(texts, ['before', 'meanwhile', 'after'])


@claim
def its_noise_does_as_the_published_vector(house):
    subprocess.run(['node', HERE / '../page/noise_vectors.mjs', WORK,
                    HERE / '../vectors/noise.json'], check=True,
                   env=os.environ)


@claim
def the_command_qr_shows_links_and_codes(house):
    ana = lobby(house)
    shown = house.run('qr', home='ana')
    equal(shown.code, 0)
    assert any(line.startswith(f'http://127.0.0.1:{ana.port}/#g')
               for line in shown.lines)
    assert sum('█' in line for line in shown.lines) > 15
    gui = house.run('gui', home='ana')
    assert any(f'http://127.0.0.1:{ana.port}/#o' in line for line in gui.lines)


@claim
def guests_of_the_page_and_of_irc_are_seen_by_each_other(house):
    ana = lobby(house)
    zoe = Irc(ana, 'zoe', ('extended-join',))
    zoe.ask('JOIN #lobby')
    eva = guest(house, ana, 'eva', '30')
    assert 'eva' not in zoe.ask('NAMES #lobby')[0].split()
    eva.ask('following', do='follow', room='#lobby')
    join = zoe.until(' JOIN ')[-1]
    assert re.match(r':eva!guest@\S+\.quickfi JOIN #lobby \* :eva$', join), join
    assert 'eva' in zoe.ask('NAMES #lobby')[0].split()
    assert any(line.endswith(', by its page') for line in zoe.ask('WHOIS eva'))
    eva.ask('stored', do='say', room='#lobby', text='hello')
    equal(zoe.until(' PRIVMSG ')[-1].split()[0], join.split()[0])

    # A name is one guest's, whichever way another comes.
    tom = Irc(ana)
    tom.send('NICK Eva')
    tom.until(' 433 ')
    link, = links(ana, 'invite', room='#lobby')
    max = Visitor(house, link)
    max.out.event('open')
    refused = max.ask('error', do='enter', name='Zoe', nonce=TICKET + '31')
    equal(refused['code'], 'taken')
    max.ask('entered', do='enter', name='max', nonce=TICKET + '31')

    eva.ask('entered', do='enter', name='eve', nonce=TICKET + '30')
    assert zoe.until(' NICK ')[-1].endswith(' NICK :eve')
    eva.kill()
    assert zoe.until(' QUIT ')[-1].startswith(':eve!guest@')


@claim
def a_name_that_is_kept_is_no_guests_though_nobody_came_by_irc(house):
    ana = lobby(house)
    added = house.run('account', 'add', 'zoe', home='ana', text='sesame\n')
    equal(added.code, 0)
    ana.stop()
    link, = links(lobby(house), 'invite', room='#lobby')
    max = Visitor(house, link)
    max.out.event('open')
    refused = max.ask('error', do='enter', name='Zoe', nonce=TICKET + '40')
    equal(refused['code'], 'taken')
    max.ask('entered', do='enter', name='max', nonce=TICKET + '40')


if __name__ == '__main__':
    prove()
