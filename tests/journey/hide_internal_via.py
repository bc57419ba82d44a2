"""access.hide_internal_via: a signed-in user sees the edge's Via alone, and the
answer still finds its way back."""
from support import hop, journey, sip
from support.dialog import Dialog

SHARDS = 'once'

STATE = [('Event', 'presence'), ('subscription-state', 'active')]
INSIDE = (b'corp.contoso', b'10.20.30.', b'172.16.20.')


def body(j):
    director = j.director()
    edge = j.edge(options={'access.hide_internal_via': 'yes'})
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    ivan = j.inside_user('ivan')
    ivan.sign_in()
    alice.wire.send(alice.request('SUBSCRIBE', ivan.aor,
                                  extra=[('Event', 'presence')]))
    challenge = alice.wire.expect(407)
    call_id = challenge.value('Call-ID')
    alice.wire.send(alice.request(
        'SUBSCRIBE', ivan.aor, call_id=call_id, cseq=2,
        extra=[('Event', 'presence'), alice.credentials(
            challenge, 'SUBSCRIBE', ivan.aor)]))
    got = ivan.wire.expect('SUBSCRIBE')
    said = ivan.answer(got, 200, extra=[('Contact', f'<{ivan.contact}>')])
    alice.wire.expect(200)

    for method in ('NOTIFY', 'BENOTIFY'):
        Dialog(ivan, got, said, False).send(method, extra=STATE)
        heard = alice.wire.expect(method)
        vias = heard.values('Via')
        assert len(vias) == 1 and hop.VIA_OUT.match(vias[0]), vias
        shown = b'\r\n'.join(line for name, line in heard.lines
                             if name == 'via')
        assert not any(word in shown for word in INSIDE), shown
        if method == 'NOTIFY':
            alice.answer(heard, 200)
            ok = ivan.wire.expect(200)
            assert len(ok.values('Via')) == 1, ok.raw
    back = director.wait_received(call_id, 200, cseq=ok.value('CSeq'))
    assert len(back.values('Via')) == 2, back.raw
    assert isinstance(back, sip.Message)
    assert edge.refused() == {}, edge.refused()


journey.main(body)
