"""200 participants in 20 conferences, two Data MCUs, a pool of two edges: each
comes to the MCU that its token names, by either edge, and has every slide of
the others once and in order."""
import os

from support import journey, wc
from support.meeting import OUTSIDE, SECOND

COUNT, SIZE = 200, 10
SLIDES = 3


def room(number, everybody):
    """The others of somebody's conference."""
    first = number // SIZE * SIZE
    return [one for i, one in enumerate(everybody[first:first + SIZE], first)
            if i != number]


async def talk(one, slides):
    """All of its slides, each shown."""
    for title, data in slides.items():
        await one.upload(title, data)
        await one.present(title)


async def listen(one, wanted):
    """Until the last of the others' slides is there; then all of them are."""
    await one.wait(lambda: len(one.log) >= 2 * len(wanted))
    assert one.contents == wanted, f'{one.user}: altered'
    shown = [title for kind, title in one.log if kind == 'active']
    come = [title for kind, title in one.log if kind == 'content']
    for titles in (shown, come):
        assert sorted(titles) == sorted(wanted), f'{one.user}: {titles}'
        for author in {title.split(':')[0] for title in wanted}:
            mine = [t for t in titles if t.split(':')[0] == author]
            assert mine == sorted(mine), f'{one.user}: {mine}'


def same_order(everybody):
    """What two have both got came to both in one order."""
    for first in range(0, COUNT, SIZE):
        one, other = everybody[first:first + 2]
        both = {*one.log} & {*other.log}
        assert len(both) > SLIDES, both
        assert [x for x in one.log if x in both] == \
            [x for x in other.log if x in both], (one.user, other.user)


def body(j):
    rooms = wc.Rooms(j, mcus=('fe02', 'fe03'), edges=2)
    everybody = [rooms.client(
        i // SIZE, f'user{i}', rooms.mcus[i // SIZE % 2], i)
        for i in range(COUNT)]
    slides = [{f'user{i}:{n}': os.urandom(4000) for n in range(SLIDES)}
              for i in range(COUNT)]
    rooms.all([one.join() for one in everybody])

    # by both edges, to the one MCU that is right
    by_edge = {address: sum(one.proxy == (address, 443) for one in everybody)
               for address in (OUTSIDE, SECOND)}
    assert min(by_edge.values()) > COUNT // 8, by_edge
    for number, one in enumerate(everybody):
        mcu = rooms.mcus[number // SIZE % 2]
        assert mcu.events('assigned', session=one.session.hex(),
                          user=one.user), f'{one.user} is not at {mcu.name}'
    for edge, address in zip(rooms.edges, by_edge, strict=True):
        assert edge.counters()['lync_edge_webconf_sessions_total'] == \
            by_edge[address], edge.counters()

    rooms.all([talk(*pair) for pair in zip(everybody, slides, strict=True)])
    rooms.all([listen(one, {
        title: data for other in room(i, everybody)
        for title, data in slides[int(other.user[4:])].items()})
        for i, one in enumerate(everybody)])
    same_order(everybody)
    rooms.all([one.leave() for one in everybody])
    rooms.wait_empty()
    for edge in rooms.edges:
        wc.wait_reason(edge, 'ended', 'eof', 1)
        assert not edge.rejected(), edge.rejected()


journey.main(body)
