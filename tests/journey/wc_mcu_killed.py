"""The Data MCU and its control connection: lost alone, sessions live on and
nobody else comes; a higher generation takes over, no lower one does; killed,
its clients know at once and come back when it does."""
import os

from support import journey, wc
from support.wait import until


def show(rooms, one, other, title):
    """A slide goes from one to the other."""
    data = os.urandom(20000)
    rooms.run(one.upload(title, data))
    rooms.run(other.got(title, data))


def control_lost(rooms, alice, bob):
    """Only the control connection dies."""
    token = rooms.client(user='too late')
    rooms.mcu.order('leave')
    wc.wait_event(rooms.edge, wc.MCU_DOWN)
    rooms.mcu.wait_event('no_edge')
    fault = rooms.refused(token)
    assert (fault.code, fault.retry) == (503, 5), fault
    wc.wait_reason(rooms.edge, 'reject', 'not_registered')
    empty = rooms.mcu.add_user(1, 'nobody')
    assert empty['numberOfProxies'] == '0', empty
    rooms.mcu.wait_event('no_proxies')
    show(rooms, alice, bob, 'control lost')
    show(rooms, bob, alice, 'control lost too')
    rooms.mcu.order('return')
    rooms.mcu.wait_up()
    rooms.run(rooms.run(token.connect()).leave())


def taken_over(rooms, alice, bob):
    """Another process of that name, by hand."""
    generation = rooms.mcu.order('status')['generation']
    stale = wc.Server(rooms).dial()
    for old in (generation, generation - 1):
        got = stale.register(generation=old)
        assert got.kind == 'REJECT' and got['code'] == 409, got
        stale.close()
        stale.dial()
    stale.close()
    wc.wait_event(rooms.edge, wc.MCU_REFUSED, 2, reason='stale')

    fresh = wc.Server(rooms).dial()
    got = fresh.register(generation=generation + 1)
    assert got.kind == 'REGISTER_OK', got
    told = rooms.mcu.wait_event('edge_bye')
    assert told['code'] == 200, told
    until(lambda: rooms.mcu.edge()['parked'] == 0, 5,
          'the parked legs are not closed')
    assert fresh.expect('WANT')['legs'] == 8
    show(rooms, alice, bob, 'taken over')
    # the old one asks again and is told why not
    told = rooms.mcu.wait_event('edge_bye', code=409)
    fresh.close()
    wc.wait_event(rooms.edge, wc.MCU_DOWN, 2)
    rooms.mcu.wait_up()  # whoever comes, when nobody is there
    show(rooms, alice, bob, 'and back')


def killed(rooms, alice, bob):
    """All of its connections die with it."""
    rooms.mcu.kill()
    for one in (alice, bob):
        assert rooms.run(one.ended()) in ('cut', 'reset'), one.end
    wc.wait_event(rooms.edge, wc.MCU_DOWN, 3)
    rooms.mcu.start()
    rooms.mcu.wait_up()
    again = [rooms.joined(user=name) for name in ('alice', 'bob')]
    show(rooms, *again, 'after the kill')
    return again


def body(j):
    rooms = wc.Rooms(j, mcu={'tempo': 0.2})
    alice, bob = rooms.joined(user='alice'), rooms.joined(user='bob')
    show(rooms, alice, bob, 'before')
    control_lost(rooms, alice, bob)
    taken_over(rooms, alice, bob)
    alice, bob = killed(rooms, alice, bob)

    # an orderly end is told as such
    rooms.all([alice.leave(), bob.leave()])
    rooms.mcu.stop()
    wc.wait_event(rooms.edge, wc.MCU_DOWN, 4)


journey.main(body)
