"""coturn's clients, in the dialect of the RFCs: UDP, TCP, TLS, by channel and
by indication, TCP relayed addresses, and what a wrong password gets."""
import re

from support import av, journey, netns, stun

RUNS = {  # name: (options, port, channels of the run)
    'udp': ([], 3478), 'send': (['-s'], 3478), 'tcp': (['-t'], 443),
    'tls': (['-t', '-S'], 443), 'tcp-relay': (['-T'], 443),
}
TEXT = re.compile(r'tot_send_msgs=(\d+), tot_recv_msgs=(\d+)\n')


def uclient(j, number, ticket, options, port, password=None):
    """turnutils_uclient from a client address: two clients, hairpinned."""
    run = av.Program(
        j.world.inet, 'turnutils_uclient', '-y', '-n', '20', '-m', '2', '-u',
        ticket.user_text, '-w', password or ticket.password_text, '-L',
        netns.CLIENTS[number], '-p', str(port), *options, av.OUTSIDE)
    j.parts.append(run)
    return run


def tidy(j, asked, tickets):
    """It allocates once more than it gives back, over UDP: a trial. Give
    those back from its ports."""
    seen = {(source, int(port)) for source, port in av.fields(
        asked, 'ip.src', 'udp.srcport', port=None)}
    left = 0
    for source, port in seen:
        number = netns.CLIENTS.index(source)
        if number >= len(tickets):
            continue
        client = stun.Client(j.world.inet, 'udp', av.UDP, source,
                             tickets[number], port)
        client.challenge()
        code = client.refresh(0).code
        assert code in (0, 437), code
        left += code == 0
        client.close()
    assert left <= 2, left


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    asked = j.capture(j.world.edge, 'ext', 'udp dst port 3478')
    tickets = [made.ticket(f'sip:{name}@contoso.com') for name in RUNS]
    runs = {name: uclient(j, number, tickets[number], *RUNS[name])
            for number, name in enumerate(RUNS)}
    for kind, number, server in (('outside', 6, av.OUTSIDE),
                                 ('inside', None, netns.EDGE_INSIDE)):
        space = j.world.inet if number else j.world.inside
        source = netns.CLIENTS[number] if number else netns.FRONT_END
        said = av.Program(space, 'turnutils_stunclient', '-p', '3478', '-L',
                          source, server).good()
        assert f'UDP reflexive addr: {source}:' in said, (kind, said)
    for name, run in runs.items():
        said = run.good()
        sent, got = map(int, TEXT.findall(said)[-1])
        assert got == sent >= 40, (name, said[-3000:])
        assert 'Total lost packets' in said, (name, said[-3000:])
    av.until(lambda: av.count(edge, 'allocated') >= 15, 5, 'too few')
    assert set(edge.dropped()) <= {'no_integrity'}, edge.dropped()

    tidy(j, asked, tickets)
    empty.wait()

    status, said = uclient(j, 7, made.ticket(), ['-v'], 3478, 'wrong').wait()
    assert status != 0 and 'Cannot complete Allocation' in said, said
    status, said = uclient(j, 7, made.ticket(), ['-v', '-x'], 3478).wait()
    assert status != 0 and 'error 440' in said, said


journey.main(body, limit=60)
