"""A client comes back on a new connection: it gets its next request there,
and its old dialog's requests get 480/1006."""
from support import hop, journey, sip
from support.dialog import Dialog


def body(j):
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in(expires=600)[1][1].status == 200
    ivan = j.inside_user('ivan')
    ivan.sign_in()
    sent, _ = ivan.exchange('INVITE', alice.aor)
    got = alice.wire.expect('INVITE')
    old_cid = hop.cid_of(got)
    said = alice.answer(got, 200, extra=[('Contact', f'<{alice.contact}>')])
    dialog = Dialog(ivan, sent, ivan.wire.expect(200), True)
    dialog.send('ACK', number=dialog.number)
    alice.wire.expect('ACK')
    assert said

    first = alice.wire
    call_id = sip.token()
    first.close()
    alice.reconnect()
    # her old binding goes, her new one comes, as her client does it
    requests, answers = alice.sign_in(expires=600)
    assert answers[1].status == 200, call_id
    arrived = director.wait_received(requests[0].value('Call-ID'), 'REGISTER')
    new_cid = hop.inward(alice, requests[0], arrived)
    assert new_cid != old_cid

    # the old dialog's route names a connection that is gone
    dialog.send('INFO')
    answer = ivan.wire.expect(480)
    assert any('1006' in value for value in answer.values('ms-diagnostics')), \
        answer.raw
    alice.wire.silent(0.3)

    # what comes now is written on the new connection
    ivan.wire.send(ivan.request('MESSAGE', alice.aor, body='again'))
    got = alice.wire.expect('MESSAGE')
    assert got.body == b'again'
    alice.answer(got, 200)
    while True:
        final = ivan.wire.receive()
        if final.status == 200:
            break
        assert final.status in (100, 480), final.raw
    assert edge.refused().get('client_gone'), edge.refused()


journey.main(body)
