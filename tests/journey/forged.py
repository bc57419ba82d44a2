"""Answers and headers that a client makes up: none of it goes inside."""
import re

from support import hop, journey, sip
from support.wait import until


def answered_elsewhere(director, edge, alice, bob):
    """A response whose lower Vias name somebody else is dropped."""
    call_id = sip.token()
    alice.wire.send(alice.request('MESSAGE', bob.aor, call_id=call_id))
    proof = alice.credentials(alice.wire.expect(407), 'MESSAGE', bob.aor)
    alice.wire.send(alice.request('MESSAGE', bob.aor, call_id=call_id,
                                  cseq=2, extra=[proof]))
    got = bob.wire.expect('MESSAGE')
    good = sip.build('SIP/2.0 200 OK', [
        *[('Via', via) for via in got.values('Via')],
        ('From', got.value('From')), ('To', got.value('To') + ';tag=b'),
        ('Call-ID', call_id), ('CSeq', got.value('CSeq'))])
    vias = [line for line in good.split(b'\r\n')
            if line.lower().startswith(b'via:')]
    assert len(vias) >= 3, vias
    before = edge.refused().get('bad_response', 0)
    for number, forged in enumerate((
            good.replace(vias[2], b'Via: SIP/2.0/UDP 10.20.30.99:161'),
            good.replace(vias[2], vias[2] + b';received=10.20.30.99'),
            good.replace(b'\r\n' + vias[2], b''),
            good.replace(vias[1], b'Via: SIP/2.0/TLS 10.20.30.99:5061'))):
        bob.wire.send(forged)
        until(lambda: edge.refused().get('bad_response', 0) ==
              before + number + 1, 5, 'a forged answer is not refused')
    bob.wire.send(good)
    assert alice.wire.expect(200).value('Call-ID') == call_id

    def back():
        return [r for r in director.records() if r.from_edge and
                r.message.value('Call-ID') == call_id and
                r.message.status == 200]

    until(back, 5, 'the right answer is not seen inside')
    assert len(back()) == 1, back()


def spelt_otherwise(director, alice, bob):
    """A response in lower case takes the response's way."""
    call_id = sip.token()
    raw = alice.request('MESSAGE', bob.aor, call_id=call_id)
    alice.wire.send(raw.replace(raw.split(b'\r\n')[0], b'sip/2.0 200 OK', 1))
    # what comes behind it on the same connection is served
    other = sip.token()
    alice.wire.send(alice.request('MESSAGE', bob.aor, call_id=other))
    assert alice.wire.expect(407).value('Call-ID') == other
    assert not [r for r in director.records()
                if r.message.value('Call-ID') == call_id]


def sent_twice(director, alice, bob):
    """Of what the edge writes, no second copy gets through."""
    call_id = sip.token()
    raw = alice.request('MESSAGE', bob.aor, call_id=call_id, extra=[
        ('Referred-By', '"x\\\\" <sip:a@contoso.com>;ms-identity="me"')])
    raw = re.sub(rb'(Via: [^\r]*)', rb'\1;ms-received-cid=1;'
                 rb'ms-received-cid=2;ms-received-port=3;ms-received-port=4',
                 raw, count=1)
    alice.wire.send(raw)
    alice.wire.expect(407)
    got = director.wait_received(call_id, 'MESSAGE')
    via = got.values('Via')[1]
    for name in ('ms-received-cid', 'ms-received-port'):
        assert via.count(name) == 1, via
    assert f'ms-received-cid={hop.cid_of(got)}' in via, via
    assert 'ms-identity' not in got.value('Referred-By')


def unasked(j, edge):
    """Answers of a stranger end the connection; the inside sees none."""
    mallory = j.user('mallory', 2)
    before = edge.refused().get('stray_response', 0)
    answer = (b'SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 192.0.2.21:443;'
              b'branch=z9hG4bK10001000.0000000000000000\r\n'
              b'From: <sip:a@contoso.com>;tag=1\r\n'
              b'To: <sip:b@contoso.com>;tag=2\r\nCall-ID: x\r\n'
              b'CSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n')
    mallory.wire.send(12 * answer)  # at once: it is closed on the way
    until(lambda: edge.refused().get('malformed_flood', 0) == 1, 5,
          'the stranger is not closed')
    assert edge.refused()['stray_response'] - before == 10


def body(j):
    director = j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200
    answered_elsewhere(director, edge, alice, bob)
    spelt_otherwise(director, alice, bob)
    sent_twice(director, alice, bob)
    unasked(j, edge)


journey.main(body, limit=60)
