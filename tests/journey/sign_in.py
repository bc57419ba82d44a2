"""A remote user signs in; the digest challenge passes through untouched."""
from support import hop, journey


def body(j):
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    sent, answers = alice.sign_in()
    call_id = sent[0].value('Call-ID')

    cids = set()
    for number in (0, 1):
        arrived = director.wait_received(call_id, 'REGISTER', number + 1)
        cids.add(hop.inward(alice, sent[number], arrived))
    assert len(cids) == 1, cids
    arrived = director.received(call_id)[1]
    assert arrived.values('Authorization') == sent[1].values('Authorization')

    said = [director.wait_sent(call_id, what) for what in (401, 200)]
    hop.answer_outward(said[0], answers[0], ['ms-keep-alive'])
    assert answers[0].values('WWW-Authenticate') == \
        said[0].values('WWW-Authenticate')
    hop.answer_outward(said[1], answers[1],
                       ['ms-keep-alive', 'ms-user-logon-data'])
    assert answers[1].status == 200, answers[1].raw
    assert answers[1].values('ms-user-logon-data') == ['RemoteUser']
    keep = answers[1].value('ms-keep-alive').replace(' ', '')
    assert keep.startswith('UAS;') and 'hop-hop=yes' in keep, keep
    assert f'ms-received-cid={cids.pop()}' in answers[1].value('Contact')
    assert edge.refused() == {}, edge.refused()


journey.main(body)
