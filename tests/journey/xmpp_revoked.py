"""The certificate of an XMPP partner is revoked while messages go on: Prosody
is cut off both ways, not let in again and not spoken to, by no other proof
either; with another certificate it is."""
from support import federated, gate, journey, netns, xmpp
from support.crl import Lists, Web
from support.edge import LAB
from support.gateway import Gateway
from support.prosody import Prosody
from support.wait import until

PLACE = netns.CLIENTS[30]
GOOD_S = 8  # the list of now; it is fetched anew half-way
URL = 'http://crl.fabrikam.com/public.crl'


def load(j, **how):
    """The topology with that one partner."""
    return xmpp.topology(LAB / 'topology' / 'contoso.xml',
                         j.folder / 'xmpp.xml',
                         [xmpp.partner('fabrikam.com', **how)])


def streams(edge):
    """Ways of those that are ready."""
    return sorted(r['way'] for r in
                  edge.call('GET', '/v1/status')[1]['xmpp']['streams']
                  if r['state'] == 'ready')


def talk(alice, bob, word):
    """A message each way."""
    alice.say('bob@fabrikam.com', f'{word} out')
    bob.wait('message', origin='alice@contoso.com', body=f'{word} out')
    bob.say('alice@contoso.com', f'{word} in')
    alice.wait('message', origin='bob@fabrikam.com', body=f'{word} in')


def refused(edge, alice, bob, number):
    """Neither side gets through; the reason is told."""
    before = edge.reasons('xmpp_refused').get('revoked', 0)
    bob.say('alice@contoso.com', 'refused', number=f'in{number}')
    bob.wait('message', kind='error', id=f'in{number}')
    alice.say('bob@fabrikam.com', 'refused', number=f'out{number}')
    alice.wait('message', kind='error', id=f'out{number}',
               error='remote-server-timeout')
    until(lambda: edge.reasons('xmpp_refused').get('revoked', 0) >= before + 2,
          5, lambda: f'not refused twice: {edge.reasons("xmpp_refused")}')
    assert not streams(edge), streams(edge)


def body(j):
    j.use('xmpp-access', 'access')
    lists = Lists(j.folder / 'lists', j.ca)
    web = Web(j.world.inet, PLACE)
    j.parts.append(web)
    j.resolver(*xmpp.records('fabrikam.com'),
               federated.host('crl.fabrikam.com', PLACE))
    partner = Prosody.outside(j, 'fabrikam.com', certificate='xmpp-listed')
    Prosody.inside(j, ['fabrikam.com'])
    edge = j.edge(topology=load(j), limits={'access.crl_retry_s': 1,
                                            'access.xmpp_retry_ms': 100})
    gateway = Gateway(j, ['fabrikam.com'])
    alice = xmpp.Client(j.world.inside, netns.FRONT_END, 'alice@contoso.com')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')

    # nobody has said no; then a list is there that does not
    web.body = lists.list(GOOD_S)  # however long it took to be ready
    talk(alice, bob, 'before')
    until(lambda: any(URL in line for line in gate.events(edge, 1026)), 15,
          lambda: f'no list: {edge.tail()}')
    talk(alice, bob, 'good')
    assert streams(edge) == ['in', 'out'], streams(edge)
    assert {who for _, who in web.asked} == {netns.ACCESS}, web.asked

    # revoked: both streams end, and no new one begins
    lists.revoke('xmpp-listed')
    web.body = lists.list(3600)
    until(lambda: not streams(edge), 20,
          lambda: f'not cut off: {edge.tail()}')
    # what a server sends before it has seen its stream end is lost
    until(lambda: 's2s stream fabrikam.com->contoso.com closed' in
          partner.log(), 10, lambda: f'still open there: {partner.log()}')
    assert edge.reasons('xmpp_refused')['revoked'] >= 2
    refused(edge, alice, bob, 1)
    seen = edge.call('GET', '/v1/status')[1]['partner_certificates']
    assert seen['rows'][0]['fault'] == 'revoked', seen
    assert seen['rows'][0]['verdict'] == 'rejected', seen

    # a key is no way around it
    edge.load(load(j, sasl='Optional'), LAB / 'topology' / 'hosts')
    partner.stop()
    partner = Prosody.outside(j, 'fabrikam.com', modules=('dialback',),
                              secure=False, certificate='xmpp-listed')
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    refused(edge, alice, bob, 2)
    assert not gateway.notes('stanza', id='in2')

    # another certificate is
    partner.stop()
    Prosody.outside(j, 'fabrikam.com', modules=('dialback',))
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')
    talk(alice, bob, 'renewed')
    assert edge.reasons('xmpp_streams_in') == {'external': 2}


journey.main(body, limit=120)
