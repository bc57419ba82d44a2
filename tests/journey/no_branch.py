"""A client of the RFC 2543 kind: no branch in its Via, none is added."""
from support import hop, journey, sip

SHARDS = 'once'


def body(j):
    director = j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    plain = alice.via
    alice.via = lambda branch=None: plain('')
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200

    sent, _ = alice.exchange('INVITE', bob.aor)
    assert 'branch' not in sent.value('Via')
    call_id = sent.value('Call-ID')
    hop.inward(alice, sent, director.wait_received(call_id, 'INVITE', 2))
    got = bob.wire.expect('INVITE')
    # the same INVITE again is a retransmission, not a second call
    alice.wire.send(sent.raw)
    bob.wire.silent(0.3)
    bob.answer(got, 180, 'Ringing')
    while alice.wire.receive().status != 180:
        pass
    number = sent.value('CSeq').split()[0]
    alice.wire.send(sip.build(f'CANCEL {bob.aor} SIP/2.0', [
        ('Via', sent.value('Via')), ('From', sent.value('From')),
        ('To', sent.value('To')), ('Max-Forwards', 70),
        ('CSeq', f'{number} CANCEL'), ('Call-ID', call_id)]))
    bob.answer(bob.wire.expect('CANCEL'), 200)
    bob.answer(got, 487, 'Request Terminated')
    seen = []
    while len(seen) < 2:
        answer = alice.wire.receive()
        if answer.status not in (100, 180):
            seen.append((answer.status, answer.value('CSeq').split()[1]))
    assert sorted(seen) == [(200, 'CANCEL'), (487, 'INVITE')], seen
    alice.acknowledge(sent, answer if answer.status == 487 else
                      sip.Message(answer.raw))
    bob.wire.expect('ACK')
    assert edge.refused() == {}, edge.refused()


journey.main(body)
