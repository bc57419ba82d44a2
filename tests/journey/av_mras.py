"""Credentials by the way a client takes: Access Edge, Director, A/V
authentication on the inside, and back; and what is refused there."""
import ssl

from support import av, journey, mras, netns, sip
from support.ticket import INTERNET, INTRANET, SERVER
from support.wait import until

SHARDS = 'once'


def body(j):
    director = j.director()
    access = j.edge()
    edge = j.av_edge()
    empty = av.Empty(edge)
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200

    got, answer = mras.ask(alice)
    assert got.status == 200 and answer.reason == 'OK', got.raw
    assert got.values('Content-Type') == [mras.TYPE], got.raw
    assert answer.root.get('requestID') == '1804289383', got.raw
    assert answer.numbers == ['1'] and answer.minutes == [480], got.raw
    relay, = answer.relays[0]
    assert (relay.location, relay.host, relay.udp, relay.tcp) == (
        'internet', 'av.contoso.com', 3478, 443), got.raw
    arrived = until(lambda: [
        r.message for r in director.records()
        if r.way == 'snd' and r.target == (netns.EDGE_INSIDE, 5062)], 5,
        'the Director has no record of it')
    assert arrived[-1].values('P-Asserted-Identity') == [
        '<sip:alice@contoso.com>'], arrived

    # the token is what we make of the same key
    ticket, made = answer.tickets[0], av.mint(j)
    assert len(ticket.username) == 60, ticket.username.hex()
    assert ticket.username[2:4] == made.kid
    assert ticket.username[12] & (INTERNET | INTRANET | SERVER) == INTERNET
    assert ticket.username[16:32] == made.pseudonym('sip:alice@contoso.com')
    for client in (av.udp(j, ticket), av.tcp(j, ticket)):
        assert client.must_allocate()[0] == av.OUTSIDE
        client.end()

    pair = av.Program(
        j.world.inet, av.peer_program(j, 'nice_pair'), 'udp', *map(
            str, av.UDP), ticket.user_text, ticket.password_text, '300',
        *netns.CLIENTS[2:4])
    assert 'good: 300 packets each way' in pair.good()

    refused(j, alice, edge)
    servers(j, made)
    assert sum(access.refused().values()) == 1, access.refused()
    empty.wait()


def refused(j, alice, edge):
    """What a user may not, and what no one is answered to."""
    other = mras.request(alice.aor, [mras.wish('sip:bob@contoso.com')])
    got, answer = mras.ask(alice, body=other)
    assert answer.reason == 'Forbidden' and not answer.tickets, got.raw
    lie = mras.request('sip:bob@contoso.com',
                       [mras.wish('sip:bob@contoso.com')])
    got, answer = mras.ask(alice, body=lie)
    assert answer.reason == 'Forbidden' and not answer.tickets, got.raw
    got, answer = mras.ask(alice, body='<request')
    assert answer.reason == 'Request Malformed', got.raw
    assert mras.ask(alice, content_type='text/plain')[0].status == 415

    bob = j.user('bob', 1)  # not signed in
    bob.wire.send(bob.request('SERVICE', mras.URI, extra=[
        ('Content-Type', mras.TYPE)], body=other))
    assert '1012;' in bob.wire.expect(403).value('ms-diagnostics-public')

    # strangers are told so, or not even that
    wish = [mras.wish('sip:x@contoso.com')]
    for name in ('bad-name', 'bad-sql', 'bad-foreign', 'bad-selfsigned'):
        try:
            server = mras.Server(j.world, j.ca, name)
            got, answer = server.ask('sip:x@contoso.com', wish)
            assert got.status == 403 and not answer, (name, got.raw)
        except (ConnectionError, ssl.SSLError):
            continue
        except AssertionError as err:
            assert 'closed' in str(err), err
    with j.world.inet.inside():
        assert not sip.reachable(av.OUTSIDE, 5062)
        assert not sip.reachable(netns.ACCESS, 5062)
    assert edge.process.poll() is None


def servers(j, made):
    """A server may ask for others, many at once, for both sides."""
    server = mras.Server(j.world, j.ca)
    j.parts.append(server)
    names = [f'sip:u{n}@contoso.com' for n in range(3)]
    got, answer = server.ask(
        'sip:fepool01.corp.contoso.com@contoso.com;gruu;opaque=srvr:x',
        [mras.wish(name, None, 600, str(n)) for n, name in enumerate(names)])
    assert answer and answer.reason == 'OK', got.raw
    assert answer.numbers == ['0', '1', '2'] and \
        answer.minutes == [480] * 3, got.raw
    for name, ticket, relays in zip(names, answer.tickets, answer.relays):
        assert ticket.username[16:32] == made.pseudonym(name)
        assert ticket.username[12] & 3 == INTERNET | INTRANET
        assert {(r.location, r.host) for r in relays} == {
            ('internet', 'av.contoso.com'), ('intranet', mras.POOL)}, got.raw


journey.main(body)
