"""A call between two remote users: INVITE, 180, 200, ACK, re-INVITE, BYE."""
from support import hop, journey, sip
from support.dialog import Dialog

SDP = ('Content-Type', 'application/sdp')
OFFER = b'v=0\r\no=- 0 0 IN IP4 192.0.2.101\r\ns=-\r\nt=0 0\r\n'


def invite(director, alice, bob):
    """Set the call up; the two ends' dialogs."""
    sent, _ = alice.exchange('INVITE', bob.aor, extra=[SDP], body=OFFER)
    call_id = sent.value('Call-ID')
    got = bob.wire.expect('INVITE')
    cid = hop.inward(alice, sent,
                     director.wait_received(call_id, 'INVITE', 2))
    hop.outward(director.wait_sent(call_id, 'INVITE'), got, route_count=2)

    ringing = bob.answer(got, 180, 'Ringing')
    heard = alice.wire.expect(180)
    hop.answer_outward(director.wait_sent(call_id, 180), heard)
    hop.answer_inward(ringing, director.wait_received(call_id, 180))
    said = bob.answer(got, 200, extra=[SDP, ('Contact', f'<{bob.contact}>')],
                      body=OFFER)
    final = alice.wire.expect(200)
    hop.answer_outward(director.wait_sent(call_id, 200), final)
    assert final.body == said.body
    return (Dialog(alice, sent, final, True), Dialog(bob, got, said, False),
            cid)


def inside_dialog(director, one, other, method, status=200, **how):
    """A request inside the dialog with its answer, each hop looked at."""
    sent = one.send(method, **how)
    got = other.user.wire.expect(method)
    number = sent.value('CSeq')
    arrived = director.wait_received(one.call_id, method, cseq=number)
    hop.inward(one.user, sent, arrived)
    left = arrived.values('Route')
    assert left and all('edge' not in r and 'sip.contoso.com' not in r
                        for r in left[:1]), left
    hop.outward(director.wait_sent(one.call_id, method, cseq=number), got)
    if status:
        extra = [('Contact', f'<{other.user.contact}>')] \
            if method == 'INVITE' else []
        other.user.answer(got, status, extra=extra)
        return one.user.wire.expect(status)
    return None


def body(j):
    director = j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200
    caller, callee, _ = invite(director, alice, bob)
    inside_dialog(director, caller, callee, 'ACK', status=None,
                  number=caller.number)
    alice.wire.silent(0.2)

    inside_dialog(director, callee, caller, 'INVITE', extra=[SDP], body=OFFER)
    inside_dialog(director, callee, caller, 'ACK', status=None,
                  number=callee.number)
    inside_dialog(director, caller, callee, 'INFO')
    inside_dialog(director, callee, caller, 'BYE')
    assert edge.refused() == {}, edge.refused()

    # a stranger's request with the old route set goes no further than policy
    changed = [r.replace('Ci.R', 'Ci.RF') for r in caller.routes]
    forged = sip.Message(caller.request('INFO', routes=changed))
    alice.wire.send(forged.raw)
    hop.refusal(alice.wire.receive(), 403)
    assert forged.value('CSeq') not in \
        [m.value('CSeq') for m in director.received(caller.call_id)]


journey.main(body)
