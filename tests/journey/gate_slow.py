"""Deadlines: slow peers lose their slot, one byte now and then buys no time,
and the inside hears nothing of it."""
import contextlib
import time

from support import gate, journey, sip
from support.sink import Sink

SHARDS = 'once'

TRICKLE = 0.25  # seconds between two bytes


def fed(wire, data):
    """Send slowly till the other end has had enough."""
    for octet in data:
        try:
            wire.send(bytes([octet]))
            wire.closed(TRICKLE)
        except AssertionError:
            continue
        except OSError:
            wire.ended = True
        return


def closes(edge, wire, name, least, most, begun):
    """The edge ends it, in time and with its reason."""
    assert wire.closed(most + 2)
    gate.took(begun, least, most)
    gate.wait_count(edge, 'slow', name, 1)
    assert len(gate.events(edge, 1033, reason=name)) == 1
    assert gate.connections(edge) == (0, 0)


def handshake(j, edge):
    """TLS that never comes."""
    gate.relimit(edge, handshake_ms=1000)
    begun = time.monotonic()
    with contextlib.closing(gate.half_open(j)) as wire:
        fed(wire, b'\x16\x03\x01\x02\x00\x01' + b'\0' * 60)
        assert wire.closed(4)
        gate.took(begun, 0.9, 2)
    gate.wait_count(edge, 'closed', 'handshake too slow', 1)
    assert gate.events(edge, 1013)


def first(j, edge):
    """No message, keep-alives notwithstanding."""
    gate.relimit(edge, first_message_ms=1000)
    with contextlib.closing(gate.wire(j)) as wire:
        begun = time.monotonic()
        fed(wire, b'\r\n\r\n' * 10)
        closes(edge, wire, 'first_message', 0.8, 2, begun)


def head(j, edge):
    """A head that does not end."""
    gate.relimit(edge, head_ms=1000)
    with contextlib.closing(gate.wire(j)) as wire:
        begun = time.monotonic()
        fed(wire, b'REGISTER sip:contoso.com SIP/2.0\r\nVia: ' + b'x' * 99)
        closes(edge, wire, 'head', 0.8, 2, begun)


def body_(j, edge):
    """A body that does not come."""
    gate.relimit(edge, body_ms=1000)
    bob = j.user('bob', 1)
    begun = time.monotonic()
    bob.wire.send(bob.registration(body=b'y' * 400)[:-400])
    fed(bob.wire, b'y' * 99)
    closes(edge, bob.wire, 'body', 0.8, 2, begun)
    bob.stop()


def passed_over(j, edge):
    """A body too large is passed over, but not at leisure."""
    gate.relimit(edge, body_ms=1000, client_body_kb=64)
    bob = j.user('bob', 1)
    begun = time.monotonic()
    bob.wire.send(bob.registration(body=b'y' * 70000)[:-70000])
    bob.wire.expect(413)
    fed(bob.wire, b'y' * 99)
    closes(edge, bob.wire, 'body', 0.8, 2, begun)
    bob.stop()


def sign_in(j, edge):
    """Talks, but does not sign in."""
    gate.relimit(edge, unsigned_ms=1200)
    with contextlib.closing(gate.wire(j)) as wire:
        begun = time.monotonic()
        wire.send(sip.build('OPTIONS sip:sip.contoso.com SIP/2.0', [
            ('Via', 'SIP/2.0/TLS 192.0.2.101:5061;branch=z9hG4bK1'),
            ('From', '<sip:bob@contoso.com>;tag=1'),
            ('To', '<sip:sip.contoso.com>'), ('Call-ID', '1'),
            ('CSeq', '1 OPTIONS'), ('Max-Forwards', 70)]))
        wire.receive()
        fed(wire, b'\r\n' * 20)
        closes(edge, wire, 'sign_in', 0.9, 2.2, begun)


def idle(j, edge):
    """Signed in and then silent; CRLF counts as a word."""
    gate.relimit(edge, idle_ms=1000)
    bob = j.user('bob', 1)
    bob.wire.send(bob.request('REGISTER', 'sip:contoso.com', to=bob.aor,
                              contact=f'<{bob.contact}>'))
    bob.wire.expect(200)
    for _ in range(6):
        time.sleep(0.4)
        bob.wire.send(b'\r\n\r\n')
    begun = time.monotonic()
    closes(edge, bob.wire, 'idle', 0.8, 2, begun)
    bob.stop()


def body(j):
    inside = Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (handshake, first, head, body_, passed_over, sign_in, idle):
        inside.forget()
        try:
            case(j, edge)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err
        if case is not idle:
            inside.quiet()


journey.main(body, limit=60)
