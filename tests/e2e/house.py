# house.py - nodes and commands of the real program, and waits that end
#
# A @claim is a function whose name says what holds; it is given a House, which
# has a directory of its own and ends all that was started in it. prove() runs
# the claims of a script and tells how it went as TAP. There are no sleeps:
# whoever waits reads lines, and a wait that takes too long is a failure.
#
# A machine that is too busy makes waits too long. So a claim in which that was
# all is tried once more, and said to be unsteady; what was wrong, or crashed,
# fails at once.
import fcntl
import itertools
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PATIENCE = float(os.environ.get('PATIENCE', 1))  # how slow the build is
LIMIT = 10  # seconds that one wait may take, times PATIENCE
TRIES = 3  # of what is late, as machines are busy
SHOWN_LINES = 10
SHOWN_CHARACTERS = 200


class Late(AssertionError):
    pass


LATE = (Late, TimeoutError, subprocess.TimeoutExpired)


class Skip(Exception):
    """One claim can not be tried here, and why."""


def in_seconds(seconds):
    return time.monotonic() + seconds * PATIENCE


def until(deadline):
    return max(0, deadline - time.monotonic())


def in_time(holds, report=''):
    """What may be untrue because a machine is busy."""
    if not holds:
        raise Late(report)


def program(variable):
    """The path that a test is given in the environment."""
    try:
        return os.environ[variable]
    except KeyError:
        sys.exit(f'{variable} is not set: it is the path of a program')


QUICKFI = program('QUICKFI')


def alone(options):
    """On loopback nobody is to find the nodes of a test that runs beside."""
    return [] if '--discovery' in options else ['--discovery', 'off']


def skip(reason):
    print(f'skip: {reason}')
    sys.exit(77)


class Lines:
    """What comes through a pipe, read as it comes."""

    def __init__(self, pipe):
        self.seen = []
        self.ended = False
        self.queue = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.read, args=(pipe,),
                                       daemon=True)
        self.thread.start()

    def read(self, pipe):
        try:
            for line in pipe:
                line = line.decode(errors='replace').removesuffix('\n')
                self.seen.append(line)
                self.queue.put(line)
        except OSError:
            pass  # it was reset, which is an end too
        self.queue.put(None)

    def next(self, deadline=None):
        """The next line, or None at the end."""
        if self.ended:
            return None
        if deadline is None:
            deadline = in_seconds(LIMIT)
        try:
            line = self.queue.get(timeout=until(deadline))
        except queue.Empty:
            raise Late(f'waited too long\n{self.report()}') from None
        self.ended = line is None
        return line

    def event(self, on, deadline=None, **wanted):
        """The next object that is so; what comes before it is passed over."""
        if deadline is None:
            deadline = in_seconds(LIMIT)
        while (line := self.next(deadline)) is not None:
            event = json.loads(line)
            if event['on'] == on and wanted.items() <= event.items():
                return event
        raise AssertionError(f'the end came before "{on}" {wanted}\n' +
                             self.report())

    def containing(self, words, deadline=None):
        """The next line with these words in it."""
        if deadline is None:
            deadline = in_seconds(LIMIT)
        while (line := self.next(deadline)) is not None:
            if words in line:
                return line
        raise AssertionError(f'the end came before "{words}"\n' +
                             self.report())

    def report(self):
        return '\n'.join(line[:SHOWN_CHARACTERS]
                         for line in self.seen[-SHOWN_LINES:])


