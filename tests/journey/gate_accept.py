"""Who may connect: rate, totals, sources, handshakes, known addresses and
penalties. The inside sees none of it."""
import concurrent.futures
import time

from support import gate, journey
from support.sink import Sink
from support.wait import until


def rate(j, edge):
    """What is too fast waits in the backlog: nobody is turned away."""
    gate.relimit(edge, accept_rate=10)
    begun = time.monotonic()
    with gate.crowd() as wires, \
            concurrent.futures.ThreadPoolExecutor(30) as pool:
        jobs = [pool.submit(gate.wire, j, n) for n in range(30)]
        time.sleep(0.5)
        accepted = gate.count(edge, 'accepted', 'client')
        waited = time.monotonic() - begun
        assert accepted <= 10 + 10 * waited + 1, (accepted, waited)
        wires += [job.result(10) for job in jobs]
        gate.took(begun, 1.7, 8)
        assert gate.connections(edge)[0] == 30
    assert gate.count(edge, 'accept_paused') > 0
    assert gate.count(edge, 'closed', 'handshake failed') == 0
    assert not gate.events(edge, 1012)


def source(j, edge):
    """A fourth connection of one address is closed, another address is not
    concerned."""
    gate.relimit(edge, per_source=3)
    with gate.crowd() as wires:
        wires += [gate.wire(j, 0) for _ in range(3)]
        gate.refused(j, 0)
        wires.append(gate.wire(j, 1))
        assert gate.count(edge, 'connection_rejected', 'source') == 1
        assert len(gate.events(edge, 1012, reason='source')) == 1
        wires.pop(0).close()
        until(lambda: gate.connections(edge)[0] == 3, 5, 'it does not leave')
        wires.append(gate.wire(j, 0))


def handshakes(j, edge):
    """Half-open ones are few a source, and not for long."""
    gate.relimit(edge, handshakes_per_source=2, handshake_ms=1500)
    with gate.crowd() as wires:
        begun = time.monotonic()
        wires += [gate.half_open(j, 0) for _ in range(2)]
        until(lambda: gate.connections(edge)[0] == 2, 5,
              'the edge has not taken them yet')
        gate.refused(j, 0)
        assert gate.count(edge, 'connection_rejected', 'handshakes') == 1
        assert gate.events(edge, 1012, reason='handshakes')
        wires.append(gate.wire(j, 1))
        for half in wires[:2]:
            half.closed(5)
        gate.took(begun, 1.4, 3)
        gate.wait_count(edge, 'closed', 'handshake too slow', 2)
        assert gate.count(edge, 'handshake_fail') == 2
        wires.append(gate.wire(j, 0))


def total(j, edge):
    """The last tenth is for addresses where somebody has signed in."""
    gate.relimit(edge, connections=20)
    alice = j.user('alice', 0)
    alice.wire.send(alice.registration())
    alice.wire.expect(200)
    with gate.crowd() as wires:
        wires += [gate.wire(j, n) for n in range(1, 18)]
        gate.refused(j, 20)
        assert gate.count(edge, 'connection_rejected', 'unknown') == 1
        assert gate.events(edge, 1012, reason='unknown')
        wires += [gate.wire(j, 0) for _ in range(2)]
        assert gate.connections(edge)[0] == 20
        gate.refused(j, 0)
        assert gate.count(edge, 'connection_rejected', 'total') == 1
        assert gate.events(edge, 1012, reason='total')
    alice.stop()


def bad(number):
    """A request that is framed well and otherwise not."""
    return (f'REGISTER sip:contoso.com SIP/2.0\r\nVia: SIP/2.0/TLS '
            f'192.0.2.101:5061;branch=z9hG4bK{number}\r\nFrom: <sip:a@contoso'
            f'.com>;tag=1\r\nTo: <sip:a@contoso.com>\r\nCall-ID: {number}\r\n'
            'CSeq: x REGISTER\r\nContent-Length: 0\r\n\r\n').encode()


def malformed(j, edge):
    """One answer a second; too many end the connection, and its address
    waits outside for a while."""
    gate.relimit(edge, malformed=4, penalty_ms=2000)
    with gate.crowd() as wires:
        wires.append(gate.wire(j, 0))
        wires[0].send(bad(1) + bad(2) + bad(3))
        assert wires[0].expect(400).value('Call-ID') == '1'
        wires[0].silent(0.3)
        assert gate.count(edge, 'malformed_unanswered') == 2
        begun = time.monotonic()
        wires[0].send(bad(4))
        assert wires[0].closed()
        assert edge.refused()['malformed_flood'] == 1
        assert gate.events(edge, 1032)
        gate.refused(j, 0)
        assert gate.count(edge, 'connection_rejected', 'penalty') == 1
        wires.append(gate.wire(j, 1))
        gate.took(begun, 0, 1.8)
        time.sleep(2.1)
        wires.append(gate.wire(j, 0))
        wires[-1].send(bad(5))
        wires[-1].expect(400)


def body(j):
    inside = Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (rate, source, handshakes, total, malformed):
        inside.forget()
        case(j, edge)
        seen = [m for _, m in inside.requests if case is not total]
        assert not seen, f'the inside saw {seen[0].raw!r}'


journey.main(body, limit=60)
