"""Peer addresses that lead inside, to ourselves or to nowhere, in every
disguise and both dialects: refused, and not a packet leaves for them."""
import ipaddress
import os
import socket

from support import av, journey, netns, stun
from support.msturn import ACTIVE, NOT_ACTIVE

INSIDE = ['10.20.30.31', '10.20.30.21', '172.16.20.1', '172.16.20.21',
          '192.168.7.7', '100.64.0.1', '192.0.0.8', '198.18.0.1']
NOWHERE = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.9.9.9',
           '169.254.169.254', '224.0.0.1', '239.1.2.3', '240.0.0.1',
           '255.255.255.255']
PLAIN6 = ['::', '::1', 'fe80::1', 'ff02::1', 'fc00::1', 'fd12::3']
OURS = [('192.0.2.41', 3478), ('192.0.2.41', 443), ('192.0.2.21', 443),
        ('192.0.2.31', 443), ('192.0.2.21', 55000), ('192.0.2.41', 5061)]
CONNECT = 0xa
PORTS = [0, 1, 22, 25, 53, 80, 442, 1023]


def denied():
    """All of them."""
    for address in INSIDE + NOWHERE:
        yield address, 40000
        for other in av.disguised(address):
            yield other, 40000
    for address in PLAIN6:
        yield address, 40000
    yield from OURS
    for address, port in OURS[:1]:
        yield next(av.disguised(address)), port
    for port in PORTS:
        yield netns.PARTNER, port


def strict(edge):
    """What a lab may, a real edge may not: start it as a real one."""
    edge.stop()
    edge.ini.write_text(edge.ini.read_text().replace('lab = yes', 'lab = no'))
    edge.start()


def is_four(address):
    """Is it IPv4, or read as the IPv4 address that it carries? The others are
    refused as IPv6 already, which this relay does not have."""
    six = ipaddress.ip_address(address)
    return six.version == 4 or not int(six) or any(
        six in ipaddress.ip_network(net)
        for net in ('::ffff:0:0/96', '64:ff9b::/96', '2002::/16'))


class Refusals:
    """What is refused, by reason; all that is counted must be expected."""

    def __init__(self, edge):
        self.edge = edge
        self.wanted = {'peer_denied': 0, 'family': 0}

    def expect(self, peer, times=1):
        """One for that peer; the code that tells it."""
        self.wanted['peer_denied' if is_four(peer[0]) else 'family'] += times
        return 403 if is_four(peer[0]) else 443

    def wait(self):
        """Until all of them are counted, each for its reason."""
        def are_there():
            found = self.edge.dropped()
            return all(found.get(reason, 0) == number
                       for reason, number in self.wanted.items())
        av.until(are_there, 5, lambda:
                 f'{self.wanted} wanted: {self.edge.dropped()}')


def microsoft(refusals, client, relayed):
    """Send and Set Active Destination are dropped, the first one told so."""
    assert client.set_active(relayed).kind == NOT_ACTIVE
    refusals.expect(relayed)
    for peer in [*denied(), relayed]:
        client.send(peer, b'\x80 to the inside')
        client.put(client.set_active_message(peer))
        refusals.expect(peer, 2)
    refusals.wait()
    while (got := client.take(0.2)) is not None:
        assert got.kind == NOT_ACTIVE, got


def sends(refusals, client):
    """Send is dropped, over whatever it comes."""
    for peer in denied():
        client.send(peer, b'\0\x01x')
        refusals.expect(peer)
    refusals.wait()


def asked(client, kind, peer, *others):
    """The code that such a request for that peer is refused with."""
    tid = os.urandom(12)
    value = stun.address6(*peer, tid) if ':' in peer[0] else \
        stun.address(*peer)
    # once: each copy would be counted
    return client.answer(client.request(
        kind, [(stun.XOR_PEER, value), *others], tid=tid), resend=False).code


def rfc(refusals, client, relayed):
    """CreatePermission and ChannelBind are refused, Send is dropped."""
    for peer in [*denied(), relayed]:
        if ':' not in peer[0]:
            client.send(peer, b'\x80 to the inside')
            refusals.expect(peer)
        assert asked(client, stun.CHANNEL, peer, (
            stun.CHANNEL_NUMBER, b'\x40\0\0\0')) == refusals.expect(peer), peer
        # a permission is for the address alone
        if peer[0] not in (netns.PARTNER, av.OUTSIDE,
                           next(av.disguised(av.OUTSIDE))):
            assert asked(client, stun.PERMIT, peer) == \
                refusals.expect(peer), peer
    refusals.wait()


def connects(refusals, client):
    """RFC 6062: nobody is dialled."""
    got = client.allocate([(stun.TRANSPORT, b'\x06\0\0\0')])
    assert got.code == 0, got
    for peer in [*denied(), client.relayed]:
        assert asked(client, CONNECT, peer) == refusals.expect(peer), peer
    refusals.wait()


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    strict(edge)
    empty = av.Empty(edge)
    made, refusals = av.mint(j), Refusals(edge)
    inward = av.Inward(j)
    loop = j.capture(j.world.edge, 'lo', 'udp or tcp')
    outward = j.capture(
        j.world.edge, 'ext',
        'src host 192.0.2.41 and src portrange 50000-59999')

    client = av.udp(j, made.ticket())
    microsoft(refusals, client, client.must_allocate())
    stream = av.tcp(j, made.ticket(), 1)
    stream.must_allocate()
    sends(refusals, stream)
    tall = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[2],
                       made.ticket())
    rfc(refusals, tall, tall.must_allocate())
    dialler = stun.Client(j.world.inet, 'tcp', av.TCP, netns.CLIENTS[3],
                          made.ticket())
    connects(refusals, dialler)

    # who is inside gets no other rights
    insider = av.inside_udp(j, made)
    insider.must_allocate()
    sends(refusals, insider)
    inward.nothing()
    assert not loop.packets(), loop.packets()
    assert not outward.packets(), outward.packets()

    # and the relay still relays: to the outside, and between its own
    with j.world.inet.inside():
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind((netns.PARTNER, 40000))
    client.send((netns.PARTNER, 40000), b'out')
    peer.settimeout(30)
    assert peer.recvfrom(100) == (b'out', client.relayed)
    assert client.set_active(insider.relayed).kind == ACTIVE
    insider.send(client.relayed)
    assert insider.set_active(client.relayed).kind == ACTIVE
    client.put_data(b'across')
    insider.expect_data(b'across')
    for one in (client, stream, insider):
        one.end()
    assert tall.refresh(0).code == 0
    tall.close()
    dialler.close()
    empty.wait()


journey.main(body)
