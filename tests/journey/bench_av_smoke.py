"""The loads of `./dev bench av` and `av-soak` work: every dialect's packets pass
both ways, allocations go back."""
import json
import subprocess

from support import av, journey, netns

SHARDS = 'once'

AV = f'{netns.EDGE_OUTSIDE[2]}:3478'
LIMITS = {'av.allocate_rate': 1000, 'av.allocate_rate_per_user': 1000,
          'av.challenge_rate': 1000, 'av.lifetime_min_s': 1}
FLOWS, RATE, SIZES = 12, 2000, (172, 1200)


def lines(j, program, *words, orders=''):
    """What a program of the bench says, line by line."""
    command = [str(j.binaries.parent / 'tests' / 'bench' / program), *words]
    done = subprocess.run(
        ['ip', 'netns', 'exec', j.world.inet.name, *command], input=orders,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    assert done.returncode == 0, f'{command}: {done.stdout}'
    return [json.loads(line) for line in done.stdout.splitlines()]


def body(j):
    edge = j.av_edge(limits=LIMITS)
    empty = av.Empty(edge)
    key = str(j.ca / 'av-auth.key')
    orders = ''.join(f'run {RATE} {size} both 200\n' for size in SIZES)
    orders += 'run 0 172 both 200\n'  # as many as come
    for n, dialect in enumerate(('channel', 'send', 'stream', 'mst-raw',
                                 'mst-send', 'direct')):
        up, *runs, left = lines(
            j, 'bench_av_load', '-d', dialect, '-n', str(FLOWS), '-o',
            netns.CLIENTS[n], '-s', AV, '-p', netns.PARTNER, '-k', key,
            orders=orders)
        assert up['there'] == left['there'] == FLOWS, (dialect, up, left)
        for run in runs:
            # the rest may come late on a busy machine
            assert run['came'] > run['sent'] / 2 > 0, (dialect, run)
    last = lines(j, 'bench_av_soak', '2', str(FLOWS), netns.CLIENTS[9], AV,
                 netns.PARTNER, key, 'channel', 'mst-raw', 'stream')[-1]
    assert last['came_up'] >= FLOWS and not last['failed'], last
    assert last['strange'] == 0, last
    empty.wait(30)


journey.main(body, 60)
