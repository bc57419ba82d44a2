"""A pool of two members with one key: what one has minted the other takes; a
client goes to the other when its member is full, and when it is gone."""
from support import av, journey, mras, netns
from support.msturn import (ALLOCATE, ALLOCATED, ALTERNATE, LIFETIME, REFUSED,
                            VERSION, build, unaddress)
from support.pool import two_members
from support.ticket import Ticket

SECOND = netns.SECOND_OUTSIDE[2]
SERVER = 'sip:fepool01.corp.contoso.com@contoso.com;gruu;opaque=srvr:x'


def ask(j, inside):
    """Credentials from the member at that inside address."""
    server = mras.Server(j.world, j.ca, target=(inside, 5062))
    answer = server.ask(SERVER, [mras.wish('sip:alice@contoso.com')])[1]
    server.stop()
    assert answer.reason == 'OK', answer.reason
    return answer.tickets[0]


def body(j):
    host = j.world.second_edge()
    where = two_members(j)
    one = j.av_edge(limits={**av.CROWD, 'av.allocations': 2}, **where)
    two = j.av_edge(limits=av.CROWD, member=2, space=host, **where)
    empty = av.Empty(two)
    tickets = [ask(j, inside) for inside in (netns.EDGE_INSIDE,
                                             netns.SECOND_INSIDE)]
    assert isinstance(tickets[0], Ticket)

    # minted by either, good on the other; so is a nonce
    other = av.udp(j, tickets[0], 0, (SECOND, 3478))
    assert other.must_allocate()[0] == SECOND
    first = av.udp(j, tickets[1], 1)
    assert first.challenge().get(ALTERNATE) is None
    # who asks with more bytes is told more
    told = first.answer(build(ALLOCATE, [
        (VERSION, b'\0\0\0\1'), (LIFETIME, b'\0\0\2\x58')]))
    assert told.code == 401 and unaddress(told[ALTERNATE]) == av.UDP, told
    assert first.must_allocate()[0] == av.OUTSIDE
    moved = av.udp(j, tickets[1], 1, (SECOND, 3478))
    moved.realm, moved.nonce, moved.key = first.realm, first.nonce, first.key
    got = moved.answer(moved.signed_allocate())
    assert got.kind == ALLOCATED and got.relayed[0] == SECOND, got
    moved.end()

    # media goes from a member's relayed address to the other's
    first.send(other.relayed, b'')
    other.send(first.relayed, b'')
    for sender, receiver in ((first, other), (other, first)):
        sender.waiting.clear()
        assert sender.set_active(receiver.relayed).fits(sender.key)
    first.put_data(b'from one')
    assert heard(other) == b'from one'
    other.put_data(b'from two')
    assert heard(first) == b'from two'

    # a full member names the other one
    second = av.udp(j, tickets[0], 2)
    second.must_allocate()
    late = av.udp(j, tickets[0], 3)
    got = late.allocate()
    assert got.kind == REFUSED and got.code == 300, got
    assert unaddress(got[ALTERNATE]) == (SECOND, 3478), got
    followed = av.udp(j, tickets[0], 3, unaddress(got[ALTERNATE]))
    assert followed.must_allocate()[0] == SECOND
    followed.end()

    # a member dies: the client finds the other with what it has
    one.kill()
    again = av.udp(j, tickets[1], 1, (SECOND, 3478))
    assert again.must_allocate()[0] == SECOND
    again.send(other.relayed, b'')
    assert other.set_active(again.relayed).fits(other.key)
    other.put_data(b'on we go')
    assert heard(again) == b'on we go'
    again.end()
    other.end()
    empty.wait()


def heard(client):
    """The next payload that is not empty, raw or in an indication."""
    while True:
        got = client.next()
        payload = got if isinstance(got, (bytes, type(None))) else \
            got.attributes[0x13]
        if payload != b'':
            return payload


journey.main(body)
