#!/usr/bin/env -S python3 -B
# copies.py - send --wait-copies tells how many others keep what was said
from house import claim, equal, prove

NOT_YET = 75


@claim
def send_waits_until_others_have_all(house):
    house.pair()
    result = house.run('send', '#lobby', '--wait-copies', '1', '--json',
                       home='ana', text=''.join(f'{i}\n' for i in range(100)))
    equal((result.code, result.err), (0, ''))
    copies = [e for e in result.events() if e['on'] == 'copies']
    assert copies and all(e['n'] == 1 for e in copies), result
    equal(house.texts('bob'), [str(i) for i in range(100)])


@claim
def each_node_counts_once(house):
    ana, bob = house.pair()
    house.node('eve', '--join', '#lobby', '--connect', f'127.0.0.1:{ana.port}',
               '--connect', f'127.0.0.1:{bob.port}').api().linked(2)
    equal(house.run('send', '#lobby', 'hello', '--wait-copies', '2',
                    home='ana').code, 0)
    for name in ('bob', 'eve'):
        equal(house.texts(name), ['hello'])


@claim
def a_node_for_the_moment_dials_whom_it_remembers(house):
    ana, bob = house.pair()
    equal(bob.stop(), 0)
    result = house.run('send', '#lobby', 'hello', '--wait-copies', '1',
                       home='bob')
    equal((result.code, result.err), (0, ''))
    equal(house.texts('ana'), ['hello'])


@claim
def copies_that_do_not_come_are_said(house):
    house.pair()
    result = house.run('send', '#lobby', 'hello', '--wait-copies', '2',
                       home='ana')
    equal((result.code, result.out), (NOT_YET, ''))
    assert 'stored here' in result.err, result
    equal(house.texts('bob'), ['hello'])


if __name__ == '__main__':
    prove()
