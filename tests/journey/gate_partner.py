"""A partner that nobody entered has its rate and its number of users, over all
its connections; one that is listed has neither. What it asks of DNS and what it
says for others is counted as well."""
import contextlib
import ssl
import time

from support import federated, gate, journey, netns, sip
from support import sink as director
from support.flood import Flood
from support.partner import Peer
from support.wait import until

RATE, FLOOD, SECONDS, USERS = 20, 2000, 6, 5
LITWARE = 'sip.litwareinc.com'
RECORDS = [federated.federation('litwareinc.com', LITWARE)]
ALLOWED = [('fabrikam.com', 'sip.fabrikam.com')]


def flooded(inside):
    """How many of the crowd's messages have come inside."""
    return len([m for _, m in list(inside.requests)
                if m.value('Call-ID').startswith('flood-')])


def settled(edge, inside):
    """The crowd has left, and each message of it has met its end."""
    def is_so():
        refused = edge.refused()
        return gate.count(edge, 'partner_requests', 'discovered') == \
            flooded(inside) + refused.get('overload', 0) + \
            refused['partner_rate']
    until(lambda: edge.call('GET', '/v1/status')[1]['connections'][
        'partners'] == 1, 5, 'the crowd stays')
    until(is_so, 5, lambda: f'{flooded(inside)} inside, {edge.counters()}')


def rate(j, edge, inside):
    """2000 a second on eight connections: twenty go in, the rest is told; the
    listed partner beside it notices nothing."""
    listed = Peer(j.world, j.ca, 'partner')
    begun = time.monotonic()
    crowd = Flood(j, j.world.inet, 'partner', federated.outside_address(),
                  netns.CLIENTS[30], a=4, c=8, r=FLOOD, u=3,
                  d='litwareinc.com', C=j.ca / 'litware-chain.pem',
                  K=j.ca / 'litware.key')
    crowd.wait('s500', RATE, 10)
    count = 0
    while time.monotonic() - begun < SECONDS:
        listed.wire.send(b''.join(listed.request(
            'MESSAGE', f'sip:user{n}@contoso.com') for n in range(50)))
        for _ in range(50):
            listed.wire.expect(200)
        count += 50
    assert count >= 4 * RATE * SECONDS or j.preset != 'dev', count
    crowd.look()
    crowd.stop()
    passed = time.monotonic() - begun
    settled(edge, inside)
    seen = flooded(inside)
    sent = gate.count(edge, 'partner_requests', 'discovered')
    refused = edge.refused()
    # a slow inside has its share of strangers used up; an answer may come when
    # who asked has gone
    assert set(refused) <= {'partner_rate', 'overload', 'stray_response'}, \
        refused
    taken = seen + refused.get('overload', 0)
    assert seen <= taken <= RATE * (passed + 1), (seen, taken, passed)
    assert taken >= RATE * (passed - 2), (seen, taken, passed)
    assert sent == taken + refused['partner_rate'], (sent, taken, refused)
    if j.preset == 'dev':
        assert sent >= FLOOD * (passed - 2), (sent, passed, crowd.said)
    assert crowd.said['s500'] >= sent * 0.5, crowd.said
    lines = gate.events(edge, 1040, lync=14603, peer=LITWARE, of='messages')
    assert 2 <= len(lines) <= j.shards * (passed + 2), lines
    assert sum(int(line.split('suppressed=')[1]) for line in lines) > RATE
    [line, *_] = gate.events(edge, 1010, reason='partner_rate', status=503)
    assert f'DiscoveredPartnerStandardRate[{LITWARE}]=used_up' in line, line
    listed.stop()
    return taken, refused['partner_rate']


def report(edge, taken, refused):
    """The period ends with the service: who it was and how much."""
    edge.stop()
    [line] = gate.events(edge, 1043)
    assert f'peer={LITWARE} messages={taken} too_fast={refused} ' \
        f'too_many_users=0 users=3' in line, line


def say(peer, user, status, **how):
    """A MESSAGE to that user is answered so."""
    peer.wire.send(peer.request('MESSAGE', f'sip:{user}@contoso.com', **how))
    return peer.wire.expect(status)