class Program:
    """One run of the program, which ends when its house does."""

    def __init__(self, house, argv, limits=None):
        self.argv = argv
        self.process = subprocess.Popen(
            argv, env=house.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=limits)
        house.programs.append(self)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self.killed = False

    @property
    def pid(self):
        return self.process.pid

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def ended(self, seconds=LIMIT):
        """Its exit code, once it has ended and all it said is here."""
        deadline = in_seconds(seconds)
        try:
            code = self.process.wait(until(deadline))
        except subprocess.TimeoutExpired:
            raise Late(f'{self} has not ended\n{self.report()}') from None
        for lines in (self.out, self.err):
            lines.thread.join(until(deadline))
        return code

    def kill(self):
        self.killed = True
        self.process.kill()
        self.ended()

    def stop(self):
        self.process.terminate()
        return self.ended()

    def crashed(self):
        code = self.process.poll()
        return code is not None and code < 0 and not self.killed

    def report(self):
        return '\n'.join([f'{self}: {self.process.poll()}',
                          self.out.report(), self.err.report()])

    def __str__(self):
        return ' '.join(self.argv[self.argv.index(QUICKFI) + 1:])


class Node(Program):
    """A running `serve --json`, which listens. Its home is called after it."""

    def __init__(self, house, name, options, inside, limits):
        self.house = house
        self.name = name
        self.home = house.home(name)
        self.options = options
        self.inside = inside
        super().__init__(
            house, [*inside, QUICKFI, 'serve', '--json', '--home', self.home,
                    '--name', name, *alone(options), *options], limits)
        listening = json.loads(self.out.next() or '{"on":"nothing"}')
        assert listening['on'] == 'listening', self.report()
        self.port = listening['port']

    def again(self):
        """The next node in this one's home, on the same port."""
        options = [*self.options]
        options[options.index('--port') + 1] = str(self.port)
        return self.house.node(self.name, *options, inside=self.inside)

    def api(self):
        return self.house.api(self.name)


class Api:
    """A client of a node, through its socket."""

    def __init__(self, home):
        self.ids = itertools.count(1)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f'{home}/socket')
        self.lines = Lines(self.socket.makefile('rb'))

    def tell(self, do, **fields):
        """Ask without waiting; what answers has this as its `re`."""
        number = next(self.ids)
        line = json.dumps({'id': number, 'do': do, **fields})
        self.socket.sendall(line.encode() + b'\n')
        return number

    def ask(self, do, **fields):
        """The answer, error or not."""
        number = self.tell(do, **fields)
        deadline = in_seconds(LIMIT)
        while (line := self.lines.next(deadline)) is not None:
            answer = json.loads(line)
            if answer.get('re') == number and answer['on'] != 'trouble':
                return answer
        raise AssertionError(f'the end came before the answer to "{do}"')

    def event(self, on, deadline=None, **wanted):
        return self.lines.event(on, deadline, **wanted)

    def linked(self, count=1):
        """Wait until the node has so many links."""
        assert self.ask('watch')['on'] == 'done'
        while len(self.ask('status')['links']) < count:
            self.event('linked')

    def close(self):
        # The reader is in recv(), and only this wakes it.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the node has closed it
        self.socket.close()


class Result:
    """What a command did, from its beginning to its end."""

    def __init__(self, program):
        self.code = program.ended(40)
        self.out = '\n'.join(program.out.seen)
        self.err = '\n'.join(program.err.seen)
        self.lines = program.out.seen

    def events(self):
        return [json.loads(line) for line in self.lines]

    def __str__(self):
        return f'exit code {self.code}\n{self.out}\n{self.err}'


