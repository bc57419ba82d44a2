"""Allocations at their end: refreshed too late, given back twice, 5-tuples
used again by others and in the other dialect; and users at their limits."""
import time

from support import av, journey, netns, stun
from support.msturn import (ACTIVE, ALLOCATED, NOT_ACTIVE, REFUSED, Udp)
from support.wait import until

SHARDS = 'once'

LIMITS = {'av.lifetime_min_s': 1, 'av.allocations_per_user': 5,
          'av.allocations_per_source': 8, 'av.reply_cache_s': 1,
          'av.port_quarantine_s': 1}

LIFE = 3  # s, of who refreshes


def gone(edge):
    """Nothing is allocated any more."""
    until(lambda: edge.relay()['ports']['udp'] == 0, 10,
          f'it does not expire: {edge.relay()}')


def late(j, edge, made):
    """After expiry nothing works until there is a new allocation."""
    client = av.udp(j, made.ticket())
    relayed = client.must_allocate(lifetime=1)
    gone(edge)
    client.silent(client.send_message((netns.PARTNER, 40000), b'late'))
    av.wait_dropped(edge, 'no_allocation', 1)
    client.silent(b'\x80 raw')
    got = client.answer(client.set_active_message((netns.PARTNER, 40000)))
    assert got.kind == NOT_ACTIVE and got.code == 437, got
    got = client.answer(client.signed_allocate(0))
    assert got.kind == REFUSED and got.code == 437, got
    got = client.answer(client.signed_allocate())  # a refresh makes a new one
    assert got.kind == ALLOCATED, got
    assert client.answer(client.signed_allocate(0)).lifetime == 0
    gone(edge)
    assert relayed
    return client


def tuples(j, edge, made, client):
    """One 5-tuple, several users and both dialects, one after the other."""
    port = client.socket.getsockname()[1]
    client.must_allocate()
    mallory = made.ticket('sip:mallory@contoso.com')
    client.close()
    other = Udp(j.world.inet, av.UDP, netns.CLIENTS[0], mallory, port)
    got = other.allocate()
    assert got.kind == REFUSED and got.code == 441, got
    assert edge.relay()['ports']['udp'] == 1, edge.relay()
    other.close()
    owner = Udp(j.world.inet, av.UDP, netns.CLIENTS[0], client.ticket, port)
    owner.must_allocate()
    owner.end()
    other = Udp(j.world.inet, av.UDP, netns.CLIENTS[0], mallory, port)
    other.must_allocate()

    # the other dialect on it is not served, and changes nothing
    other.put(stun.build(stun.ALLOCATE, [(stun.TRANSPORT, b'\x11\0\0\0')]))
    got = other.take(0.3)
    assert got is None or got[:2] == b'\x01\x13', got
    assert other.set_active((netns.PARTNER, 40000)).kind == ACTIVE
    other.end()
    gone(edge)


def limits(j, made):
    """So many for a user, so many for an address, then no more."""
    mine = [av.udp(j, made.ticket(), number) for number in range(6)]
    for client in mine[:5]:
        client.must_allocate()
    got = mine[5].allocate()
    assert got.kind == REFUSED and got.code == 500, got
    mine[0].end()
    assert mine[5].allocate().kind == ALLOCATED
    same = [av.udp(j, made.ticket(f'sip:u{n}@contoso.com'), 9)
            for n in range(9)]
    for client in same[:8]:
        client.must_allocate()
    got = same[8].allocate()
    assert got.kind == REFUSED and got.code == 500, got
    same[8].close()
    for client in mine[1:] + same[:8]:
        client.end()


def kept(j, edge, made):
    """Who refreshes stays, also past the lifetime of before."""
    client = av.udp(j, made.ticket('sip:kept@contoso.com'), 10)
    relayed, begun = client.must_allocate(lifetime=LIFE), time.monotonic()
    last = begun
    while time.monotonic() < begun + LIFE + 1:
        last = time.monotonic()  # it lives on from here, or a moment later
        got = client.answer(client.signed_allocate(LIFE))
        assert got.kind == ALLOCATED and got.relayed == relayed, got
        assert client.take(0.3) is None
    gone(edge)
    assert time.monotonic() > last + LIFE - 0.1, 'it went too early'
    client.close()


def body(j):
    edge = j.av_edge(limits={**av.CROWD, **LIMITS})
    empty = av.Empty(edge)
    made = av.mint(j)
    client = late(j, edge, made)
    tuples(j, edge, made, client)
    kept(j, edge, made)
    limits(j, made)
    empty.wait()


journey.main(body)
