#!/usr/bin/env -S python3 -B
# discovery.py - nodes that find each other with no address typed
#
# Each scene is a bridge in a namespace of its own, with a namespace for each
# house. What a network filters is filtered by nft where it comes in. How long it
# took is printed; a machine that has much else to do gets three times as long.
import contextlib
import json
import os
import pathlib
import random
import select
import signal
import socket
import struct
import time

from house import (PATIENCE, Late, claim, in_seconds, in_time, prove, skip,
                   until)
from namespaces import (Bridge, Namespace, drop, drop_nothing,
                        socket_inside)

PORT = 9999
GROUP = '224.0.0.199'
MDNS = ('224.0.0.251', 5353)
ETH_P_ALL = 3
FORGED = 10000
IPV6 = 'meta nfproto ipv6'


@contextlib.contextmanager
def a_network(*net):
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    network = Bridge(*net)
    try:
        yield network
    finally:
        network.end()


def node(house, name, inside, *options):
    return house.node(name, '--listen', '::', '--discovery', 'on', *options,
                      inside=inside.inside())


SLACK = 3


def meet(node, name, seconds):
    """It is linked with that person so soon."""
    begun = time.monotonic()
    event = node.out.event('linked', in_seconds(SLACK * seconds), name=name)
    note(seconds, begun)
    return event


def note(seconds, begun):
    print(f'# {time.monotonic() - begun:.1f} of {seconds} s', flush=True)


def meet_again(nodes, at, seconds):
    """One of them tells of a link to such an address. The other may have had
    the new link before it lost the old one, which is no news."""
    begun = time.monotonic()
    deadline = in_seconds(SLACK * seconds)
    while time.monotonic() < deadline:
        for one in nodes:
            with contextlib.suppress(Late):
                event = json.loads(one.out.next(time.monotonic() + 0.05))
                if event['on'] == 'linked' and event['address'].startswith(at):
                    note(seconds, begun)
                    return
    raise Late(f'no link to {at}')


def find_each_other(house, network, seconds, filtered=()):
    there, here = network.house(), network.house()
    if filtered:
        drop(there, *filtered)
        drop(here, *filtered)
    ana = node(house, 'ana', there)
    bob = node(house, 'bob', here)
    meet(bob, 'ana', seconds)
    meet(ana, 'bob', seconds)
    return ana, bob


@claim
def two_nodes_of_a_network_find_each_other(house):
    with a_network() as network:
        find_each_other(house, network, 3)
        house.stop_all()


@claim
def where_mdns_is_dropped_beacons_find_them(house):
    with a_network() as network:
        find_each_other(house, network, 3, ['udp dport 5353'])
        house.stop_all()


@claim
def where_beacons_are_dropped_mdns_finds_them(house):
    with a_network() as network:
        find_each_other(house, network, 6, ['udp dport 9999'])
        house.stop_all()


@claim
def where_multicast_is_dropped_each_address_is_asked(house):
    with a_network() as network:
        find_each_other(house, network, 12, [
            'ip daddr 224.0.0.0/4', 'ip6 daddr ff00::/8 udp dport 9999',
            'udp dport 5353'])
        house.stop_all()


@claim
def where_no_route_leads_to_multicast_they_find_each_other(house):
    with a_network() as network:
        there, here = network.house(), network.house()
        for end in (there, here):
            end.ip('route', 'add', 'unreachable', '224.0.0.0/4')
        ana, bob = node(house, 'ana', there), node(house, 'bob', here)
        meet(bob, 'ana', 3)
        meet(ana, 'bob', 3)
        house.stop_all()


@claim
def beside_another_that_speaks_mdns_they_find_each_other(house):
    """As avahi-daemon does, it has the port of mDNS and lets others share."""
    with a_network() as network:
        there, here = network.house(), network.house()
        daemons = []
        for end in (there, here):
            drop(end, 'udp dport 9999')
            daemon = socket_inside(end, socket.AF_INET, socket.SOCK_DGRAM)
            daemon.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            daemon.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            daemon.bind(('', MDNS[1]))
            daemon.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                socket.inet_aton(MDNS[0]) + socket.inet_aton(end.address))
            daemons.append(daemon)
        ana, bob = node(house, 'ana', there), node(house, 'bob', here)
        meet(bob, 'ana', 6)
        meet(ana, 'bob', 6)
        house.stop_all()
        for daemon in daemons:
            daemon.close()


