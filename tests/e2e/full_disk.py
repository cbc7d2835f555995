#!/usr/bin/env -S python3 -B
# full_disk.py - a disk that is full is said, and nothing is lost
#
# The homes are on a disk of two megabytes, in a mount namespace that ends with
# this script. A ballast fills what is left of it.
import os
import subprocess
import sys

from house import claim, equal, prove, skip
from irc_client import Irc

DISK, NOT_YET = 74, 75
MOUNTED = 'QUICKFI_TEST_MAY_MOUNT'


def enter_namespace():
    if os.geteuid() != 0:
        skip('only root mounts a small disk')
    if subprocess.run(['unshare', '--mount', 'true'],
                      stderr=subprocess.DEVNULL).returncode:
        skip('this system lets nobody make mount namespaces')
    os.environ[MOUNTED] = 'yes'
    os.execvp('unshare', ['unshare', '--mount', sys.executable, '-B',
                          *sys.argv])


class Disk:
    def __init__(self, house):
        self.path = house.root
        self.ballast = f'{house.root}/ballast'
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs',
                        self.path], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # It is still in use; the last user's end frees it.
        subprocess.run(['umount', '--lazy', self.path], check=True)

    def fill(self):
        with open(self.ballast, 'wb', buffering=0) as ballast:
            try:
                while ballast.write(bytes(1024)):
                    pass
            except OSError:
                pass

    def make_space(self):
        os.unlink(self.ballast)


@claim
def the_one_who_types_is_told_and_all_is_stored_later(house):
    with Disk(house) as disk:
        ana = house.node('ana', '--join', '#lobby')
        house.run('send', '#lobby', 'before', home='ana')
        disk.fill()
        send = house.start('send', '#lobby', home='ana')
        send.write(''.join(f'line {i} {"x" * 9000}\n' for i in range(10)))
        send.end_input()
        line = send.err.containing('not stored yet: ')
        assert 'full' in line, line
        assert 'full' in ana.api().ask('status')['trouble']
        disk.make_space()
        equal(send.ended(), 0)
        equal([text[:6] for text in house.texts('ana')],
              ['before', *(f'line {i}' for i in range(10))])
        equal(ana.api().ask('status')['trouble'], None)
        house.stop_all()


@claim
def a_chat_tells_and_goes_on(house):
    with Disk(house) as disk:
        chat = house.start('--home', house.home('ana'), '--port', '0',
                           '--listen', '127.0.0.1')
        chat.out.containing('nobody else is linked')
        disk.fill()
        # What first fails may be the joining of the room, and then nothing is
        # read: both lines have their place in the pipe.
        chat.write(f'one {"x" * 40000}\n')
        chat.out.containing('System: not stored yet: ')
        chat.write(f'two {"x" * 10000}\n')
        disk.make_space()
        chat.out.containing('System: stored again')
        chat.end_input()
        equal(chat.ended(), 0)
        equal([text[:3] for text in house.texts('ana')], ['one', 'two'])


@claim
def a_client_of_irc_is_told_and_not_taken_for_lost(house):
    with Disk(house) as disk:
        ana = house.node('ana', '--join', '#lobby')
        zoe, max = Irc(ana, 'zoe'), Irc(ana, 'max')
        for guest in zoe, max:
            guest.ask('JOIN #lobby')
        disk.fill()
        send = house.start('send', '#lobby', home='ana')
        send.write(f'first {"x" * 60000}\n')
        send.end_input()
        send.err.containing('not stored yet: ')
        zoe.send('PRIVMSG #lobby :later')
        told = zoe.until(' NOTICE zoe :not stored yet: ')[-1]
        assert 'full' in told, told
        zoe.send('PING here')
        zoe.until(' PONG ')
        zoe.send('PRIVMSG #lobby :and more')
        disk.make_space()
        zoe.until(' NOTICE zoe :what waited is being stored')
        max.until(' PRIVMSG #lobby :later')
        max.until(' PRIVMSG #lobby :and more')
        equal([x for x in zoe.ask('PRIVMSG #lobby :well') if 'NOTICE' in x], [])
        equal(send.ended(), 0)
        house.stop_all()


@claim
def what_others_say_meanwhile_comes_later(house):
    with Disk(house) as disk:
        ana, _ = house.pair()
        api = ana.api()
        api.ask('watch')
        disk.fill()
        send = house.start('send', '#lobby', '--wait-copies', '1', home='ana')
        send.write(f'mine {"x" * 60000}\n')
        send.end_input()
        api.event('trouble')
        said = [f'yours {i} {"y" * 5000}' for i in range(10)]
        disk.make_space()
        equal(house.run('send', '#lobby', home='bob',
                        text=''.join(f'{line}\n' for line in said)).code, 0)
        equal(send.ended(), 0)
        equal(house.run('send', '#lobby', 'last', '--wait-copies', '1',
                        home='bob').code, 0)
        equal(house.digest('ana'), house.digest('bob'))
        equal(house.digest('ana')['count'], 12)
        house.stop_all()


