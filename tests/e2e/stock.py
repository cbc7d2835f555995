# stock.py - the store of a node that is not running: filled, and weighed
#
# By the program in $STOCK (stock.c).
import subprocess

from house import program

STOCK = program('STOCK')


def stock(*argv):
    done = subprocess.run([STOCK, *argv], stdout=subprocess.PIPE, check=True,
                          text=True)
    return done.stdout.strip()


def fill(house, name, count):
    """The first lines of a long talk in #lobby."""
    stock('fill', house.home(name), str(count))


def weigh(house, name):
    """Bytes of all that a node has, packed as it would send it."""
    return int(stock('weigh', house.home(name)))
