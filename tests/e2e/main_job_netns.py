#!/usr/bin/env -S python3 -B
# main_job_netns.py - the main job between two network namespaces
#
# Two namespaces, a cable between them, no default route, no DNS. They belong
# to processes that end with this script, so nothing is left behind however it
# ends.
import os
import shutil
import subprocess

from house import claim, equal, in_seconds, prove, skip
from main_job import main_job

# For documentation (RFC 5737): no machine here has them.
ANA, BOB = '192.0.2.1', '192.0.2.2'


class Namespace:
    def __init__(self, address, cable):
        self.address = address
        self.cable = cable
        # The echo says that it is in its namespace; it ends with its input.
        self.holder = subprocess.Popen(
            ['unshare', '--net', 'cat'], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def is_there(self):
        try:
            self.holder.stdin.write(b'here\n')
            self.holder.stdin.flush()
        except BrokenPipeError:
            return False
        return self.holder.stdout.readline() == b'here\n'

    def inside(self):
        return ['nsenter', f'--net=/proc/{self.holder.pid}/ns/net']

    def ip(self, *command):
        subprocess.run([*self.inside(), 'ip', *command], check=True)

    def plug_in(self):
        self.ip('link', 'set', self.cable, 'up')

    def pull_out(self):
        self.ip('link', 'set', self.cable, 'down')

    def end(self):
        self.holder.communicate()


def two_namespaces():
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    if not shutil.which('ip'):
        skip('iproute2 is not installed')
    ana, bob = Namespace(ANA, 'to-bob'), Namespace(BOB, 'to-ana')
    if not (ana.is_there() and bob.is_there()):
        skip('this system lets nobody make network namespaces')
    subprocess.run(
        ['ip', 'link', 'add', ana.cable, 'netns', str(ana.holder.pid),
         'type', 'veth', 'peer', bob.cable, 'netns', str(bob.holder.pid)],
        check=True)
    for end in (ana, bob):
        end.ip('addr', 'add', f'{end.address}/24', 'dev', end.cable)
        end.plug_in()
    return ana, bob


def two_nodes(house):
    ends = namespaces
    ana = house.node('ana', '--join', '#lobby', '--listen', ANA,
                     inside=ends[0].inside())
    bob = house.node('bob', '--join', '#lobby', '--listen', BOB,
                     '--connect', f'{ANA}:{ana.port}',
                     inside=ends[1].inside())
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
    namespaces[0].pull_out()
    said = [f'line {i}' for i in range(100)]
    equal(house.run('send', '#lobby', home='ana',
                    text=''.join(f'{line}\n' for line in said)).code, 0)
    # Nothing tells either side but the silence of the other.
    api.event('unlinked', in_seconds(20), name='bob')
    namespaces[0].plug_in()
    for line in said:
        follow.event('text', in_seconds(30), text=line)
    equal(house.texts('bob'), said)
    equal(house.digest('ana'), house.digest('bob'))


if __name__ == '__main__':
    namespaces = two_namespaces()
    try:
        prove()
    finally:
        for namespace in namespaces:
            namespace.end()
