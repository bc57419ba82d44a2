"""Token keys: a new one comes and the old one goes while clients join a
hundred a second, and none is refused; a nonce opens four sessions, and what
is signed with what the edge does not have, none."""
import asyncio
import os
import signal

from support import journey, netns, psom, wc
from support.meeting import Participant, Refused
from support.wait import until

RATE = 100  # joins a second
SECONDS = 5
SLOWEST = 30  # seconds, on a machine a fifth as fast
AT_ONCE = 50  # where the machine is slow; of more each would wait too long
BUSY = ('pair_timeout', 'pair_queue_full', 'assign_timeout')


async def crowd(rooms):
    """Join and leave, RATE a second on a machine as it should be; (how many
    have, seconds)."""
    rate = RATE // journey.SLOWER.get(rooms.j.preset, 1)
    loop = asyncio.get_running_loop()
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number):
        async with turns:
            await come(number)

    async def come(number):
        entries = await loop.run_in_executor(
            None, lambda: rooms.mcu.add_user(number % 20, f'u{number}'))
        client = Participant(rooms.outside, entries,
                             netns.CLIENTS[number % 50], f'u{number}')
        for _ in range(5):
            try:
                await client.connect()
                return await client.leave()
            except Refused as fault:  # a machine that is too slow for this
                assert fault.code == 503, fault
        raise AssertionError('never served')

    tasks, begun = [], loop.time()
    for number in range(rate * SECONDS):
        await asyncio.sleep(max(0, begun + number / rate - loop.time()))
        tasks.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*tasks)
    return len(tasks), loop.time() - begun


def ring(rooms):
    """The keys of the edge; its Data MCUs have a copy of their own."""
    return rooms.edge.folder / 'state' / 'secrets' / 'psom.keys'


def reload(rooms, text):
    """The edge has another ring, the MCU not yet."""
    wc.put_text(ring(rooms), text)
    rooms.edge.process.send_signal(signal.SIGHUP)


def answer(rooms, line):
    """Kind and code of what a token of that key is answered."""
    kid, key = line.split()[:2]
    entries = rooms.mcu.add_user(1, 'probe')
    got = rooms.knock(psom.hello(entries, token=psom.mint(
        bytes.fromhex(key), rooms.mcu.name, entries['Mcu-Conference-Uri'],
        kid=int(kid))))
    return got.kind, got.get('code')


def body(j):
    lines = [psom.ring_line(7, begin=-600, word=''),
             psom.ring_line(8, begin=-60, word='')]
    rooms = wc.Rooms(j, keys=lines[0], mcu={'legs': 64})
    early = rooms.client(user='early')

    # four sessions for a nonce; the MCU has said yes to each
    for _ in range(4):
        rooms.run(early.connect())
        rooms.run(early.leave())
    fault = rooms.refused(early)
    assert (fault.code, fault.retry) == (401, 0), fault
    assert fault.text == 'not authorized', fault
    wc.wait_reason(rooms.edge, 'reject', 'reused')

    kept = rooms.raw('echo', user='kept')
    before = rooms.edge.rejected()
    assert before == {'reused': 1}, before
    old = rooms.client(user='old')
    joins = rooms.loop.start(crowd(rooms))
    reload(rooms, ''.join(lines))
    until(lambda: answer(rooms, lines[1]) == ('HELLO_OK', None), 5,
          'the new key is not taken')
    refusals = rooms.edge.rejected()
    wc.put_text(rooms.edge.keys, ''.join(lines))
    count, took = joins.result(60)
    assert count >= RATE and took < SLOWEST, (count, took)
    for reason, count in rooms.edge.rejected().items():
        assert reason in BUSY or count == refusals[reason], (reason, count)

    # the old key is gone: what it has signed is no good, sessions live on
    reload(rooms, lines[1])
    until(lambda: answer(rooms, lines[0]) == ('REJECT', 401), 5,
          'the old key is still good')
    # who counts has told all shards before
    wc.wait_reason(rooms.edge, 'reject', 'unknown_key', 1)
    assert rooms.refused(old).code == 401
    rooms.run(kept.link.write(b'as before'))
    assert rooms.run(kept.link.read_exactly(9)) == b'as before'
    rooms.run(rooms.raw('echo', user='new').leave())

    # a key that nobody has, by a number that somebody has
    forged = psom.mint(os.urandom(32), rooms.mcu.name,
                       old.join_entries['Mcu-Conference-Uri'], kid=8)
    got = rooms.knock(psom.hello(old.join_entries, token=forged))
    assert got['code'] == 401, got
    wc.wait_reason(rooms.edge, 'reject', 'bad_mac')

    # no ring at all: everybody is refused, nobody is cut
    ring(rooms).unlink()
    rooms.edge.process.send_signal(signal.SIGHUP)
    until(lambda: answer(rooms, lines[1]) == ('REJECT', 401), 5,
          'a client is let in without any key')
    rooms.run(kept.link.write(b'and still'))
    assert rooms.run(kept.link.read_exactly(9)) == b'and still'


journey.main(body, limit=60)
