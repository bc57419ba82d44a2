"""A next hop that cannot prove its name gets no message at all."""
from support import hop, journey, sip

SHARDS = 'once'

BAD = ['bad-name', 'bad-foreign', 'bad-sanless', 'bad-expired',
       'bad-selfsigned']


def body(j):
    edge = None
    for number, bad in enumerate(BAD):
        director = j.director(certificate=bad)
        # one that was there first finds nobody, and soon asks no more
        edge = edge or j.edge()
        alice = j.user('alice', number)
        call_id = sip.token()
        alice.wire.send(alice.registration(call_id=call_id))
        answer = alice.wire.expect(504)
        hop.refusal(answer, 504)
        # later ones may meet a member that is still down from before
        told = answer.value('ms-diagnostics-public')
        assert told.startswith(('1010;', '1007;') if number else '1010;'), told
        seen = director.records()
        assert not seen, (bad, seen[0].message.raw)
        alice.stop()
        director.stop()
    assert edge.counters()


journey.main(body, limit=90)
