#!/usr/bin/env -S python3 -B
# doctor.py - each cause for which nobody is found, and what is said of it
import contextlib
import os
import socket
import subprocess
import time

from discovery import GROUP, PORT, a_network, beacon, liar, meet, node
from house import Late, claim, equal, in_seconds, in_time, prove, skip
from namespaces import Namespace, drop, nft, socket_inside
from shifted import Clock

UNAVAILABLE = 69


def doctor(house, inside, home='ill'):
    """What is found there, by its code."""
    result = house.run('doctor', '--json', home=home, inside=inside.inside())
    found = {event['code']: event for event in result.events()}
    equal(result.code, UNAVAILABLE if found else 0)
    for finding in found.values():
        assert finding['say'] and finding['seen'] and finding['do'], finding
    return found


@claim
def with_company_nothing_is_in_the_way(house):
    with a_network() as network:
        node(house, 'ana', network.house())
        here = network.house()
        equal(doctor(house, here), {})
        said = house.run('doctor', home='ill', inside=here.inside())
        equal(said.out, 'Nothing is in the way: 1 other node of this network '
                        'answered.')
        house.stop_all()


@claim
def a_machine_without_a_network_is_told_so(house):
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    machine = Namespace()
    assert machine.is_there()
    machine.ip('link', 'set', 'lo', 'up')
    equal(list(doctor(house, machine)), ['no-network'])
    said = house.run('doctor', home='ill', inside=machine.inside()).out
    assert 'This machine is on no network' in said, said
    machine.end()


@claim
def a_firewall_is_told_with_a_command_that_opens_it(house):
    with a_network() as network:
        ana = node(house, 'ana', network.house())
        here = network.house()
        drop(here, 'ip protocol { tcp, udp }', 'ip6 nexthdr { tcp, udp }')
        found = doctor(house, here)['firewall']
        assert 'inet scene in' in found['seen'], found
        bob = node(house, 'bob', here, '--port', '9999')
        # It is what a person would paste into a shell.
        for command in found['do'].split('; '):
            assert command.startswith('nft insert rule inet scene in '), found
            nft(here, command.removeprefix('nft ').replace("'", ''))
        meet(bob, 'ana', 10)
        meet(ana, 'bob', 10)
        house.stop_all()


@claim
def a_vpn_that_takes_the_network_is_named(house):
    with a_network() as network:
        node(house, 'ana', network.house())
        here = network.house()
        here.ip('link', 'add', 'vpn0', 'type', 'veth', 'peer', 'far-end')
        here.ip('link', 'set', 'far-end', 'up')
        here.ip('addr', 'add', '10.8.0.2/24', 'dev', 'vpn0')
        here.ip('link', 'set', 'vpn0', 'up')
        here.ip('rule', 'add', 'priority', '10', 'to', '192.0.2.0/24',
                'table', '77')
        here.ip('route', 'add', '192.0.2.0/24', 'dev', 'vpn0', 'src',
                '10.8.0.2', 'table', '77')
        found = doctor(house, here)['vpn']
        assert 'vpn0' in found['seen'] and 'vpn0' in found['do'], found
        house.stop_all()


@claim
def filtered_multicast_is_told_from_nobody(house):
    with a_network() as network:
        there, here = network.house(), network.house()
        rules = ['ip daddr 224.0.0.0/4', 'ip6 daddr ff00::/8 udp dport 9999']
        drop(there, *rules)
        drop(here, *rules)
        node(house, 'ana', there)
        found = doctor(house, here)
        assert 'isolation' not in found, found
        in_time('multicast' in found, found)
        house.stop_all()


@claim
def client_isolation_is_said_as_likely(house):
    with a_network() as network:
        there, here = network.house(), network.house()
        for number in (1, 2):
            network.isolate(number)
        node(house, 'ana', there)
        found = doctor(house, here)
        assert found['isolation']['likely'], found
        assert found['subnet']['likely'], found
        house.stop_all()


@claim
def two_sides_of_an_isolation_and_who_hears_both_are_proof(house):
    with a_network() as network:
        there, here, both = [network.house() for _ in range(3)]
        for number in (1, 2):
            network.isolate(number)
        ana, bob = [house.node(name, '--listen', '0.0.0.0', '--port', '9999',
                               inside=machine.inside())
                    for name, machine in (('ana', there), ('bob', here))]
        house.node('hub', '--listen', '0.0.0.0', '--port', '9999',
                   '--connect', f'{there.address}:9999',
                   '--connect', f'{here.address}:9999', inside=both.inside())
        for program in (ana, bob):
            meet(program, 'hub', 5)
        # Both are tried, and none can be reached.
        for program in (ana, bob):
            wait_for_apart(program.api())
        found = doctor(house, here, 'bob')
        assert not found['isolation']['likely'], found
        equal(found['isolation']['seen'], f'hub has a link with ana at '
              f'{there.address}; this machine gets none')
        house.stop_all()


