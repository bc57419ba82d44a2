"""Inside calls remote, and remote calls inside."""
from support import hop, journey
from support.dialog import Dialog

SDP = ('Content-Type', 'application/sdp')
OFFER = b'v=0\r\no=- 0 0 IN IP4 10.20.30.21\r\ns=-\r\nt=0 0\r\n'


def call(director, one, other):
    """A whole call; returns the INVITE as it arrived."""
    sent, _ = one.exchange('INVITE', other.aor, extra=[SDP], body=OFFER)
    got = other.wire.expect('INVITE')
    said = other.answer(got, 200, body=OFFER,
                        extra=[SDP, ('Contact', f'<{other.contact}>')])
    final = one.wire.expect(200)
    caller = Dialog(one, sent, final, True)
    callee = Dialog(other, got, said, False)
    caller.send('ACK', number=caller.number)
    other.wire.expect('ACK')
    callee.send('INFO')
    one.answer(one.wire.expect('INFO'), 200)
    other.wire.expect(200)
    caller.send('BYE')
    other.answer(other.wire.expect('BYE'), 200)
    one.wire.expect(200)
    return director.wait_received(sent.value('Call-ID'), 'BYE') \
        if one.transport == 'TLS' else got


def body(j):
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    ivan = j.inside_user('ivan')
    ivan.sign_in()

    got = call(director, ivan, alice)
    vias = got.values('Via')
    assert len(vias) == 3, vias
    assert hop.VIA_OUT.match(vias[0]), vias
    assert 'dir01.corp.contoso.com' in vias[1], vias
    assert f'ms-received-cid={hop.cid_of(got)}' in vias[1]
    call(director, alice, ivan)
    assert edge.refused() == {}, edge.refused()


journey.main(body)
