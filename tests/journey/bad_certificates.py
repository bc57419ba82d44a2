"""Who may speak at the inside listener: the names of the topology with a
certificate of the inside authority, nobody else."""
import ssl

from support import journey, netns, sip

SHARDS = 'once'

BAD = ['bad-name', 'bad-sql', 'bad-foreign', 'bad-public', 'bad-sanless',
       'bad-eku', 'bad-wildcard', 'bad-selfsigned', 'bad-expired', 'partner']


def knock(j, certificate):
    """Connect to L3 from the Director's address and send an OPTIONS; the
    answer, or None when it was turned away."""
    pair = certificate and (j.ca / f'{certificate}-chain.pem',
                            j.ca / f'{certificate}.key')
    try:
        wire = sip.Wire.tls(j.world.inside, (netns.EDGE_INSIDE, 5061),
                            netns.DIRECTORS[0], certificate=pair)
        wire.send(sip.build('OPTIONS sip:alice@contoso.com SIP/2.0', [
            ('Via', 'SIP/2.0/TLS dir01.corp.contoso.com;branch=z9hG4bK1'),
            ('From', '<sip:probe@contoso.com>;tag=1'),
            ('To', '<sip:alice@contoso.com>'), ('Call-ID', sip.token()),
            ('Max-Forwards', 5), ('CSeq', '1 OPTIONS')]))
        answer = wire.receive(3)
        wire.close()
        return answer
    except (ssl.SSLError, ConnectionError, AssertionError):
        return None


def body(j):
    j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    for good in ('dir01', 'dirpool01', 'fe01'):
        assert knock(j, good), f'{good} is turned away'
    for bad in [None, *BAD]:
        before = sum(edge.counters().values())
        answer = knock(j, bad)
        assert answer is None, f'{bad} is let in: {answer.raw!r}'
        assert sum(edge.counters().values()) > before, \
            f'{bad} is turned away but not counted'
    alice.wire.silent(0.2)

    # and after all of them the right one is still let in
    assert knock(j, 'dir01')


journey.main(body, limit=60)
