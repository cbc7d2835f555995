#!/usr/bin/env -S python3 -B
# commands.py - each command and option, what it prints and how it ends
import os
import re
import socket
import subprocess

from house import PATIENCE, QUICKFI, Skip, claim, equal, prove

USAGE, DATA, NO_INPUT, UNAVAILABLE, DISK, NO_PERMISSION = (64, 65, 66, 69, 74,
                                                           77)
COMMANDS = ('serve', 'send', 'tail', 'history', 'status', 'digest', 'connect')
KEY = re.compile('[a-z2-7]{52}')
AT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')


def has(result, *words):
    for word in words:
        assert word in result.out + result.err, f'no "{word}" in {result}'


# Help, and what is wrong with a command line


@claim
def help_tells_of_every_command_and_option(house):
    result = house.run('--help')
    equal((result.code, result.err), (0, ''))
    has(result, 'usage:', '--home', '--name', '--port', '--listen',
        '--connect', '--join', '--no-discovery', '--version', *COMMANDS)
    options = {'serve': ['--port', '--listen'], 'send': ['--wait-copies'],
               'tail': ['--follow', '-n'], 'history': ['-n']}
    for command in COMMANDS:
        result = house.run(command, '--help')
        equal((result.code, result.err), (0, ''))
        has(result, f'quickfi {command}', '--json', '--home',
            *options.get(command, []))
        equal(house.run(command, '-h').out, result.out)
        for line in result.lines:
            assert len(line) < 80, line


@claim
def version_is_one_line(house):
    result = house.run('--version')
    equal((result.code, result.err), (0, ''))
    assert re.fullmatch(r'quickfi \d+\.\d+\.\d+', result.out), result


@claim
def a_wrong_command_line_is_refused_with_a_sentence(house):
    for argv in (['explode'], ['--explode'], ['serve', 'now'], ['send'],
                 ['send', 'lobby', 'x'], ['send', '#a,b', 'x'], ['tail'],
                 ['tail', '#lobby', '#other'], ['tail', '#lobby', '-n', '-1'],
                 ['tail', '#lobby', '-n', 'many'], ['history', ''],
                 ['history', '#lobby', '--follow'], ['status', 'all'],
                 ['digest'], ['connect'], ['connect', ''],
                 ['connect', 'host:0'], ['connect', 'host:70000'],
                 ['connect', '[::1'], ['connect', 'a b'],
                 ['serve', '--port', '65536'], ['serve', '--port', '-1'],
                 ['serve', '--port'], ['serve', '--name', 'System'],
                 ['serve', '--name', 'a b'], ['serve', '--join', 'lobby'],
                 ['serve', '--connect', '::1]'], ['send', '#lobby', 'x',
                                                 '--port', '1'],
                 ['send', '#lobby', 'x', '--wait-copies', 'all']):
        result = house.run(*argv)
        equal((argv, result.code, result.out), (argv, USAGE, ''))
        assert result.err.startswith('quickfi: '), result
        assert not (house.dir / '.local').exists(), argv


# send


@claim
def words_are_one_message(house):
    result = house.run('send', '#lobby', 'hello', 'to', 'all', home='ana')
    equal((result.code, result.out), (0, ''))
    equal(result.err, 'quickfi: kept only here until another node has it')
    equal(house.texts('ana'), ['hello to all'])
    equal(house.run('send', '#lobby', '--', '-n', home='ana').code, 0)
    equal(house.texts('ana'), ['hello to all', '-n'])


@claim
def each_line_of_input_is_a_message(house):
    text = 'one\n\ntwo\r\n  \nthree'
    result = house.run('send', '#lobby', home='ana', text=text)
    equal(result.code, 0)
    equal(house.texts('ana'), ['one', 'two', 'three'])


@claim
def send_prints_what_is_stored_as_json(house):
    result = house.run('send', '#lobby', '--json', home='ana',
                       text='one\ntwo\n')
    equal((result.code, result.err), (0, ''))
    events = result.events()
    equal([e['on'] for e in events], ['stored', 'stored'])
    equal({e['room'] for e in events}, {'#lobby'})
    assert all(KEY.fullmatch(e['id']) for e in events), result
    history = house.run('history', '#lobby', '--json', home='ana').events()
    equal([e['id'] for e in events], [e['id'] for e in history])


