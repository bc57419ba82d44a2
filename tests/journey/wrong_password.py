"""A wrong password: the inside says no, and the edge only passes it on."""
from support import hop, journey

SHARDS = 'once'


def body(j):
    director = j.director()
    j.edge()
    alice = j.user('alice')
    alice.password = 'guessed'
    sent, answers = alice.sign_in()
    call_id = sent[1].value('Call-ID')
    hop.inward(alice, sent[1], director.wait_received(call_id, 'REGISTER', 2))
    assert answers[1].status == 401, answers[1].raw
    hop.answer_outward(director.wait_sent(call_id, 401, 2), answers[1])
    assert not answers[1].values('ms-user-logon-data')

    # nobody is registered now: the inside finds no way to alice
    ivan = j.inside_user('ivan')
    ivan.sign_in()
    _, answer = ivan.exchange('MESSAGE', 'sip:alice@contoso.com')
    assert answer.status == 404, answer.raw


journey.main(body)
