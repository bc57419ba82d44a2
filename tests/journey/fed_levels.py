"""How far a partner is believed is said by its own row, for each domain that it
speaks for and in answers as in requests; never by a stranger himself."""
from support import federated, journey, netns, sip
from support import sink as director
from support.partner import Door, InsideServer, Peer
from support.resolver import federation
from support.wait import until

BOB = 'sip:bob@contoso.com'
HEADER = 'ms-asserted-verification-level'
SAYS = ('ms-source-verified-user=verified', 'ms-source-verified-user=unverified',
        None)
PROXY = 'sip.fabrikam.com'
# one proxy speaks for three domains, each with a level of its own (AE 3.3)
DOMAINS = {
    'fabrikam.com': ('UseSourceVerification',
                     ('verified', 'unverified', 'unverified')),
    'always.test': ('AlwaysVerifiable', ('verified',) * 3),
    'never.test': ('AlwaysUnverifiable', ('unverified',) * 3)}
STRANGER = federated.DIRECT.replace('DirectPartner', 'AutoFederation')


def says(word):
    """The header, or none."""
    return [(HEADER, word)] if word else []


def trust(message):
    """What the inside is told."""
    [value] = message.values('ms-edge-proxy-message-trust')
    return value


def requests(peer, sink):
    """Each domain at its level, on one connection."""
    for domain, (_, wanted) in DOMAINS.items():
        for word, want in zip(SAYS, wanted):
            call_id = sip.token()
            peer.wire.send(peer.request(
                'MESSAGE', BOB, call_id=call_id, extra=says(word)).replace(
                    b'eve@fabrikam.com', f'eve@{domain}'.encode()))
            peer.wire.expect(200)
            assert trust(sink.wait(call_id)) == \
                federated.DIRECT.format(want), (domain, word)


def answers(server, door):
    """One connection serves all three: an answer has the level of whom was
    asked, even when another was asked meanwhile, and whatever its To says."""
    door.answer = lambda request: None
    for word_number, word in enumerate(SAYS):
        for domain in DOMAINS:
            server.wire.send(server.request('MESSAGE', f'sip:x@{domain}'))
        asked = until(lambda: len(door.requests) == len(DOMAINS) and
                      [m for _, m in door.requests], 5, 'all are asked')
        assert len({m.wire for m in asked}) <= 2, 'connections'
        for message in reversed(asked):
            domain = message.value('To').split('@')[1].split('>')[0]
            reply = director.reply(message, 200, 'OK', says(word))
            message.wire.sendall(reply.replace(
                f'x@{domain}'.encode(), b'x@always.test'))
            got = server.wire.expect(200)
            assert trust(got) == federated.DIRECT.format(
                DOMAINS[domain][1][word_number]), (domain, word, got.raw)
        door.forget()


def strangers(j, sink):
    """Nobody who was discovered makes himself believed: not by what he says,
    nor with the level of a domain of the list."""
    peer = Peer(j.world, j.ca, 'litware', netns.CLIENTS[5],
                domain='litwareinc.com')
    j.parts.append(peer)
    for word in SAYS:
        call_id = sip.token()
        peer.wire.send(peer.request('MESSAGE', BOB, call_id=call_id,
                                    extra=says(word) * 2))
        peer.wire.expect(200)
        assert trust(sink.wait(call_id)) == STRANGER.format('unverified'), word
    sink.forget()
    peer.wire.send(peer.request('MESSAGE', BOB, extra=says(SAYS[0])).replace(
        b'@litwareinc.com', b'@always.test'))
    federated.refused(peer.wire.expect(403),
                      *federated.expected('peer_mismatch'))
    sink.quiet()


def body(j):
    sink = director.Sink(j.world, j.ca)
    j.resolver(federation('litwareinc.com', 'sip.litwareinc.com'))
    j.edge(topology=j.export(
        discovery=True, discovered_level='AlwaysUnverifiable',
        allowed=[(domain, PROXY, level)
                 for domain, (level, _) in DOMAINS.items()]))
    peer = Peer(j.world, j.ca, 'partner')
    door = Door(j.world, j.ca, 'partner')
    server = InsideServer(j.world, j.ca, netns.FRONT_END)
    j.parts += [sink, peer, door, server]
    requests(peer, sink)
    answers(server, door)
    strangers(j, sink)


journey.main(body)
