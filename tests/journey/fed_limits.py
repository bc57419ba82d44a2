"""Limits of partners that nobody entered: rate over all their connections,
distinct users of ours, questions of DNS that they cause; who is on the list
has none. Connections of one address; routes that are too long to be hidden."""
import ssl
import time

from support import federated, gate, journey, netns
from support import sink as director
from support.book import Book
from support.partner import Door, InsideServer, Peer

RECORDS = [federated.federation('litwareinc.com', 'sip.litwareinc.com')]
HOSTS = journey.LAB / 'topology' / 'hosts'
RATE = 20  # DiscoveredPartnerStandardRate


def send(peer, count, user='bob{}'):
    """So many at once, to different users; how many of each status."""
    for number in range(count):
        peer.wire.send(peer.request(
            'MESSAGE', f'sip:{user.format(number)}@contoso.com'))
    found = {}
    for _ in range(count):
        answer = peer.wire.receive()
        found.setdefault(answer.status, []).append(answer)
    return found


def becomes(j, edge, **settings):
    """The edge anew with those settings."""
    edge.stop()
    edge.log.write_text('')
    edge.load(j.export(**settings), HOSTS)
    edge.start()


def rate(j, edge, inside):
    """The rate is the peer's, whatever its connections; 503 and one event."""
    inside.forget()
    one, other = (Peer(j.world, j.ca, 'litware', netns.CLIENTS[n],
                       domain='litwareinc.com') for n in (1, 2))
    begun = time.monotonic()
    for peer in (one, other):  # its domain is looked up
        peer.wire.send(peer.request('OPTIONS', 'sip:bob@contoso.com'))
        peer.wire.expect(200)
    found = send(one, 3 * RATE, 'bob')
    assert RATE - 5 <= len(found[200]), {
        status: len(answers) for status, answers in found.items()}
    [text] = {a.value('ms-diagnostics-public') for a in found[503]}
    assert text.startswith('1007;reason="Discovered partner sends too fast"')
    again = send(other, RATE, 'bob')
    most = RATE * (1 + time.monotonic() - begun)  # a burst, then a second
    passed = len(found[200]) + len(again.get(200, []))
    assert 2 + passed <= most, (passed, most)
    assert inside.count('MESSAGE') == passed, (inside.count(), passed)
    assert gate.events(edge, 1040, lync=14603, peer='sip.litwareinc.com')
    assert edge.refused()['partner_rate'] >= 3 * RATE - passed
    for peer in (one, other):
        peer.stop()


def listed(j, edge, inside):
    """On the list, with or without a proxy, nobody counts."""
    becomes(j, edge, discovery=True, contacts=5, allowed=[
        *federated.ALLOWED, 'litwareinc.com'])
    for number, (certificate, domain) in enumerate((
            ('partner', 'fabrikam.com'), ('litware', 'litwareinc.com'))):
        inside.forget()
        peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[3 + number],
                    domain=domain)
        found = send(peer, 5 * RATE)
        assert list(found) == [200] and inside.count() == 5 * RATE, (
            domain, inside.count(), {
                status: len(answers) for status, answers in found.items()})
        peer.stop()


def contacts(j, edge, inside):
    """Distinct users of ours: those it knows go on, new ones do not."""
    becomes(j, edge, discovery=True, contacts=5, rate=1000)
    book = Book(edge, inside)
    peer = Peer(j.world, j.ca, 'litware', netns.CLIENTS[5],
                domain='litwareinc.com')
    assert list(send(peer, 5)) == [200]
    book.open()
    peer.wire.send(peer.request('MESSAGE', 'sip:bob5@contoso.com'))
    answer = peer.wire.receive()
    line = book.close('partner_contacts', answer)
    federated.refused(answer, *federated.expected('partner_contacts'))
    assert 'MaxContactsPerDiscoveredPartner[sip.litwareinc.com]=used_up' in \
        line, line
    assert list(send(peer, 5)) == [200]
    assert list(send(peer, 1, 'BOB3')) == [200]  # the same, in capitals
    assert gate.events(edge, 1041, lync=14508, peer='sip.litwareinc.com')
    peer.stop()
    becomes(j, edge, discovery=True, contacts=5, rate=1000,
            limit_contacts=False)
    peer = Peer(j.world, j.ca, 'litware', netns.CLIENTS[6],
                domain='litwareinc.com')
    assert list(send(peer, 12)) == [200]
    peer.stop()


