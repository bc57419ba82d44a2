"""No question about an inside name leaves the edge, on either card."""
from support import journey
from support.wait import until


def body(j):
    j.resolver()
    outside = j.capture(j.world.edge, 'ext', 'port 53 or port 853 or '
                        'port 5353 or port 5355 or port 137')
    within = j.capture(j.world.edge, 'int', 'port 53 or port 853 or '
                       'port 5353 or port 5355 or port 137')
    director = j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    alice.wire.send(alice.request('MESSAGE', 'sip:bob@contoso.com'))
    assert alice.wire.expect(407)
    alice.wire.send(alice.request('MESSAGE', 'sip:carol@fabrikam.com'))
    alice.wire.receive()
    # names that no HOSTS line has, and a Director that is gone
    alice.wire.send(alice.request(
        'MESSAGE', 'sip:bob@contoso.com',
        extra=[('Route', '<sip:fe09.corp.contoso.com:5061;lr>')]))
    alice.wire.receive()
    director.kill()
    alice.wire.send(alice.registration())
    alice.wire.expect(504)
    edge.edgectl('topology', 'list')

    # the resolver is there and asked for outside names does answer
    told = journey.output('ip', 'netns', 'exec', j.world.edge.name, 'getent',
                          'ahostsv4', 'sip.contoso.com')
    assert '192.0.2.21' in told, told
    until(lambda: any('sip.contoso.com' in p for p in outside.packets()), 5,
          'no question about an outside name was seen')
    leaked = [p for p in outside.packets() + within.packets()
              if 'corp.contoso' in p.lower()]
    assert not leaked, leaked
    assert within.packets() == [], within.packets()


journey.main(body, limit=60)
