# cable.py - a cable between two namespaces that can be bad in known ways
#
# Each end is a TUN device, and a thread here carries the packets from one to
# the other: late, in another order, with losses, or not at all. So what went
# over it is counted as it would be on a real one, headers included.
#
# A flight is what one side sends before it hears an answer to it: it takes
# half a round trip. Its number is one more than that of the newest flight that
# had reached its sender. TCP's own acknowledgements are in no flight, and what
# it says again is counted once: a busy machine makes it do so.
import collections
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import threading
import time

from house import in_time

# linux/if_tun.h
TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI = 1, 0x1000
ETHERNET_BYTES = 14
MTU = 1500

SEQUENCE = 0xffffffff  # RFC 9293 3.4: numbers of bytes go round

LATER = 0.02  # seconds that a packet which is overtaken comes late


def tun(namespace, name, address):
    """An open TUN device that is up in there."""
    opened = []

    def open_inside():
        # Of this thread only, which ends at once.
        with open(namespace.path()) as inside:
            if ctypes.CDLL(None).setns(inside.fileno(), 0) == 0:
                fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
                fcntl.ioctl(fd, TUNSETIFF,
                            struct.pack('16sH', name.encode(),
                                        IFF_TUN | IFF_NO_PI))
                opened.append(fd)

    thread = threading.Thread(target=open_inside)
    thread.start()
    thread.join()
    namespace.ip('addr', 'add', f'{address}/24', 'dev', name)
    namespace.ip('link', 'set', name, 'up', 'mtu', str(MTU))
    return opened[0]


def payload(packet):
    """What TCP carries for others: of which connection and way, the number
    after its last byte, and how many bytes. None in any other packet."""
    if packet[0] >> 4 != 4 or packet[9] != 6:
        return None
    head = (packet[0] & 15) * 4
    count = len(packet) - head - (packet[head + 12] >> 4) * 4
    first, = struct.unpack('!I', packet[head + 4:head + 8])
    way = packet[12:20] + packet[head:head + 4]
    return (way, first + count & SEQUENCE, count) if count else None


class Cable:
    def __init__(self, namespaces, addresses):
        self.fds = [tun(namespace, 'cable', address)
                    for namespace, address in zip(namespaces, addresses)]
        self.newest = {}  # the number after the last byte, by connection
        self.due = []  # (when, count, end, packet, its flight)
        self.sent = 0
        self.chance = random.Random(1)
        self.ended = False
        self.mend()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def cut(self):
        self.is_cut = True

    def mend(self, delay=0, lost=0, overtaken=0):
        """Seconds each way, parts of all packets; and it counts anew."""
        self.is_cut = False
        self.delay = delay
        self.lost = lost
        self.overtaken = overtaken
        self.bytes = 0
        self.talked = time.monotonic()  # when a payload went last
        self.heard = [0, 0]  # the newest flight that reached each end
        self.flights = collections.Counter()  # payload bytes by number

    def fell_silent(self, seconds, deadline):
        """Wait until nobody has said anything for so long."""
        while (silent := time.monotonic() - self.talked) < seconds:
            in_time(time.monotonic() < deadline, 'they never fall silent')
            time.sleep(seconds - silent)

    def take(self, end):
        try:
            packet = os.read(self.fds[end], MTU)
        except BlockingIOError:
            return
        if self.is_cut:
            return
        self.sent += 1
        self.bytes += len(packet) + ETHERNET_BYTES
        carried = payload(packet)
        flight = self.heard[end] + 1 if carried else 0
        if carried:
            self.flights[flight] += self.news(*carried)
            self.talked = time.monotonic()
        if self.chance.random() < self.lost:
            return
        when = time.monotonic() + self.delay
        if self.chance.random() < self.overtaken:
            when += LATER
        heapq.heappush(self.due, (when, self.sent, 1 - end, packet, flight))

    def news(self, way, number, count):
        """How many of those bytes were not said before."""
        ahead = number - self.newest.get(way, number - count) & SEQUENCE
        if ahead > SEQUENCE // 2:
            return 0
        self.newest[way] = number
        return min(ahead, count)

    def deliver(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, _, end, packet, flight = heapq.heappop(self.due)
            self.heard[end] = max(self.heard[end], flight)
            try:
                os.write(self.fds[end], packet)
            except BlockingIOError:
                pass  # a full queue loses packets, as on any cable

    def carry(self):
        while not self.ended:
            wait = self.due[0][0] - time.monotonic() if self.due else 0.2
            ready = select.select(self.fds, [], [], max(0, wait))[0]
            for end, fd in enumerate(self.fds):
                if fd in ready:
                    self.take(end)
            self.deliver()

    def end(self):
        self.ended = True
        self.thread.join()
        for fd in self.fds:
            os.close(fd)
