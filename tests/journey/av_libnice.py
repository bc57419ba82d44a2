"""libnice as Lync clients speak: two agents with nothing but relayed
candidates, over UDP, pseudo-TLS and plain frames."""
from support import av, journey, netns
from support.msturn import ACTIVE, SET_ACTIVE

PACKETS = '10000'


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    capture = j.capture(j.world.edge, 'ext', av.CONTROL)
    pairs = []
    for number, (kind, server) in enumerate((
            ('udp', av.UDP), ('tls', av.TCP), ('tcp', av.TCP))):
        ticket = made.ticket(f'sip:{kind}@contoso.com')
        pairs.append(av.Program(
            j.world.inet, av.peer_program(j, 'nice_pair'), kind, server[0],
            str(server[1]), ticket.user_text, ticket.password_text, PACKETS,
            *netns.CLIENTS[2 * number:2 * number + 2]))
        j.parts.append(pairs[-1])
    for pair in pairs:
        said = pair.good()
        assert f'good: {PACKETS} packets each way' in said, said
        assert said.count(': ready') == 2, said
    empty.wait()

    capture.stop()
    seen = list(av.control(capture))
    asked = {m.tid for m in seen if m.kind == SET_ACTIVE}
    told = {m.tid for m in seen if m.kind == ACTIVE}
    assert len(asked) >= 6 and asked <= told, (len(asked), len(told))
    av.wait_count(edge, 'allocated', 6)
    strange = set(edge.dropped()) - {
        'no_integrity', 'no_permission', 'no_allocation', 'peer_gone'}
    assert not strange, edge.dropped()


journey.main(body, limit=60)
