#!/usr/bin/env -S python3 -B
# terminals.py - people at terminals, who type while others talk
import contextlib
import itertools
import os
import shlex
import shutil
import subprocess
import time

from house import PATIENCE, QUICKFI, Skip, claim, equal, in_time, prove

LINES = 500
SECONDS = 20
COLUMNS, ROWS = 60, 30


class Terminals:
    """A tmux server of the house's own; a window is a terminal."""

    def __init__(self, house):
        if not shutil.which('tmux'):
            raise Skip('tmux is not installed')
        self.house = house
        self.base = ['tmux', '-f', '/dev/null', '-S', f'{house.dir}/tmux']

    def tmux(self, *argv, text=None):
        return subprocess.run([*self.base, *argv], input=text, check=True,
                              env=self.house.env, capture_output=True,
                              text=True).stdout

    def window(self, name, command):
        self.tmux('new-session', '-d', '-s', name, '-x', str(COLUMNS),
                  '-y', str(ROWS), command)

    def command(self, name, *options, inside=(), listen='127.0.0.1'):
        return shlex.join([*inside, QUICKFI, '--no-discovery',
                           '--home', self.house.home(name),
                           '--name', name, '--port', '0', '--listen', listen,
                           *options])

    def open(self, name, *options, **where):
        """A shell's window in which the program runs, and then says how."""
        command = self.command(name, *options, **where)
        self.window(name, f'{command}; echo "ended: $?"; stty -a; '
                          'exec sleep 1000')
        self.sees(name, '#lobby>')

    def types(self, name, text):
        self.tmux('send-keys', '-t', name, '-l', text)

    def press(self, name, *keys):
        self.tmux('send-keys', '-t', name, *keys)

    def says(self, name, text):
        self.types(name, text)
        self.press(name, 'Enter')

    def screen(self, name):
        """All of it, what has scrolled away included."""
        return self.tmux('capture-pane', '-p', '-S', '-', '-t', name)

    def sees(self, name, text, seconds=SECONDS):
        deadline = time.monotonic() + seconds * PATIENCE
        while text not in (screen := self.screen(name)):
            in_time(time.monotonic() < deadline,
                    f'{name} never saw "{text}"\n{screen}')
            time.sleep(0.05)
        return screen

    def ends(self, name, text):
        """However it is wrapped. Until then it may still be being written."""
        deadline = time.monotonic() + SECONDS * PATIENCE
        text = ''.join(text.split())
        while not ''.join(self.screen(name).split()).endswith(text):
            in_time(time.monotonic() < deadline, self.screen(name))
            time.sleep(0.01)

    def resize(self, name, columns):
        """tmux takes its time until it tells the program."""
        self.tmux('resize-window', '-t', name, '-x', str(columns))
        tty = self.tmux('display', '-p', '-t', name, '#{pane_tty}').strip()
        deadline = time.monotonic() + SECONDS * PATIENCE
        with open(tty) as window:
            while os.get_terminal_size(window.fileno()).columns != columns:
                in_time(time.monotonic() < deadline, 'it has its old size')
                time.sleep(0.01)

    def port(self, name):
        words = self.screen(name).split('listening on port ')[1]
        return words.split()[0]

    def pastes(self, name, lines):
        """In brackets, if the program has asked for them."""
        self.tmux('load-buffer', '-', text='\n'.join(lines) + '\n')
        self.tmux('paste-buffer', '-p', '-r', '-d', '-t', name)

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.tmux('kill-server')


@contextlib.contextmanager
def two(house, *names):
    """Two people at terminals, linked."""
    t = Terminals(house)
    try:
        t.open(names[0])
        t.open(names[1], '--connect', f'127.0.0.1:{t.port(names[0])}')
        t.sees(names[0], 'linked with')
        t.sees(names[1], 'linked with')
        yield t
    finally:
        t.close()


@claim
def what_comes_does_not_tear_what_is_being_typed(house):
    with two(house, 'ana', 'bob') as t:
        long = 'this is half typed and long enough to need more than a row'
        t.types('ana', long)
        for i in range(20):
            t.says('bob', f'line {i} of bob')
        t.sees('ana', 'bob: line 19 of bob')
        screen = t.screen('ana')
        typed = f'#lobby> {long}'
        equal([screen.count(f'bob: line {i} of bob\n') for i in range(20)],
              20 * [1])
        assert screen.rstrip().endswith(f'{typed[:COLUMNS]}\n'
                                        f'{typed[COLUMNS:]}'), screen
        t.types('ana', ', and goes on')
        t.press('ana', 'Home')
        t.types('ana', '> ')
        t.press('ana', 'Enter')
        t.sees('bob', 'ana: > this is half typed')
        equal(house.texts('bob')[-1], f'> {long}, and goes on')


@claim
def a_paste_of_500_lines_arrives_whole_while_the_other_types(house):
    with two(house, 'ana', 'bob') as t:
        lines = [f'{i}\tpasted, \u00e9\u65e5\u672c' for i in range(LINES)]
        t.types('bob', 'half typed')
        t.pastes('ana', lines)
        t.sees('bob', f'ana: {LINES - 1} ')
        t.sees('ana', f'ana: {LINES - 1} ')
        equal(house.texts('bob'), lines)
        equal(house.texts('ana'), lines)
        assert t.screen('bob').rstrip().endswith('#lobby> half typed')
        assert t.screen('ana').rstrip().endswith('#lobby>')


