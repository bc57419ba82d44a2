"""tshark reads what we send, in both dialects and over every transport: every
message is recognised, none is called malformed."""
from support import av, journey, netns, stun
from support.msturn import (DATA, LIFETIME, NOT_ACTIVE, REFUSED)
from support.wait import until

SHARDS = 'once'

ERRORS = {'8388608', '0x00800000', 'Error'}  # of tshark's severity


def microsoft(j, made):
    """Every kind of message that MS-TURN has."""
    one, other = av.udp(j, made.ticket()), av.udp(j, made.ticket(), 1)
    one.must_allocate()
    other.must_allocate()
    assert av.udp(j, None, 2).answer(other.signed_allocate()).kind == REFUSED
    one.send(other.relayed, b'')
    other.send(one.relayed, b'odd')
    got = one.next()
    assert got[DATA] == b'odd', got
    assert one.set_active((netns.INSIDE, 40000)).kind == NOT_ACTIVE
    one.set_active(other.relayed)
    one.end()
    other.end()
    stream = av.tcp(j, made.ticket(), 3, hello=False)
    stream.must_allocate()
    assert stream.answer(stream.signed_allocate(0)).get(LIFETIME)
    stream.close()
    hidden = av.tcp(j, made.ticket(), 6)
    hidden.must_allocate()
    hidden.close()


def rfcs(j, made):
    """And the RFCs."""
    for kind, server in (('udp', av.UDP), ('tcp', av.TCP)):
        one, other = (stun.Client(j.world.inet, kind, server,
                                  netns.CLIENTS[n], made.ticket())
                      for n in (4, 5))
        one.bind()
        for client in (one, other):
            client.must_allocate()
        for client, peer in ((one, other), (other, one)):
            assert client.permit(stun.address(*peer.relayed)).code == 0
            assert client.permit(stun.address(netns.INSIDE, 1)).code == 403
        one.send(other.relayed, b'odd')
        assert other.take(30)
        assert one.channel(0x4001, stun.address(*other.relayed)).code == 0
        one.put(b'\x40\1\0\4data')
        assert other.take(30)
        other.send(one.relayed, b'back')
        assert one.take(30)[:2] == b'\x40\1'
        for client in (one, other):
            assert client.refresh(0).code == 0
            client.close()


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    capture = j.capture(j.world.edge, 'ext', f'src host {av.OUTSIDE}')
    microsoft(j, made)
    rfcs(j, made)
    empty.wait()
    last = netns.CLIENTS[49]
    stun.Client(j.world.inet, 'udp', av.UDP, last).bind()
    until(lambda: capture.packets(f'dst host {last}'), 5,
          'the capture is behind')
    capture.stop()

    # to those in between, pseudo-TLS is TLS
    hello = av.fields(capture, 'tls.handshake.type', 'tls.record.version',
                      expression='tls.handshake', port=None)
    assert ['2,14', '0x0301'] in hello, hello
    assert not av.fields(capture, 'frame.number', port=None,
                         expression='_ws.malformed')

    seen = av.fields(capture, 'frame.protocols', 'stun.type',
                     'classicstun.type', '_ws.malformed',
                     '_ws.expert.severity', '_ws.expert.message')
    for packet in seen:
        assert not packet[3] and 'malformed' not in packet[0], packet
        assert not set(packet[4].split(',')) & ERRORS, packet
    plain = {kind for packet in seen for kind in packet[2].split(',')}
    for kind in (0x0103, 0x0113, 0x0115, 0x0106, 0x0116):
        assert f'0x{kind:04x}' in plain, (f'{kind:04x}', plain)
    for transport in ('udp', 'tcp'):
        found = {kind for packet in seen if transport in packet[0]
                 for kind in packet[1].split(',')}
        for kind in (0x0101, 0x0103, 0x0104, 0x0108, 0x0109, 0x0113, 0x0118,
                     0x0017):
            assert f'0x{kind:04x}' in found, (transport, f'{kind:04x}', found)
    strange = [packet for packet in seen if packet[0].endswith(':udp:data')]
    assert not strange, strange


journey.main(body)
