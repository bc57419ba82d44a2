"""edgectl doctor in a pool of two: the other member's relay takes credentials
of this host; with another A/V key, or without an answer, that is found."""
import json

from support import journey, netns
from support.pool import two_members

SHARDS = 'once'

OTHER = 'edge02.corp.contoso.com'


def of_other(edge):
    """Findings about the other member, and whether it is said to be good."""
    said = json.loads(edge.edgectl('doctor', '--family', 'SVC', '--json',
                                   good=(0, 1)))
    return ([f for f in said['findings'] if f['place'] == OTHER],
            any(c['good'].startswith(OTHER) for c in said['checks']))


def body(j):
    where = two_members(j)
    one = j.av_edge(**where)
    two = j.av_edge(start=False, member=2, space=j.world.second_edge(),
                    **where)
    found, _ = of_other(one)
    assert [f['id'] for f in found] == ['SVC-013'], found
    two.start()
    assert of_other(one) == ([], True)
    two.stop()
    two.ini.write_text(two.ini.read_text().replace('av-auth', 'edge02').replace(
        '[certificate.edge02]', '[certificate.av-auth]'))
    two.start()
    found, is_good = of_other(one)
    assert [f['id'] for f in found] == ['CERT-004'] and not is_good, found
    assert f'{netns.SECOND_OUTSIDE[2]}:3478' in found[0]['saw'], found
    assert all(step['on'] == 'member' for step in found[0]['cure']), found
    damaged(one)


def damaged(edge):
    """A key on disk that is another's: that of the pool is had from the other
    member, no new one is made."""
    edge.ini.write_text(edge.ini.read_text().replace('av-auth.key',
                                                     'edge01.key'))
    said = json.loads(edge.edgectl('doctor', '--family', 'CRT', '--json',
                                   good=(0, 1, 7)))
    found = [f for f in said['findings'] if f['place'] == 'av-auth']
    assert [f['id'] for f in found] == ['CERT-002'], said
    made = [step['run'] for step in found[0]['cure']]
    assert made[0].startswith(f'edgectl cert list # at {OTHER}:'), made
    assert made[1].startswith(f'scp -3 -p {OTHER}:CHAIN {OTHER}:KEY '), made
    assert not any('cert csr' in line for line in made), made


journey.main(body)
