"""SUBSCRIBE inward, NOTIFY and BENOTIFY back along the same path."""
from support import hop, journey, sip
from support.dialog import Dialog

PRESENCE = [('Event', 'presence'), ('Proxy-Require', 'ms-benotify'),
            ('Supported', 'ms-benotify'),
            ('Accept', 'application/msrtc-event-categories+xml')]
STATE = [('Event', 'presence'),
         ('subscription-state', 'active;expires=28800'),
         ('Content-Type', 'application/msrtc-event-categories+xml')]
CATEGORIES = b'<categories uri="sip:ivan@contoso.com"/>'


def body(j):
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    ivan = j.inside_user('ivan')
    ivan.sign_in()

    first = alice.request('SUBSCRIBE', ivan.aor, extra=PRESENCE)
    alice.wire.send(first)
    challenge = alice.wire.expect(407)
    call_id = challenge.value('Call-ID')
    sent = sip.Message(alice.request(
        'SUBSCRIBE', ivan.aor, call_id=call_id, cseq=2,
        extra=[*PRESENCE, alice.credentials(challenge, 'SUBSCRIBE',
                                            ivan.aor)]))
    alice.wire.send(sent.raw)
    got = ivan.wire.expect('SUBSCRIBE')
    hop.inward(alice, sent, director.wait_received(call_id, 'SUBSCRIBE', 2))
    said = ivan.answer(got, 200, extra=[('Contact', f'<{ivan.contact}>'),
                                        ('Expires', '28800')])
    alice.wire.expect(200)
    dialog = Dialog(ivan, got, said, False)

    notify = dialog.send('NOTIFY', extra=STATE, body=CATEGORIES)
    heard = alice.wire.expect('NOTIFY')
    hop.outward(director.wait_sent(call_id, 'NOTIFY'), heard)
    assert heard.body == notify.body
    vias = heard.values('Via')
    assert len(vias) == 3 and hop.VIA_OUT.match(vias[0]), vias
    assert 'dir01.corp.contoso.com:5061' in vias[1], vias
    assert '10.20.30.21' in vias[2], vias
    alice.answer(heard, 200)
    ok = ivan.wire.expect(200)
    assert ok.value('CSeq').endswith('NOTIFY') and len(ok.values('Via')) == 1

    # BENOTIFY wants no answer, and a late one goes nowhere
    dialog.send('BENOTIFY', extra=STATE, body=CATEGORIES)
    heard = alice.wire.expect('BENOTIFY')
    assert heard.body == CATEGORIES
    alice.wire.silent(0.2)
    assert edge.refused() == {}, edge.refused()


journey.main(body)
