"""Bytes that are no SIP, or bad SIP: refused with a reason and counted; the
inside sees none of it and the edge serves on."""
import itertools

from support import hop, journey, netns, sip

ONCE = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length',
        'Expires', 'Event']


def replace(raw, name, line):
    """The message with the header's line replaced ('' removes it)."""
    head, _, body = raw.partition(b'\r\n\r\n')
    lines = [line.encode('latin-1') if known.startswith(name.encode() + b':')
             else known for known in head.split(b'\r\n')]
    return b'\r\n'.join(known for known in lines if known) + b'\r\n\r\n' + body


def cases(user):
    """(what, bytes, wanted status or None, does it close) for a fresh
    connection each."""
    good = user.registration(extra=[('Expires', 600)])
    yield 'no Content-Length', replace(good, 'Content-Length', ''), 400, True
    for text in ('-1', '12x', '0x10', '99999999999999999999', ''):
        yield (f'Content-Length {text!r}', replace(
            good, 'Content-Length', f'Content-Length: {text}'), 400, True)
    yield ('two different Content-Lengths', replace(
        good, 'Content-Length', 'Content-Length: 0\r\nContent-Length: 4')
        + b'abcd', 400, True)
    for name in ONCE:
        line = [known for known in good.split(b'\r\n')
                if known.startswith(name.encode() + b':')][0].decode()
        yield (f'two {name}', replace(good, name, f'{line}\r\n{line}'), 400,
               None)
    for name in ('From', 'To', 'Call-ID', 'CSeq', 'Via'):
        yield f'no {name}', replace(good, name, ''), 400, None
    yield 'NUL in a header', replace(
        good, 'User-Agent', 'User-Agent: a\0b'), 400, None
    yield 'NUL in From', replace(
        good, 'From', 'From: <sip:al\0ice@contoso.com>;tag=1'), 400, None
    yield 'CSeq of another method', replace(
        good, 'CSeq', 'CSeq: 1 INVITE'), 400, None
    yield 'CSeq too large', replace(
        good, 'CSeq', 'CSeq: 4294967296 REGISTER'), 400, None
    yield 'another version', good.replace(b'SIP/2.0\r\n', b'SIP/7.0\r\n', 1), \
        505, None
    yield 'bare LF', good.replace(b'\r\nSupported', b'\nSupported'), 400, True
    # nothing is known then to answer to
    yield 'bare LF everywhere', good.replace(b'\r\n', b'\n'), None, True
    yield 'a header of 20 KiB', replace(
        good, 'User-Agent', 'User-Agent: ' + 'x' * 20000), 400, True
    yield 'a head of 40 KiB', replace(
        good, 'User-Agent', '\r\n'.join(['X-Many: ' + 'y' * 1000] * 40)), \
        400, True
    yield '300 header lines', replace(
        good, 'User-Agent', '\r\n'.join(['X: y'] * 300)), 400, True
    yield 'HTTP', b'GET / HTTP/1.1\r\nHost: sip.contoso.com\r\n\r\n', \
        None, True
    yield 'noise', bytes(range(256)) * 8 + b'\r\n\r\n', None, True
    yield 'endless first line', b'REGISTER ' + b'a' * 40000, None, True


def from_outside(director):
    """What the edge has brought in; its own probes now and then are not."""
    return [m for m in director.arrived() if not (
        m.method == 'OPTIONS' and m.value('Max-Forwards') == '0')]


def judge(user, what, data, status, closes):
    """Send and look at the reaction."""
    user.wire.send(data)
    if status is not None:
        answer = user.wire.receive()
        assert answer.status == status, (what, answer.raw)
        hop.refusal(answer, status)
    if closes:
        try:
            answer = user.wire.receive(2)
            assert answer.status and answer.status >= 400, (what, answer.raw)
        except AssertionError as err:
            assert 'closed' in str(err) or 'no message' in str(err), err
        assert user.wire.closed(), what


def body(j):
    director = j.director()
    edge = j.edge()
    numbers = itertools.cycle(range(2, 50))
    alice = j.user('alice', 0)
    requests, answers = alice.sign_in()
    assert answers[1].status == 200
    director.wait_received(requests[0].value('Call-ID'), 'REGISTER', 2)
    quiet = len(from_outside(director))
    probe = j.user('bob', 1)
    for what, data, status, closes in list(cases(probe)):
        before = sum(edge.refused().values())
        user = j.user('bob', next(numbers))
        try:
            judge(user, what, data, status, closes)
        except AssertionError as err:
            raise AssertionError(f'{what}: {err}') from err
        user.stop()
        assert sum(edge.refused().values()) > before, f'{what} is not counted'

    # not SIP over TLS at all, and a connection that says nothing
    wire = sip.Wire.tcp(j.world.inet, (netns.ACCESS, 443), netns.CLIENTS[2])
    wire.send(b'REGISTER sip:contoso.com SIP/2.0\r\n\r\n')
    wire.closed()
    half = j.user('bob', 3)
    half.wire.send(half.registration()[:200])
    half.stop()
    seen = from_outside(director)[quiet:]
    assert not seen, f'the inside saw {seen[0].raw!r}'

    framing(j, director)
    # alice has noticed nothing
    alice.wire.send(alice.request('MESSAGE', 'sip:bob@contoso.com'))
    alice.wire.expect(407)


def framing(j, director):
    """Legal bytes, strangely cut; and a body beyond its limit."""
    slow = j.user('carol', 4)
    call_id = sip.token()
    for octet in slow.registration(call_id=call_id):
        slow.wire.send(bytes([octet]))
    slow.wire.expect(401)

    many = j.user('carol', 5)
    assert many.sign_in()[1][1].status == 200
    ids = [sip.token() for _ in range(3)]
    many.wire.send(b'\r\n\r\n' + b'\r\n'.join(
        many.request('MESSAGE', 'sip:bob@contoso.com', call_id=i)
        for i in ids))
    assert {many.wire.expect(407).value('Call-ID') for _ in ids} == set(ids)
    for known in ids:
        director.wait_received(known, 'MESSAGE')
        assert len(director.received(known)) == 1

    # one sign-in at a time before the first has worked
    hasty = j.user('dave', 7)
    hasty.wire.send(hasty.registration() + hasty.registration())
    hop.refusal(hasty.wire.receive(), 504)
    hasty.wire.expect(401)

    big = j.user('carol', 6)
    assert big.sign_in()[1][1].status == 200
    call_id = sip.token()
    big.wire.send(big.request('MESSAGE', 'sip:bob@contoso.com',
                              call_id=call_id, body=b'x' * (128 * 1024 + 1)))
    hop.refusal(big.wire.expect(413), 413)
    assert not director.received(call_id)
    call_id = sip.token()
    big.wire.send(big.registration(call_id=call_id))
    big.wire.expect(401)
    try:
        big.wire.send(big.request('MESSAGE', 'sip:bob@contoso.com',
                                  body=b'x' * (600 * 1024)))
    except OSError:
        return
    big.wire.receive()
    big.wire.closed()


journey.main(body, limit=90)