@claim
def a_node_that_dies_on_a_full_disk_has_all_that_it_stored(house):
    with Disk(house) as disk:
        ana = house.node('ana', '--join', '#lobby')
        send = house.start('send', '#lobby', '--json', home='ana')
        disk.fill()
        send.write(''.join(f'line {i} {"x" * 1000}\n' for i in range(50)))
        send.end_input()
        send.err.containing('not stored yet: ')
        ana.kill()
        disk.make_space()
        ana = ana.again()
        equal(send.ended(), 0)
        equal([text.split()[1] for text in house.texts('ana')],
              [str(i) for i in range(50)])
        house.stop_all()


@claim
def a_node_that_can_not_begin_says_so(house):
    with Disk(house) as disk:
        disk.fill()
        result = house.run('serve', '--port', '0', home='ana')
        assert result.code in (73, DISK), result
        assert result.err.startswith('quickfi: '), result
        disk.make_space()
        equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)
        equal(house.texts('ana'), ['hello'])


@claim
def what_is_not_stored_in_time_is_named(house):
    with Disk(house) as disk:
        house.node('ana', '--join', '#lobby')
        house.run('send', '#lobby', 'before', home='ana')
        disk.fill()
        result = house.run('send', '#lobby', home='ana',
                           text=f'{"x" * 30000}\n' * 2)
        equal((result.code, result.out), (NOT_YET, ''))
        for words in ('not stored yet: ', 'line 1 is not stored',
                      'line 2 is not stored'):
            assert words in result.err, result
        disk.make_space()
        house.stop_all()


@claim
def who_stops_waiting_is_told_that_the_node_goes_on(house):
    with Disk(house) as disk:
        house.node('ana', '--join', '#lobby')
        house.run('send', '#lobby', 'before', home='ana')
        disk.fill()
        send = house.start('send', '#lobby', 'x' * 30000, home='ana')
        send.err.containing('not stored yet: ')
        equal(send.stop(), NOT_YET)
        for words in ('the message is not stored',
                      'keeps trying as long as it runs: look with'):
            assert any(words in line for line in send.err.seen), send.report()
        late = house.start('send', '#elsewhere', 'x', home='ana')
        late.err.containing('not stored yet: ')
        equal(late.stop(), NOT_YET)
        assert '#elsewhere could not be joined' in late.err.report(), \
            late.report()
        disk.make_space()
        equal(house.run('send', '#lobby', 'last', home='ana').code, 0)
        equal([text[:6] for text in house.texts('ana')],
              ['before', 'xxxxxx', 'last'])
        house.stop_all()


@claim
def who_leaves_is_told_what_is_waited_for(house):
    with Disk(house) as disk:
        chat = house.start('--home', house.home('ana'), '--port', '0',
                           '--listen', '127.0.0.1')
        chat.write('before\n')
        chat.out.containing('(kept only here until another node has it)')
        disk.fill()
        chat.write(f'{"x" * 30000}\n/quit\n')
        line = chat.out.containing('Ctrl-C leaves at once')
        assert '(1 line)' in line and 'then it is lost' in line, line
        equal(chat.stop(), NOT_YET)


@claim
def a_room_that_can_not_be_joined_holds_up_no_command_and_no_end(house):
    with Disk(house) as disk:
        chat = house.start('--home', house.home('ana'), '--port', '0',
                           '--listen', '127.0.0.1')
        chat.write('before\n')
        chat.out.containing('(kept only here until another node has it)')
        disk.fill()
        chat.write(f'{"x" * 30000}\n/join #zz\n/names\n/help quit\n')
        chat.out.containing('commands are taken, and what you say waits')
        chat.out.containing('System: /quit')
        chat.out.containing('System: here: ')
        chat.write('/quit\n')
        chat.out.containing('Ctrl-C leaves at once')
        equal(chat.ended(50), NOT_YET)
        chat.err.containing('of your commands is not answered')


@claim
def an_account_waits_for_the_disk_and_says_so(house):
    with Disk(house) as disk:
        house.node('ana', '--join', '#lobby')
        disk.fill()
        send = house.start('send', '#lobby', 'x' * 30000, home='ana')
        send.err.containing('not stored yet: ')
        account = house.start('account', 'add', 'zoe', home='ana')
        account.write('secret words\n')
        line = account.err.containing('not stored yet: ')
        assert 'full' in line, line
        disk.make_space()
        equal((account.ended(), send.ended()), (0, 0))


if __name__ == '__main__':
    if MOUNTED not in os.environ:
        enter_namespace()
    prove()
