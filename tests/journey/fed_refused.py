"""Partners that are not let in: by their certificate, by what they say; and
the inside never sees a word of it. Each refusal has one reason: the same in
the answer, the log with its rule, the counter and the list."""
import ssl

from support import federated, gate, journey, netns, sip
from support import sink as director
from support.book import Book
from support.partner import Peer
from support.wait import until

SHARDS = 'once'

BOB = 'sip:bob@contoso.com'
SQL = '<sip:sql01.corp.contoso.com:5061;transport=tls;lr>'
FORGED = ('<sip:sip.contoso.com:5061;transport=tls;opaque=state:Fe.R1.12345'
          '678;lr;ms-route-sig=AAAA.AAAAAAAAAAAAAAAAAAAAAA>')
WINGTIP = 'wingtiptoys.com'
SETTINGS = {
    'allowed': [('fabrikam.com', 'sip.fabrikam.com'),
                ('northwind.com', 'sip.northwind.com'), WINGTIP,
                ('tailspin.com', 'sip.fabrikam.com')],
    'blocked': ['adatum.com'], 'discovery': True,
    'public': [{'Identity': 'Messenger', 'Enabled': True,
                'ProxyFqdn': 'federation.messenger.com',
                'VerificationLevel': 'AlwaysVerifiable'}],
    'hosting': [{'Identity': 'Online', 'Enabled': True,
                 'ProxyFqdn': 'sipfed.online.com'},
                {'Identity': 'Gone', 'Enabled': False,
                 'ProxyFqdn': 'sipfed.gone.com'}]}
RECORDS = [federated.federation('litwareinc.com', 'sip.litwareinc.com'),
           federated.federation('other.com', 'sip.elsewhere.com'),
           federated.federation('thief.com', 'sip.litwareinc.com'),
           federated.federation('gone.com', 'sipfed.gone.com'),
           federated.federation('messenger.com', 'federation.messenger.com')]
# what is shown at the door; words of the event that tells
CHAIN = 'self-signed\\x20certificate'
STRANGERS = [('partner-cn', 'reason=unknown_peer'),
             ('partner-wildcard', 'reason=unknown_peer'),
             ('litware', 'rule=EnablePartnerDiscovery=false'),
             ('partner-sanless', 'no dNSName in subjectAltName'),
             ('partner-eku', 'extended key usage not for TLS'),
             ('partner-foreign', CHAIN), ('partner-inside', CHAIN),
             ('dirpool01', CHAIN), ('bad-selfsigned', CHAIN),
             ('partner-expired', 'certificate\\x20has\\x20expired')]


def say(peer, method='MESSAGE', to=BOB, **how):
    """A request of that peer, as bytes."""
    return peer.request(method, to, **how)


def method(peer, name):
    """One with a method that the grammar may not know."""
    return say(peer).replace(b'MESSAGE', name.encode())


# (certificate, domain that speaks, reason, what it says)
CASES = [
    ('partner', 'adatum.com', 'blocked_domain', say),
    ('litware', 'adatum.com', 'blocked_domain', say),
    ('partner', 'contoso.com', 'source_domain', say),
    ('litware', 'contoso.com', 'source_domain', say),
    ('online', 'contoso.com', 'source_domain', say),
    ('partner', 'sales.fabrikam.com', 'source_domain', say),
    ('partner', 'northwind.com', 'peer_mismatch', say),
    ('litware', 'fabrikam.com', 'peer_mismatch', say),
    ('litware', 'other.com', 'peer_mismatch', say),
    ('litware', 'thief.com', 'peer_mismatch', say),
    ('litware', 'nowhere.com', 'source_srv', say),
    ('litware', 'silent.com', 'partner_dns', say),
    ('litware', 'gone.com', 'provider_off', say),
    ('messenger', 'litwareinc.com', 'provider_domain', say),
    ('partner', 'fabrikam.com', 'no_route',
     lambda p: say(p, to='sip:x@northwind.com')),
    ('partner', 'fabrikam.com', 'partner_method',
     lambda p: say(p, 'REGISTER', contact=f'<{p.contact}>')),
    ('partner', 'fabrikam.com', 'partner_method',
     lambda p: say(p, 'PUBLISH')),
    ('partner', 'fabrikam.com', 'partner_method',
     lambda p: method(p, 'CONQUER')),
    ('partner', 'fabrikam.com', 'partner_polling',
     lambda p: say(p, 'SUBSCRIBE', extra=[('Expires', '0'),
                                          ('Event', 'presence')])),
    ('partner', 'fabrikam.com', 'traffic_type',
     lambda p: say(p, extra=[('ms-split-domain-info', 'x')])),
    ('partner', 'fabrikam.com', 'route_target',
     lambda p: say(p, extra=[('Route', SQL)])),
    ('partner', 'fabrikam.com', 'route_signature',
     lambda p: say(p, extra=[('Route', FORGED)])),
    ('partner', 'fabrikam.com', 'not_first_hop',
     lambda p: say(p, contact='<sip:carol@192.0.2.9>;proxy=replace')),
    ('partner', 'fabrikam.com', 'hops',
     lambda p: say(p).replace(b'Max-Forwards: 70', b'Max-Forwards: 0')),
    ('partner', 'fabrikam.com', 'parse',
     lambda p: say(p).replace(b'CSeq: 1 ', b'CSeq: x '))]
