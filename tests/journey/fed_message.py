"""MESSAGE between contoso.com and a partner that is not ours, Kamailio with
mutual TLS; every hop is looked at, byte for byte."""
from support import federated, journey, sip

TYPE = ('Content-Type', 'text/plain; charset=UTF-8')
ODD = [TYPE, ('X-Unknown', '  kept   as it is  '), ('ms-text-format', 'x;y=1')]
TEXT = 'Grüße'.encode() + b'\r\n\r\n\xff end'
# what a home server writes for itself, and a partner is not to read
INSIDE = [('ms-user-data', 'ms-publiccloud=true;ms-federation=true'),
          ('ms-call-source', 'non-ms-rtc'), ('X-MS-Secret', 'fe01')]


def inward(lab, carol, alice):
    """carol of the partner to alice of ours, and the answer back."""
    sent = sip.Message(carol.request('MESSAGE', alice.aor, extra=ODD,
                                     body=TEXT))
    carol.wire.send(sent.raw)
    call_id = sent.value('Call-ID')
    got = alice.wire.expect('MESSAGE')
    assert got.body == TEXT, got.raw
    said = alice.answer(got, 200, extra=[('X-Answer', 'yes')])
    final = carol.wire.expect(200)
    federated.inward(lab.partner.wait_sent(call_id, 'MESSAGE'),
                     lab.director.wait_received(call_id, 'MESSAGE'))
    federated.answer_outward(lab.director.wait_sent(call_id, 200),
                             lab.partner.wait_received(call_id, 200))
    assert final.value('X-Answer') == said.value('X-Answer') == 'yes'


def remote(lab, alice, carol):
    """alice, signed in through the edge: her message comes in, and leaves."""
    call_id = sip.token()
    alice.wire.send(alice.request('MESSAGE', carol.aor, extra=ODD,
                                  call_id=call_id, body=TEXT))
    challenge = alice.wire.expect(407)
    alice.wire.send(alice.request(
        'MESSAGE', carol.aor, call_id=call_id, cseq=2, body=TEXT,
        extra=[*ODD, alice.credentials(challenge, 'MESSAGE', carol.aor)]))
    answered(lab, alice, carol, call_id)


def inside(lab, ivan, carol):
    """ivan, inside."""
    call_id = sip.token()
    ivan.wire.send(ivan.request('MESSAGE', carol.aor, extra=ODD + INSIDE,
                                call_id=call_id, body=TEXT))
    answered(lab, ivan, carol, call_id)


def answered(lab, user, carol, call_id):
    """carol has it and answers; both hops of both are right."""
    got = carol.wire.expect('MESSAGE')
    assert got.body == TEXT, got.raw
    carol.answer(got, 200, extra=[('X-Answer', 'yes')])
    assert user.wire.expect(200).value('X-Answer') == 'yes'
    federated.outward(lab.director.wait_sent(call_id, 'MESSAGE'),
                      lab.partner.wait_received(call_id, 'MESSAGE'))
    federated.answer_inward(lab.partner.wait_sent(call_id, 200),
                            lab.director.wait_received(call_id, 200),
                            lab.director.wait_sent(call_id, 'MESSAGE'),
                            'unverified')  # Kamailio asserts nothing of it


def body(j):
    lab = federated.Lab(j, allowed=[('fabrikam.com', 'sip.fabrikam.com')])
    alice, ivan, carol = lab.people()
    inward(lab, carol, alice)
    inward(lab, carol, ivan)
    inside(lab, ivan, carol)
    remote(lab, alice, carol)
    assert lab.edge.refused() == {}, lab.edge.refused()

    # two switches of what partners are told
    lab.reload(allowed=federated.ALLOWED, mark=False, archiving=True)
    call_id = sip.token()
    ivan.wire.send(ivan.request('MESSAGE', carol.aor, call_id=call_id))
    got = carol.wire.expect('MESSAGE')
    carol.answer(got, 200)
    ivan.wire.expect(200)
    assert got.values('ms-asserted-verification-level') == [
        federated.LEVEL.format('unverified')], got.raw
    assert got.values('ms-archiving') == ['yes'], got.raw

    # what the partner says no to comes with who said it
    call_id = sip.token()
    ivan.wire.send(ivan.request('MESSAGE', 'sip:nobody@fabrikam.com',
                                call_id=call_id))
    answer = ivan.wire.expect(404)
    [told] = answer.values('ms-diagnostics')
    assert told.startswith('1034;reason="'), told
    for word in ('Domain="fabrikam.com"', 'PeerServer="sip.fabrikam.com"',
                 'source="sip.contoso.com"'):
        assert word in told, told
    # and what our inside says no to, without a word of the inside
    carol.wire.send(carol.request('MESSAGE', 'sip:nobody@contoso.com'))
    answer = carol.wire.expect(404)
    assert not answer.values('ms-diagnostics'), answer.raw


journey.main(body)