class House:
    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix='quickfi-')
        self.dir = pathlib.Path(self.root)  # where homes are
        self.programs = []
        self.apis = []
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(('QUICKFI', 'XDG_', 'NO_COLOR'))}
        self.env |= {'HOME': str(self.dir), 'USER': 'someone',
                     'TERM': 'xterm', 'LC_ALL': 'C.UTF-8'}
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop_all()
        finally:
            for api in self.apis:
                api.close()
            for program in self.programs:
                if program.process.poll() is None:
                    program.kill()
            shutil.rmtree(self.root, ignore_errors=True)

    def stop_all(self):
        """A claim that was true ends with good ends of all its nodes."""
        for program in self.programs:
            assert not program.crashed(), program.report()
        for program in self.programs:
            if program.process.poll() is None:
                code = program.stop()
                assert code == 0 or not isinstance(program, Node), \
                    program.report()

    def forget(self):
        """What has ended; a claim that starts thousands needs the memory."""
        self.programs = [p for p in self.programs
                         if p.process.poll() is None]

    def home(self, name):
        return str(self.dir / name)

    def start(self, *argv, home=None, inside=(), limits=None):
        """Any command, running."""
        where = ['--home', self.home(home), *alone(argv)] if home else []
        chat = alone(argv) if argv[0] == '--home' else []
        return Program(self, [*inside, QUICKFI, *argv[:1], *where,
                              *argv[1:], *chat], limits)

    def run(self, *argv, home=None, text=None, inside=()):
        """Any command, until it has ended."""
        program = self.start(*argv, home=home, inside=inside)
        if text is not None:
            program.write(text)
        program.end_input()
        return Result(program)

    def node(self, name, *options, inside=(), limits=None):
        if '--port' not in options:
            options = ('--port', '0', *options)
        if '--listen' not in options:
            options = ('--listen', '127.0.0.1', *options)
        return Node(self, name, options, inside, limits)

    def api(self, name):
        api = Api(self.home(name))
        self.apis.append(api)
        return api

    def pair(self):
        """Two nodes in #lobby that are linked."""
        ana = self.node('ana', '--join', '#lobby')
        bob = self.node('bob', '--join', '#lobby',
                        '--connect', f'127.0.0.1:{ana.port}')
        bob.api().linked()
        return ana, bob

    def texts(self, name, room='#lobby'):
        """All that is in a room, oldest first."""
        result = self.run('history', room, '-n', '100000', '--json', home=name)
        assert result.code == 0, result
        events = [e for e in result.events() if e['on'] == 'text']
        ids = [e['id'] for e in events]
        assert len(set(ids)) == len(ids), 'a line is there twice'
        return [e['text'] for e in events]

    def digest(self, name, room='#lobby'):
        result = self.run('digest', room, '--json', home=name)
        assert result.code == 0, result
        return result.events()[0]

    def is_free(self, name):
        """No process is the node of that home."""
        with open(f'{self.home(name)}/lock', 'rb') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def crashed(self):
        return any(program.crashed() for program in self.programs)

    def report(self):
        return '\n'.join(p.report() for p in self.programs)


def equal(left, right):
    assert left == right, f'{left!r} is not {right!r}'


claims = []


def claim(function):
    claims.append(function)
    return function


def prove():
    """Run the script's claims, or those with a word of the command line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    chosen = [c for c in claims if c.__module__ == '__main__' and
              (not words or any(word in c.__name__ for word in words))]
    print(f'1..{len(chosen)}', flush=True)
    failed = [c for number, c in enumerate(chosen, 1)
              if not holds(number, c)]
    sys.exit(len(failed) > 0)


def holds(number, claim):
    name = claim.__name__.replace('_', ' ')
    try:
        for left in range(TRIES - 1, -1, -1):
            try:
                attempt(claim)
                break
            except LATE:
                if not left:
                    raise
                print(f'# unsteady: {name}', flush=True)
    except Skip as reason:
        print(f'ok {number} - {name} # SKIP {reason}', flush=True)
        return True
    except Exception:
        print(f'not ok {number} - {name}', flush=True)
        return False
    print(f'ok {number} - {name}', flush=True)
    return True


class Crash(Exception):
    """What is no matter of time."""


def attempt(claim):
    house = House()
    try:
        with house:
            claim(house)
    except Skip:
        raise
    except Exception as error:
        # What was wrong comes last, as the ends of logs are what is kept.
        said = f'{house.report()}\n{traceback.format_exc()}'
        for line in said.splitlines():
            print(f'# {line}', flush=True)
        if house.crashed():
            raise Crash from error
        raise
