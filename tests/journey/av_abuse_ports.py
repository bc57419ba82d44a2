"""All 10,000 ports used up: the next one is refused, those who have one are
served, and all come back."""
import resource
import select

from support import av, journey, netns
from support.msturn import (ALLOCATED, REFUSED, Message, Udp)
from support.wait import PATIENCE, until

PORTS = 10000
BATCH = 200  # a client address's worth
LIMITS = {'av.allocations_per_user': 60000,
          'av.allocations_per_source': 60000, 'av.port_quarantine_s': 0}


def asked(clients, **how):
    """All ask at once; kind of answer to count."""
    found, waiting = {}, {}
    for client in clients:
        waiting[client.socket] = client.signed_allocate(**how)
    for _ in range(PATIENCE):
        for one, raw in waiting.items():
            one.send(raw)
        while waiting:
            heard = select.select(list(waiting), [], [], 1)[0]
            if not heard:
                break  # lost: once more
            for one in heard:
                answer = Message(one.recv(2000))
                if answer.tid == waiting[one][4:20]:
                    del waiting[one]
                    key = answer.kind if answer.kind == ALLOCATED else \
                        answer.code
                    found[key] = found.get(key, 0) + 1
        if not waiting:
            return found
    raise AssertionError(f'{len(waiting)} are not answered')


def crowd(j, ticket, number, base=20000):
    """BATCH clients on one address, on ports that are known."""
    first = av.udp(j, ticket, number)
    first.challenge()
    first.close()
    found = []
    for n in range(BATCH):
        client = Udp(j.world.inet, av.UDP, netns.CLIENTS[number],
                     first.ticket, base + n)
        client.realm, client.nonce, client.key = \
            first.realm, first.nonce, first.key
        found.append(client)
    return found


def leave(clients):
    """Their sockets are closed, their allocations stay."""
    for client in clients:
        client.close()


def everybody(j, ticket, addresses=PORTS // BATCH, **how):
    """All ask, address after address; kind of answer to count."""
    found = {}
    for number in range(addresses):
        clients = crowd(j, ticket, number)
        for key, value in asked(clients, **how).items():
            found[key] = found.get(key, 0) + value
        leave(clients)
    return found


def body(j):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    edge = j.av_edge(limits={**av.CROWD, **LIMITS})
    empty = av.Empty(edge)
    made = av.mint(j)
    ticket = made.ticket()
    memory = av.resident(edge)
    witness = av.udp(j, made.ticket('sip:witness@contoso.com'), 49)
    witness.must_allocate()
    found = everybody(j, ticket)
    assert found == {ALLOCATED: PORTS - 1, 500: 1}, found
    assert edge.relay()['ports']['udp'] == PORTS, edge.relay()
    av.wait_dropped(edge, 'no_port', 1)
    late = av.udp(j, made.ticket('sip:late@contoso.com'), 48)
    got = late.allocate()
    assert got.kind == REFUSED and got.code == 500 and got.fits(late.key), got
    stream = av.tcp(j, made.ticket('sip:tcp@contoso.com'), 48)
    stream.must_allocate()  # TCP ports are others
    assert witness.answer(witness.signed_allocate()).kind == ALLOCATED
    if j.preset == 'dev':
        assert av.resident(edge) < memory + 200 * 1024, av.resident(edge)

    # a place that is given back is the next one's
    clients = crowd(j, ticket, 0)
    assert asked(clients, lifetime=0).get(ALLOCATED) >= BATCH - 1
    leave(clients)
    until(lambda: late.allocate().kind == ALLOCATED, 5, 'no port is free')
    everybody(j, ticket, lifetime=0)
    for one in (late, stream, witness):
        one.end()
    empty.wait()

    # and once more, from the same memory
    before = av.resident(edge)
    # even no quarantine lasts to the end of its second
    until(lambda: everybody(j, ticket, 10) == {ALLOCATED: 10 * BATCH}, 5,
          'the ports are not given out once more')
    everybody(j, ticket, 10, lifetime=0)
    empty.wait()
    if j.preset == 'dev':
        assert av.resident(edge) < before * 1.1 + 4096, \
            (before, av.resident(edge))
    av.wait_count(edge, 'released', av.count(edge, 'allocated'))


journey.main(body, limit=60)
