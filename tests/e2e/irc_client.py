# irc_client.py - an IRC client made of a socket, for scripts
import socket
import ssl

from house import LIMIT, PATIENCE


class Irc:
    """A connection; with a nick it is registered when it is returned."""

    def __init__(self, node, nick=None, caps=(), secure=False, port=None,
                 certificate=None):
        self.socket = socket.create_connection(
            ('127.0.0.1', port or node.port), LIMIT * PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if certificate:
                context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b''
        self.syncs = 0
        if nick:
            self.register(nick, caps)

    def register(self, nick, caps=()):
        self.send('CAP LS 302')
        if caps:
            self.send('CAP REQ :' + ' '.join(caps))
        self.send(f'NICK {nick}')
        self.send(f'USER {nick} 0 * :Real {nick}')
        self.send('CAP END')
        return self.until(' 376 ')

    def send(self, line):
        self.socket.sendall(line.encode() + b'\r\n')

    def raw(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next line, or None at the end."""
        while b'\n' not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                more = b''
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b'\n', 1)
        assert line.endswith(b'\r'), line
        assert b'\0' not in line and b'\r' not in line[:-1], line
        return line[:-1].decode()

    def until(self, words):
        """All lines up to the first with these words."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
            if words in line:
                return lines
        raise AssertionError(f'the end came before {words!r}: {lines}')

    def say_until(self, line, words):
        """Says a line each second until an answer has these words."""
        self.socket.settimeout(1)
        for _ in range(int(LIMIT * PATIENCE)):
            self.send(line)
            try:
                return self.until(words)
            except TimeoutError:
                pass
        raise AssertionError(f'no {words!r} to {line!r}')

    def all(self):
        """What has come until a PING of now is answered."""
        self.syncs += 1
        self.send(f'PING sync{self.syncs}')
        return self.until(f' PONG ')[:-1]

    def ask(self, line):
        self.send(line)
        return self.all()

    def codes(self, line):
        """What the answers to a line begin with, after who said it."""
        return [word_of(answer) for answer in self.ask(line)]

    def ended(self):
        """The last lines, up to the end of the connection."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines


def word_of(line):
    if line.startswith('@'):
        line = line.split(' ', 1)[1]
    return line.split(' ')[1] if line.startswith(':') else line.split(' ')[0]


def tags_of(line):
    if not line.startswith('@'):
        return {}
    pairs = line[1:].split(' ', 1)[0].split(';')
    return dict(pair.partition('=')[::2] for pair in pairs)


def text_of(line):
    """The last parameter, which has a colon."""
    if line.startswith('@'):
        line = line.split(' ', 1)[1]
    return line.split(' :', 1)[1]
