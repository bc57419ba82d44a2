"""Credentials, nonces and messages that are wrong, old, somebody else's or
played back: each with its own answer, and nothing is allocated."""
import os

from support import av, journey, netns, stun
from support.msturn import (ACTIVE, ALLOCATED, INTEGRITY, NONCE,
                            NOT_ACTIVE, REFUSED, SEQUENCE, SET_ACTIVE,
                            USERNAME, DESTINATION, address, build)
from support.ticket import INTRANET, Mint, Ticket, md5_key

DAY = 86400


def refused(client, code, **other):
    """An Allocate with something wrong is answered with that error."""
    got = client.answer(client.signed_allocate(**other))
    assert got.kind == REFUSED and got.code == code, (code, got.code, got)
    return got


def credentials(j, made):
    """Everything that may be wrong in the first authenticated Allocate."""
    client = av.udp(j, made.ticket())
    client.challenge()
    assert refused(client, 432, username=None).get(INTEGRITY) is None
    refused(client, 434, realm=None)
    refused(client, 434, realm=b'elsewhere.example.com')
    refused(client, 435, nonce=None)
    for nonce in (b'x', b'A' * 32, os.urandom(32), made.nonce('192.0.2.150'),
                  made.nonce(netns.CLIENTS[0], 3601),
                  Mint.of_ikm(b'other' * 8).nonce(netns.CLIENTS[0])):
        got = refused(client, 438, nonce=nonce)
        assert got[NONCE] != nonce, got
    refused(client, 431, key=b'k' * 16)
    tickets = {
        'expired': made.ticket(age=9 * 3600),
        'from the future': made.ticket(age=-3600),
        'too long a life': made.ticket(life=30 * DAY),
        'for the inside': made.ticket(flags=INTRANET),
        'for nowhere': made.ticket(flags=0),
        'of another pool': Mint.of_ikm(b'other' * 8).ticket(),
        'garbage': Ticket(os.urandom(60), b'p' * 20),
        'short': Ticket(b'E\1', b'p' * 20),
        'altered': Ticket(bytes(a ^ (n == 20) for n, a in enumerate(
            made.ticket().username)), made.ticket().password)}
    for name, ticket in tickets.items():
        bad = av.udp(j, ticket, 1)
        bad.challenge()
        got = bad.answer(bad.signed_allocate())
        assert got.kind == REFUSED and got.code == 436, (name, got.code)
        bad.close()
    inside = av.inside_udp(j, made)
    inside.ticket = made.ticket()
    assert inside.allocate().code == 436
    wrong = av.udp(j, Ticket(made.ticket().username, b'\x80' + b'p' * 19), 2)
    assert wrong.allocate().code == 431
    return client


def replays(edge, client, other):
    """What was good once is not good again."""
    raw = client.signed_allocate()
    first = client.answer(raw)
    assert first.kind == ALLOCATED, first
    client.connection, client.relayed = first[SEQUENCE][:20], first.relayed
    assert client.answer(raw).raw == first.raw, 'not the very same answer'
    assert edge.relay()['ports']['udp'] == 2, edge.relay()

    other.send(client.relayed)
    client.send(other.relayed, b'once')
    other.expect_data(b'once', client.relayed)
    sent = client.send_message(other.relayed, b'twice')
    for _ in range(5):
        client.put(sent)
    other.expect_data(b'twice', client.relayed)
    av.wait_dropped(edge, 'replay', 4)
    client.put(client.send_message(other.relayed, b'forged', key=b'k' * 16))
    av.wait_dropped(edge, 'bad_integrity', 1)
    right, client.connection = client.connection, bytes(20)
    client.put(client.send_message(other.relayed, b'another'))
    av.wait_dropped(edge, 'wrong_connection', 1)
    client.connection = right
    assert other.take(0.3) is None, 'a replay arrived'

    raw = client.set_active_message(other.relayed)
    told = client.answer(raw)
    assert told.kind == ACTIVE and client.answer(raw).raw == told.raw
    got = client.answer(client.set_active_message(
        (netns.PARTNER, 40000), key=b'k' * 16))
    assert got.kind == NOT_ACTIVE and got.code == 431, got
    client.put_data(b'still there')  # the old destination has stayed
    other.expect_data(b'still there', client.relayed)


def strangers(j, made, client):
    """Nobody else's packets count on this 5-tuple's allocation."""
    thief = av.udp(j, made.ticket('sip:mallory@contoso.com'), 3)
    thief.key, thief.connection = client.key, client.connection
    thief.ticket = client.ticket
    thief.silent(thief.send_message((netns.PARTNER, 40000), b'stolen'))
    got = thief.answer(build(SET_ACTIVE, [
        (USERNAME, client.ticket.username),
        (DESTINATION, address(netns.PARTNER, 40000))],
        key=client.key))
    assert got.kind == NOT_ACTIVE and got.code == 437, got


def rfc(j, made):
    """The same in the dialect of the RFCs."""
    client = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[4],
                         made.ticket())
    client.challenge()
    ask = [(stun.TRANSPORT, b'\x11\0\0\0')]
    got = client.answer(client.request(stun.ALLOCATE, ask, key=b'k' * 16))
    assert got.code == 401, got.code
    right, client.nonce = client.nonce, b'x' * 32
    assert client.answer(client.request(stun.ALLOCATE, ask)).code == 438
    client.nonce = right
    for ticket in (made.ticket(age=9 * 3600), made.ticket(flags=INTRANET),
                   Ticket(os.urandom(60), b'p' * 20)):
        client.ticket = ticket
        assert client.answer(client.request(stun.ALLOCATE, ask)).code == 401
    client.close()


def body(j):
    edge = j.av_edge(limits={**av.CROWD, 'av.nonce_s': 3600})
    empty = av.Empty(edge)
    made = av.mint(j)
    client = credentials(j, made)
    rfc(j, made)
    assert av.load(edge) == (0, 0, 0, 0), edge.relay()
    assert edge.relay()['ports']['udp'] == 0
    other = av.udp(j, made.ticket('sip:bob@contoso.com'), 5)
    other.must_allocate()
    replays(edge, client, other)
    strangers(j, made, client)

    # libnice's refresh: the first nonce for ever, however old
    client.nonce = made.nonce(netns.CLIENTS[0], 5 * 3600)
    assert client.answer(client.signed_allocate()).kind == ALLOCATED
    assert md5_key(client.ticket, client.realm) == client.key
    for one in (client, other):
        one.end()
    empty.wait()


journey.main(body)
