"""A/V authentication and those who mean no good, even from the inside: half
connections, bodies too long, too deep, too many; others are served on."""
import contextlib
import socket
import ssl

from support import av, journey, mras, netns, sip
from support.wait import until

LIMITS = {'av.mras_handshake_ms': 2000, 'av.mras_connections': 20}
SENDER = 'sip:fepool01.corp.contoso.com@contoso.com;gruu;opaque=srvr:x'
HEAD = f'<request requestID="1" from="{SENDER}" version="1.0" ' \
    f'to="{mras.URI}" xmlns="{mras.SPACE}">'
BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">' + ''.join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">'
    for n in range(8)) + ']>'


def reason(server, body):
    """The reasonPhrase of the answer to that body."""
    got, answer = server.ask(SENDER, [], body=body)
    assert got.status == 200, got.raw
    assert not answer.tickets or answer.reason == 'OK', got.raw
    return answer.reason


def bodies(server):
    """What cannot be granted is refused in so many words."""
    wish = mras.wish('sip:u@contoso.com')
    good = mras.request(SENDER, [wish])
    assert reason(server, good) == 'OK'
    assert reason(server, mras.request(SENDER, [wish] * 100)) == 'OK'
    assert reason(server, mras.request(SENDER, [wish] * 101)) == \
        'Request Too Large'
    assert reason(server, mras.request(SENDER, [wish], version='9.0')) == \
        'Version Mismatch'
    for body in (BOMB + good.replace('sip:u@', '&i;@'),
                 HEAD + '<a>' * 4000, HEAD + '<a>' * 20 + '</a>' * 20 +
                 '</request>', good[:-5], good.replace('<identity>', '<'),
                 good.replace(mras.SPACE, 'urn:else'), '\0' * 200,
                 HEAD + '</request>', '<request/>', '\ufeff\ufeff' + good,
                 mras.request(SENDER, [mras.wish('u' * 66000)])[:65000]):
        assert reason(server, body) == 'Request Malformed', body[:80]
    assert reason(server, good) == 'OK'


def lengths(j):
    """A SERVICE too long is 413, noise ends the connection."""
    server = mras.Server(j.world, j.ca)
    got, _ = server.ask(SENDER, [], body='x' * 70000)
    assert got.status == 413, got.raw
    assert reason(server, mras.request(SENDER, [])) == 'Request Malformed'
    server.wire.send(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    server.wire.closed()
    server.stop()
    server = mras.Server(j.world, j.ca)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        server.wire.send(b'SERVICE ' + b'y' * 200000)
    server.wire.closed()
    server.stop()


def half_open(j, edge):
    """TCP without TLS, and TLS that stops half-way, go by themselves."""
    halves = []
    for number in range(15):
        one = sip.Wire.tcp(j.world.inside, (netns.EDGE_INSIDE, 5062),
                           netns.MCU)
        if number % 2:
            one.send(b'\x16\3\1\2\0\1\0\1\xfc\3\3')
        halves.append(one)
    server = mras.Server(j.world, j.ca)
    assert reason(server, mras.request(SENDER, [
        mras.wish('sip:u@contoso.com')])) == 'OK'
    for one in halves:
        with contextlib.suppress(ConnectionError):
            one.closed()
        one.close()
    server.stop()
    until(lambda: edge.relay()['mras_connections'] == 0, 10, 'they stay')


def body(j):
    edge = j.av_edge(limits=LIMITS)
    empty = av.Empty(edge)
    server = mras.Server(j.world, j.ca)
    bodies(server)
    server.stop()
    lengths(j)
    half_open(j, edge)
    with j.world.inet.inside():
        outside = socket.socket()
    with contextlib.closing(outside):
        outside.settimeout(2)
        assert outside.connect_ex((netns.EDGE_INSIDE, 5062)), 'from outside'
    empty.wait()


journey.main(body)
