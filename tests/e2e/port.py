#!/usr/bin/env -S python3 -B
# port.py - one port for everything: whoever comes is told from the first bytes
import pathlib
import socket
import ssl

from house import LIMIT, PATIENCE, claim, equal, prove

WEB = b'HTTP/1.1 400 Bad Request\r\n'
IRC = b'ERROR :'
CROWD = 200


def visit(port, *pieces, alpn=None):
    """All that is answered; in TLS if alpn is not None."""
    s = socket.create_connection(('127.0.0.1', port), LIMIT * PATIENCE)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if alpn is not None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols([alpn])
        s = context.wrap_socket(s)
    answer = b''
    with s:
        for piece in pieces:
            s.sendall(piece)
        while more := s.recv(4096):
            answer += more
    return answer


@claim
def the_web_and_irc_are_answered_each_in_its_own_words(house):
    ana = house.node('ana', '--join', '#lobby')
    for alpn in (None, '', 'gopher'):
        assert visit(ana.port, b'GET / HTTP/1.1\r\n\r\n',
                     alpn=alpn).startswith(WEB)
        assert visit(ana.port, b'P', b'OST / HTTP/1.1\r\n\r\n',
                     alpn=alpn).startswith(WEB)
        assert visit(ana.port, b'QUIT\r\n', alpn=alpn).startswith(IRC)
        assert visit(ana.port, b'P', b'ASS x\r\nQUIT\r\n',
                     alpn=alpn).startswith(IRC)
    assert visit(ana.port, b'GET / HTTP/1.1\r\n\r\n',
                 alpn='http/1.1').startswith(WEB)
    assert visit(ana.port, b'QUIT\r\n', alpn='irc').startswith(IRC)

    # And a node that comes by the same port is still a node.
    bob = house.node('bob', '--join', '#lobby', '--connect',
                     f'127.0.0.1:{ana.port}')
    bob.api().linked()
    equal(house.run('send', '#lobby', 'hello', home='ana').code, 0)


@claim
def browsers_are_shown_the_same_certificate_after_a_start(house):
    ana = house.node('ana')
    kept = pathlib.Path(house.home('ana')) / 'certificate'
    first = kept.read_bytes()
    equal(kept.stat().st_mode & 0o777, 0o600)
    ana.stop()
    ana = ana.again()
    equal(kept.read_bytes(), first)
    ana.stop()

    # A damaged one is not thrown away, and people are told.
    kept.write_bytes(first[:-40])
    ana = ana.again()
    told = ana.out.event('notice')['say']
    assert 'the certificate' in told, told
    aside = pathlib.Path(told.split('kept as ')[1].split(';')[0])
    equal(aside.read_bytes(), first[:-40])
    assert kept.read_bytes() != first
    equal(house.run('status', home='ana').code, 0)


def hello(context):
    """The two ends of TLS in memory, and a client's first bytes."""
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(come, go)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return tls, come, go


def finish(s, tls, come):
    while True:
        come.write(s.recv(16384))
        try:
            tls.do_handshake()
            return
        except ssl.SSLWantReadError:
            pass


@claim
def a_crowd_that_comes_at_once_is_let_in_to_the_last(house):
    ana = house.node('ana', '--threads', '1')
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    crowd = []
    for _ in range(CROWD):
        s = socket.create_connection(('127.0.0.1', ana.port), LIMIT * PATIENCE)
        crowd.append((s, *hello(context)))
    for s, _, _, go in crowd:
        s.sendall(go.read())
    for s, tls, come, go in crowd:
        finish(s, tls, come)
        tls.write(b'QUIT\r\n')
        s.sendall(go.read())
    for s, tls, come, _ in crowd:
        with s:
            come.write(s.recv(16384))
            assert tls.read(100).startswith(IRC)


if __name__ == '__main__':
    prove()