BESIDE_POLICY = {'route_signature', 'not_first_hop', 'hops', 'parse',
                 'traffic_type'}


def turned_away(edge):
    """How many were, at the door or in the handshake."""
    return gate.count(edge, 'connection_rejected', 'partner') + \
        gate.count(edge, 'handshake_fail')


def strangers(j, edge, inside):
    """By certificate: closed in or after the handshake, not a word is taken;
    one event tells who it was and why."""
    for number, (certificate, words) in enumerate(STRANGERS):
        inside.forget()
        edge.log.write_text('')
        before = turned_away(edge)
        try:
            peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[number])
            peer.wire.send(say(peer))
            assert peer.wire.closed() and not peer.wire.buffer, certificate
            peer.stop()
        except (ssl.SSLError, ConnectionError):
            pass
        until(lambda: turned_away(edge) == before + 1, 5,
              f'{certificate} is not turned away')
        # another thread counts it, and tells it then
        [line] = until(lambda: gate.events(edge, 1013) + gate.events(
            edge, 1015), 5, f'{certificate} is not told')
        assert f'peer={netns.CLIENTS[number]}:' in line, line
        assert words in line and 'role=INT' not in line, line
        inside.quiet(seconds=0.05)


def without_certificate(j, edge, inside):
    """This door is for partners alone: no certificate, no handshake."""
    inside.forget()
    try:
        peer = Peer(j.world, j.ca, None)
        peer.wire.send(say(peer))
        assert peer.wire.closed() and not peer.wire.buffer
    except (ssl.SSLError, ConnectionError):
        pass
    inside.quiet(seconds=0.05)


def speakers(j, edge, inside):
    """By what is said."""
    book = Book(edge, inside)
    for number, (certificate, domain, reason, words) in enumerate(CASES):
        peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[number],
                    domain=domain)
        book.open()
        peer.wire.send(words(peer))
        try:
            answer = peer.wire.receive()
            line = book.close(reason, answer)
            federated.refused(answer, *federated.expected(reason))
        except AssertionError as err:
            raise AssertionError(f'{certificate} as {domain}: {err}\n'
                                 f'{edge.tail()[-1500:]}') from err
        if reason not in BESIDE_POLICY:
            assert 'rule=AllowFederatedUsers=true,' in line, line
        peer.stop()


def good(j, edge, inside):
    """The same people, doing right."""
    for certificate, domain in (('partner', 'fabrikam.com'),
                                ('partner', 'tailspin.com'),
                                ('litware', 'litwareinc.com'),
                                ('messenger', 'messenger.com')):
        inside.forget()
        peer = Peer(j.world, j.ca, certificate, domain=domain)
        peer.wire.send(say(peer, 'OPTIONS'))
        peer.wire.expect(200)
        assert inside.count('OPTIONS') == 1, (certificate, domain)
        peer.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    j.resolver(*RECORDS, silent=['silent.com'])
    edge = j.edge(topology=j.export(**SETTINGS))
    good(j, edge, inside)
    without_certificate(j, edge, inside)
    speakers(j, edge, inside)
    # nobody unknown may come when nobody is to be discovered
    edge.stop()
    edge.load(j.export(allowed=[('fabrikam.com', 'sip.fabrikam.com')]),
              journey.LAB / 'topology' / 'hosts')
    edge.start()
    strangers(j, edge, inside)


journey.main(body, limit=90)