@claim
def an_interface_that_comes_later_is_used(house):
    with a_network() as network:
        there, here = network.house(), network.house(up=False)
        ana = node(house, 'ana', there)
        bob = node(house, 'bob', here)
        here.ip('addr', 'add', f'{here.address}/24', 'dev', 'lan')
        here.ip('link', 'set', 'lan', 'up')
        meet(ana, 'bob', 5)
        meet(bob, 'ana', 5)
        house.stop_all()


@claim
def after_an_interface_was_down_they_are_linked_again_in_5_s(house):
    with a_network() as network:
        ana, bob = find_each_other(house, network, 3)
        here = network.ends[1]
        here.ip('link', 'set', 'lan', 'down')
        bob.out.event('unlinked', in_seconds(5), name='ana')
        here.ip('link', 'set', 'lan', 'up')
        meet_again([ana, bob], '', 5)
        house.stop_all()


@claim
def on_another_network_with_other_addresses_they_are_linked_in_5_s(house):
    with a_network() as network:
        # The link would go on by IPv6's addresses of the cable itself.
        ana, bob = find_each_other(house, network, 3, [IPV6])
        for number, end in enumerate(network.ends, 1):
            end.ip('addr', 'flush', 'dev', 'lan', 'scope', 'global')
            end.ip('addr', 'add', f'198.51.100.{number}/24', 'dev', 'lan')
        meet_again([ana, bob], '198.51.100.', 5)
        house.stop_all()


@claim
def without_ipv4_they_are_linked_by_ipv6(house):
    with a_network() as network:
        ana, bob = find_each_other(house, network, 3, [IPV6])
        for end in network.ends:
            drop_nothing(end)
            end.ip('-4', 'addr', 'flush', 'dev', 'lan')
        meet_again([ana, bob], 'fe80:', 5)
        house.stop_all()


@claim
def two_users_of_a_machine_without_a_network_find_each_other(house):
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    machine = Namespace()
    assert machine.is_there()
    machine.ip('link', 'set', 'lo', 'up')
    ana = node(house, 'ana', machine)
    bob = node(house, 'bob', machine)
    meet(ana, 'bob', 3)
    meet(bob, 'ana', 3)
    house.stop_all()
    machine.end()


# What can be read


