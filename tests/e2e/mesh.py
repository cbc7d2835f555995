#!/usr/bin/env -S python3 -B
# mesh.py - one address is enough: friends passed on, hosts that leave, bridges
#
# Each node lives in a namespace of its own and is plugged into one or more
# switches, which are bridges in one more namespace.
#
# SIDE=N, LINES=N: how many nodes the two halves have, and what is said there.
import os
import time

from house import PATIENCE, claim, equal, in_seconds, in_time, prove
from namespaces import Bridge, Switches, skip_without_namespaces
from stock import weigh

ALL = 10
CROWD = 8  # more than all link with each other
LINKED_SECONDS = 3
GO_ON_SECONDS = 3
SIDE = int(os.environ.get('SIDE', 4))
LINES = int(os.environ.get('LINES', 500))
HEAL_SECONDS = 5
HEAL_RATIO = 1.15
HEAL_BYTES = 64 * 1024  # a node


def start(house, name, machine, known=(), hub=False):
    """A node on all networks of its machine, that knows those addresses."""
    addresses = [word for at in known for word in ('--connect', at)]
    return house.node(name, '--join', '#lobby', '--listen', '0.0.0.0',
                      '--port', '9999', *['--hub'][:hub], *addresses,
                      inside=machine.inside())


def names(api):
    return {person['name'] for person in api.ask('who')['people']}


def linked(api):
    return {link['name'] for link in api.ask('status')['links']}


def wait_for(api, deadline, is_so):
    """Until it is so; something that the node tells may have made it so."""
    assert api.ask('watch')['on'] == 'done'
    while not is_so(api):
        api.lines.next(deadline)


def says(house, name, text, *readers):
    """A line said at one node is read at all others."""
    equal(house.run('send', '#lobby', text, home=name).code, 0)
    for reader in readers:
        reader.event('text', in_seconds(GO_ON_SECONDS), text=text)


def follow(node):
    api = node.api()
    api.tell('follow', room='#lobby', last=100)
    api.event('following')
    return api


@claim
def who_knows_one_address_is_linked_with_all_at_once(house):
    with Switches(1) as net:
        machines = [net.machine(0) for _ in range(4)]
        ana = start(house, 'ana', machines[0])
        others = [start(house, f'n{i}', machine, [machines[0].at(0)])
                  for i, machine in enumerate(machines[1:])]
        deadline = in_seconds(LINKED_SECONDS)
        for node in (ana, *others):
            wait_for(node.api(), deadline, lambda api: len(linked(api)) == 3)


@claim
def the_host_leaves_and_the_room_stays(house):
    with Switches(1) as net:
        machines = [net.machine(0) for _ in range(3)]
        ana = start(house, 'ana', machines[0])
        bob, eve = [start(house, name, machine, [machines[0].at(0)])
                    for name, machine in zip(('bob', 'eve'), machines[1:])]
        for node in (ana, bob, eve):
            wait_for(node.api(), in_seconds(LINKED_SECONDS),
                     lambda api: len(linked(api)) == 2)
        bob_reads, eve_reads = follow(bob), follow(eve)
        ana.kill()
        says(house, 'bob', 'still here', eve_reads)
        says(house, 'eve', 'me too', bob_reads)
        # They come before or after the answer, as fast as they came to ana.
        reads = ana.again().api()
        reads.tell('follow', room='#lobby', last=100)
        equal({reads.event('text')['text'] for _ in range(2)},
              {'still here', 'me too'})


@claim
def who_is_on_two_networks_joins_them(house):
    with Switches(2) as net:
        left, both, right = net.machine(0), net.machine(0, 1), net.machine(1)
        bob = start(house, 'bob', both)
        ana = start(house, 'ana', left, [both.at(0)])
        eve = start(house, 'eve', right, [both.at(1)])
        for node in (ana, bob, eve):
            wait_for(node.api(), in_seconds(LINKED_SECONDS),
                     lambda api: len(names(api)) == 3)
        says(house, 'ana', 'across', follow(eve))
        equal(linked(ana.api()), {'bob'})


@claim
def three_networks_in_a_row_are_one(house):
    with Switches(3) as net:
        machines = [net.machine(0), net.machine(0, 1), net.machine(1, 2),
                    net.machine(2)]
        nodes = [start(house, 'n0', machines[0])]
        for i in range(1, 4):
            nodes.append(start(house, f'n{i}', machines[i],
                               [machines[i - 1].at(i - 1)]))
        for node in nodes:
            wait_for(node.api(), in_seconds(LINKED_SECONDS),
                     lambda api: len(names(api)) == 4)
        result = house.run('who', home='n0')
        assert 'n3  is here through n1, 3 links away' in result.out, result
        drawn = house.run('map', home='n0')
        equal(drawn.out.splitlines(), [
            'n0 (you)',
            '└─ n1  over net0  in 198.18.0.0/24',
            '   └─ n2  in 198.18.1.0/24',
            '      └─ n3  in 198.18.2.0/24',
            '4 nodes, 3 links'])
        assert house.run('map', '--svg', home='n0').out.startswith('<svg ')
        names_in = house.run('--line', home='n0', text='/names\n/map\n').out
        assert 'n3 (through n1, 3 links away)' in names_in, names_in
        assert '└─ n1  over net0' in names_in, names_in
        says(house, 'n0', 'to the far end', follow(nodes[3]))
        says(house, 'n3', 'and back', follow(nodes[0]))


