"""The edge is killed and comes back: clients know at once, the Data MCU says
which edge it has lost, gives nobody a proxy that is not there, and is back
by itself; with what addUser said before, a client may come again."""
import os

from support import journey, wc


def show(rooms, one, other, title):
    """A slide goes from one to the other."""
    data = os.urandom(20000)
    rooms.run(one.upload(title, data))
    rooms.run(other.got(title, data))


def body(j):
    rooms = wc.Rooms(j, edges=2, mcu={'tempo': 0.2})
    first, second = rooms.edges
    names = wc.EDGES
    kept = [rooms.client(user=name) for name in ('alice', 'bob')]
    rooms.outside.addresses = {wc.PUBLIC: [wc.OUTSIDE]}
    rooms.all([one.join() for one in kept])
    show(rooms, *kept, 'slide')

    # one of two: the other is the only proxy
    first.kill()
    for one in kept:
        assert rooms.run(one.ended()) in ('cut', 'reset'), one.end
    rooms.mcu.wait_event('edge_lost', edge=names[0])
    assert not rooms.mcu.events('no_edge')
    entries = rooms.mcu.add_user(1, 'alice')
    assert entries['numberOfProxies'] == '1', entries
    rooms.outside.addresses = {wc.PUBLIC: [wc.OUTSIDE, wc.SECOND]}
    again = [rooms.client(user=name) for name in ('alice', 'bob')]
    rooms.all([one.join() for one in again])
    rooms.run(again[1].got('slide'))  # what was there
    assert {one.proxy for one in again} == {(wc.SECOND, 443)}
    show(rooms, *again, 'by the other')

    # both: nobody can come, and the MCU says so
    second.kill()
    for one in again:
        assert rooms.run(one.ended()) in ('cut', 'reset'), one.end
    lost = rooms.mcu.wait_event('edge_lost', edge=names[1])
    assert lost['id'] == 41024, lost
    assert rooms.mcu.wait_event('no_edge')['id'] == 41026
    assert rooms.mcu.add_user(1, 'alice')['numberOfProxies'] == '0'
    assert rooms.mcu.wait_event('no_proxies')['id'] == 41061

    # and back
    for edge in rooms.edges:
        edge.start()
    rooms.mcu.wait_up(names)
    for name in names:
        told = rooms.mcu.wait_event('edge_connected', 2, edge=name)
        assert told['id'] == 41025, told
    # the token is as good as before
    for one in kept:
        one.end, one.contents, one.log = None, {}, []
    rooms.all([one.join() for one in kept])
    rooms.run(kept[1].got('slide'))
    rooms.run(kept[0].upload('on we go', b'x' * 1000))
    rooms.run(kept[1].got('on we go', b'x' * 1000))
    rooms.all([one.leave() for one in kept])
    rooms.wait_empty()


journey.main(body)