def questions(j, edge, inside, dns):
    """Domains that nobody knows: five questions a second of a peer, one of
    which its last connection may have had."""
    inside.forget()
    before = len(dns.questions())
    peer = Peer(j.world, j.ca, 'litware', netns.CLIENTS[7])
    begun = time.monotonic()
    for number in range(40):
        peer.wire.send(peer.request('MESSAGE', 'sip:bob@contoso.com').replace(
            b'eve@fabrikam.com', f'eve@d{number}.com'.encode()))
    answers = [peer.wire.receive() for _ in range(40)]
    most = 5 * (1 + time.monotonic() - begun)
    statuses = [a.status for a in answers]
    assert set(statuses) == {403, 503}, statuses
    asked = dns.questions()[before:]
    assert 4 <= len(asked) <= most, (most, asked)
    assert statuses.count(403) == len(asked), (statuses, asked)
    inside.quiet()
    peer.stop()


def suspicious(j, edge, inside):
    """Many failures of one peer are told once."""
    peer = Peer(j.world, j.ca, 'litware', netns.CLIENTS[8],
                domain='litwareinc.com')
    inside.forget()
    for _ in range(15):
        peer.wire.send(peer.request('MESSAGE', 'sip:bob@contoso.com').replace(
            b'eve@litwareinc.com', b'eve@contoso.com'))
        federated.refused(peer.wire.receive(),
                          *federated.expected('source_domain'))
    lines = gate.events(edge, 1042)
    assert len(lines) == 1 and 'lync=14501' in lines[0], edge.tail()
    inside.quiet()
    peer.stop()


def crowd(j, edge):
    """One address has 20 connections."""
    before = gate.count(edge, 'connection_rejected', 'source')
    wires = []
    for _ in range(25):
        try:
            wires.append(Peer(j.world, j.ca, 'litware', netns.CLIENTS[9]))
        except (ssl.SSLError, ConnectionError):
            pass
    assert len(wires) == 20, len(wires)
    gate.wait_count(edge, 'connection_rejected', 'source', before + 5)
    for one in wires:
        one.stop()


def too_long(j, edge, book):
    """Routes of the inside that no entry can hold."""
    server = InsideServer(j.world, j.ca, netns.FRONT_END)
    j.parts.append(server)
    j.parts.append(Door(j.world, j.ca, 'partner'))
    routes = [('Record-Route', f'<sip:fe01.corp.contoso.com:5061;lr;x='
               f'{"y" * 400};n={n}>') for n in range(15)]
    book.open()
    server.wire.send(server.request('INVITE', 'sip:carol@fabrikam.com',
                                    extra=routes))
    answer = server.wire.receive()
    while answer.status == 100:
        answer = server.wire.receive()
    book.close('routes_too_long', answer)
    server.wire.send(server.request('INVITE', 'sip:carol@fabrikam.com',
                                    extra=routes[:1]))
    server.wire.expect(200)


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    dns = j.resolver(*RECORDS)
    edge = j.edge(topology=j.export(discovery=True))
    rate(j, edge, inside)
    listed(j, edge, inside)
    contacts(j, edge, inside)
    questions(j, edge, inside, dns)
    becomes(j, edge, discovery=True, allowed=federated.ALLOWED)
    suspicious(j, edge, inside)
    crowd(j, edge)
    too_long(j, edge, Book(edge, inside))


journey.main(body, limit=60)