@claim
def lines_that_are_no_text_are_named_and_the_rest_is_sent(house):
    program = house.start('send', '#lobby', home='ana')
    program.process.stdin.write(b'one\n\xff\xfe\n' + b'x' * 65001 +
                                b'\n' + b'y' * 65000 + b'\nlast\n')
    program.end_input()
    equal(program.ended(), DATA)
    assert 'line 2' in program.err.seen[0], program.report()
    assert 'line 3' in program.err.seen[1], program.report()
    equal(house.texts('ana'), ['one', 'y' * 65000, 'last'])


@claim
def a_node_for_the_moment_leaves_nothing_behind(house):
    equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)
    equal(sorted(os.listdir(house.home('ana'))),
          ['certificate', 'key', 'lock', 'store'])
    assert house.is_free('ana')


@claim
def a_node_for_the_moment_gives_its_links_what_is_new(house):
    bob = house.node('bob', '--join', '#lobby')
    result = house.run('send', '#lobby', 'from far', '--connect',
                       f'127.0.0.1:{bob.port}', home='ana')
    equal(result.code, 0)
    equal(house.texts('bob'), ['from far'])


# tail and history


@claim
def history_prints_the_last_lines_oldest_first(house):
    house.run('send', '#lobby', home='ana',
              text=''.join(f'{i}\n' for i in range(60)))
    result = house.run('history', '#lobby', home='ana')
    equal(result.code, 0)
    said = [line.rpartition('someone: ')[2] for line in result.lines
            if 'someone: ' in line]
    equal(said, [str(i) for i in range(10, 60)])
    for count in (0, 1, 59, 60, 61):
        result = house.run('history', '#lobby', '-n', str(count), '--json',
                           home='ana')
        equal([e['text'] for e in result.events()],
              [str(i) for i in range(60)][60 - min(count, 60):])


@claim
def each_line_tells_where_when_and_who(house):
    ana = house.node('ana', '--join', '#lobby')
    stored = house.run('send', '#Lobby', 'hello', '--json', home='ana')
    key = ana.api().ask('status')['key']
    for command in ('tail', 'history'):
        event, = house.run(command, '#lobby', '--json', home='ana').events()
        equal((event['on'], event['room'], event['name'], event['text']),
              ('text', '#lobby', 'ana', 'hello'))
        equal(event['id'], stored.events()[0]['id'])
        equal(event['key'], key)
        assert AT.fullmatch(event['at']), event


@claim
def order_is_the_same_on_both_sides_of_a_gap(house):
    for i in range(3):
        for name in ('ana', 'bob'):
            house.run('send', '#lobby', f'{name} {i}', home=name)
    ana = house.node('ana')
    house.node('bob')
    equal(house.run('connect', f'127.0.0.1:{ana.port}', home='bob').code, 0)
    equal(house.run('send', '#lobby', 'met', '--wait-copies', '1',
                    home='ana').code, 0)
    said = [f'{name} {i}' for i in range(3) for name in ('ana', 'bob')]
    equal(house.texts('ana'), [*said, 'met'])
    equal(house.texts('bob'), [*said, 'met'])


@claim
def tail_prints_the_last_ten_or_so_many(house):
    house.run('send', '#lobby', home='ana',
              text=''.join(f'{i}\n' for i in range(20)))
    for argv, count in (([], 10), (['-n', '3'], 3), (['--lines', '0'], 0)):
        result = house.run('tail', '#lobby', '--json', *argv, home='ana')
        equal(result.code, 0)
        equal([e['text'] for e in result.events()],
              [str(i) for i in range(20 - count, 20)])


