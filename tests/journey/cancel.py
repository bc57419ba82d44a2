"""A caller gives up while it rings."""
from support import hop, journey, sip


def body(j):
    director = j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200
    sent, _ = alice.exchange('INVITE', bob.aor)
    call_id = sent.value('Call-ID')
    got = bob.wire.expect('INVITE')
    bob.answer(got, 180, 'Ringing')
    alice.wire.expect(180)

    number = sent.value('CSeq').split()[0]
    alice.wire.send(sip.build(f'CANCEL {bob.aor} SIP/2.0', [
        ('Via', sent.value('Via')), ('From', sent.value('From')),
        ('To', sent.value('To')), ('Max-Forwards', 70),
        ('CSeq', f'{number} CANCEL'), ('Call-ID', call_id)]))
    answer = alice.wire.expect(200)
    assert answer.value('CSeq').endswith(' CANCEL')

    stop = bob.wire.expect('CANCEL')
    assert stop.values('Via')[0] == got.values('Via')[0], 'not hop by hop'
    assert len(stop.values('Via')) == 1
    bob.answer(stop, 200)
    ended = bob.answer(got, 487, 'Request Terminated')
    final = alice.wire.expect(487)
    assert final.value('CSeq') == sent.value('CSeq')
    alice.acknowledge(sent, final)
    ack = bob.wire.expect('ACK')
    assert ack.values('Via')[0] == got.values('Via')[0]
    assert ack.value('To') == ended.value('To')

    director.wait_received(call_id, 'CANCEL')
    inner = director.received(call_id, 'CANCEL')
    assert len(inner) == 1 and len(inner[0].values('Via')) == 1
    top = director.received(call_id, 'INVITE')[1].values('Via')[0]
    assert inner[0].values('Via') == [top]
    hop.clean(final)

    # a CANCEL for nothing is not answered by the edge itself with 200
    alice.wire.silent(0.3)
    assert edge.refused() == {}, edge.refused()


journey.main(body)
