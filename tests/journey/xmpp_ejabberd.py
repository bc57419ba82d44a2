"""XMPP with ejabberd as the partner: EXTERNAL on both streams, dialback over
TLS with a certificate that nobody knows, and no way in without either."""
from support import journey, netns, xmpp
from support.edge import LAB
from support.ejabberd import Ejabberd
from support.gateway import Gateway
from support.prosody import Prosody
from support.wait import until


def load(j, **how):
    """The topology with that one partner."""
    return xmpp.topology(LAB / 'topology' / 'contoso.xml',
                         j.folder / 'xmpp.xml',
                         [xmpp.partner('litware.com', **how)])


def body(j):
    j.use('xmpp-access', 'access')
    j.resolver(*xmpp.records('litware.com'))
    partner = Ejabberd(j, 'litware.com')
    Prosody.inside(j, ['litware.com'])
    edge = j.edge(topology=load(j))
    gateway = Gateway(j, ['litware.com'])
    alice = xmpp.Client(j.world.inside, netns.FRONT_END, 'alice@contoso.com')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@litware.com',
                      is_new=True)
    alice.say('bob@litware.com', 'out')
    bob.wait('message', origin='alice@contoso.com', body='out')
    bob.say('alice@contoso.com', 'in')
    alice.wait('message', origin='bob@litware.com', body='in')
    assert gateway.stanza(name='message')['marks']['auth'] == 'external'
    alice.send("<presence type='subscribe' to='bob@litware.com'/>")
    bob.wait('presence', kind='subscribe', origin='alice@contoso.com')
    bob.send("<presence type='subscribed' to='alice@contoso.com'/>")
    alice.wait('presence', kind='subscribed', origin='bob@litware.com')
    alice.wait('presence', origin='bob@litware.com/r')
    assert edge.reasons('xmpp_streams_in') == {'external': 1}
    assert edge.reasons('xmpp_streams_out') == {'external': 1}

    # a certificate of an authority that we do not know, and keys
    partner.stop()
    edge.load(load(j, sasl='Optional'), LAB / 'topology' / 'hosts')
    partner = Ejabberd(j, 'litware.com', certificate='xmpp-foreign',
                       dialback=True)
    until(lambda: not edge.call('GET', '/v1/status')[1]['xmpp']['streams'],
          10, 'streams outlive the partner')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@litware.com',
                      is_new=True)
    bob.say('alice@contoso.com', 'in by key')
    alice.wait('message', origin='bob@litware.com', body='in by key')
    alice.say('bob@litware.com', 'out by key')
    bob.wait('message', origin='alice@contoso.com', body='out by key')
    assert edge.reasons('xmpp_streams_in') == {'external': 1, 'dialback': 1}

    # the same where only a certificate is believed
    edge.load(load(j), LAB / 'topology' / 'hosts')
    partner.stop()
    partner.start()
    until(lambda: not edge.call('GET', '/v1/status')[1]['xmpp']['streams'],
          10, 'streams outlive the partner')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@litware.com')
    bob.say('alice@contoso.com', 'refused', number='r1')
    bob.wait('message', kind='error', id='r1')
    alice.say('bob@litware.com', 'refused', number='r2')
    alice.wait('message', kind='error', id='r2')
    assert not gateway.notes('stanza', id='r1')
    assert edge.reasons('xmpp_refused').get('certificate')


journey.main(body, limit=90)
