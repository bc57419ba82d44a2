"""Calls across the border, both directions, with a user of ours outside and
one inside: INVITE, 180, 200, ACK, re-INVITE, INFO, BYE, CANCEL; in the dialog
by our Route entries alone."""
from support import federated, hop, journey, sip
from support.dialog import Dialog

SDP = ('Content-Type', 'application/sdp')
OFFER = b'v=0\r\no=- 0 0 IN IP4 192.0.2.101\r\ns=-\r\nt=0 0\r\n'


def invite(lab, one, other):
    """The call is up; both ends' dialogs, and who looks at the border."""
    sent, _ = one.exchange('INVITE', other.aor, extra=[SDP], body=OFFER)
    crossing = federated.Crossing(lab, sent.value('Call-ID'))
    number = sent.value('CSeq')
    got = other.wire.expect('INVITE')
    assert got.body == OFFER, got.raw
    crossing.request(one, 'INVITE', number, count=2)
    other.answer(got, 180, 'Ringing')
    one.wire.expect(180)
    crossing.answer(other, 180, number)
    said = other.answer(got, 200, extra=[SDP, ('Contact',
                                               f'<{other.contact}>')],
                        body=OFFER)
    final = one.wire.expect(200)
    assert final.body == OFFER, final.raw
    crossing.answer(other, 200, number)
    return (Dialog(one, sent, final, True), Dialog(other, got, said, False),
            crossing)


def ask(crossing, one, other, method, status=200, **how):
    """A request inside the dialog, and its answer."""
    sent = one.send(method, **how)
    got = other.user.wire.expect(method)
    number = sent.value('CSeq')
    # a request in a dialog asserts nothing of its own at Kamailio
    arrived = crossing.request(
        one.user, method, number, verified='unverified'
        if one.user.domain == 'fabrikam.com' else 'verified')
    for route in arrived.values('Route'):
        assert 'ms-route-sig' not in route or \
            one.user.domain == 'fabrikam.com', route
    if status:
        other.user.answer(got, status, extra=[
            ('Contact', f'<{other.user.contact}>')]
            if method == 'INVITE' else [])
        one.user.wire.expect(status)
        crossing.answer(other.user, status, number)


def call(lab, one, other):
    """A whole call."""
    caller, callee, crossing = invite(lab, one, other)
    ask(crossing, caller, callee, 'ACK', None, number=caller.number)
    ask(crossing, callee, caller, 'INVITE', extra=[SDP], body=OFFER)
    ask(crossing, callee, caller, 'ACK', None, number=callee.number)
    ask(crossing, caller, callee, 'INFO')
    ask(crossing, callee, caller, 'INFO')
    ask(crossing, callee, caller, 'BYE')
    return caller


def given_up(lab, one, other):
    """CANCEL reaches who is ringing; 487 comes back."""
    sent, _ = one.exchange('INVITE', other.aor)
    got = other.wire.expect('INVITE')
    other.answer(got, 180, 'Ringing')
    one.wire.expect(180)
    one.wire.send(sip.build(f'CANCEL {sent.target} SIP/2.0', [
        ('Via', sent.values('Via')[0]), ('From', sent.value('From')),
        ('To', sent.value('To')), ('Max-Forwards', 70),
        ('CSeq', sent.value('CSeq').replace('INVITE', 'CANCEL')),
        ('Call-ID', sent.value('Call-ID'))]))
    other.answer(other.wire.expect('CANCEL'), 200)
    other.answer(got, 487, 'Request Terminated')
    other.wire.expect('ACK')
    answers = {one.wire.receive().status for _ in range(2)}
    assert answers == {200, 487}, answers
    final = sip.Message(sent.raw)
    final.lines = [(n, v) for n, v in sent.lines if n != 'to'] + [
        ('to', b'To: ' + sent.value('To').encode() + b';tag=x')]
    one.acknowledge(sent, final)


def stolen(lab, carol, caller):
    """Our Route entries serve their dialog only: a To without a tag, or a
    changed entry, and policy is asked anew."""
    old = caller.request('INFO')
    changed = old.replace(b'Fe.R', b'Fe.RF')
    assert changed != old
    carol.wire.send(changed.replace(b'INFO', b'OPTIONS'))
    answer = carol.wire.receive()
    hop.refusal(answer, 403)
    assert 'ms-diagnostics-public' in {n for n, _ in answer.lines}


def body(j):
    lab = federated.Lab(j, allowed=federated.ALLOWED)
    alice, ivan, carol = lab.people()
    for one, other in ((carol, ivan), (ivan, carol), (carol, alice),
                       (alice, carol)):
        try:
            caller = call(lab, one, other)
            given_up(lab, one, other)
        except AssertionError as err:
            raise AssertionError(f'{one.name} to {other.name}: {err}\n'
                                 + lab.edge.tail()[-1000:]) from err
        if one is carol:
            stolen(lab, carol, caller)
    others = set(lab.edge.refused()) - {'route_signature'}
    assert not others, lab.edge.refused()


journey.main(body, limit=60)
