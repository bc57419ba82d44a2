"""XMPP with a partner that has a certificate: messages and presence both ways
between Prosody outside and users inside, EXTERNAL on both streams."""
from support import journey, netns, xmpp
from support.edge import LAB
from support.gateway import Gateway
from support.prosody import Prosody
from support.wait import until


def body(j):
    j.use('xmpp-access', 'access')
    j.resolver(*xmpp.records('fabrikam.com'))
    partner = Prosody.outside(j, 'fabrikam.com')
    Prosody.inside(j, ['fabrikam.com'])
    edge = j.edge(topology=xmpp.topology(
        LAB / 'topology' / 'contoso.xml', j.folder / 'xmpp.xml',
        [xmpp.partner('fabrikam.com')]))
    gateway = Gateway(j, ['fabrikam.com'])
    status = edge.call('GET', '/v1/status')[1]
    assert {'xmpp-outside', 'xmpp-inside'} <= {
        row['name'] for row in status['listeners']}, status['listeners']
    assert status['xmpp']['gateways'][0]['domain'] == \
        'fe01.corp.contoso.com', status['xmpp']

    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    alice = xmpp.Client(j.world.inside, netns.FRONT_END, 'alice@contoso.com')
    alice.say('bob@fabrikam.com', 'out <&> "of" here')
    bob.wait('message', origin='alice@contoso.com', body='out <&> "of" here')
    bob.say('alice@contoso.com', 'into it \u2603')
    alice.wait('message', origin='bob@fabrikam.com', body='into it \u2603')
    seen = gateway.stanza(name='message')
    assert seen['marks'] == {'verified': 'true', 'partner-type': 'Federated',
                             'auth': 'external'}, seen

    # a subscription, and the presence that follows from it, both ways
    alice.send("<presence type='subscribe' to='bob@fabrikam.com'/>")
    bob.wait('presence', kind='subscribe', origin='alice@contoso.com')
    bob.send("<presence type='subscribed' to='alice@contoso.com'/>")
    alice.wait('presence', kind='subscribed', origin='bob@fabrikam.com')
    bob.send('<presence><status>here</status></presence>')
    alice.wait('presence', origin='bob@fabrikam.com/r')
    bob.send("<presence type='subscribe' to='alice@contoso.com'/>")
    alice.wait('presence', kind='subscribe', origin='bob@fabrikam.com')
    alice.send("<presence type='subscribed' to='bob@fabrikam.com'/>")
    alice.send('<presence><show>away</show></presence>')
    bob.wait('presence', origin='alice@contoso.com/r')

    # a ping goes through; what is not relayed comes back from the edge
    bob.send("<iq type='get' id='p1' to='alice@contoso.com/r'>"
             "<ping xmlns='urn:xmpp:ping'/></iq>")
    gateway.stanza(name='iq', id='p1')
    bob.send("<iq type='get' id='d1' to='contoso.com'>"
             "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
    bob.wait('iq', kind='result', id='d1')
    bob.send("<iq type='get' id='v1' to='alice@contoso.com/r'>"
             "<query xmlns='jabber:iq:version'/></iq>")
    bob.wait('iq', kind='error', id='v1', error='service-unavailable')
    bob.say('alice@contoso.com', 'news', kind='headline', number='h1')
    bob.wait('message', kind='error', id='h1', error='service-unavailable')
    assert not gateway.notes('stanza', id='v1')
    assert not gateway.notes('stanza', id='h1')

    rows = edge.call('GET', '/v1/status')[1]['xmpp']['streams']
    assert {(r['way'], r['state'], r['domain'], r['own']) for r in rows} == {
        (way, 'ready', 'fabrikam.com', 'contoso.com')
        for way in ('in', 'out')}, rows
    assert all(r['tls'].startswith('TLS') for r in rows), rows
    assert edge.reasons('xmpp_streams_in') == {'external': 1}
    assert edge.reasons('xmpp_streams_out') == {'external': 1}
    assert edge.reasons('xmpp_bounced') == {'stanza_kind': 2}
    assert not edge.reasons('xmpp_refused'), edge.reasons('xmpp_refused')
    said = partner.log().lower()
    for secret in ('corp.contoso', 'urn:lync-edge', netns.FRONT_END, '172.16.'):
        assert secret not in said, f'the partner heard {secret}'
    partner.stop()
    until(lambda: not edge.call('GET', '/v1/status')[1]['xmpp']['streams'],
          10, 'streams stay when the partner is gone')


journey.main(body, limit=60)
