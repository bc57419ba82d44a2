"""A new topology moves doors and relayed ports: who has an allocation keeps
it, newcomers use the new place; what one service refuses none takes."""
import socket

from support import av, journey, netns
from support.edge import LAB
from support.msturn import ACTIVE, ALLOCATE, build
from support.wait import until

NEW_UDP, NEW_TCP = (av.OUTSIDE, 3479), (av.OUTSIDE, 4443)
UDP_LINE = 'InterfaceSide="External" InterfaceNumber="3" Port="3478"'
TCP_LINE = 'InterfaceSide="External" InterfaceNumber="3" Port="443" ' \
    'Protocol="Tcp" UrlPath="/" AuthorizesRequests="false" ' \
    'ConfiguredFqdn="av.contoso.com"'
RANGE_LINE = 'Port="50000" Protocol="TcpOrUdp" UrlPath="/" ' \
    'AuthorizesRequests="false" Range="10000"'


def document(j, name, *changes):
    """The lab's topology with these strings replaced."""
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    for old, new in changes:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    path = j.folder / name
    path.write_text(text)
    return path


def seq(edge):
    """Version that it is on."""
    return edge.call('GET', '/v1/status')[1]['topology']['seq']


class Echo:
    """A peer outside that gives back what comes."""

    def __init__(self, j):
        with j.world.inet.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((netns.PARTNER, 0))
        self.socket.settimeout(30)
        self.at = self.socket.getsockname()

    def turn(self):
        """One datagram, back to where it came from."""
        data, source = self.socket.recvfrom(2000)
        self.socket.sendto(data, source)


def flows(client, echo, text):
    """Raw payload goes out and comes back."""
    client.put_data(text)
    echo.turn()
    client.expect_data(text)


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    echo = Echo(j)
    old, stream = av.udp(j, made.ticket()), av.tcp(j, made.ticket())
    old.must_allocate()
    stream.must_allocate()
    old.send(echo.at, b'first')
    echo.turn()
    old.expect_data(b'first', echo.at)
    assert old.set_active(echo.at).kind == ACTIVE
    flows(old, echo, b'before')

    # doors and relayed ports move
    moved = document(
        j, 'moved.xml', (UDP_LINE, UDP_LINE.replace('3478', '3479')),
        (TCP_LINE, TCP_LINE.replace('"443"', '"4443"')),
        (RANGE_LINE, RANGE_LINE.replace('50000', '40000')
         .replace('10000', '1000')))
    hosts = LAB / 'topology' / 'hosts'
    first = seq(edge)
    edge.load(moved, hosts)
    until(lambda: seq(edge) > first, 5, 'the new topology is not taken')
    assert edge.relay()['range'] == '40000-40999', edge.relay()
    flows(old, echo, b'\x80after the move')
    assert old.allocate().relayed == old.relayed
    assert stream.allocate().lifetime
    newcomer = av.udp(j, made.ticket(), 1, NEW_UDP)
    until(lambda: newcomer.challenge(limit=30), 5, 'no new door')
    host, port = newcomer.must_allocate()
    assert host == av.OUTSIDE and 40000 <= port <= 40999, port
    late = av.tcp(j, made.ticket(), 1, NEW_TCP)
    late.must_allocate()
    # strangers find nobody at the old doors
    stranger = av.udp(j, made.ticket(), 2)

    def is_unheard():
        stranger.put(build(ALLOCATE, []))
        return stranger.take(0.3) is None

    until(is_unheard, 5, 'the old UDP door is open')
    av.wait_shut(j.world.inet, av.TCP, netns.CLIENTS[2])

    # back again, though the first client still holds the old place
    second = seq(edge)
    edge.load(LAB / 'topology' / 'contoso.xml', hosts)
    until(lambda: seq(edge) > second, 5, 'the old topology is not taken')
    until(lambda: av.udp(j, made.ticket(), 3).challenge(limit=30), 5,
          'the first door is not open again')
    flows(old, echo, b'\x80home again')
    assert newcomer.allocate().lifetime

    # a place that somebody else has: nothing changes
    third = seq(edge)
    with j.world.edge.inside():
        thief = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    thief.bind((av.OUTSIDE, 3480))
    said = edge.load(document(
        j, 'stolen.xml', (UDP_LINE, UDP_LINE.replace('3478', '3480'))),
        hosts, good=(3,))
    assert 'cannot listen' in said, said
    assert seq(edge) == third
    thief.close()
    flows(old, echo, b'\x80still here')

    for client in (old, newcomer, late, stream):
        client.end()
    # the places that were kept are given back, with the last one in use
    empty.wait()


journey.main(body, limit=60)
