#!/usr/bin/env -S python3 -B
# irc_clients.py - real IRC clients of Debian walk in, and hear each other
import os
import pathlib
import pty
import select
import subprocess

from house import LIMIT, Lines, claim, equal, in_seconds, in_time, prove, until
from irc_client import Irc, tags_of


def watch(node, nick):
    """Somebody who is told when a client has come."""
    zoe = Irc(node, 'zoe', ('server-time',))
    zoe.ask('JOIN #a')
    zoe.ask(f'MONITOR + {nick}')
    return zoe


class Screen:
    """A program at a terminal."""

    def __init__(self, house, *argv):
        self.terminal, inner = pty.openpty()
        self.shown = b''
        self.process = subprocess.Popen(
            argv, env=house.env, stdin=inner, stdout=inner, stderr=inner,
            start_new_session=True)
        os.close(inner)

    def type(self, text):
        os.write(self.terminal, text.encode() + b'\r')

    def until(self, words):
        deadline = in_seconds(LIMIT)
        while words.encode() not in self.shown:
            ready, _, _ = select.select([self.terminal], [], [],
                                        until(deadline))
            in_time(ready, self.shown[-2000:])
            self.shown += os.read(self.terminal, 65536)

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


class Irssi(Screen):
    def __init__(self, house, node, nick):
        home = pathlib.Path(house.home('irssi'))
        home.mkdir()
        (home / 'config').write_text(
            'settings = { "irc/core" = { cmd_queue_speed = "10msec"; }; };\n')
        super().__init__(house, 'irssi', f'--home={home}', '-c', '127.0.0.1',
                         '-p', str(node.port), '-n', nick)


