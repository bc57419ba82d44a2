"""TURN of the RFCs by who means no good: channels, permissions, connections
and reservations that are others' or were, and more than a fair share."""
import struct
import time

from support import av, journey, netns, stun
from support.ticket import Ticket
from support.wait import until

EVEN, TOKEN, FAMILY, DONT_FRAGMENT = 0x18, 0x22, 0x17, 0x1a
CONNECT, BIND, CONNECTION = 0xa, 0xb, 0x2a
UDP17, TCP6 = b'\x11\0\0\0', b'\x06\0\0\0'
PEER = (netns.PARTNER, 40000)
LIMITS = {'av.bandwidth_kbit': 800, 'av.bandwidth_burst': 20000,
          'av.permissions': 8, 'av.channels': 8, 'av.port_quarantine_s': 0}


def client(j, made, number, kind='udp', name=None):
    """A client of that number."""
    return stun.Client(j.world.inet, kind, av.UDP if kind == 'udp' else av.TCP,
                       netns.CLIENTS[number],
                       made.ticket(f'sip:{name or number}@contoso.com'))


def refused(one, code, attributes):
    """That Allocate is answered so."""
    got = one.allocate(attributes)
    assert got.code == code, (code, got.code)


def wishes(j, made):
    """Allocates that ask for what there is not."""
    one = client(j, made, 0)
    refused(one, 400, [])
    refused(one, 442, [(stun.TRANSPORT, b'\x21\0\0\0')])
    refused(one, 440, [(stun.TRANSPORT, UDP17), (FAMILY, b'\2\0\0\0')])
    refused(one, 440, [(stun.TRANSPORT, UDP17), (FAMILY, b'\7\0\0\0')])
    refused(one, 420, [(stun.TRANSPORT, UDP17), (0x7ffe, b'')])
    refused(one, 508, [(stun.TRANSPORT, UDP17), (TOKEN, b'guesswho')])
    refused(one, 400, [(stun.TRANSPORT, UDP17), (EVEN, b'\x80'),
                       (TOKEN, b'guesswho')])
    got = one.allocate([(stun.TRANSPORT, UDP17), (EVEN, b'\x80')])
    token, (host, port) = got[TOKEN], one.relayed
    assert port % 2 == 0, port
    refused(one, 437, [(stun.TRANSPORT, UDP17)])  # has one
    # what was set aside is for who knows its token, once
    thief = client(j, made, 1)
    for guess in (bytes(8), token[:7] + bytes([token[7] ^ 1]),
                  token[:2] + bytes(6)):
        refused(thief, 508, [(stun.TRANSPORT, UDP17), (TOKEN, guess)])
    friend = client(j, made, 0)
    friend.ticket = one.ticket
    got = friend.allocate([(stun.TRANSPORT, UDP17), (TOKEN, token)])
    assert got.code == 0 and friend.relayed == (host, port + 1), got
    refused(thief, 508, [(stun.TRANSPORT, UDP17), (TOKEN, token)])
    assert one.refresh(0).code == friend.refresh(0).code == 0
    assert one.refresh(0).code == 437
    for each in (one, friend, thief):
        each.close()


def shares(j, edge, made):
    """Permissions, channels and bandwidth are limited each."""
    one, other = client(j, made, 2), client(j, made, 3)
    one.must_allocate()
    other.must_allocate()
    codes = [one.permit(stun.address(f'192.0.2.{n}', 1)).code
             for n in range(201, 213)]
    assert codes[:8] == [0] * 8 and set(codes[8:]) == {508}, codes
    one.refresh(0)
    one = client(j, made, 2)
    one.must_allocate()
    assert one.channel(0x3fff, stun.address(*PEER)).code == 400
    assert one.channel(0x8000, stun.address(*PEER)).code == 400
    assert one.channel(0x4000, stun.address(*PEER)).code == 0
    assert one.channel(0x4000, stun.address(*PEER)).code == 0
    assert one.channel(0x4001, stun.address(*PEER)).code == 400
    assert one.channel(0x4000, stun.address(PEER[0], 40001)).code == 400
    wrong = Ticket(other.ticket.username, one.ticket.password)
    right, one.ticket = one.ticket, wrong
    assert one.refresh(0).code in (401, 441)
    one.ticket = right

    assert one.channel(0x4002, stun.address(*other.relayed)).code == 0
    assert other.permit(stun.address(*one.relayed)).code == 0
    begun, came = time.monotonic(), 0

    def is_over():
        # what is too much for a socket of the edge is nowhere counted
        for _ in range(100):
            one.put(struct.pack('>HH', 0x4002, 1000) + bytes(1000))
        return edge.dropped().get('bandwidth', 0) >= 200

    until(is_over, 5, lambda: f'it is not limited: {edge.dropped()}')
    while other.take(0.3):
        came += 1
    # 20,000 bytes at once, 100,000 a second, and a little
    most = 25 + 100 * (time.monotonic() - begun)
    assert came < most, (came, most)
    for each in (one, other):
        assert each.refresh(0).code == 0
        each.close()


def connections(j, edge, made):
    """RFC 6062: a connection is taken by its owner, once."""
    one = client(j, made, 4, 'tcp')
    got = one.allocate([(stun.TRANSPORT, TCP6)])
    assert got.code == 0, got
    for address in (netns.INSIDE, netns.DIRECTORS[0], av.OUTSIDE):
        got = one.answer(one.request(CONNECT, [
            (stun.XOR_PEER, stun.address(address, 443))]))
        assert got.code == 403, (address, got.code)
    with j.world.inet.inside():
        listener = stun.socket.create_server((netns.PARTNER, 40000))
    got = one.answer(one.request(CONNECT, [
        (stun.XOR_PEER, stun.address(*PEER))]))
    assert got.code == 0, got.code
    number = got[CONNECTION]
    peer = listener.accept()[0]
    for ticket, wanted in ((made.ticket('sip:mallory@contoso.com'), number),
                           (one.ticket, b'\1\2\3\4')):
        thief = client(j, made, 4, 'tcp')
        thief.ticket = ticket
        thief.challenge()
        got = thief.answer(thief.request(BIND, [(CONNECTION, wanted)]))
        assert got.code in (400, 401, 441), got.code
        thief.close()
    owner = client(j, made, 4, 'tcp')
    owner.ticket = one.ticket
    owner.challenge()
    got = owner.answer(owner.request(BIND, [(CONNECTION, number)]))
    assert got.code == 0, got.code
    owner.put(b'\0\1 any bytes at all')
    assert peer.recv(100) == b'\0\1 any bytes at all'
    late = client(j, made, 4, 'tcp')
    late.ticket = one.ticket
    late.challenge()
    assert late.answer(late.request(BIND, [(CONNECTION, number)])).code == 400
    # it ends with the allocation, at both ends
    assert one.refresh(0).code == 0
    for end in (peer, owner.socket):
        end.settimeout(10)
        assert end.recv(100) == b''
    for each in (late, owner, one):
        each.close()
    peer.close()
    listener.close()
    until(lambda: edge.relay()['streams'] == 0, 10, 'streams stay')


def body(j):
    edge = j.av_edge(limits={**av.CROWD, **LIMITS})
    empty = av.Empty(edge)
    inward = av.Inward(j)
    made = av.mint(j)
    wishes(j, made)
    shares(j, edge, made)
    connections(j, edge, made)
    empty.wait(40)
    inward.nothing()


journey.main(body)
