"""Tokens in the second observed layout, beside our own; then a user is revoked:
what he has ends, what he asks is refused, others go on."""
import signal

from support import av, journey, mras
from support.msturn import ALLOCATED
from support.wait import until

SHARDS = 'once'

SERVER = 'sip:dirpool01.corp.contoso.com@contoso.com;gruu;opaque=srvr:x'
ALICE, BOB = 'sip:alice@contoso.com', 'sip:bob@contoso.com'


def ask(j, user):
    """What A/V authentication answers a server that asks for that user."""
    server = mras.Server(j.world, j.ca)
    answer = server.ask(SERVER, [mras.wish(user)])[1]
    server.stop()
    return answer


def ticket(j, user):
    """Credentials for that user, outside."""
    answer = ask(j, user)
    assert answer.reason == 'OK', answer.reason
    return answer.tickets[0]


def reload(edge, old, new):
    """Another [options] line, told by SIGHUP."""
    text = edge.ini.read_text()
    assert old in text
    edge.ini.write_text(text.replace(old, new))
    edge.process.send_signal(signal.SIGHUP)


def body(j):
    edge = j.av_edge(limits=av.CROWD,
                     options={'av.token_format': 'ms2',
                              'av.users_revoked': 'none'})
    empty = av.Empty(edge)
    alices, bobs = ticket(j, ALICE), ticket(j, BOB)
    for one in (alices, bobs):  # AV 2.6: version, sizes
        assert len(one.username) == 56, one.username.hex()
        assert one.username.startswith(bytes.fromhex('02000024'))
        assert one.user_text.startswith('AgAAJ')
    alice, bob = av.udp(j, alices), av.udp(j, bobs, 1)
    stream = av.tcp(j, alices, 2)
    ours = av.udp(j, av.mint(j).ticket(ALICE), 3)  # in our own layout
    for client in (alice, bob, stream, ours):
        client.must_allocate()

    reload(edge, 'av.users_revoked = none',
           f'av.users_revoked = {ALICE.upper().replace("SIP:", "sip:")}')
    until(lambda: av.load(edge)[0] == 1, 10,
          lambda: f'not ended: {edge.relay()}')
    assert stream.take(10) is None and stream.ended
    assert av.udp(j, alices, 4).allocate().code == 436
    assert av.udp(j, av.mint(j).ticket(ALICE), 5).allocate().code == 436
    av.wait_dropped(edge, 'user_revoked', 2)
    answer = ask(j, ALICE)
    assert answer.reason == 'Forbidden' and not answer.tickets, answer.reason
    assert bob.allocate().kind == ALLOCATED
    more = av.udp(j, ticket(j, BOB), 6)
    more.must_allocate()

    # revoked no more, and the format is ours again: the old token counts
    reload(edge, f'av.users_revoked = {ALICE.upper().replace("SIP:", "sip:")}',
           'av.users_revoked = none')
    until(lambda: ask(j, ALICE).reason == 'OK', 10, 'alice stays revoked')
    reload(edge, 'av.token_format = ms2', 'av.token_format = edge')
    until(lambda: len(ticket(j, ALICE).username) == 60, 10,
          'the format stays')
    again = av.udp(j, alices, 7)
    again.must_allocate()
    for client in (bob, more, again):
        client.end()
    empty.wait()


journey.main(body, limit=120)