class WeeChat(Screen):
    """Without a screen: it is told by a pipe, and logs what it shows."""

    def __init__(self, house, node, nick, *options):
        self.home = pathlib.Path(house.home('weechat'))
        self.log = subprocess.Popen(
            ['tail', '-qF', '-n', '+1', self.home / 'logs/irc.q.#a.weechatlog'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = Lines(self.log.stdout)
        server = (f'/server add q 127.0.0.1/{node.port} -nicks={nick} '
                  '-anti_flood_prio_high=0 -anti_flood_prio_low=0 ' +
                  ' '.join(options))
        super().__init__(house, 'weechat-headless', '--dir', str(self.home),
                         '-r', '/set logger.file.flush_delay 0',
                         '-r', '/set weechat.look.save_config_on_exit off',
                         '-r', f'/set fifo.file.path "{self.home}/in"',
                         '-r', server, '-r', '/connect q')

    def type(self, text, room='#a'):
        with open(self.home / 'in', 'w') as to:
            to.write(f'irc.q.{room} *{text}\n')

    def until(self, words):
        self.lines.containing(words)

    def end(self):
        self.log.kill()
        self.log.wait()
        super().end()


class Bot(Screen):
    """Limnoria, which answers to @ping."""

    def __init__(self, house, node, nick):
        home = pathlib.Path(house.home('limnoria'))
        home.mkdir()
        settings = {
            'nick': nick, 'ident': nick, 'user': nick, 'networks': 'q',
            'networks.q.servers': f'127.0.0.1:{node.port}',
            'networks.q.channels': '#a', 'networks.q.ssl': 'True',
            'plugins': 'Misc', 'plugins.Misc': 'True',
            'reply.whenAddressedBy.chars': '@', 'log.stdout': 'False',
            'protocols.irc.throttleTime': '0.0'}
        for directory in ('backup', 'conf', 'data', 'data.tmp', 'data.web',
                          'log', 'plugins'):
            settings[f'directories.{directory}'] = str(home / directory)
        config = home / 'bot.conf'
        config.write_text(''.join(
            f'supybot.{name}: {value}\n' for name, value in settings.items()))
        super().__init__(house, 'supybot', '--allow-root', str(config))


@claim
def irssi_walks_in_and_talks(house):
    node = house.node('ana')
    zoe = watch(node, 'irsi')
    screen = Irssi(house, node, 'irsi')
    try:
        zoe.until(' 730 ')
        zoe.ask('PRIVMSG #a :said before')
        screen.type('/join #a')
        zoe.until(' JOIN #a')
        screen.until('said before')
        screen.type('hello from irssi')
        zoe.until(' PRIVMSG #a :hello from irssi')
        zoe.ask('PRIVMSG #a :hello irssi')
        screen.until('hello irssi')
        screen.type('/msg zoe only you')
        zoe.until(' PRIVMSG zoe :only you')
        screen.type('/quit gone')
        zoe.until(' QUIT :Quit: gone')
    finally:
        screen.end()


@claim
def weechat_walks_in_by_tls_with_its_account(house):
    node = house.node('ana')
    equal(house.run('account', 'add', 'wee', home='ana',
                    text='sesame\n').code, 0)
    zoe = watch(node, 'wee')
    zoe.ask('PRIVMSG #a :said before')
    client = WeeChat(house, node, 'wee', '-tls', '-notls_verify',
                     '-sasl_mechanism=plain', '-sasl_username=wee',
                     '-sasl_password=sesame', '-autojoin=#a')
    try:
        zoe.until(' JOIN #a')
        assert '330' in zoe.codes('WHOIS wee')
        client.until('\tsaid before')
        client.type('hello from weechat')
        zoe.until(' PRIVMSG #a :hello from weechat')
        client.type('/msg zoe only you')
        zoe.until(' PRIVMSG zoe :only you')
        client.type('/quit gone')
        zoe.until(' QUIT :Quit: gone')
    finally:
        client.end()


@claim
def catgirl_walks_in_by_tls_and_talks(house):
    node = house.node('ana')
    zoe = watch(node, 'cat')
    zoe.ask('PRIVMSG #a :said before')
    screen = Screen(house, 'catgirl', '-!', '-h', '127.0.0.1', '-p',
                    str(node.port), '-n', 'cat', '-j', '#a')
    try:
        zoe.until(' JOIN #a')
        screen.until('said before')
        screen.type('hello from catgirl')
        zoe.until(' PRIVMSG #a :hello from catgirl')
        screen.type('/query zoe')
        screen.type('only you')
        zoe.until(' PRIVMSG zoe :only you')
        screen.type('/quit gone')
        zoe.until(' QUIT :Quit: gone')
    finally:
        screen.end()


@claim
def limnoria_walks_in_by_tls_and_answers(house):
    node = house.node('ana')
    zoe = watch(node, 'bot')
    bot = Bot(house, node, 'bot')
    try:
        zoe.until(' JOIN #a')
        # It reads 1,024 bytes of a TLS record and waits for its socket with
        # the rest unread, which may hold the question: more said wakes it.
        zoe.say_until('PRIVMSG #a :@ping', ' PRIVMSG #a :pong')
    finally:
        bot.end()


@claim
def a_message_has_one_id_time_and_place_in_all_clients_and_nodes(house):
    ana = house.node('ana', '--join', '#a')
    others = [house.node(name, '--join', '#a', '--connect',
                         f'127.0.0.1:{ana.port}') for name in ('bob', 'cid')]
    for node in others:
        node.api().linked()
    zoe = watch(ana, 'irsi')
    irssi = Irssi(house, ana, 'irsi')
    zoe.until(' 730 ')
    irssi.type('/join #a')
    zoe.until(' JOIN #a')
    max = watch(others[0], 'wee')
    weechat = WeeChat(house, others[0], 'wee', '-tls', '-notls_verify',
                      '-autojoin=#a')
    cid = house.start('-cli', '--join', '#a', home='cid')
    try:
        weechat.until('has joined #a')
        cid.write('/join #a\n')
        irssi.type('one')
        max.until(' PRIVMSG #a :one')
        weechat.type('two')
        zoe.until(' PRIVMSG #a :two')
        cid.out.containing('two')
        cid.write('three\n')
        zoe.until(' PRIVMSG #a :three')
        max.until(' PRIVMSG #a :three')
        irssi.until('three')
        seen = [[(e['text'], e['id'], e['at']) for e in house.run(
            'history', '#a', '--json', home=name).events()
            if e['on'] == 'text'] for name in ('ana', 'bob', 'cid')]
        equal([text for text, _, _ in seen[0]], ['one', 'two', 'three'])
        equal(seen[0], seen[1])
        equal(seen[0], seen[2])
        for node in (ana, others[0]):
            kim = Irc(node, 'kim', ('server-time', 'message-tags', 'batch',
                                    'draft/chathistory'))
            kim.ask('JOIN #a')
            lines = kim.ask('CHATHISTORY LATEST #a * 9')[1:-1]
            equal([tags_of(line)['msgid'] for line in lines],
                  [id for _, id, _ in seen[0]])
    finally:
        irssi.end()
        weechat.end()


@claim
def ii_walks_in_and_talks(house):
    node = house.node('ana')
    zoe = watch(node, 'iii')
    home = house.home('ii')
    client = subprocess.Popen(
        ['ii', '-i', home, '-s', '127.0.0.1', '-p', str(node.port),
         '-n', 'iii'], env=house.env, stdout=subprocess.DEVNULL)
    try:
        zoe.until(' 730 ')
        with open(f'{home}/127.0.0.1/in', 'w') as to:
            to.write('/j #a\n')
        zoe.until(' JOIN #a')
        with open(f'{home}/127.0.0.1/#a/in', 'w') as to:
            to.write('hello from ii\n')
        zoe.until(' PRIVMSG #a :hello from ii')
    finally:
        client.kill()
        client.wait()


if __name__ == '__main__':
    prove()