@claim
def tail_follows_what_comes_and_ends_with_a_signal(house):
    house.pair()
    house.run('send', '#lobby', 'before', home='ana')
    tail = house.start('tail', '#lobby', '--follow', '--json', home='ana')
    tail.out.event('text', text='before')
    for name in ('ana', 'bob'):
        house.run('send', '#lobby', f'from {name}', home=name)
        tail.out.event('text', text=f'from {name}', name=name)
    equal(tail.stop(), 0)
    equal(len(tail.out.seen), 3)


@claim
def two_of_one_name_are_told_apart_in_what_was_said(house):
    for home in ('one', 'two'):
        house.run('send', '#lobby', f'from {home}', '--name', 'ana', home=home)
    one = house.node('one', '--name', 'ana')
    house.node('two', '--name', 'ana')
    short = {home: house.api(home).ask('who')['people'][0]['short']
             for home in ('one', 'two')}
    tail = house.start('tail', '#lobby', '--follow', home='one')
    tail.out.containing(' ana: from one')  # nobody else is called so
    equal(house.run('connect', f'127.0.0.1:{one.port}', home='two').code, 0)
    tail.out.containing(f" ana\u00b7{short['two']}: from two")
    house.run('send', '#lobby', 'again', home='one')
    tail.out.containing(f" ana\u00b7{short['one']}: again")
    # Whether or not the other is here, or has spoken in these lines.
    for argv in (['tail', '#lobby'], ['history', '#lobby'],
                 ['tail', '#lobby', '-n', '1']):
        lines = [line[6:] for line in house.run(*argv, home='one').lines
                 if line[0] != '-']
        said = [f"ana\u00b7{short['one']}: from one",
                f"ana\u00b7{short['two']}: from two",
                f"ana\u00b7{short['one']}: again"]
        equal(lines, said[-1:] if '-n' in argv else said)
    house.stop_all()
    equal([line[6:] for line in house.run('history', '#lobby',
                                          home='one').lines
           if line[0] != '-'], said)


@claim
def a_room_that_is_not_here_is_no_input(house):
    house.node('ana', '--join', '#lobby')
    for command in ('tail', 'history', 'digest'):
        result = house.run(command, '#nowhere', home='ana')
        equal((result.code, result.out), (NO_INPUT, ''))
        assert result.err.startswith('quickfi: '), result


@claim
def what_is_no_room_for_who_is_no_input_either(house):
    house.node('ana', '--join', '#lobby')
    result = house.run('who', '#nowhere', home='ana')
    equal((result.code, result.out), (NO_INPUT, ''))
    has(result, 'this node is not in that room', '--join')
    equal(house.run('who', '#lobby', home='ana').code, 0)
    has(house.run('history', '#nowhere', home='ana'), 'join it first',
        'the option --join ROOM')


@claim
def what_can_not_be_had_is_told_by_its_code(house):
    house.run('send', '#lobby', 'hello', home='ana')
    for argv, code, words in (
            (['qr'], UNAVAILABLE, 'no node is running here'),
            (['contacts', '--import', house.root], NO_INPUT,
             f'{house.root}: Is a directory'),
            (['serve', '--port', '0', '--listen', '192.0.2.200'], UNAVAILABLE,
             '192.0.2.200 is not an address of this machine'),
            (['serve', '--listen', 'foo'], USAGE, 'foo: it is no address')):
        result = house.run(*argv, home='ana')
        equal((argv, result.code, result.out), (argv, code, ''))
        has(result, words)
    os.makedirs(f'{house.home("bob")}/store', 0o700)
    os.chmod(house.home('bob'), 0o700)
    result = house.run('status', home='bob')
    equal(result.code, DISK)
    has(result, f'(Is a directory): {house.home("bob")}/store')


# status, digest


@claim
def status_tells_who_and_with_whom(house):
    ana, bob = house.pair()
    result = house.run('status', '--json', home='bob')
    equal(result.code, 0)
    status, = result.events()
    equal((status['name'], status['trouble']), ('bob', None))
    assert KEY.fullmatch(status['key']) and status['words'].count('-') == 7
    equal(status['listening']['port'], bob.port)
    equal([r['room'] for r in status['rooms']], ['#lobby'])
    link, = status['links']
    equal((link['name'], link['port'], link['outbound']),
          ('ana', ana.port, True))
    has(house.run('status', home='bob'), 'bob', status['words'], '#lobby',
        'ana', link['words'], str(bob.port))


