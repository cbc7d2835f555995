#!/usr/bin/env -S python3 -B
# main_job.py - 300 lines reach a node that is killed while they come
#
# The lines are piped into send on one node. The other is killed as soon as it
# has some of them, or none, and started again. MAIN_JOB_SEED=N repeats a story.
import os
import random
import time

from house import PATIENCE, claim, equal, in_time, prove

LINES = 300
ON_THEIR_WAY = 20  # lines that send was given and has not stored
DEATHS = 5
SECONDS = 10


def kill_on_the_way(bob, dice, stored):
    api = bob.api()
    api.tell('follow', room='#lobby', last=LINES)
    for _ in range(dice.randrange(stored + 1)):
        api.event('text')
    bob.kill()


def pipe_while_it_dies(house, ana, bob, inside):
    """Returns the last of the nodes that bob has been."""
    seed = int(os.environ.get('MAIN_JOB_SEED', random.randrange(10**6)))
    dice = random.Random(seed)
    print(f'# MAIN_JOB_SEED={seed}', flush=True)
    deaths = dice.sample(range(1, LINES), DEATHS)
    send = house.start('send', '#lobby', '--json', home='ana', inside=inside)
    for said in range(LINES + ON_THEIR_WAY):
        if said < LINES:
            send.write(f'line {said}\n')
        if said == LINES - 1:
            send.end_input()
        if said < ON_THEIR_WAY:
            continue
        send.out.event('stored')
        if said - ON_THEIR_WAY in deaths:
            kill_on_the_way(bob, dice, said - ON_THEIR_WAY)
            bob = bob.again()
    equal(send.ended(), 0)
    return bob


def main_job(house, ana, bob, inside=()):
    begun = time.monotonic()
    said = [f'line {i}' for i in range(LINES)]
    bob = pipe_while_it_dies(house, ana, bob, inside)
    api = bob.api()
    api.tell('follow', room='#lobby', last=LINES)
    for _ in range(LINES):
        api.event('text')
    took = time.monotonic() - begun
    print(f'# took {took:.1f} s', flush=True)
    equal(house.texts('ana'), said)
    equal(house.texts('bob'), said)
    digest = house.digest('ana')
    equal(house.digest('bob'), digest)
    equal(digest['count'], LINES)
    in_time(took < SECONDS * PATIENCE, f'it took {took:.1f} s')


@claim
def all_lines_reach_a_node_that_dies_and_dials_again(house):
    ana = house.node('ana', '--join', '#lobby')
    bob = house.node('bob', '--join', '#lobby',
                     '--connect', f'127.0.0.1:{ana.port}')
    main_job(house, ana, bob)


@claim
def all_lines_reach_a_node_that_dies_and_is_dialled_again(house):
    bob = house.node('bob', '--join', '#lobby')
    ana = house.node('ana', '--join', '#lobby',
                     '--connect', f'127.0.0.1:{bob.port}')
    main_job(house, ana, bob)


if __name__ == '__main__':
    prove()
