"""Who does not read stops nobody else, costs no more memory than its rings,
and is let go when not a byte has moved for the stall time; who is merely slow
gets everything."""
import asyncio
import os
import time

from support import gate, journey, wc
from support.wait import until

SHARDS = 'once'

STUCK = 24  # sessions with a full ring each way
PER_SESSION = 200  # KiB, WC 6.3 T4
MIB = 1 << 20


def slow_reader(rooms):
    """carol stops reading; bob has all of 8 MiB, and soon."""
    alice, bob, carol = (rooms.joined(user=name)
                         for name in ('alice', 'bob', 'carol'))
    rooms.run(carol.pause())
    data, begun = os.urandom(MIB), time.monotonic()
    for number in range(8):
        rooms.run(alice.upload(f's{number}', data))
        rooms.run(bob.got(f's{number}', data))
    assert time.monotonic() - begun < 15, time.monotonic() - begun
    rooms.run(alice.reserve('still quick', 1))
    return alice, bob, carol


async def stuff(one):
    """Write until nobody takes it; how much went."""
    try:
        while True:
            await asyncio.wait_for(one.link.write(bytes(16384)), 0.5)
    except asyncio.TimeoutError:
        return one.link.sent


def memory(rooms):
    """Sessions stuck both ways keep their rings and no more."""
    warm = rooms.raw('echo', b'x', user='warm')
    rooms.run(warm.link.read_exactly(1))
    rooms.run(warm.leave())
    before = gate.resident(rooms.edge)
    takers = [rooms.raw('stopped', user=f'up{i}') for i in range(STUCK // 2)]
    givers = [rooms.raw(f'source {64 * MIB}', user=f'down{i}')
              for i in range(STUCK // 2)]
    sent = rooms.all([stuff(one) for one in takers])
    assert max(sent) < 4 * MIB, sent
    grown = gate.resident(rooms.edge) - before
    if rooms.j.preset not in journey.SLOWER:  # which keep more than is used
        assert grown < STUCK * PER_SESSION, f'{grown} KiB for {STUCK}'
    return takers + givers


def slow_ones(rooms):
    """Slower than the stall time in all, never still for so long."""
    one = rooms.raw('slow 600000', user='slow')

    async def upload():
        await one.link.write(bytes(1200000))
        await one.link.half_close()
        return await one.link.end(30)

    assert rooms.run(upload()) == 'notify'
    told = rooms.mcu.wait_event('session_ended', user='slow')
    assert (told['end'], told['received']) == ('eof', 1200000), told


def small_buffers(j):
    """What the kernel keeps is not what this is about."""
    for space in (j.world.inet, j.world.edge, j.world.inside):
        for name in ('rmem', 'wmem'):
            space.exec('sysctl', '-qw',
                       f'net.ipv4.tcp_{name}=4096 65536 131072')


def body(j):
    small_buffers(j)
    rooms = wc.Rooms(j, mcu={'legs': 64, 'queue': 32 * MIB})
    alice, bob, carol = slow_reader(rooms)
    stuck = memory(rooms)
    assert not rooms.edge.ended().get('stall'), rooms.edge.ended()

    # the stall ends them, those alone
    wc.relimit(rooms.edge, stall_ms=1500)
    rooms.mcu.order('drop-control')  # so that legs are new, too
    rooms.mcu.wait_event('edge_connected', 2)
    rooms.mcu.wait_up()
    late = rooms.raw('stopped', user='late')
    rooms.run(stuff(late))
    assert rooms.run(late.link.end()) in ('cut', 'reset')
    wc.wait_reason(rooms.edge, 'ended', 'stall')
    wc.wait_event(rooms.edge, wc.SESSION, end='stall')
    slow_ones(rooms)
    rooms.run(alice.upload('after', b'y' * 1000))
    rooms.run(bob.got('after', b'y' * 1000))
    for one in (*stuck, carol):
        rooms.run(one.link.abort())
    rooms.all([alice.leave(), bob.leave()])
    # a reset behind a full ring is seen when the ring stalls, others at once
    until(lambda: wc.load(rooms.edge)['sessions'] <= STUCK // 2, 10,
          lambda: f'{wc.load(rooms.edge)}')


journey.main(body, limit=60)