class Capture:
    """All packets of a bridge, from its first moment."""

    def __init__(self, network):
        self.socket = socket_inside(network.namespace, socket.AF_PACKET,
                                    socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind(('bridge', 0))

    def packets_until(self, *words):
        """All of UDP, until each of those words was in one."""
        missing = set(words)
        deadline = in_seconds(20)
        packets = []
        while missing:
            in_time(select.select([self.socket], [], [], until(deadline))[0],
                    f'none with {missing} was captured')
            packet = self.socket.recv(65536)
            if is_udp(packet):
                packets.append(packet)
                missing -= {word for word in missing if word in packet}
        return packets


@claim
def no_name_room_or_key_can_be_read_by_whoever_listens(house):
    with a_network() as network:
        there, here = network.house(), network.house()
        capture = Capture(network)
        ana = node(house, 'anastasia', there, '--join', '#secretroom')
        bob = node(house, 'bartholomew', here, '--join', '#secretroom')
        linked = meet(bob, 'anastasia', 3)
        meet(ana, 'bartholomew', 3)
        status = house.run('status', '--json', home='bartholomew').events()[0]
        udp = capture.packets_until(b'QFb', b'_quickfi')
        house.stop_all()
        words = [b'anastasia', b'bartholomew', b'secretroom', b'someone',
                 linked['key'].encode(), status['key'].encode()]
        words += [base32(key) for key in (linked['key'], status['key'])]
        for packet in udp:
            for word in words:
                assert word not in packet.lower() and \
                    word not in packet, (word, packet)
        capture.socket.close()


def is_udp(frame):
    kind = frame[12:14]
    return kind == b'\x08\x00' and frame[23] == socket.IPPROTO_UDP or \
        kind == b'\x86\xdd' and frame[20] == socket.IPPROTO_UDP


def base32(text):
    """The bytes of a key."""
    digits = 'abcdefghijklmnopqrstuvwxyz234567'
    number = 0
    for digit in text:
        number = number << 5 | digits.index(digit)
    return (number >> 4).to_bytes(32, 'big')


# The child


def children(program):
    found = []
    for task in pathlib.Path(f'/proc/{program.pid}/task').iterdir():
        with contextlib.suppress(OSError):
            found += (task / 'children').read_text().split()
    return [int(pid) for pid in found]


def child(program, but=None):
    """Its child for mDNS, once there is one."""
    deadline = in_seconds(10)
    while time.monotonic() < deadline:
        for pid in children(program):
            if pid != but:
                return pid
        with contextlib.suppress(Late):
            program.out.next(time.monotonic() + 0.1)
    raise Late('there is no child')


def has_no_rights(pid):
    """Not before it runs the program; and a sanitizer needs its own."""
    deadline = in_seconds(10)
    status = pathlib.Path(f'/proc/{pid}/status')
    while 'NoNewPrivs:\t1' not in status.read_text() and PATIENCE == 1:
        in_time(time.monotonic() < deadline, status.read_text())


@claim
def a_killed_child_is_started_again_and_has_no_rights(house):
    with a_network() as network:
        ana = node(house, 'ana', network.house())
        first = child(ana)
        os.kill(first, signal.SIGKILL)
        second = child(ana, but=first)
        has_no_rights(second)
        bob = node(house, 'bob', network.house())
        meet(bob, 'ana', 3)
        house.stop_all()


@claim
def the_child_ends_with_its_node(house):
    with a_network() as network:
        ana = node(house, 'ana', network.house())
        pid = child(ana)
        watch = os.pidfd_open(pid)
        ana.kill()
        in_time(select.select([watch], [], [], 10 * PATIENCE)[0])
        os.close(watch)


# Lies


def beacon(port, hint, version=1, kind=0):
    return b'QFb' + struct.pack('>BBH', version, kind, port) + hint


def liar(namespace):
    """A socket that speaks to both groups from there."""
    s = socket_inside(namespace, socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                 socket.inet_aton(namespace.address))
    return s


def name(text):
    return b''.join(bytes([len(part)]) + part.encode()
                    for part in text.split('.')) + b'\0'


def record(owner, kind, data):
    return name(owner) + struct.pack('>HHIH', kind, 0x8001 if kind != 12 else 1,
                                     120, len(data)) + data


def announcement(number, address):
    """What a node says by mDNS: PTR, SRV, TXT, A."""
    service = f'qf-{number:016x}._quickfi._tcp.local'
    host = f'qf-{number:016x}.local'
    hint = b'h=%032x' % number
    return struct.pack('>HHHHHH', 0, 0x8400, 0, 4, 0, 0) + \
        record('_quickfi._tcp.local', 12, name(service)) + \
        record(service, 33, struct.pack('>HHH', 0, 0, 1) + name(host)) + \
        record(service, 16, bytes([len(hint)]) + hint) + \
        record(host, 1, socket.inet_aton(address))


def loops():
    """CNAMEs that lead to themselves: they ended other programs."""
    header = struct.pack('>HHHHHH', 0, 0x8400, 0, 1, 0, 0)
    service = '_quickfi._tcp.local'
    return [header + record(service, 5, name(service)),
            header + record(service, 5, name(f'a.{service}')),
            header + record('qf.local', 5, name('qf.local'))]


@claim
def a_storm_of_lies_ends_nothing_and_hides_nobody(house):
    with a_network() as network:
        chance = random.Random(7)
        there, here, other = (network.house() for _ in range(3))
        ana = node(house, 'ana', there)
        before = memory(ana)
        with liar(other) as s:
            for number in range(1, FORGED + 1):
                s.sendto(beacon(number, number.to_bytes(16, 'big')),
                         (GROUP, PORT))
                s.sendto(announcement(number, f'192.0.2.{number % 250 + 4}'),
                         MDNS)
                if number % 10 == 0:
                    noise = chance.randbytes(chance.randrange(200))
                    s.sendto(noise, (GROUP, PORT))
                    s.sendto(b'QFb' + noise, (GROUP, PORT))
                    s.sendto(noise, MDNS)
            for packet in loops():
                s.sendto(packet, MDNS)
        bob = node(house, 'bob', here)
        meet(bob, 'ana', 5)
        meet(ana, 'bob', 5)
        grown = memory(ana) - before
        assert grown < 16 << 20 or PATIENCE > 1, f'{grown} bytes more'
        house.stop_all()


def memory(program):
    """Bytes that are its own."""
    for line in open(f'/proc/{program.pid}/status'):
        if line.startswith('RssAnon:'):
            return int(line.split()[1]) * 1024
    raise AssertionError('no RssAnon')


if __name__ == '__main__':
    prove()
