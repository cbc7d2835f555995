#!/usr/bin/env -S python3 -B
# main_job_netns.py - the main job between two network namespaces
#
# Two namespaces, a cable between them, no default route, no DNS. They belong
# to processes that end with this script, so nothing is left behind however it
# ends.
import subprocess

from house import claim, equal, in_seconds, prove
from main_job import main_job
from namespaces import two_namespaces

# For documentation (RFC 5737): no machine here has them.
ANA, BOB = '192.0.2.1', '192.0.2.2'


class End:
    """A namespace, its address, and its end of the cable."""

    def __init__(self, namespace, address, cable):
        self.namespace = namespace
        self.address = address
        self.cable = cable

    def plug_in(self):
        self.namespace.ip('link', 'set', self.cable, 'up')

    def pull_out(self):
        self.namespace.ip('link', 'set', self.cable, 'down')


def a_cable(namespaces):
    ana = End(namespaces[0], ANA, 'to-bob')
    bob = End(namespaces[1], BOB, 'to-ana')
    subprocess.run(
        ['ip', 'link', 'add', ana.cable,
         'netns', str(ana.namespace.holder.pid), 'type', 'veth',
         'peer', bob.cable, 'netns', str(bob.namespace.holder.pid)],
        check=True)
    for end in (ana, bob):
        end.namespace.ip('addr', 'add', f'{end.address}/24', 'dev', end.cable)
        end.plug_in()
    return ana, bob


def two_nodes(house):
    ana = house.node('ana', '--join', '#lobby', '--listen', ANA,
                     inside=namespaces[0].inside())
    bob = house.node('bob', '--join', '#lobby', '--listen', BOB,
                     '--connect', f'{ANA}:{ana.port}',
                     inside=namespaces[1].inside())
    return ana, bob


@claim
def all_lines_cross_a_network_without_a_default_route(house):
    ana, bob = two_nodes(house)
    main_job(house, ana, bob, namespaces[0].inside())


@claim
def all_lines_come_when_a_cable_is_plugged_in_again(house):
    ana, bob = two_nodes(house)
    api = ana.api()
    api.linked()
    follow = bob.api()
    follow.tell('follow', room='#lobby', last=0)
    follow.event('following')
    ends[0].pull_out()
    said = [f'line {i}' for i in range(100)]
    equal(house.run('send', '#lobby', home='ana',
                    text=''.join(f'{line}\n' for line in said)).code, 0)
    # Nothing tells either side but the silence of the other.
    api.event('unlinked', in_seconds(20), name='bob')
    ends[0].plug_in()
    for line in said:
        follow.event('text', in_seconds(30), text=line)
    equal(house.texts('bob'), said)
    equal(house.digest('ana'), house.digest('bob'))


if __name__ == '__main__':
    namespaces = two_namespaces()
    try:
        ends = a_cable(namespaces)
        prove()
    finally:
        for namespace in namespaces:
            namespace.end()
