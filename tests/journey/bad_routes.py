"""Route headers aimed at SQL, file store, odd ports, other hosts: refused,
and the inside sees nothing."""
from support import hop, journey, sip

AIMS = [
    '<sip:sql01.corp.contoso.com:1433;transport=tls;lr>',
    '<sip:sql01.corp.contoso.com;transport=tls;lr>',
    '<sip:fileserver.corp.contoso.com:445;transport=tcp;lr>',
    '<sip:dir01.corp.contoso.com:22;transport=tls;lr>',
    '<sip:dir01.corp.contoso.com:5060;transport=tcp;lr>',
    '<sip:fe01.corp.contoso.com:444;transport=tls;lr>',
    '<sip:10.20.30.31:5060;transport=tls;lr>',
    '<sip:10.20.30.99:5061;transport=tls;lr>',
    '<sip:127.0.0.1:5061;transport=tls;lr>',
    '<sip:[::1]:5061;lr>',
    '<sip:sip.fabrikam.com:5061;transport=tls;lr>',
    '<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R1;lr>',
    '<sip:dir01.corp.contoso.com:5061;transport=tls;lr>,'
    '<sip:sql01.corp.contoso.com:1433;transport=tcp;lr>',
    '<sip:dir01.corp.contoso.com;lr>, '
    '<sip:dir01.corp.contoso.com:445;transport=tcp;r2=on;lr>',
    '<sip:edge01.corp.contoso.com:5061;transport=tls;'
    'ms-fe=edge01.corp.contoso.com;opaque=state:Ee.Q2kuUjE;lr;'
    'ms-route-sig=k1.AAAAAAAAAAAAAAAAAAAAAA>',
]


def body(j):
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    capture = j.capture(j.world.inside, 'edge0',
                        'tcp[tcpflags] & tcp-syn != 0 and src 172.16.20.21 '
                        'and not dst port 5061')
    for number, aim in enumerate(AIMS):
        call_id = sip.token()
        to_tag = 'abc' if number % 2 else None
        alice.wire.send(alice.request('MESSAGE', 'sip:bob@contoso.com',
                                      call_id=call_id, to_tag=to_tag,
                                      extra=[('Route', aim)]))
        answer = alice.wire.receive()
        assert answer.value('Call-ID') == call_id
        assert answer.status in (403, 404), (aim, answer.raw)
        hop.refusal(answer, answer.status)
        assert not director.received(call_id), aim
    assert sum(edge.refused().values()) >= len(AIMS), edge.refused()
    assert capture.packets() == [], capture.packets()

    # a client may name the edge itself as its outbound proxy, no more
    for own in ('<sip:sip.contoso.com:443;transport=tls;lr>',
                '<sip:sip.contoso.com;lr>'):
        call_id = sip.token()
        alice.wire.send(alice.request('MESSAGE', 'sip:bob@contoso.com',
                                      call_id=call_id, extra=[('Route', own)]))
        alice.wire.expect(407)
        assert not director.wait_received(call_id, 'MESSAGE').values('Route')


journey.main(body, limit=60)
