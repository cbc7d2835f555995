#!/usr/bin/env -S python3 -B
# hostile.py - a node outlives all strangers, and serves its friends meanwhile
#
# ana is attacked by the program in $HOSTILE (hostile.c, attacks.c) and through
# her local socket. After each attack a message must still pass between her and
# bob, and in the end she has not grown. HOSTILE_SEED=N repeats an attack.
import json
import os
import random
import resource
import socket
import subprocess

from house import (PATIENCE, Lines, claim, equal, in_seconds, in_time, program,
                   prove, until)

GROWTH_KB = 64 * 1024
LOADED_GROWTH_KB = 256 * 1024
MUTANTS = 20
ROOM_LINES = 3000  # of 1,000 bytes, so that there is something to ask for
NEIGHBOURS = 3
CROWD = 300
FILES = 120  # descriptors of a node that is crowded out
LATE_ENDS = ('late', 'open, instead of')  # of an answer, and of a link's end
HOSTILE = program('HOSTILE')


class Attack:
    """One run of the attacker, which says how it ended."""

    def __init__(self, name, port, by=()):
        seed = os.environ.get('HOSTILE_SEED', str(random.randrange(10**6)))
        self.name = f'{name} (HOSTILE_SEED={seed})'
        self.process = subprocess.Popen(
            [*by, HOSTILE, str(port), seed, name], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.out = Lines(self.process.stdout)

    def wrong_end(self, seconds=30):
        """What was wrong with it, or None."""
        deadline = in_seconds(seconds)
        while self.out.next(deadline) is not None:
            pass
        if self.process.wait(until(deadline)) == 0:
            return None
        end = f'{self.name}: {" ".join(self.out.seen)}'
        in_time(not any(words in end for words in LATE_ENDS), end)
        return end

    def stop(self):
        self.process.stdin.close()
        return self.wrong_end()


class Friends:
    """Two honest nodes, and the way to see that they still are."""

    def __init__(self, house):
        self.ana = house.node('ana', '--join', '#lobby')
        self.bob = house.node('bob', '--join', '#lobby', '--connect',
                              f'127.0.0.1:{self.ana.port}')
        self.said = 0
        self.ana_api = self.ana.api()
        self.bob_api = self.bob.api()
        self.bob_api.linked()
        self.bob_api.ask('follow', room='#lobby', last=0)

    def still_talk(self, after):
        self.said += 1
        text = f'still here after {after}'
        answer = self.ana_api.ask('say', room='#lobby', text=text)
        assert answer['on'] == 'stored', answer
        self.bob_api.event('text', id=answer['id'], text=text)

    def size_kb(self):
        with open(f'/proc/{self.ana.pid}/status') as status:
            for line in status:
                if line.startswith('VmRSS:'):
                    return int(line.split()[1])


def attacks():
    listed = subprocess.run([HOSTILE], stdout=subprocess.PIPE, check=True,
                            text=True)
    return listed.stdout.split()


def fill_room(house, name):
    text = ''.join(f'{i:06} {"x" * 993}\n' for i in range(ROOM_LINES))
    equal(house.run('send', '#lobby', home=name, text=text).code, 0)


def crowd(port):
    return [socket.create_connection(('127.0.0.1', port))
            for _ in range(CROWD)]


@claim
def a_node_outlives_all_strangers(house):
    friends = Friends(house)
    port = friends.ana.port
    fill_room(house, 'ana')
    friends.still_talk('the beginning')
    before_kb = friends.size_kb()

    # Those that take long begin, and the others come meanwhile.
    silent = [Attack('silent_tcp', port), Attack('silent_tls', port)]
    slow, deaf = Attack('slow_reader', port), Attack('deaf_talker', port)
    slow.out.containing('slow')
    # Where the other holds its turn, it is put off at first.
    deaf.out.containing('deaf', in_seconds(60))
    friends.still_talk('those who do not read')
    idle = crowd(port)
    friends.still_talk('a crowd')
    wrong = []
    for name in [*attacks(), 'mutated_frames']:
        wrong.append(Attack(name, port).wrong_end(60))
        friends.still_talk(name)
    wrong += [attack.wrong_end(60) for attack in silent]
    for connection in idle:
        connection.close()
    wrong += [slow.stop(), deaf.stop()]
    friends.still_talk('silence')

    # What sanitizers keep is no measure.
    grown_kb = friends.size_kb() - before_kb
    print(f'# {before_kb} KiB, and {grown_kb} KiB more in the end')
    assert PATIENCE > 1 or grown_kb <= GROWTH_KB, f'{grown_kb} KiB more'
    for name in ('ana', 'bob'):
        assert 'a stranger says hello' in house.texts(name)
    equal(house.digest('ana'), house.digest('bob'))
    equal([end for end in wrong if end], [])


@claim
def friends_talk_among_twenty_who_throw_mutants_and_a_hundred_slow(house):
    friends = Friends(house)
    fill_room(house, 'ana')
    friends.still_talk('the beginning')
    before_kb = friends.size_kb()
    attacks = []
    # Nice, as it is not the machine's time that they are to take.
    for name, says in (('slow_readers', 'slow'),
                       *[('mutants_at_line_rate', 'mutants')] * MUTANTS):
        attacks.append(Attack(name, friends.ana.port, ('nice', '-n', '19')))
        attacks[-1].out.containing(says, in_seconds(60))
    for _ in range(MUTANTS):
        friends.still_talk('mutants')
    grown_kb = friends.size_kb() - before_kb
    equal([end for end in (attack.stop() for attack in attacks) if end], [])
    friends.still_talk('all of them')
    print(f'# {before_kb} KiB, and {grown_kb} KiB more among them')
    assert PATIENCE > 1 or grown_kb <= LOADED_GROWTH_KB
    equal(house.digest('ana'), house.digest('bob'))


@claim
def who_breaks_the_protocol_is_refused_for_a_while(house):
    friends = Friends(house)
    equal(Attack('offender', friends.ana.port).wrong_end(), None)
    friends.still_talk('an offender')


@claim
def an_honest_peer_at_the_address_of_offenders_gets_in(house):
    friends = Friends(house)
    attacks = [Attack('mutants_next_door', friends.ana.port,
                      ('nice', '-n', '19')) for _ in range(NEIGHBOURS)]
    friends.ana_api.ask('watch')
    for _ in attacks:
        friends.ana_api.event('unlinked', in_seconds(20), name='mallory')
    cyd = house.node('cyd', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{friends.ana.port}')
    cyd.api().linked()
    friends.still_talk('neighbours')
    equal([end for end in (attack.stop() for attack in attacks) if end], [])


@claim
def nothing_unsafe_reaches_a_terminal(house):
    friends = Friends(house)
    for name in ('hello_with_escapes', 'strange_members', 'text_that_is_none'):
        equal(Attack(name, friends.ana.port).wrong_end(), None)
    friends.still_talk('strange members')
    for command in (('history', '#lobby'), ('tail', '#lobby'), ('status',),
                    ('digest', '#lobby')):
        result = house.run(*command, home='bob')
        equal(result.code, 0)
        for character in '\x1b\x07\x00\u202e':
            assert character not in result.out, result


@claim
def one_who_reads_nothing_is_let_go_once_it_is_dismissed(house):
    friends = Friends(house)
    fill_room(house, 'ana')
    friends.ana_api.ask('watch')
    deaf = Attack('deaf_talker', friends.ana.port)
    friends.ana_api.event('unlinked', in_seconds(20), name='mallory')
    equal(deaf.stop(), None)


@claim
def a_node_without_descriptors_comes_back(house):
    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    ana = house.node('ana', '--join', '#lobby', limits=few_files)
    bob = house.node('bob', '--join', '#lobby')
    idle = crowd(ana.port)
    for connection in idle:
        connection.close()
    connected = house.run('connect', f'127.0.0.1:{ana.port}', home='bob')
    equal(connected.code, 0)
    said = house.run('send', '#lobby', 'here again', '--wait-copies', '1',
                     home='ana')
    equal(said.code, 0)
    equal(house.texts('bob'), ['here again'])
    assert bob.process.poll() is None


class Raw:
    """A local socket without manners."""

    def __init__(self, node):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f'{node.home}/socket')
        self.lines = Lines(self.socket.makefile('rb'))

    def write(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was closed while it wrote

    def refused(self, data):
        """The code of the error that this gets."""
        self.write(data)
        answer = json.loads(self.lines.next())
        equal(answer['on'], 'error')
        assert answer['say'], answer
        return answer['code']

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


BAD_LINES = [
    (b'nonsense', 'bad-json'),
    (b'\xff\xfe\x80', 'bad-json'),
    (b'\x00\x01\x02', 'bad-json'),
    (b'{"do":"say"', 'bad-json'),
    (b'[' * 100000, 'bad-json'),
    (b'{"a":' * 20000, 'bad-json'),
    (b'"text"', 'bad-json'),
    (b'{"do":"status","do":"status"}', 'bad-json'),
    (b'{"do":"say","room":"#lobby","text":"\xc3"}', 'bad-json'),
    (b'{"do":"say","room":"#lobby","text":"\\ud800"}', 'bad-json'),
    (b'{"do":"say","room":"#lobby","text":"a\\u0000b"}', 'bad-json'),
    (b'{"do":7}', 'bad-request'),
    (b'{}', 'bad-request'),
    (b'{"do":"explode"}', 'unknown-command'),
    (b'{"do":"say","room":"lobby","text":"x"}', 'bad-room'),
    (b'{"do":"say","room":"#a b","text":"x"}', 'bad-room'),
    (b'{"do":"say","room":"#nowhere","text":"x"}', 'unknown-room'),
    (b'{"do":"say","room":"#lobby","text":""}', 'bad-text'),
    (b'{"do":"say","room":"#lobby","text":"' + b'x' * 65001 + b'"}',
     'bad-text'),
    (b'{"do":"say","room":"#lobby","text":"x","nonce":"12"}', 'bad-request'),
    (b'{"do":"history","room":"#lobby","last":-1}', 'bad-request'),
    (b'{"do":"history","room":"#nowhere"}', 'unknown-room'),
    (b'{"do":"connect","address":"a b"}', 'bad-address'),
    (b'{"do":"connect","address":"a","port":65536}', 'bad-address'),
    (b'{"do":"name","name":"System"}', 'bad-name'),
    (b'{"do":"name","name":"a\\u001b[2J"}', 'bad-name'),
]


@claim
def a_bad_line_gets_a_code_and_the_next_is_read(house):
    ana = house.node('ana', '--join', '#lobby')
    raw = Raw(ana)
    for line, code in BAD_LINES:
        equal((line[:60], raw.refused(line + b'\n')), (line[:60], code))
    raw.write(b'{"id":1,"do":"status"}\n{"id":2,"do":')
    equal(json.loads(raw.lines.next())['re'], 1)
    raw.close()  # in the middle of a line
    assert house.run('status', home='ana').code == 0


@claim
def a_line_of_a_megabyte_is_refused(house):
    ana = house.node('ana', '--join', '#lobby')
    raw = Raw(ana)
    equal(raw.refused(b'x' * (1 << 20)), 'limit')
    equal(raw.lines.next(), None)
    raw.close()
    raw = Raw(ana)
    equal(raw.refused(b'{"do":"say","room":"#lobby","text":"' +
                      b'x' * (1 << 20) + b'"}\n'), 'limit')
    raw.close()
    assert house.run('status', home='ana').code == 0


@claim
def clients_who_do_not_read_cost_little(house):
    friends = Friends(house)
    fill_room(house, 'ana')
    friends.still_talk('the beginning')
    before_kb = friends.size_kb()
    deaf = []
    for _ in range(20):
        client = socket.socket(socket.AF_UNIX)
        client.connect(f'{friends.ana.home}/socket')
        client.setblocking(False)
        try:
            client.sendall(b'{"do":"history","room":"#lobby","last":9999}\n'
                           b'{"do":"watch"}\n' * 2000)
        except BlockingIOError:
            pass
        deaf.append(client)
    friends.still_talk('deaf clients')
    grown_kb = friends.size_kb() - before_kb
    assert PATIENCE > 1 or grown_kb <= GROWTH_KB, f'{grown_kb} KiB more'
    for client in deaf:
        client.close()
    friends.still_talk('deaf clients went')


if __name__ == '__main__':
    prove()
