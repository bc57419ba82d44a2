"""Two clients with equal branch, Call-ID, From tag and CSeq at the same time:
each gets its own answers, and only those."""
from support import hop, journey, sip


def body(j):
    director = j.director()
    j.edge()
    users = [j.user('alice', 0), j.user('bob', 1)]
    ids = {'call_id': sip.token(), 'branch': 'z9hG4bKsame', 'tag': 'same'}
    sent = [sip.Message(user.registration(**ids)) for user in users]
    for user, request in zip(users, sent):
        user.wire.send(request.raw)
    challenges = [user.wire.expect(401) for user in users]
    for user, challenge in zip(users, challenges):
        assert user.aor in challenge.value('To'), challenge.raw
        user.wire.silent(0.1)
    for user, challenge in zip(users, challenges):
        user.wire.send(user.registration(
            cseq=2, extra=[user.credentials(challenge, 'REGISTER',
                                            'sip:contoso.com')], **ids))
    for user in users:
        answer = user.wire.expect(200)
        assert user.aor in answer.value('To'), answer.raw
    director.wait_received(ids['call_id'], 'REGISTER', 4)
    arrived = director.received(ids['call_id'], 'REGISTER')
    assert len(arrived) == 4, arrived
    cids = {hop.cid_of(message) for message in arrived}
    assert len(cids) == 2, cids

    # a third user is called by both with the same identifiers
    carol = j.user('carol', 2)
    assert carol.sign_in()[1][1].status == 200
    ids = {'call_id': sip.token(), 'tag': 'same', 'branch': 'z9hG4bKagain'}
    for user in users:
        user.wire.send(user.request('MESSAGE', carol.aor, body=user.name,
                                    **ids))
    asked = [user.wire.expect(407) for user in users]
    ids['branch'] = 'z9hG4bKonce-more'
    for user, challenge in zip(users, asked):
        user.wire.send(user.request(
            'MESSAGE', carol.aor, cseq=2, body=user.name,
            extra=[user.credentials(challenge, 'MESSAGE', carol.aor)], **ids))
    got = [carol.wire.expect('MESSAGE') for _ in users]
    assert {m.body for m in got} == {b'alice', b'bob'}, got
    for message in reversed(got):
        carol.answer(message, 200, extra=[('X-For', message.body.decode())])
    for user in users:
        answer = user.wire.expect(200)
        assert answer.value('X-For') == user.name, answer.raw
        user.wire.silent(0.1)


journey.main(body)
