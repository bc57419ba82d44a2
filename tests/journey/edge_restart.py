"""After a restart of the edge an old Record-Route never reaches a stranger."""
from support import journey
from support.dialog import Dialog


def body(j):
    j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    ivan = j.inside_user('ivan')
    ivan.sign_in()
    sent, _ = ivan.exchange('INVITE', alice.aor)
    alice.answer(alice.wire.expect('INVITE'), 200,
                 extra=[('Contact', f'<{alice.contact}>')])
    dialog = Dialog(ivan, sent, ivan.wire.expect(200), True)
    dialog.send('ACK', number=dialog.number)
    alice.wire.expect('ACK')

    edge.kill()
    alice.stop()
    edge.start()
    # strangers take connection after connection, any cid may be theirs now
    strangers = [j.user('carol', number) for number in range(1, 13)]
    for number in range(3):
        dialog.send('INFO')
        answer = ivan.wire.expect(480)
        assert any('1006' in v for v in answer.values('ms-diagnostics')), \
            answer.raw
    for stranger in strangers:
        stranger.wire.silent(0.02)

    # the same machine serves on: alice signs in again and is reached
    alice.reconnect()
    assert alice.sign_in()[1][1].status == 200
    ivan.wire.send(ivan.request('MESSAGE', alice.aor, body='hello again'))
    alice.answer(alice.wire.expect('MESSAGE'), 200)


journey.main(body)
