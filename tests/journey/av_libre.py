"""libre's TURN client: UDP, TCP and TLS, by channel and by indication, from
outside and from inside."""
from support import av, journey, netns
from support.ticket import INTRANET

PACKETS = '3000'


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    pairs = []
    for number, (kind, way) in enumerate((
            ('udp', 'channel'), ('udp', 'send'), ('tcp', 'channel'),
            ('tcp', 'send'), ('tls', 'channel'), ('tls', 'send'))):
        port = av.UDP[1] if kind == 'udp' else av.TCP[1]
        ticket = made.ticket(f'sip:{kind}-{way}@contoso.com')
        pairs.append(av.Program(
            j.world.inet, av.peer_program(j, 'turn_pair'), kind, av.OUTSIDE,
            str(port), ticket.user_text, ticket.password_text, PACKETS, way,
            *netns.CLIENTS[2 * number:2 * number + 2]))
        j.parts.append(pairs[-1])
    ticket = made.ticket('sip:inside@contoso.com', INTRANET)
    pairs.append(av.Program(
        j.world.inside, av.peer_program(j, 'turn_pair'), 'udp',
        netns.EDGE_INSIDE, '3478', ticket.user_text, ticket.password_text,
        PACKETS, 'channel', netns.FRONT_END, netns.MCU))
    j.parts.append(pairs[-1])
    for pair in pairs:
        said = pair.good()
        assert f'good: {PACKETS} packets each way' in said, said
        # inside or outside, relayed addresses are those of the outside
        assert said.count(f'relayed {av.OUTSIDE}:') == 2, said
    empty.wait()
    av.wait_count(edge, 'allocated', 14)
    strange = set(edge.dropped()) - {'no_integrity', 'no_permission'}
    assert not strange, edge.dropped()


journey.main(body, limit=60)
