"""av-edge for minutes: allocations of every dialect that come, speak and go.

2,000 flows at a time, over UDP in every dialect and over TCP in RFC TURN: each
is allocated, sends and receives for up to 8 s, is given back or (one in five)
forgotten, and comes again. What must hold: nothing is refused and no packet
meets another flow; memory at the end is what it was after the first fifth; when
all have left and the forgotten ones have lapsed, every port, socket and
allocation is back.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import av_servers
from av_servers import AV, BENCH, PEERS, PORT, until

HERE = pathlib.Path(__file__).resolve().parent
DIALECTS = ('channel', 'send', 'mst-raw', 'mst-send', 'stream')
LIMITS = {'av.lifetime_min_s': 1, 'av.port_quarantine_s': 5}
LAPSE = 30  # seconds: more than a lifetime that was asked for
SLACK = 2 << 20  # of memory [bytes]
LOST = 0.002  # of what is under way when a flow ends


def sockets(relay):
    """Descriptors that the server has open."""
    return len(list(pathlib.Path(f'/proc/{relay.process.pid}/fd').iterdir()))


def watch(process, relay, length):
    """Follow the churn; (memory after the first fifth, its last line)."""
    begun, settled, last = time.monotonic(), 0, {}
    for line in process.stdout:
        last = json.loads(line)
        now = time.monotonic() - begun
        if not settled and now > length / 5:
            settled = relay.memory()
        if int(now) % 10 == 0:
            print(f'   {now:4.0f} s: {relay.memory() / 2**20:.1f} MB, '
                  f'{relay.edge.relay()["allocations"]} allocations; {line}',
                  end='', file=sys.stderr)
    assert process.wait() == 0, 'the churn ended early'
    return settled, last


def verdict(relay, before, settled, last):
    """What does not hold, one line each."""
    memory, ports = relay.memory(), relay.edge.relay()['ports']
    print(f'{last["came_up"]} allocations, {last["vanished"]} forgotten, '
          f'{last["came"]} packets; memory {settled / 2**20:.2f} MB after a '
          f'fifth, {memory / 2**20:.2f} MB at the end; '
          f'dropped: {relay.edge.dropped() or "nothing"}')
    wrong = []
    if last['failed'] or last['strange']:
        wrong.append(f'{last["failed"]} failed (last error {last["error"]}), '
                     f'{last["strange"]} packets met another flow')
    if last['came'] < (1 - LOST) * last['sent']:
        wrong.append(f'{last["sent"] - last["came"]} of {last["sent"]} packets '
                     'are lost')
    if memory > settled + SLACK:
        wrong.append(f'memory grew from {settled} to {memory} bytes')
    if ports['udp'] or ports['tcp']:
        wrong.append(f'ports are missing: {ports}')
    if sockets(relay) > before:
        wrong.append(f'{sockets(relay)} descriptors, {before} at the start')
    return wrong


def soak(world, folder, ca, options):
    """One soak; what does not hold."""
    relay = av_servers.av_edge(world, folder, ca, options.shards,
                               limits=LIMITS)
    before = sockets(relay)
    length = 60 * options.minutes
    process = world.inet.start(
        str(BENCH / 'bench_av_soak'), f'{length:.0f}', str(options.flows),
        world.client(), f'{AV}:{PORT}', PEERS, str(ca / 'av-auth.key'),
        *DIALECTS, stdout=subprocess.PIPE, text=True)
    settled, last = watch(process, relay, length)
    print(f'   {LAPSE} s for the forgotten ones to lapse', file=sys.stderr)
    for back in (lambda: not relay.edge.relay()['allocations'],
                 lambda: sockets(relay) <= before):
        with contextlib.suppress(AssertionError):  # verdict says it
            until(back, LAPSE, 'late')
    wrong = verdict(relay, before, settled, last)
    relay.edge.stop()
    return wrong


def main():
    """World, soak, verdict."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=5)
    parser.add_argument('--flows', type=int, default=2000)
    parser.add_argument('--shards', type=int, default=2)
    parser.add_argument('--nice', type=int, default=0)
    parser.add_argument('--keep', action='store_true',
                        help='leave the folder with the logs')
    options = parser.parse_args()
    missing = av_servers.missing()
    for line in missing:
        print(f'missing: {line}', file=sys.stderr)
    if missing:
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    folder = pathlib.Path(tempfile.mkdtemp(prefix='lync-edge-soak-'))
    folder.chmod(0o755)
    prefix = f's{folder.name[-6:]}-'
    every = ','.join(str(c) for c in sorted(os.sched_getaffinity(0)))
    try:
        subprocess.run([HERE.parent / 'lab/ca.sh', folder / 'ca'], check=True)
        world = av_servers.World(prefix, every, every,
                                 options.nice)
        wrong = soak(world, folder, folder / 'ca', options)
    finally:
        av_servers.remove_world(prefix)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        print(f'FAIL {line}')
    print('FAIL' if wrong else 'ok', 'av-soak')
    return 1 if wrong else 0
