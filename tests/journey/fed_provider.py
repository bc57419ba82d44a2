"""Providers: a public one with decorated names, a hosting one that shares our
address space, one that is switched off; and default routing, where one peer is
the way to everybody."""
from support import federated, gate, journey, netns, sip
from support import sink as director
from support.book import Book
from support.partner import Door, InsideServer, Peer

POOL = 'edgepool01.corp.contoso.com'
TRUST = ('ms-source-type=AuthorizedServer;ms-ep-fqdn=' + POOL +
         ';ms-source-verified-user={};ms-source-network={}')
PUBLIC = TRUST.format('{}', 'publiccloud;ms-remote-fqdn=federation.messenger.'
                      'com')
HOSTED = TRUST.format('{}', 'federation')
BOB = 'sip:bob@contoso.com'
CLOUD, ONLINE, HUB = netns.CLIENTS[30:33]
RECORDS = [federated.host('federation.messenger.com', CLOUD),
           federated.host('sipfed.online.com', ONLINE),
           federated.host('hub.tailspin.com', HUB),
           federated.federation('messenger.com', 'federation.messenger.com'),
           federated.federation('hosted.com', 'sipfed.online.com')]
SPLIT = ('ms-split-domain-info', 'ms-traffic-type=SplitIntra')
HOSTS = journey.LAB / 'topology' / 'hosts'


def providers(enabled=True, shared=True):
    """Lists of both kinds."""
    return {
        'public': [{'Identity': 'Messenger', 'Enabled': enabled,
                    'ProxyFqdn': 'federation.messenger.com',
                    'VerificationLevel': 'AlwaysVerifiable',
                    'NameDecorationDomain': 'msn.com'}],
        'hosting': [{'Identity': 'Online', 'Enabled': enabled,
                     'ProxyFqdn': 'sipfed.online.com',
                     'EnabledSharedAddressSpace': shared,
                     'VerificationLevel': 'UseSourceVerification'}]}


def inward(inside, peer, extra=(), method='MESSAGE'):
    """A request of that peer at the next hop."""
    call_id = sip.token()
    peer.wire.send(peer.request(method, BOB, call_id=call_id, extra=extra))
    peer.wire.expect(200)
    return inside.wait(call_id)


def trust(message):
    """What it says of where it came from."""
    [value] = message.values('ms-edge-proxy-message-trust')
    return value


def silent(door, server, target, errid, extra=()):
    """An error without a word is explained to the inside."""
    door.answer = lambda m: director.reply(m, 480, 'Not now')
    server.wire.send(server.request('MESSAGE', target, extra=extra))
    value = server.wire.expect(480).value('ms-diagnostics')
    assert value.startswith(f'{errid};'), value
    door.answer = director.yes


def public(j, edge, inside, server):
    """By SRV or by decoration; believed as the provider is."""
    door = Door(j.world, j.ca, 'messenger', CLOUD)
    j.parts.append(door)
    for number, domain in enumerate(('messenger.com', 'msn.com')):
        peer = Peer(j.world, j.ca, 'messenger', netns.CLIENTS[number],
                    name='carol(fabrikam.com)' if domain == 'msn.com'
                    else 'carol', domain=domain)
        got = inward(inside, peer)
        assert trust(got) == PUBLIC.format('verified'), got.raw
        peer.stop()
        server.wire.send(server.request('MESSAGE', f'sip:carol@{domain}'))
        answer = server.wire.expect(200)
        assert trust(answer) == PUBLIC.format('verified'), answer.raw
    assert door.count('MESSAGE') == 2
    silent(door, server, 'sip:carol@msn.com', 1035)
    assert gate.events(edge, 1016, role='PIC'), edge.tail()
    assert gate.events(edge, 1017, role='PIC'), edge.tail()


