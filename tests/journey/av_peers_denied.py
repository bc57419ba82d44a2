"""Peer addresses that lead inside, to ourselves or to nowhere, in every
disguise and both dialects: refused, and not a packet leaves for them."""
import ipaddress
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
PORTS = [0, 1, 22, 25, 53, 80, 442, 1023]


def disguised(address):
    """An IPv4 address in all the ways that IPv6 can carry it."""
    number = int(ipaddress.IPv4Address(address))
    for base, shift in (('::ffff:0:0', 0), ('::', 0), ('64:ff9b::', 0),
                        ('2002::', 80), ('2001::', 64)):
        yield ipaddress.IPv6Address(
            int(ipaddress.IPv6Address(base)) | number << shift).compressed
    octets = ipaddress.IPv4Address(address).packed  # RFC 6052, /48
    yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex('0064ff9b0001')
                           + octets[:2] + b'\0' + octets[2:] + bytes(5))
    yield ipaddress.IPv6Address(  # Teredo: the client's, inverted
        int(ipaddress.IPv6Address('2001:0:808:808::'))
        | (number ^ 0xffffffff)).compressed


def denied():
    """All of them."""
    for address in INSIDE + NOWHERE:
        yield address, 40000
        for other in disguised(address):
            yield other, 40000
    for address in PLAIN6:
        yield address, 40000
    yield from OURS
    for address, port in OURS[:1]:
        yield next(disguised(address)), port
    for port in PORTS:
        yield netns.PARTNER, port


def strict(edge):
    """What a lab may, a real edge may not: start it as a real one."""
    edge.stop()
    edge.ini.write_text(edge.ini.read_text().replace('lab = yes', 'lab = no'))
    edge.start()


def microsoft(edge, client, relayed):
    """Send and Set Active Destination are dropped, the first one told so."""
    before = refusals(edge)
    assert client.set_active(relayed).kind == NOT_ACTIVE
    peers = [*denied(), relayed]
    for peer in peers:
        client.send(peer, b'\x80 to the inside')
        client.put(client.set_active_message(peer))
    av.until(lambda: refusals(edge) >= before + 1 + 2 * len(peers), 5,
             f'{2 * len(peers)} refusals wanted: {edge.dropped()}')
    while (got := client.take(0.2)) is not None:
        assert got.kind == NOT_ACTIVE, got


def refusals(edge):
    """So many peers were refused."""
    return sum(edge.dropped().get(reason, 0) for reason in
               ('peer_denied', 'family', 'malformed'))


def rfc(client, relayed):
    """CreatePermission and ChannelBind are refused, Send is dropped."""
    for peer in [*denied(), relayed]:
        if ':' in peer[0]:
            tid = bytes(12)
            value = stun.address6(*peer, tid)
            got = client.answer(stun.build(stun.CHANNEL, [
                (stun.CHANNEL_NUMBER, b'\x40\0\0\0'), (stun.XOR_PEER, value),
                (stun.USERNAME, client.ticket.user_text.encode()),
                (stun.REALM, client.realm), (stun.NONCE, client.nonce)],
                tid=tid, key=client.key))
        else:
            value = stun.address(*peer)
            client.send(peer, b'\x80 to the inside')
            got = client.channel(0x4000, value)
            assert got.code in (400, 403), (peer, got)
            got = client.permit(value)
            if peer[0] in (netns.PARTNER, av.OUTSIDE):
                continue  # a permission is for the address alone
        assert got.code in (400, 403, 443), (peer, got.code)


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    strict(edge)
    empty = av.Empty(edge)
    made = av.mint(j)
    inward = av.Inward(j)
    loop = j.capture(j.world.edge, 'lo', 'udp or tcp')
    outward = j.capture(
        j.world.edge, 'ext',
        'src host 192.0.2.41 and src portrange 50000-59999')

    client = av.udp(j, made.ticket())
    microsoft(edge, client, client.must_allocate())
    stream = av.tcp(j, made.ticket(), 1)
    stream.must_allocate()
    for peer in denied():
        stream.send(peer, b'\0\x01x')
    tall = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[2],
                       made.ticket())
    rfc(tall, tall.must_allocate())

    # who is inside gets no other rights
    insider = av.inside_udp(j, made)
    insider.must_allocate()
    before, peers = refusals(edge), [*denied()]
    for peer in peers:
        insider.send(peer, b'\x80')
    av.until(lambda: refusals(edge) >= before + len(peers), 5,
             f'not all are refused: {edge.dropped()}')
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
    empty.wait()


journey.main(body)
