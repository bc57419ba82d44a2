"""Truncated messages, lengths that lie, attributes out of bounds, noise: in
both dialects, over UDP and TCP. Nothing breaks, nothing is given."""
import contextlib
import random
import struct

from support import av, journey, netns, stun
from support.msturn import (ALLOCATE, DATA, HELLO, LIFETIME, MAGIC, NONCE,
                            REALM, USERNAME, VERSION, attribute, build)

SHARDS = 'once'

SEED = 2013
NOISE = 3000
LIES = (0, 1, 3, 4, 5, 127, 128, 512, 0x7fff, 0x8000, 0xffef, 0xffff)


def broken(raw, chance):
    """Prefixes, lengths that lie, and octets changed at random."""
    for size in range(0, len(raw), 3):
        yield raw[:size]
    for lie in LIES:
        yield raw[:2] + struct.pack('>H', lie) + raw[4:]
        at = 20
        while at + 4 <= len(raw):
            yield raw[:at + 2] + struct.pack('>H', lie) + raw[at + 4:]
            at += 4 + struct.unpack('>H', raw[at + 2:at + 4])[0]
    for _ in range(100):
        copy = bytearray(raw)
        for _ in range(chance.randrange(1, 6)):
            copy[chance.randrange(len(copy))] = chance.randrange(256)
        yield bytes(copy)


def odd(key):
    """Whole messages that say something strange."""
    yield build(ALLOCATE, [(MAGIC, b'\x72\xc6\x4b\xc6')] * 9, key=key)
    yield build(ALLOCATE, [(VERSION, b'')], key=key)
    yield build(ALLOCATE, [(0x7f00 + n, b'') for n in range(200)], key=key)
    yield build(ALLOCATE, [(USERNAME, b'u' * 1200)], key=key)
    yield build(ALLOCATE, [(NONCE, b'n' * 600), (REALM, b'r' * 600)], key=key)
    yield build(ALLOCATE, [(LIFETIME, b'\xff' * 4)], key=key)
    yield build(ALLOCATE, [(LIFETIME, b'\1\2\3')], key=key)
    yield build(ALLOCATE, [(DATA, bytes(1200))], key=key)
    for kind in (0, 1, 2, 0x102, 0x104, 0x114, 0x115, 0x103, 0x3fff):
        yield build(kind, [(VERSION, b'\0\0\0\1')], key=key)
    second = attribute(VERSION, b'\0\0\0\1') + attribute(
        MAGIC, b'\x72\xc6\x4b\xc6')
    yield struct.pack('>HH', ALLOCATE, len(second)) + bytes(16) + second


def datagrams(j, made, chance):
    """Everything at UDP 3478, from clients with and without allocations."""
    client = av.udp(j, made.ticket())
    client.must_allocate()
    wire = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[1],
                       made.ticket())
    wire.must_allocate()
    peer = (netns.PARTNER, 40000)
    good = [client.signed_allocate(), client.set_active_message(peer),
            client.send_message(peer, b'payload'),
            wire.request(stun.REFRESH, [(stun.LIFETIME, b'\0\0\2\x58')]),
            wire.request(stun.PERMIT, [(stun.XOR_PEER,
                                        stun.address(*peer))]),
            stun.build(stun.SEND, [(stun.XOR_PEER, stun.address(*peer)),
                                   (stun.DATA, b'payload')]),
            b'\x40\0\0\4abcd', stun.build(stun.BINDING, [])]
    stranger = av.udp(j, None, 2)
    for sender in (client, wire, stranger):
        for raw in good:
            for bad in broken(raw, chance):
                if bad != raw:
                    sender.put(bad)
        for raw in odd(client.key):
            sender.put(raw)
        for _ in range(NOISE):
            sender.put(chance.randbytes(chance.randrange(1, 1400)))
        while sender.take(0.05):
            pass
    stranger.close()
    return client, wire


def cut_off(j, first, hello=True):
    """A TCP connection that sends this is closed, and given nothing."""
    client = av.tcp(j, None, 3, hello=hello)
    with contextlib.suppress(ConnectionError):
        client.socket.sendall(first)
    client.closed()
    client.close()


def streams(j, made):
    """Everything at TCP 443."""
    signed = av.tcp(j, made.ticket(), 3)
    signed.must_allocate()
    ask = build(ALLOCATE, [(VERSION, b'\0\0\0\1')])
    frame = struct.pack('>BBH', 2, 0, len(ask)) + ask
    for first in (b'\2\1' + frame[2:], b'\1' + frame[1:], b'\4' + frame[1:],
                  b'\2\0\0\x08notturn!', b'\2\0\0\0',
                  frame + b'GET / HTTP/1.1\r\n\r\n', HELLO, frame[:12]
                  + b'\xff' + frame[13:] + frame + b'\7'):
        cut_off(j, first)
    for first in (b'GET / HTTP/1.1\r\n\r\n', b'\x16\3\1\0\x2d\1\0\0\x29\3\1'
                  + bytes(32) + b'\1\0\2\0\x18\1\0', b'\xff\x10' + bytes(20),
                  b'\x16\3\1\xff\xff' + bytes(600), b'\0\1\0\0\0\0\0\0'
                  + bytes(12), b'\x80' * 40):
        cut_off(j, first, hello=False)
    # cut anywhere, a good opening is a good opening
    client = av.tcp(j, None, 4, hello=False)
    for octet in HELLO + frame:
        client.socket.sendall(bytes([octet]))
    reply = client.socket.recv(1000)
    while len(reply) < 83 + 96:
        reply += client.socket.recv(1000)
    assert reply[83:85] == b'\2\0' and reply[87:89] == b'\1\x13', reply.hex()
    client.close()
    return signed


def body(j):
    edge = j.av_edge(limits={**av.CROWD, 'av.early_frames': 4})
    empty = av.Empty(edge)
    inward = av.Inward(j)
    made = av.mint(j)
    client, wire = datagrams(j, made, random.Random(SEED))
    signed = streams(j, made)
    early = av.tcp(j, made.ticket(), 5)
    early.must_allocate()
    with contextlib.suppress(ConnectionError):
        for _ in range(6):
            early.put_data(b'too early')
    early.closed()
    early.close()

    # who was there before is served as before
    fresh = av.udp(j, made.ticket(), 6)
    fresh.must_allocate()
    fresh.end()
    signed.end()
    client.end()
    assert wire.refresh(0).code == 0
    wire.close()
    assert edge.process.poll() is None, edge.tail()
    av.wait_dropped(edge, 'malformed', 100)
    assert av.count(edge, 'packets', 'to_peer') == 0, edge.dropped()
    empty.wait()
    inward.nothing()


journey.main(body)