def users(j, edge, inside):
    """So many different ones; those that are known go on."""
    one, two = (Peer(j.world, j.ca, 'litware', netns.CLIENTS[n],
                     domain='litwareinc.com') for n in (30, 31))
    for number in range(USERS):
        say((one, two)[number % 2], f'u{number}', 200)
    inside.forget()
    known = 'sip:u1@contoso.com'
    for peer, user, how in ((one, 'u5', {}), (two, 'u6', {}),
                            (two, 'u6', {'to': known}),
                            (one, 'u7', {'to_tag': 'x'})):
        federated.refused(say(peer, user, 403, **how),
                          *federated.expected('partner_contacts'))
    inside.quiet()
    for peer in (one, two):
        say(peer, 'U0', 200)
    assert edge.refused() == {'partner_contacts': 4}, edge.refused()
    assert gate.events(edge, 1041, lync=14508, peer=LITWARE, users=USERS)
    [line, *_] = gate.events(edge, 1010, reason='partner_contacts')
    assert f'MaxContactsPerDiscoveredPartner[{LITWARE}]=used_up' in line, line
    listed = Peer(j.world, j.ca, 'partner')
    for number in range(3 * USERS):
        say(listed, f'x{number}', 200)
    for peer in (one, two, listed):
        peer.stop()


def faults(j, edge, inside):
    """Look-ups and names of others: counted for the peer; then it is
    watched."""
    peers = [Peer(j.world, j.ca, 'litware', netns.CLIENTS[n],
                  domain='litwareinc.com') for n in (30, 31, 32)]
    begun = time.monotonic()
    say(peers[0], 'u1', 200)
    for number in range(15):
        peer = peers[number % 3]
        peer.aor = f'sip:eve@nowhere{number}.com'
        peer.wire.send(peer.request('MESSAGE', 'sip:u1@contoso.com'))
    for number in range(15):
        peers[number % 3].wire.receive()
    # five at once, one of which was the first, and five a second
    most = 4 + 5 * (time.monotonic() - begun)
    found = edge.refused()
    assert 4 <= found['source_srv'] <= most, (most, found)
    assert found['partner_rate'] == 15 - found['source_srv'], found
    assert gate.events(edge, 1040, peer=LITWARE, of='lookups')
    for number in range(12):
        peer = peers[number % 3]
        peer.aor = 'sip:eve@fabrikam.com'
        say(peer, 'u1', 403)
    [line] = gate.events(edge, 1042, lync=14501, peer=LITWARE, count=11)
    assert 'reason=peer_mismatch' in line and 'watched_ms=600000' in line, line
    peer.aor = 'sip:eve@litwareinc.com'
    inside.forget()
    begun = time.monotonic()
    for number in range(30):
        peer.wire.send(peer.request('MESSAGE', 'sip:u1@contoso.com'))
        peer.wire.receive()
        time.sleep(0.05)
    passed = time.monotonic() - begun
    assert 1 <= inside.count() <= passed + 1, (inside.count(), passed)
    for peer in peers:
        peer.stop()


def last_tenth(j, edge, inside):
    """The last places at the door are for those from where a listed partner
    has come."""
    gate.write(edge, {'partner_connections': 10})
    edge.stop()
    edge.start()
    listed = Peer(j.world, j.ca, 'partner', netns.CLIENTS[40])
    say(listed, 'u1', 200)
    crowd = [Peer(j.world, j.ca, 'litware', netns.CLIENTS[n],
                  domain='litwareinc.com') for n in range(30, 38)]
    for peer in crowd:
        peer.wire.send(peer.request('OPTIONS', 'sip:u1@contoso.com'))
        peer.wire.receive()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        Peer(j.world, j.ca, 'litware', netns.CLIENTS[39])
        raise AssertionError('a stranger was not to be let in')
    assert gate.count(edge, 'connection_rejected', 'unknown') == 1
    again = Peer(j.world, j.ca, 'partner', netns.CLIENTS[40])
    say(again, 'u2', 200)
    for peer in (listed, again, *crowd):
        peer.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    j.resolver(*RECORDS)
    edge = j.edge(topology=j.export(discovery=True, allowed=ALLOWED))
    counts = rate(j, edge, inside)
    report(edge, *counts)
    for case in (users, faults, last_tenth):
        edge.load(j.export(discovery=True, allowed=ALLOWED, rate=1000,
                           contacts=USERS), journey.LAB / 'topology' / 'hosts')
        edge.log.write_text('')
        edge.start()
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err
        edge.stop()


journey.main(body, limit=60)
