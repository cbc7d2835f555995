# shifted.py - clocks that are not the machine's (shifted_clock.c)
import os
import struct

from house import program


class Clock:
    """For whatever is started with `inside`: a wall clock that is off, and time
    that has passed at once."""

    def __init__(self, house, name):
        self.path = os.path.join(house.dir, f'{name}.clock')
        self.inside = ('env', f'SHIFTED_CLOCK={self.path}',
                       f'LD_PRELOAD={program("SHIFTED")}',
                       'ASAN_OPTIONS=verify_asan_link_order=0')
        self.wall = self.passed = 0
        with open(self.path, 'xb') as file:
            file.write(self.both())

    def both(self):
        return struct.pack('=qq', self.wall, self.passed)

    def write(self):
        with open(self.path, 'r+b') as file:
            file.write(self.both())
        return self

    def shift(self, seconds):
        """From now on the wall clock is off by that."""
        self.wall = int(seconds)
        return self.write()

    def pass_by(self, seconds):
        """Who waits sleeps on, and sees it when something else wakes it."""
        self.passed += seconds
        return self.write()
