"""Nobody inside, nobody outside, a partner that is none, an edge that goes and
comes again: what cannot be delivered comes back, and what is there again is
used again."""
from support import journey, netns, xmpp
from support.edge import LAB
from support.gateway import Gateway
from support.prosody import Prosody
from support.wait import until


def body(j):
    j.use('xmpp-access', 'access')
    resolver = j.resolver(
        *xmpp.records('fabrikam.com') + xmpp.records(
            'litware.com', address=netns.CLIENTS[-1])[1:] +
        [('local', '/nowhere.example/')])
    Prosody.outside(j, 'fabrikam.com')
    Prosody.inside(j, ['fabrikam.com', 'litware.com', 'nowhere.example',
                       'stranger.example'])
    edge = j.edge(topology=xmpp.topology(
        LAB / 'topology' / 'contoso.xml', j.folder / 'xmpp.xml',
        [xmpp.partner(d) for d in ('fabrikam.com', 'litware.com',
                                   'nowhere.example')],
        DialbackPassphrase='not-to-be-seen'),
        limits={'access.xmpp_retry_ms': 60000})
    bob = xmpp.Client(j.world.inet, netns.PARTNER, 'bob@fabrikam.com')

    # no gateway yet
    bob.say('alice@contoso.com', 'anybody?', number='g1')
    bob.wait('message', kind='error', id='g1', error='remote-server-timeout')
    gateway = Gateway(j, ['fabrikam.com', 'litware.com', 'nowhere.example',
                          'stranger.example'])
    alice = xmpp.Client(j.world.inside, netns.FRONT_END, 'alice@contoso.com')
    bob.say('alice@contoso.com', 'now?', number='g2')
    alice.wait('message', origin='bob@fabrikam.com', body='now?')

    # no server there, no name there, no partner at all
    for domain, error in (('litware.com', 'remote-server-timeout'),
                          ('nowhere.example', 'remote-server-not-found'),
                          ('stranger.example', 'remote-server-not-found')):
        alice.say(f'x@{domain}', 'there?', number=domain)
        alice.wait('message', kind='error', id=domain, error=error)
    alice.say('x@litware.com', 'again?', number='l2')
    alice.wait('message', kind='error', id='l2')
    bounced = edge.reasons('xmpp_bounced')
    for reason in ('gateway_absent', 'remote_connect', 'remote_name',
                   'not_partner', 'remote_rests'):
        assert bounced.get(reason) == 1, (reason, bounced)
    asked = ' '.join(resolver.questions())
    assert 'nowhere.example' in asked, asked
    assert 'stranger.example' not in asked, asked
    assert 'corp.contoso' not in asked, asked

    # the edge goes, in order, and comes again
    edge.stop()
    edge.start()
    until(lambda: len(gateway.notes('connected')) == 2, 15,
          'the gateway does not come back')
    alice.say('bob@fabrikam.com', 'still there?')
    bob.wait('message', origin='alice@contoso.com', body='still there?')
    bob.say('alice@contoso.com', 'still here', number='e1')
    alice.wait('message', origin='bob@fabrikam.com', body='still here')

    # and without a word
    edge.kill()
    edge.start()
    until(lambda: len(gateway.notes('connected')) == 3, 15,
          'the gateway does not come back')
    alice.say('bob@fabrikam.com', 'and now?')
    bob.wait('message', origin='alice@contoso.com', body='and now?')

    # the partner is taken from the list: its streams end at once
    edge.load(xmpp.topology(LAB / 'topology' / 'contoso.xml',
                            j.folder / 'less.xml',
                            [xmpp.partner('litware.com')]),
              LAB / 'topology' / 'hosts')
    until(lambda: not edge.call('GET', '/v1/status')[1]['xmpp']['streams'],
          10, 'streams outlive the right to have them')
    alice.say('bob@fabrikam.com', 'gone', number='t1')
    alice.wait('message', kind='error', id='t1',
               error='remote-server-not-found')
    # with no partner at all it is off
    edge.load(LAB / 'topology' / 'contoso.xml', LAB / 'topology' / 'hosts')
    until(lambda: edge.call('GET', '/v1/status')[1]['xmpp']['state'] == 'off',
          10, 'it does not go off')
    try:
        xmpp.Stream.dial(j.world.inet, netns.ACCESS, xmpp.PORT)
        raise AssertionError('5269 is still open')
    except ConnectionRefusedError:
        pass
    assert 'not-to-be-seen' not in edge.log.read_text()


journey.main(body, limit=90)
