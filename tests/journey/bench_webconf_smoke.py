"""The load of `./dev bench webconf` works with the edge: bulk both ways, trips,
messages at a pace, sessions that come and go, with tickets and with legs parked
before."""
import json
import os
import subprocess

from support import journey, netns, psom
from support.wc import put_keys

SHARDS = 'once'

EDGE = 'edge01.corp.contoso.com'
LIMITS = {'webconf.accept_rate': 10000, 'webconf.accept_burst': 10000,
          'webconf.preauth_per_source': 500, 'webconf.want_ms': 10,
          'webconf.parked_target': 16, 'webconf.parked_low': 12}
SESSIONS, SIZE = 20, 200
KEY = os.urandom(32)


def one_host(j):
    """Where both ends and the edge are, as in the bench: all on lo."""
    space = netns.Namespace(j.world.prefix + 'edge2')
    for address in (netns.EDGE_OUTSIDE[1], netns.EDGE_INSIDE, netns.CLIENTS[0],
                    netns.MCU):
        netns.run('ip', '-n', space.name, 'address', 'add', address + '/32',
                  'dev', 'lo')
    return space


def load(j, edge, *orders):
    """What bench_wc_load says to each order."""
    command = [
        str(j.binaries.parent / 'tests' / 'bench' / 'bench_wc_load'), '-P',
        str(edge.process.pid), '-A', j.ca / 'public-ca.pem', '-b',
        netns.CLIENTS[0], '-t', netns.EDGE_OUTSIDE[1], '-p', '443', '-n',
        'webconf.contoso.com', '-I', j.ca / 'internal-ca.pem', '-C',
        j.ca / 'fe02-chain.pem', '-K', j.ca / 'fe02.key', '-i', netns.MCU,
        '-q', '8057', '-e', netns.EDGE_INSIDE, '-N', EDGE, '-m',
        'fe02.corp.contoso.com', '-k', KEY.hex()]
    done = subprocess.run(
        ['ip', 'netns', 'exec', edge.space.name, *map(str, command)],
        input=''.join(f'{order}\n' for order in orders), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, f'{done.stdout}\n{edge.tail()}'
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(orders) + 1, done.stdout
    return said[1:]


def body(j):
    edge = j.webconf_edge(limits=LIMITS, space=one_host(j))
    put_keys(edge, psom.ring_line(7, key=KEY, word=''))
    edge.start()
    opened, up, down, trips, paced, idle, left, full, resumed = load(
        j, edge, f'open {SESSIONS}', 'bulk up 16384 2 200',
        'bulk down 65536 2 200', f'trips 48 {SESSIONS} 200',
        f'pace {SIZE} 400 500', 'idle 100', 'leave', 'setups 4 0 500 full',
        'setups 4 0 500 resumed')
    assert opened['came'] == opened['inside'] == SESSIONS, opened
    assert up['up'] > 65536 and up['down'] == 0, up
    assert down['down'] > 65536 and down['up'] == 0, down
    assert trips['trips'] > 0, trips
    # half of them each way; the rest may come late on a busy machine
    assert paced['up'] >= SIZE and paced['down'] >= SIZE, paced
    assert idle['in'] == SESSIONS, idle
    assert left['inside'] == left['in'] == 0, left
    assert full['came'] > 0 and not full['resumed'], full
    assert resumed['came'] == resumed['resumed'] > 0, resumed
    assert not full['failed'] and not resumed['failed'], (full, resumed)
    parked, joined = load(j, edge, 'park 12', 'setups 2 10 20000 full')
    assert parked['parked'] >= 12, parked
    assert joined['came'] == 10 and not joined['failed'], joined
    ended = edge.ended()
    assert set(ended) == {'eof'}, ended
    assert not edge.rejected(), edge.rejected()


journey.main(body, 60)