def wait_for_apart(api):
    """Until the node has tried to reach whom it can not."""
    deadline = in_seconds(20)
    while not api.ask('status')['apart']:
        with contextlib.suppress(Late):
            api.lines.next(time.monotonic() + 0.1)
        in_time(time.monotonic() < deadline)


@claim
def another_subnet_is_said_as_likely(house):
    with a_network() as network, a_network('198.51.100') as beyond:
        node(house, 'ana', beyond.house())
        here = network.house()
        found = doctor(house, here)['subnet']
        assert found['likely'] and here.address in found['seen'], found
        assert 'quickfi connect' in found['do'], found
        house.stop_all()


@claim
def ufw_and_firewalld_are_told_in_their_own_words(house):
    with a_network() as network:
        here = network.house()
        for make, says in (
                ('mount -t tmpfs none /etc && mkdir /etc/ufw && '
                 'echo ENABLED=yes > /etc/ufw/ufw.conf', 'ufw allow 9999/tcp'),
                ('mount -t tmpfs none /run && mkdir /run/firewalld',
                 'firewall-cmd --permanent')):
            machine = [*here.inside(), 'unshare', '--mount', 'sh', '-c',
                       make + ' && exec "$@"', 'sh']
            result = house.run('doctor', '--json', home='ill', inside=machine)
            found = {event['code']: event for event in result.events()}
            assert found['firewall']['likely'], result
            assert found['firewall']['do'].startswith(says), result


@claim
def a_clock_that_is_far_off_is_told(house):
    with a_network() as network:
        node(house, 'ana', network.house())
        here = network.house()
        clock = Clock(house, 'ill').shift(-time.time() + 86400)
        result = house.run('doctor', '--json', home='ill',
                           inside=[*here.inside(), *clock.inside])
        assert [event['code'] for event in result.events()] == ['clock'], result
        equal(result.code, UNAVAILABLE)
        house.stop_all()


@claim
def who_is_alone_for_a_while_is_told_why_by_the_same_words(house):
    with a_network() as network:
        here = network.house()
        bob = node(house, 'bob', here)
        notice = bob.out.event('notice', in_seconds(30))['say']
        said = house.run('doctor', home='bob', inside=here.inside())
        equal(said.code, UNAVAILABLE)
        first, _, todo = said.out.splitlines()[:3]
        assert first in notice, (first, notice)
        who = house.run('who', home='bob')
        assert first in who.err and todo.split('do: ')[1] in who.err, who
        talk = house.run('--line', home='bob', text='/names\n/doctor\n')
        assert f'System: nobody else is here. {first} To do: ' in talk.out, talk
        assert f'System: {first} Seen: ' in talk.out, talk
        house.stop_all()


@claim
def machines_that_run_no_quickfi_are_not_called_isolation(house):
    with a_network() as network:
        network.house()
        found = doctor(house, network.house())
        assert 'nobody' in found and 'isolation' not in found, found


@claim
def a_taken_port_is_told_unless_our_own_node_has_it(house):
    with a_network() as network:
        node(house, 'ana', network.house())
        here = network.house()
        with socket_inside(here, socket.AF_INET6, socket.SOCK_STREAM) as other:
            other.bind(('::', PORT))
            other.listen()
            assert 'port' in doctor(house, here)
        bob = node(house, 'bob', here, '--port', str(PORT))
        meet(bob, 'ana', 5)
        equal(doctor(house, here, 'bob'), {})
        house.stop_all()


@claim
def another_version_is_told_from_nobody(house):
    with a_network() as network:
        there, here = network.house(), network.house()
        program = house.start('doctor', '--json', home='ill',
                              inside=here.inside())
        with liar(there) as s:
            while program.process.poll() is None:
                s.sendto(beacon(PORT, bytes(16), version=2), (GROUP, PORT))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.process.wait(0.1)
        program.ended()
        assert any('"version"' in line for line in program.out.seen), \
            program.report()


if __name__ == '__main__':
    prove()
