"""Dialback as each partner's settings say: over TLS with a certificate that
nobody knows, in the clear where TLS is not supported, and never where SASL is
required. Prosody on both roles of each key."""
from support import journey, netns, xmpp
from support.edge import LAB
from support.gateway import Gateway
from support.prosody import Prosody
from support.wait import until


def load(j, **how):
    """The topology with that one partner."""
    return xmpp.topology(LAB / 'topology' / 'contoso.xml',
                         j.folder / 'xmpp.xml',
                         [xmpp.partner('fabrikam.com', **how)])


def talk(alice, bob, word):
    """A message each way."""
    alice.say('bob@fabrikam.com', f'{word} out')
    bob.wait('message', origin='alice@contoso.com', body=f'{word} out')
    bob.say('alice@contoso.com', f'{word} in')
    alice.wait('message', origin='bob@fabrikam.com', body=f'{word} in')


def streams(edge):
    """(way, tls or none) of those that are ready."""
    return {(r['way'], r['tls'][:3]) for r in
            edge.call('GET', '/v1/status')[1]['xmpp']['streams']
            if r['state'] == 'ready'}


def body(j):
    j.use('xmpp-access', 'access')
    j.resolver(*xmpp.records('fabrikam.com'))
    Prosody.inside(j, ['fabrikam.com'])
    edge = j.edge(topology=load(j, sasl='NotSupported',
                                kind='PublicUnverified'))
    gateway = Gateway(j, ['fabrikam.com'])
    alice = xmpp.Client(j.world.inside, netns.FRONT_END, 'alice@contoso.com')

    # Required / NotSupported: TLS, and keys instead of certificates
    partner = Prosody.outside(j, 'fabrikam.com', modules=('dialback',),
                              secure=False, certificate='xmpp-foreign')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    talk(alice, bob, 'keys')
    assert gateway.stanza(name='message')['marks'] == {
        'verified': 'false', 'partner-type': 'PublicUnverified',
        'auth': 'dialback'}
    assert streams(edge) == {('in', 'TLS'), ('out', 'TLS')}, streams(edge)
    assert edge.reasons('xmpp_streams_in') == {'dialback': 1}
    assert edge.reasons('xmpp_streams_out') == {'dialback': 1}
    assert edge.reasons('xmpp_keys') == {'valid': 1}

    # Required / Optional: the same way, for the certificate does not match
    edge.load(load(j, sasl='Optional'), LAB / 'topology' / 'hosts')
    partner.stop()
    partner.start()
    until(lambda: not streams(edge), 10, 'streams outlive the partner')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    talk(alice, bob, 'optional')
    assert edge.reasons('xmpp_streams_in') == {'dialback': 2}

    # NotSupported: in the clear, and the log warns of it
    edge.load(load(j, tls='NotSupported', sasl='NotSupported'),
              LAB / 'topology' / 'hosts')
    assert 'ACC_EV_XMPP_PLAIN' in edge.tail()
    partner.stop()
    partner = Prosody.outside(j, 'fabrikam.com', modules=('dialback',),
                              secure=False, tls=False)
    until(lambda: not streams(edge), 10, 'streams outlive the partner')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    talk(alice, bob, 'clear')
    assert streams(edge) == {('in', 'non'), ('out', 'non')}, streams(edge)

    # Required / Required: no key helps, either way
    edge.load(load(j), LAB / 'topology' / 'hosts')
    partner.stop()
    partner = Prosody.outside(j, 'fabrikam.com', modules=('dialback',),
                              secure=False, certificate='xmpp-foreign')
    until(lambda: not streams(edge), 10, 'streams outlive the partner')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    bob.say('alice@contoso.com', 'refused in', number='r1')
    bob.wait('message', kind='error', id='r1')
    alice.say('bob@fabrikam.com', 'refused out', number='r2')
    alice.wait('message', kind='error', id='r2',
               error='remote-server-timeout')
    refused = edge.reasons('xmpp_refused')
    assert refused['certificate'] >= 2, refused
    assert not gateway.notes('stanza', id='r1')


journey.main(body, limit=90)