@claim
def status_shows_what_each_thread_does(house):
    house.node('ana', '--join', '#lobby', '--threads', '2')
    equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)
    status, = house.run('status', '--json', home='ana').events()
    equal(len(status['workers']), 2)
    assert sum(w['bytes_in'] for w in status['workers']) > 0
    assert status['files_max'] > 0
    has(house.run('status', home='ana'), 'thread', 'delivered', 'lag')


@claim
def status_without_a_node_tells_what_is_remembered(house):
    house.run('send', '#lobby', 'hello', home='ana')
    result = house.run('status', '--json', home='ana')
    equal(result.code, 0)
    equal([(r['room'], r['count']) for r in result.events()[0]['rooms']],
          [('#lobby', 1)])
    has(result, 'no node is running')


@claim
def digest_counts_by_author(house):
    ana, bob = house.pair()
    for name, count in (('ana', 3), ('bob', 2)):
        equal(house.run('send', '#lobby', '--wait-copies', '1', home=name,
                        text='x\n' * count).code, 0)
    keys = {api.ask('status')['key']: count
            for api, count in ((ana.api(), 3), (bob.api(), 2))}
    digest = house.digest('ana')
    equal(house.digest('bob'), digest)
    equal((digest['on'], digest['room'], digest['count']),
          ('digest', '#lobby', 5))
    assert KEY.fullmatch(digest['digest'])
    for author in digest['authors']:
        count = keys.pop(author['key'])
        equal({name: author[name] for name in
               ('first', 'last', 'count', 'gaps', 'forks')},
              {'first': 1, 'last': count, 'count': count, 'gaps': 0,
               'forks': 0})
    equal(keys, {})
    has(house.run('digest', '#lobby', home='ana'), digest['digest'])


# connect


@claim
def connect_tells_who_answers(house):
    ana = house.node('ana', '--join', '#lobby')
    house.node('bob', '--join', '#lobby')
    words = ana.api().ask('status')['words']
    for _ in range(2):  # the second time they are linked already
        result = house.run('connect', f'127.0.0.1:{ana.port}', home='bob')
        equal(result.code, 0)
        has(result, 'ana', words)
    result = house.run('connect', f'127.0.0.1:{ana.port}', '--json',
                       home='bob')
    event, = result.events()
    equal((event['on'], event['name'], event['words'], event['port']),
          ('linked', 'ana', words, ana.port))


@claim
def ipv6_addresses_stand_in_brackets(house):
    try:
        socket.create_server(('::1', 0), family=socket.AF_INET6).close()
    except OSError:
        raise Skip('this system has no IPv6') from None
    ana = house.node('ana', '--listen', '::1')
    result = house.run('connect', f'[::1]:{ana.port}', home='bob')
    equal(result.code, 0)
    has(result, '::1', 'ana')


@claim
def connect_without_a_node_links_for_the_moment(house):
    ana = house.node('ana')
    result = house.run('connect', f'localhost:{ana.port}', home='bob')
    equal(result.code, 0)
    has(result, 'ana')
    assert house.is_free('bob')


@claim
def connect_says_why_it_can_not(house):
    free = socket.create_server(('127.0.0.1', 0))
    port = free.getsockname()[1]
    free.close()
    house.node('bob')
    result = house.run('connect', f'127.0.0.1:{port}', home='bob')
    equal((result.code, result.out), (UNAVAILABLE, ''))
    has(result, '127.0.0.1', str(port), 'refused')
    result = house.run('connect', 'nobody.invalid:4444', home='bob')
    equal((result.code, result.out), (UNAVAILABLE, ''))
    has(result, 'nobody.invalid')


@claim
def connect_knows_what_is_no_node(house):
    house.node('bob')
    with socket.create_server(('127.0.0.1', 0)) as server:
        connect = house.start('connect',
                              f'127.0.0.1:{server.getsockname()[1]}',
                              home='bob')
        other, _ = server.accept()
        other.sendall(b'220 mail.example ESMTP ready\r\n')
        equal(connect.ended(), UNAVAILABLE)
        other.close()
    assert any('not a QuickFi node' in line for line in connect.err.seen), \
        connect.report()


