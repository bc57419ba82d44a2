"""A staged A/V authentication key: from its time on it makes tokens and
nonces, those of the old one count on; nobody is asked twice."""
import datetime
import signal
import time

from support import av, journey
from support.msturn import ALLOCATED
from support.ticket import Mint
from support.wait import until

AHEAD = 6  # seconds from staging to the effective time, on a fast machine


def keys(edge):
    """kid to "does it make tokens", as status has it."""
    return {key['kid']: key['mints'] for key in edge.relay()['keys']}


def rolls(edge, old, new, at):
    """The old key makes tokens until then, the new one from then on."""
    early = 0

    def is_over():
        nonlocal early
        found = keys(edge)
        if time.time() < at:
            early += 1
            assert found == {old: True, new: False}, found
        return found == {old: False, new: True}

    until(is_over, AHEAD + 5, f'no roll-over: {keys(edge)}')
    assert time.time() >= at
    assert early, 'staging took too long to see anything before'


def body(j):
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    old, new = Mint(j.ca / 'av-auth.key'), Mint(j.ca / 'edge02.key')
    assert keys(edge) == {old.kid.hex(): True}
    first = av.udp(j, old.ticket())
    first.must_allocate()
    # nobody knows the other key yet
    assert av.udp(j, new.ticket(), 1).allocate().code == 436

    at = int(time.time()) + AHEAD * journey.SLOWER.get(j.preset, 1)
    when = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    edge.edgectl('cert', 'stage', '--use', 'av-auth',
                 '--chain', str(j.ca / 'edge02-chain.pem'),
                 '--key', str(j.ca / 'edge02.key'),
                 '--effective', when.strftime('%Y-%m-%dT%H:%M:%SZ'))
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: len(keys(edge)) == 2, 5, 'the staged key is not read')
    # another member's clock may be ahead: its tokens count already
    ahead = av.udp(j, new.ticket(), 2)
    ahead.must_allocate()
    nonce = av.udp(j, old.ticket(), 3)
    nonce.challenge()
    rolls(edge, old.kid.hex(), new.kid.hex(), at)
    assert edge.relay()['spki_sha256'] == next(
        key['spki_sha256'] for key in edge.relay()['keys'] if key['mints'])
    # tokens and nonces from before are good, also to refresh
    assert nonce.allocate().kind == ALLOCATED
    assert first.allocate().kind == ALLOCATED
    after = av.udp(j, old.ticket(), 4), av.udp(j, new.ticket(), 5)
    for client in after:
        client.must_allocate()
    for client in (first, ahead, nonce, *after):
        client.end()
    empty.wait()


journey.main(body, limit=60)
