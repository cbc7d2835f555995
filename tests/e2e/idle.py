#!/usr/bin/env -S python3 -B
# idle.py - what it takes when nobody says anything, and to begin
#
# The figures are printed. They are held against their limits in the build that
# people run; a sanitizer has its own memory and its own threads.
import contextlib
import os
import pathlib
import pty
import re
import select
import subprocess
import time

from house import (LIMIT, PATIENCE, QUICKFI, claim, equal, in_seconds, in_time,
                   prove, until)

SMALL_KB = 20 * 1000
PROMPT_SECONDS = 0.1
WINDOW_SECONDS = 3
TRIES = 5  # the machine has other things to do: the best of so many counts
LINES = 1000


def note(words):
    print(f'# {words}', flush=True)


def holds(is_so, words):
    note(words)
    assert is_so or PATIENCE > 1, words


@contextlib.contextmanager
def at_terminal(house, name, *options):
    """A conversation, and the seconds of a processor that it took to ask for
    a line: what others do at that time is not counted."""
    ours, theirs = pty.openpty()
    chat = subprocess.Popen(
        [QUICKFI, '--home', house.home(name), '--name', name,
         '--no-discovery', '--port', '0',
         '--listen', '127.0.0.1', *options],
        stdin=theirs, stdout=theirs, stderr=theirs, env=house.env)
    os.close(theirs)
    try:
        sees(ours, b'#lobby>')
        yield chat, ours, worked(chat.pid)
        os.write(ours, b'/quit\r')
        sees(ours, None)
        equal(chat.wait(LIMIT * PATIENCE), 0)
    finally:
        chat.kill()
        chat.wait()
        os.close(ours)


def worked(pid):
    ticks = pathlib.Path(f'/proc/{pid}/stat').read_text().split()[13:15]
    return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')


def sees(terminal, words):
    """Read until the words have come, or to the end."""
    deadline = in_seconds(LIMIT)
    seen = b''
    while words is None or words not in seen:
        ready, _, _ = select.select([terminal], [], [], until(deadline))
        in_time(ready, f'{words} never came: {seen}')
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            assert words is None, f'the end came before {words}: {seen}'
            return


def status(path, field):
    words = (path / 'status').read_text()
    return int(re.search(rf'^{field}:\s+(\d+)', words, re.MULTILINE)[1])


def wakes(pid):
    """How often each of its threads has waited for something."""
    return {task.name: status(task, 'voluntary_ctxt_switches')
            for task in pathlib.Path(f'/proc/{pid}/task').iterdir()}


def most_wakes(pids):
    """Of any thread of each, while time passes."""
    before = [wakes(pid) for pid in pids]
    time.sleep(WINDOW_SECONDS)
    after = [wakes(pid) for pid in pids]
    return [max(new[task] - old.get(task, 0) for task in new)
            for old, new in zip(before, after)]


@claim
def an_idle_node_is_small_and_sleeps(house):
    ana = house.node('ana', '--join', '#lobby')
    alone = house.node('alone', '--join', '#lobby')
    with at_terminal(house, 'bob', '--connect',
                     f'127.0.0.1:{ana.port}') as (bob, _, _), \
            at_terminal(house, 'cem') as (cem, _, _):
        ana.out.event('came', name='bob')
        pids = {'a node': alone.pid, 'a node with a link': ana.pid,
                'a chat': cem.pid, 'a chat with a link': bob.pid}
        for _ in range(TRIES):
            most = most_wakes(pids.values())
            if max(most) <= WINDOW_SECONDS:
                break
        for (who, pid), count in zip(pids.items(), most):
            kb = status(pathlib.Path(f'/proc/{pid}'), 'VmRSS')
            holds(count <= WINDOW_SECONDS,
                  f'{who}: no thread woke more often than {count} times in '
                  f'{WINDOW_SECONDS} s')
            holds(kb < SMALL_KB, f'{who}: {kb / 1000:.1f} MB')


def begins_at_once(house, name):
    took = []
    for attempt in range(TRIES):
        with at_terminal(house, name(attempt)) as (_, _, seconds):
            took.append(seconds)
    best = min(took)
    holds(best < PROMPT_SECONDS, f'{best * 1000:.0f} ms to the prompt')


@claim
def a_new_home_has_its_prompt_at_once(house):
    begins_at_once(house, lambda attempt: f'new{attempt}')


@claim
def a_home_with_a_past_has_its_prompt_at_once(house):
    equal(house.run('send', '#lobby', home='ana',
                    text='what was said\n' * LINES).code, 0)
    begins_at_once(house, lambda _: 'ana')


if __name__ == '__main__':
    prove()
