# classic_peer.py - what the original Python program says and hears on the wire
#
# Written from its protocol: two connections, a secret of 14 bits, frames of
# binary digits with the length before them, flags. A Client goes to a host, a
# Host waits for one client after the other and, as the original, passes nothing
# on. Each has a thread that reads, as the original does: exactly so many bytes,
# and a frame that is out of step ends it.
import queue
import random
import socket
import threading

from house import LIMIT, Late, in_seconds, until

PATIENT = 60  # seconds that a socket may take, whatever the build


def is_prime(n):
    return all(n % i for i in range(2, int(n ** 0.5) + 1))


PRIMES = [n for n in range(1009, 9000) if is_prime(n)]


def key_of(secret):
    return f'{secret:b}'


def encode(secret, text):
    key = key_of(secret)
    bits = ''.join(f'{ord(c):07b}' for c in text)
    return ''.join(str(int(b) ^ int(key[i % len(key)]))
                   for i, b in enumerate(bits))


def decode(secret, bits):
    key = key_of(secret)
    plain = ''.join(str(int(b) ^ int(key[i % len(key)]))
                    for i, b in enumerate(bits))
    return ''.join(chr(int(plain[i:i + 7], 2))
                   for i in range(0, len(plain) - 6, 7))


def frame(secret, text):
    bits = encode(secret, text)
    return f'{len(bits):04}{bits}'.encode()


def field(text):
    return f'{len(text):04}{text}'.encode()


class Ended(Exception):
    pass


class Wire:
    """The second connection, read as the original reads."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(PATIENT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exactly(self, count):
        got = b''
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise Ended
            got += more
        return got

    def field(self):
        return self.exactly(int(self.exactly(4))).decode()

    def number(self):
        return int(self.field())

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was first
        self.socket.close()


class Peer:
    """Either side of a session, once it stands."""

    def __init__(self, wire, secret, name, theirs):
        self.wire = wire
        self.secret = secret
        self.name = name
        self.theirs = theirs
        self.lines = queue.SimpleQueue()
        self.seen = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def show(self, line):
        self.seen.append(line)
        self.lines.put(line)

    def read(self):
        try:
            while True:
                head = self.wire.exactly(4)
                if head == b'-001':
                    break
                if head == b'-002':
                    name = self.text(self.wire.exactly(4))
                    self.show(f'System: User {self.theirs} has changed '
                              f'their username to {name}')
                    self.theirs = name
                elif head == b'-004':
                    self.wire.field()
                else:
                    self.show(f'{self.theirs}: {self.text(head)}')
        except (Ended, OSError):
            pass
        except ValueError:
            self.show('System: out of step')
        self.lines.put(None)

    def text(self, head):
        bits = self.wire.exactly(int(head)).decode()
        if bits.strip('01'):
            raise ValueError(bits)
        return decode(self.secret, bits)

    def say(self, text):
        # As netThrow: the length and the bits are sent apart.
        bits = encode(self.secret, text)
        self.wire.send(f'{len(bits):04}'.encode())
        self.wire.send(bits.encode())

    def rename(self, name):
        self.wire.send(b'-002')
        self.name = name
        self.say(name)

    def leave(self):
        self.wire.send(b'-001')
        self.wire.close()

    def hears(self, words, seconds=LIMIT):
        """The next line with these words in it, as the window shows it."""
        deadline = in_seconds(seconds)
        while True:
            try:
                line = self.lines.get(timeout=until(deadline))
            except queue.Empty:
                raise Late(f'{self.name} waits for "{words}" after '
                           f'{self.seen[-5:]}') from None
            if line is None:
                raise AssertionError(f'{self.name}: the end came before '
                                     f'"{words}", after {self.seen[-5:]}')
            if words in line:
                return line

    def ended(self, seconds=LIMIT):
        deadline = in_seconds(seconds)
        try:
            while self.lines.get(timeout=until(deadline)) is not None:
                pass
        except queue.Empty:
            raise Late(f'{self.name} is still connected') from None


def knock(port, host='127.0.0.1'):
    """The first connection: the port to come back to."""
    with socket.create_connection((host, port), PATIENT) as first:
        wire = Wire(first)
        return int(wire.exactly(5))


def greet(port, name, host='127.0.0.1'):
    """The second connection: the wire, the secret, the host's name."""
    wire = Wire(socket.create_connection((host, port), PATIENT))
    base, prime, theirs = wire.number(), wire.number(), wire.number()
    own = random.randrange(20, 101)
    wire.send(field(str(pow(base, own, prime))))
    wire.send(field(name))
    return wire, pow(theirs, own, prime), wire.field()


def come_back(port, name, host='127.0.0.1'):
    wire, secret, theirs = greet(port, name, host)
    return Peer(wire, secret, name, theirs)


def client(port, name='Self', host='127.0.0.1'):
    return come_back(knock(port, host), name, host)


class Host:
    """Waits for one client, as the original, and then no longer."""

    def __init__(self, name='Self'):
        self.name = name
        self.first = socket.create_server(('127.0.0.1', 0), backlog=1)
        self.first.settimeout(PATIENT)
        self.port = self.first.getsockname()[1]

    def accept(self):
        connection, _ = self.first.accept()
        with socket.create_server(('127.0.0.1', 0), backlog=1) as second:
            second.settimeout(PATIENT)
            connection.sendall(f'{second.getsockname()[1]:05}'.encode())
            connection.close()
            self.first.close()
            wire = Wire(second.accept()[0])
        base, prime = random.randrange(20, 101), random.choice(PRIMES)
        own = random.randrange(20, 101)
        for number in (base, prime, pow(base, own, prime)):
            wire.send(field(str(number)))
        secret = pow(wire.number(), own, prime)
        wire.send(field(self.name))
        return Peer(wire, secret, self.name, wire.field())