@claim
def a_node_that_dials_itself_notices(house):
    ana = house.node('ana')
    result = house.run('connect', f'127.0.0.1:{ana.port}', home='ana')
    equal((result.code, result.out), (UNAVAILABLE, ''))
    has(result, 'itself')
    equal(ana.api().ask('status')['links'], [])


# Ports, homes, names


def holder(port):
    """Whoever has that port; two runs of this test may have it together."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        taken.bind(('127.0.0.1', port))
        taken.listen()
    except OSError:
        pass  # it is taken by somebody else, which is as good
    return taken


@claim
def a_default_port_that_is_taken_is_replaced_and_that_is_said(house):
    with holder(9999):
        serve = house.start('serve', '--listen', '127.0.0.1', home='ana')
        line = serve.out.containing('port')
        assert '9999 was taken' in line, line
        equal(serve.stop(), 0)
        serve = house.start('serve', '--listen', '127.0.0.1', '--json',
                            home='ana')
        assert serve.out.event('listening')['port'] != 9999
        equal(serve.stop(), 0)


@claim
def an_explicit_port_that_is_taken_is_an_error(house):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = str(server.getsockname()[1])
        result = house.run('serve', '--port', port, home='ana')
        equal((result.code, result.out), (UNAVAILABLE, ''))
        has(result, port)
    assert house.is_free('ana')
    assert 'socket' not in os.listdir(house.home('ana'))


@claim
def only_addresses_that_are_listened_on_are_told(house):
    ana = house.node('ana')
    result = house.run('status', home='ana')
    for line in result.lines:
        if 'others reach it' in line:
            assert f'127.0.0.1:{ana.port}' in line, result


@claim
def a_home_has_one_node(house):
    house.node('ana')
    result = house.run('serve', '--port', '0', home='ana')
    equal((result.code, result.out), (UNAVAILABLE, ''))
    assert result.err.startswith('quickfi: '), result
    equal(house.run('status', home='ana').code, 0)


@claim
def commands_use_the_node_that_runs(house):
    ana = house.node('ana')
    equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)
    status, = house.run('status', '--json', home='ana').events()
    equal(status['listening']['port'], ana.port)
    equal([r['count'] for r in status['rooms']], [1])


@claim
def options_reach_the_node_that_runs(house):
    ana, bob = house.node('ana'), house.node('bob')
    result = house.run('status', '--join', '#one', '--join', '#two', '--name',
                       'anne', '--connect', f'127.0.0.1:{bob.port}', home='ana')
    equal(result.code, 0)
    ana.api().linked()
    status = ana.api().ask('status')
    equal(sorted(r['room'] for r in status['rooms']), ['#one', '#two'])
    equal(status['name'], 'anne')


@claim
def a_home_is_found_where_people_expect_it(house):
    for name, value, home in (
            ('QUICKFI_HOME', house.dir / 'a', 'a'),
            ('XDG_DATA_HOME', house.dir / 'b', 'b/quickfi'),
            ('HOME', house.dir / 'c', 'c/.local/share/quickfi')):
        house.env[name] = str(value)
        equal(house.run('send', '#lobby', 'hello').code, 0)
        equal((house.dir / home).stat().st_mode & 0o777, 0o700)
        equal((house.dir / home / 'key').stat().st_mode & 0o777, 0o600)
        if name != 'HOME':
            del house.env[name]


@claim
def a_home_that_others_may_write_to_is_refused(house):
    os.mkdir(house.home('ana'))
    os.chmod(house.home('ana'), 0o777)
    result = house.run('send', '#lobby', 'hello', home='ana')
    equal((result.code, result.out), (NO_PERMISSION, ''))
    has(result, house.home('ana'))


@claim
def a_home_may_have_a_long_path(house):
    house.dir = house.dir / '/'.join(['d' * 60] * 4)
    house.node('ana', '--join', '#lobby')
    equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)
    equal(house.texts('ana'), ['hello'])


@claim
def the_socket_is_for_its_owner_alone(house):
    ana = house.node('ana')
    equal(os.stat(f'{ana.home}/socket').st_mode & 0o777, 0o600)


@claim
def a_name_is_remembered(house):
    house.run('send', '#lobby', 'one', '--name', 'anne', home='ana')
    house.run('send', '#lobby', 'two', home='ana')
    events = house.run('history', '#lobby', '--json', home='ana').events()
    equal([e['name'] for e in events], ['anne', 'anne'])


@claim
def a_user_of_a_domain_goes_by_the_name_alone(house):
    house.env['USER'] = 'ana@example.org'
    house.run('send', '#lobby', 'hello', home='ana')
    event, = house.run('history', '#lobby', '--json', home='ana').events()
    equal(event['name'], 'ana')


@claim
def a_new_name_is_what_others_see(house):
    ana = house.node('ana', '--join', '#lobby')
    equal(ana.api().ask('name', name='anne')['on'], 'done')
    house.node('bob')
    result = house.run('connect', f'127.0.0.1:{ana.port}', home='bob')
    has(result, 'anne')


@claim
def no_discovery_is_accepted_everywhere(house):
    house.run('send', '#lobby', 'x', '--no-discovery', home='ana')
    for argv in (['tail', '#lobby'], ['history', '#lobby'], ['status'],
                 ['digest', '#lobby']):
        equal(house.run(*argv, '--no-discovery', home='ana').code, 0)


# The chat


@claim
def chat_says_what_is_typed_and_prints_what_others_say(house):
    bob = house.node('bob', '--join', '#lobby')
    chat = house.start('--name', 'ana', '--port', '0', '--listen', '127.0.0.1',
                       '--connect', f'127.0.0.1:{bob.port}', '--home',
                       house.home('ana'))
    chat.out.containing('linked with bob')
    equal(house.run('send', '#lobby', 'hello', '--wait-copies', '1',
                    home='bob').code, 0)
    chat.out.containing('bob: hello')
    chat.write('good day\n//slash\n/explode\n')
    chat.out.containing('/explode')
    chat.end_input()
    equal(chat.ended(), 0)
    equal(house.texts('bob'), ['hello', 'good day', '/slash'])
    equal(house.texts('ana'), ['hello', 'good day', '/slash'])
    assert not any('ana: ' in line for line in chat.out.seen), chat.report()


@claim
def chat_of_a_pipe_stores_all_of_it(house):
    said = [f'line {i}' for i in range(200)]
    chat = house.run('--home', house.home('ana'), '--port', '0',
                     text=''.join(f'{line}\n' for line in said))
    equal(chat.code, 0)
    equal(house.texts('ana'), said)


@claim
def chat_of_a_pipe_tells_that_a_line_was_refused(house):
    for line in (b'\xff\xfe', b'x' * 65001):
        chat = house.start('--home', house.home('ana'), '--port', '0')
        chat.process.stdin.write(b'one\n' + line + b'\ntwo\n')
        chat.end_input()
        equal(chat.ended(), DATA)
    equal(house.texts('ana'), ['one', 'two'] * 2)
    result = house.run('--home', house.home('ana'), '--port', '0',
                       text='/explode\n')
    equal(result.code, 0)


@claim
def chat_ends_with_quit(house):
    chat = house.start('--home', house.home('ana'), '--port', '0')
    chat.write('bye\n/quit\n')
    equal(chat.ended(), 0)
    equal(house.texts('ana'), ['bye'])


@claim
def a_reader_that_goes_ends_the_printing(house):
    house.run('send', '#lobby', home='ana', text='x' * 1000 + '\n' +
              ''.join(f'{"y" * 1000}\n' for _ in range(500)))
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen([QUICKFI, 'history', '#lobby', '--home',
                           house.home('ana'), '-n', '1000'], stdout=writer,
                          env=house.env) as history:
        os.close(writer)
        equal(history.wait(10 * PATIENCE), DISK)


if __name__ == '__main__':
    prove()