@claim
def one_name_is_two_people_with_their_keys(house):
    t = Terminals(house)
    try:
        t.open('ana')
        t.open('eva', '--connect', f'127.0.0.1:{t.port("ana")}')
        t.sees('eva', 'linked with ana')
        t.sees('ana', 'eva is here')
        t.says('eva', '/nick ANA')
        t.sees('eva', 'ANA is already taken as a username')
        t.open('other', '--name', 'ana')
        t.says('other', f'/connect 127.0.0.1 {t.port("ana")}')
        t.sees('ana', 'is the name of another here too')
        t.says('other', 'I am ana')
        t.sees('eva', ': I am ana')
        line = next(line for line in t.screen('eva').splitlines()
                    if line.endswith(': I am ana'))
        assert line.startswith('ana\u00b7'), line
    finally:
        t.close()


@claim
def what_others_write_neither_moves_the_cursor_nor_speaks_for_us(house):
    with two(house, 'ana', 'bob') as t:
        api = house.api('bob')
        for text in ('\x1b[2J\x1b[Hgone', 'one\nSystem: two',
                     'x' * (COLUMNS - len('bob: ')) + 'System: three',
                     'a\u202eb\r\x07\x9b2J'):
            equal(api.ask('say', room='#lobby', text=text)['on'], 'stored')
        t.says('bob', 'last')
        t.sees('ana', 'bob: last')
        screen = t.screen('ana')
        assert 'bob: \ufffd[2J\ufffd[Hgone' in screen, screen
        for line in screen.splitlines():
            assert not line.startswith(('System: two', 'System: three')), \
                screen
        assert 'bob: ab\ufffd\ufffd\ufffd2J' in screen, screen


@claim
def the_terminal_is_as_it_was_at_the_end(house):
    t = Terminals(house)
    try:
        for name, keys in (('ana', ['C-d']), ('bob', ['C-c']),
                           ('cem', ['/quit', 'Enter'])):
            t.open(name)
            t.press(name, *keys)
            t.sees(name, 'ended: 0')
            t.sees(name, 'extproc')
            modes = t.screen(name).split()
            for mode in ('icanon', 'echo', 'icrnl', 'isig', 'opost'):
                assert mode in modes, modes
    finally:
        t.close()


@claim
def keys_complete_and_recall(house):
    with two(house, 'ana', 'bob') as t:
        t.sees('ana', 'bob is here')
        t.types('ana', '/wh')
        t.press('ana', 'Tab')
        t.sees('ana', '#lobby> /whois')
        t.types('ana', 'b')
        t.press('ana', 'Tab')
        t.sees('ana', '#lobby> /whois bob')
        t.press('ana', 'Enter')
        t.sees('ana', 'bob is linked with us')
        t.press('ana', 'Up')
        t.sees('ana', '#lobby> /whois bob')
        t.press('ana', 'C-u')
        t.types('ana', 'bo')
        t.press('ana', 'Tab')
        t.sees('ana', '#lobby> bob:')
        t.types('ana', 'hi')
        t.press('ana', 'Enter')
        t.sees('bob', 'ana: bob: hi')
        t.types('ana', '/h')
        t.press('ana', 'Tab')
        t.sees('ana', 'System: host history help')


@claim
def what_is_being_typed_outlives_ctrl_z_and_fg(house):
    t = Terminals(house)
    try:
        t.open('bob')
        t.window('ana', 'PS1="\\$ " bash --norc --noprofile')
        t.says('ana', t.command('ana', '--connect',
                                f'127.0.0.1:{t.port("bob")}'))
        t.sees('ana', 'linked with bob')
        t.sees('bob', 'linked with ana')
        t.types('ana', 'half typed')
        t.sees('ana', '#lobby> half typed')
        t.press('ana', 'C-z')
        t.sees('ana', 'Stopped')
        t.says('ana', 'echo the shell has its $((1 + 1)) hands')
        t.sees('ana', 'the shell has its 2 hands')
        t.says('bob', 'while you slept')
        t.sees('bob', 'bob: while you slept')
        t.says('ana', 'fg')
        t.sees('ana', 'bob: while you slept')
        t.sees('ana', '#lobby> half typed')
        t.types('ana', ', half not')
        t.press('ana', 'Enter')
        t.sees('bob', 'ana: half typed, half not')
        screen = t.sees('ana', 'ana: half typed, half not')
        equal(screen.count('bob: while you slept\n'), 1)
        assert screen.rstrip().endswith('#lobby>'), screen
    finally:
        t.close()


@claim
def what_is_being_typed_and_said_outlives_another_size(house):
    with two(house, 'ana', 'bob') as t:
        long = 'this is half typed and long enough to need more than a row'
        t.types('ana', long)
        t.ends('ana', long)
        # With the first tmux also makes the size of the window a manual one.
        t.resize('ana', 60)
        t.ends('ana', long)
        sizes = itertools.cycle((24, 100, 41, COLUMNS))
        for i in range(20):
            t.resize('ana', next(sizes))
            t.says('bob', f'line {i} of bob')
            t.sees('ana', f'bob: line {i} of bob')
            t.ends('ana', long)
        screen = t.screen('ana')
        # What is written just while tmux has the next size already, and the
        # program cannot know that yet, lands in another row.
        in_time([line for line in screen.splitlines()
                 if line.startswith('bob: ')] ==
                [f'bob: line {i} of bob' for i in range(20)], screen)
        t.press('ana', 'Enter')
        t.sees('bob', 'ana: this is half typed')
        equal(house.texts('bob')[-1], long)
        screen = t.sees('ana', 'ana: this is half typed')
        assert screen.rstrip().endswith('#lobby>'), screen
        equal(screen.count('#lobby>'), 1)


if __name__ == '__main__':
    prove()