def hosting(j, inside, server):
    """It hosts users of ours as well: in our name, with split information."""
    door = Door(j.world, j.ca, 'online', ONLINE)
    j.parts.append(door)
    peer = Peer(j.world, j.ca, 'online', netns.CLIENTS[2],
                domain='hosted.com')
    got = inward(inside, peer)
    assert trust(got) == HOSTED.format('unverified'), got.raw
    peer.stop()
    peer = Peer(j.world, j.ca, 'online', netns.CLIENTS[3], name='dan',
                domain='contoso.com')
    got = inward(inside, peer, [SPLIT, (
        'ms-asserted-verification-level', 'ms-source-verified-user=verified')])
    assert trust(got) == HOSTED.format('verified'), got.raw
    assert got.values('ms-split-domain-info') == [SPLIT[1]], got.raw
    peer.stop()
    # to the one of us who lives there
    extra = [SPLIT, ('Route', '<sip:sipfed.online.com:5061;transport=tls;lr>'
                     ';ms-edge-route')]
    server.wire.send(server.request('MESSAGE', 'sip:dan@contoso.com',
                                    extra=extra))
    answer = server.wire.expect(200)
    assert trust(answer) == HOSTED.format('unverified'), answer.raw
    [(_, sent)] = door.requests
    silent(door, server, 'sip:dan@contoso.com', 1036, extra)
    assert not sent.values('Route'), sent.raw
    assert sent.values('ms-split-domain-info') == [SPLIT[1]], sent.raw


def changes(j, edge, inside, server):
    """Switched off, or not sharing: refused, both ways."""
    book = Book(edge, inside)
    edge.stop()
    edge.load(j.export(discovery=True, **providers(shared=False)), HOSTS)
    edge.start()
    peer = Peer(j.world, j.ca, 'online', netns.CLIENTS[4],
                domain='contoso.com')
    book.open()
    peer.wire.send(peer.request('MESSAGE', BOB))
    answer = peer.wire.receive()
    book.close('source_domain', answer)
    peer.stop()
    edge.stop()
    edge.load(j.export(discovery=True, **providers(enabled=False)), HOSTS)
    edge.start()
    peer = Peer(j.world, j.ca, 'messenger', netns.CLIENTS[5],
                domain='messenger.com')
    book.open()
    peer.wire.send(peer.request('MESSAGE', BOB))
    answer = peer.wire.receive()
    book.close('provider_off', answer)
    federated.refused(answer, *federated.expected('provider_off'))
    peer.stop()
    server.reconnect()
    for target in ('sip:carol@msn.com', 'sip:carol@messenger.com'):
        server.wire.send(server.request('MESSAGE', target))
        answer = server.wire.expect(403)
        assert answer.value('ms-diagnostics').startswith('1028;'), answer.raw


def default_route(j, edge, inside, server):
    """One peer for all: nobody else may come, and nothing goes elsewhere."""
    edge.stop()
    edge.load(j.export(default_route='hub.tailspin.com',
                       route_level='UseSourceVerification',
                       blocked=['adatum.com']), HOSTS)
    edge.start()
    edge.log.write_text('')
    door = Door(j.world, j.ca, 'clearing', HUB)
    j.parts.append(door)
    server.reconnect()
    for number, domain in enumerate(('fabrikam.com', 'nowhere.com')):
        server.wire.send(server.request('MESSAGE', f'sip:x@{domain}'))
        server.wire.expect(200)
        assert door.count('MESSAGE') == number + 1
        peer = Peer(j.world, j.ca, 'clearing', netns.CLIENTS[6 + number],
                    domain=domain)
        got = inward(inside, peer)
        assert trust(got) == HOSTED.format('unverified'), got.raw
        peer.stop()
    assert gate.events(edge, 1016, role='CLR'), edge.tail()
    for user, target in ((server, 'sip:x@adatum.com'),):
        user.wire.send(user.request('MESSAGE', target))
        user.wire.expect(403)
    inside.forget()
    before = gate.count(edge, 'connection_rejected', 'partner')
    peer = Peer(j.world, j.ca, 'partner', netns.CLIENTS[9])
    peer.wire.send(peer.request('MESSAGE', BOB))
    assert peer.wire.closed()
    gate.wait_count(edge, 'connection_rejected', 'partner', before + 1)
    inside.quiet()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    j.resolver(*RECORDS)
    edge = j.edge(topology=j.export(discovery=False, **providers()))
    server = InsideServer(j.world, j.ca, netns.FRONT_END)
    j.parts.append(server)
    public(j, edge, inside, server)
    hosting(j, inside, server)
    changes(j, edge, inside, server)
    default_route(j, edge, inside, server)


journey.main(body, limit=60)