@claim
def who_hears_both_sides_of_an_isolation_relays_unasked(house):
    network = Bridge()
    try:
        ends = [network.house() for _ in range(3)]
        network.isolate(1)
        network.isolate(2)
        ana, bob, eve = [
            house.node(name, '--join', '#lobby', '--listen', '::',
                       '--discovery', 'on', inside=end.inside())
            for name, end in zip(('ana', 'bob', 'eve'), ends)]
        for node in (ana, bob):
            wait_for(node.api(), in_seconds(4 * LINKED_SECONDS),
                     lambda api: len(names(api)) == 3)
            equal(linked(node.api()), {'eve'})
        says(house, 'ana', 'can you hear me', follow(bob))
        says(house, 'bob', 'through eve', follow(ana))
        house.stop_all()
    finally:
        network.end()


@claim
def ten_that_know_one_address_are_all_linked(house):
    with Switches(1) as net:
        machines = [net.machine(0) for _ in range(ALL)]
        nodes = [start(house, 'n0', machines[0])]
        nodes += [start(house, f'n{i}', machines[i], [machines[0].at(0)])
                  for i in range(1, ALL)]
        begun = time.monotonic()
        deadline = in_seconds(LINKED_SECONDS)
        for node in nodes:
            wait_for(node.api(), deadline, lambda api:
                     len(names(api)) == ALL and len(linked(api)) >= 4)
        took = time.monotonic() - begun
        print(f'# all had links and names after {took:.1f} s')
        in_time(took < LINKED_SECONDS * PATIENCE)
        # Nobody needs the first any more.
        nodes[0].kill()
        reads = follow(nodes[ALL - 1])
        says(house, 'n1', 'without the first', reads)


@claim
def all_go_to_a_hub_and_on_without_it_and_back(house):
    with Switches(1) as net:
        machines = [net.machine(0) for _ in range(CROWD)]
        hub = start(house, 'hub', machines[0], hub=True)
        nodes = [start(house, f'n{i}', machine, [machines[0].at(0)])
                 for i, machine in enumerate(machines[1:])]
        deadline = in_seconds(4 * LINKED_SECONDS)
        for node in nodes:
            wait_for(node.api(), deadline, lambda api:
                     len(names(api)) == CROWD and 'hub' in linked(api))
        wait_for(hub.api(), deadline, lambda api: len(linked(api)) == CROWD - 1)
        assert hub.api().ask('status')['hub']
        equal([person['name'] for person in nodes[0].api().ask('who')['people']
               if person['hub']], ['hub'])
        who = house.run('who', home='n0').out
        assert 'hub  is linked with this node over net0, a hub' in who, who
        drawn = house.run('map', home='n0').out
        assert 'hub (hub)  over net0' in drawn, drawn
        hub.kill()
        readers = [follow(node) for node in nodes]
        says(house, 'n0', 'the hub is gone', *readers[1:])
        hub = start(house, 'hub', machines[0], hub=True)
        wait_for(hub.api(), in_seconds(4 * LINKED_SECONDS),
                 lambda api: len(linked(api)) == CROWD - 1)
        says(house, 'n0', 'and it is back', follow(hub), *readers[1:])
        equal(len({house.digest(node.name)['digest']
                   for node in (hub, *nodes)}), 1)


def half_a_network(house, name, machines):
    """Whoever is there has said its lines, and all there have them."""
    known = [machines[0].at(0)]
    nodes = [start(house, f'{name}{i}', machine, known if i else [])
             for i, machine in enumerate(machines)]
    for node in nodes:
        wait_for(node.api(), in_seconds(4 * LINKED_SECONDS),
                 lambda api: len(names(api)) == SIDE)
    readers = [follow(node) for node in nodes]
    send = house.start('send', '#lobby', home=nodes[0].name)
    send.write(''.join(f'{name} said {i}\n' for i in range(LINES)))
    send.end_input()
    equal(send.ended(60), 0)
    for reader in readers:
        read_lines(reader)
    return nodes, readers


def read_lines(reader):
    """As many as one half said, in the order in which they came."""
    deadline = in_seconds(20 + LINES / 50)
    return [reader.event('text', deadline)['text'] for _ in range(LINES)]


@claim
def two_halves_are_one_in_5_s_and_read_in_order(house):
    with Switches(2) as net:
        machines = [net.machine(0) for _ in range(2 * SIDE)]
        left, right = machines[:SIDE], machines[SIDE:]
        for machine in right:
            net.replug(machine, 0, 1)
        halves = [half_a_network(house, name, of)
                  for name, of in (('left', left), ('right', right))]
        nodes = [node for of in halves for node in of[0]]
        before = received(nodes)
        for machine in right:
            net.replug(machine, 0, 0)
        begun = time.monotonic()
        nodes[0].api().ask('connect', address=right[0].addresses[0], port=9999)
        for (_, readers), other in zip(halves, ('right', 'left')):
            for reader in readers:
                equal(read_lines(reader),
                      [f'{other} said {i}' for i in range(LINES)])
        took = time.monotonic() - begun
        came = received(nodes) - before
        equal(len({house.digest(node.name)['digest'] for node in nodes}), 1)
        equal(nodes[0].stop(), 0)
        # Each node lacked one of the two halves.
        missing = weigh(house, nodes[0].name) * SIDE
        most = int(HEAL_RATIO * missing) + HEAL_BYTES * len(nodes)
        print(f'# all had all after {took:.1f} s and {came} bytes; {missing} '
              f'were missing, {most} allowed')
        in_time(took < HEAL_SECONDS * PATIENCE)
        in_time(came <= most)


def received(nodes):
    return sum(worker['bytes_in'] for node in nodes
               for worker in node.api().ask('status')['workers'])


if __name__ == '__main__':
    skip_without_namespaces()
    prove()
