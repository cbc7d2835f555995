# namespaces.py - networks that belong to a process and end with it
#
# No default route, no DNS. Nothing is left behind however a script ends.
import ctypes
import os
import shutil
import socket
import subprocess

from house import skip


class Namespace:
    def __init__(self):
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

    def path(self):
        return f'/proc/{self.holder.pid}/ns/net'

    def inside(self):
        return ['nsenter', f'--net={self.path()}']

    def ip(self, *command):
        subprocess.run([*self.inside(), 'ip', *command], check=True)

    def end(self):
        self.holder.communicate()


def two_namespaces():
    if os.geteuid() != 0:
        skip('only root makes network namespaces')
    if not shutil.which('ip'):
        skip('iproute2 is not installed')
    both = Namespace(), Namespace()
    if not all(namespace.is_there() for namespace in both):
        skip('this system lets nobody make network namespaces')
    return both


def skip_without_namespaces():
    for namespace in two_namespaces():
        namespace.end()


class Machine(Namespace):
    """A namespace with a port in each of some switches."""

    def __init__(self):
        super().__init__()
        assert self.is_there()
        self.addresses = {}

    def at(self, switch):
        return f'{self.addresses[switch]}:9999'


class Switches:
    """Networks side by side: 198.18.N.0/24 each, for tests (RFC 2544)."""

    def __init__(self, count):
        self.count = count
        self.machines = []

    def __enter__(self):
        self.namespace = Namespace()
        assert self.namespace.is_there()
        for i in range(self.count):
            self.namespace.ip('link', 'add', f'switch{i}', 'type', 'bridge',
                              'forward_delay', '0')
            self.namespace.ip('link', 'set', f'switch{i}', 'up')
        return self

    def __exit__(self, *_):
        for namespace in (*self.machines, self.namespace):
            namespace.end()

    def replug(self, machine, port_of, switch):
        """Its cable to one switch goes to another, addresses and all."""
        number = self.machines.index(machine) + 1
        self.namespace.ip('link', 'set', f'port{number}-{port_of}', 'master',
                          f'switch{switch}')

    def machine(self, *switches):
        """One more machine, plugged into those."""
        machine = Machine()
        self.machines.append(machine)
        number = len(self.machines)
        machine.ip('link', 'set', 'lo', 'up')
        for switch in switches:
            port, address = f'port{number}-{switch}', f'198.18.{switch}.{number}'
            self.namespace.ip(
                'link', 'add', port, 'type', 'veth', 'peer', f'net{switch}',
                'netns', str(machine.holder.pid))
            self.namespace.ip('link', 'set', port, 'master',
                              f'switch{switch}', 'up')
            machine.ip('addr', 'add', f'{address}/24', 'dev', f'net{switch}')
            machine.ip('link', 'set', f'net{switch}', 'up')
            machine.addresses[switch] = address
        return machine


CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'setns')


def socket_inside(namespace, *kind):
    """A socket of another namespace: it stays where it was made."""
    with open('/proc/thread-self/ns/net') as home, \
            open(namespace.path()) as away:
        enter(away.fileno())
        try:
            return socket.socket(*kind)
        finally:
            enter(home.fileno())


class Bridge:
    """A network of any number of namespaces, each with one cable to it."""

    def __init__(self, net='192.0.2'):
        self.net = net
        self.namespace = Namespace()
        self.ends = []
        if not self.namespace.is_there():
            skip('this system lets nobody make network namespaces')
        self.namespace.ip('link', 'add', 'bridge', 'type', 'bridge')
        self.namespace.ip('link', 'set', 'bridge', 'up')

    def end(self):
        for end in self.ends:
            end.end()
        self.namespace.end()

    def isolate(self, number):
        """As an access point does: that house reaches no other such."""
        subprocess.run([*self.namespace.inside(), 'bridge', 'link', 'set',
                        'dev', f'to-{number}', 'isolated', 'on'], check=True)

    def house(self, up=True):
        """A namespace at the bridge, called lan inside."""
        end = Namespace()
        assert end.is_there()
        self.ends.append(end)
        number = len(self.ends)
        end.address = f'{self.net}.{number}'
        subprocess.run(
            ['ip', 'link', 'add', 'lan', 'netns', str(end.holder.pid), 'type',
             'veth', 'peer', f'to-{number}', 'netns',
             str(self.namespace.holder.pid)], check=True)
        self.namespace.ip('link', 'set', f'to-{number}', 'master', 'bridge',
                          'up')
        end.ip('link', 'set', 'lo', 'up')
        if up:
            end.ip('addr', 'add', f'{end.address}/24', 'dev', 'lan')
            end.ip('link', 'set', 'lan', 'up')
        return end


def drop(namespace, *rules):
    """All that comes in and is so."""
    nft(namespace, 'add table inet scene',
        'add chain inet scene in '
        '{ type filter hook input priority 0; policy accept; }',
        *(f'add rule inet scene in {rule} drop' for rule in rules))


def drop_nothing(namespace):
    nft(namespace, 'delete table inet scene')


def nft(namespace, *commands):
    if not shutil.which('nft'):
        skip('nftables is not installed')
    subprocess.run([*namespace.inside(), 'nft', '; '.join(commands)],
                   check=True)
