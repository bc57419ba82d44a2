"""A next hop that cannot prove its name gets no message at all."""
from support import hop, journey, sip

BAD = ['bad-name', 'bad-foreign', 'bad-sanless', 'bad-expired',
       'bad-selfsigned']


def body(j):
    edge = j.edge()
    for number, bad in enumerate(BAD):
        director = j.director(certificate=bad)
        alice = j.user('alice', number)
        call_id = sip.token()
        alice.wire.send(alice.registration(call_id=call_id))
        answer = alice.wire.expect(504, 15)
        hop.refusal(answer, 504)
        assert answer.value('ms-diagnostics-public').startswith('1010;'), \
            answer.raw
        seen = director.records()
        assert not seen, (bad, seen[0].message.raw)
        alice.stop()
        director.stop()
    assert edge.counters()


journey.main(body, limit=90)
