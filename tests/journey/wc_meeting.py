"""A meeting through the edge: slides both ways, who is late, who is inside;
each way a session can end reaches the other side as what it is."""
import os

from support import gate, journey, netns, psom_do, wc
from support.tls_link import client_context
from support.meeting import Participant
from support.wait import until

MIB = 1 << 20


def talk(rooms, alice, bob, when):
    """A slide each way, shown; questions are answered."""
    for one, other in ((alice, bob), (bob, alice)):
        title, data = f'{when} of {one.user}', os.urandom(300000)
        rooms.run(one.upload(title, data))
        rooms.run(one.present(title))
        rooms.run(one.reserve(title, 77))
        rooms.run(other.got(title, data))
        rooms.run(other.wait(lambda o=other, t=title: o.active == t))
    rooms.run(bob.upload(when, b''))
    rooms.run(alice.got(when, b''))


def latecomers(rooms):
    """One through the edge and one inside have what was there."""
    late = rooms.joined(user='late')
    inside = rooms.client(user='inside')
    rooms.run(inside.join_inside(
        rooms.j.world.inside, (netns.MCU, 8057),
        client_context(rooms.j.ca / 'internal-ca.pem')))
    for one in (late, inside):
        rooms.run(one.wait(lambda o=one: o.active == 'first of bob'))
        rooms.run(one.got('first', b''))
        assert [kind for kind, _ in one.log] == [
            'content', 'active', 'content', 'active', 'content'], one.log
    rooms.all([late.leave(), inside.leave()])


def halves(rooms):
    """close_notify of one direction leaves the other alone: what is queued
    arrives, and more may follow the other way."""
    one = rooms.raw('sink', user='half client')
    data = os.urandom(MIB)

    async def upload():
        await one.link.write(data)
        await one.link.half_close()
        return await one.link.end()

    assert rooms.run(upload()) == 'notify'
    told = rooms.mcu.wait_event('session_ended', user='half client')
    assert (told['end'], told['received']) == ('eof', MIB), told

    two = rooms.raw(f'half-close {MIB}', user='half mcu')

    async def download():
        got = await two.link.read_all()
        await two.link.write(data)
        await two.link.half_close()
        return got

    assert len(rooms.run(download())) == MIB
    told = rooms.mcu.wait_event('session_ended', user='half mcu')
    assert (told['end'], told['received']) == ('eof', MIB), told
    wc.wait_reason(rooms.edge, 'ended', 'eof', 2)


def cuts(rooms):
    """FIN without close_notify stays visible, all before it arrives."""
    one = rooms.raw('cut 100000', user='cut by mcu')

    async def read():
        await one.link.read_exactly(100000)
        return await one.link.end()

    assert rooms.run(read()) == 'cut'
    two = rooms.raw('sink', user='cut by client')

    async def cut():
        await two.link.write(bytes(100000))
        await two.link.truncate()
        return await two.link.end()

    assert rooms.run(cut()) in ('cut', 'notify', 'reset')
    told = rooms.mcu.wait_event('session_ended', user='cut by client')
    assert (told['end'], told['received']) == ('cut', 100000), told
    wc.wait_reason(rooms.edge, 'ended', 'truncated', 2)
    rooms.all([one.link.abort(), two.link.abort()])
    for side in ('mcu', 'client'):
        wc.wait_event(rooms.edge, wc.SESSION, trunc=side)


def resets(rooms):
    """RST goes through."""
    one = rooms.raw('reset 10', b'0123456789', user='reset by mcu')
    assert rooms.run(one.link.end()) == 'reset'
    two = rooms.raw('echo', b'0123456789', user='reset by client')
    assert rooms.run(two.link.read_exactly(10)) == b'0123456789'
    rooms.run(two.link.abort())
    told = rooms.mcu.wait_event('session_ended', user='reset by client')
    assert told['end'] == 'reset', told
    wc.wait_reason(rooms.edge, 'ended', 'reset', 2)


def body(j):
    rooms = wc.Rooms(j)
    until(lambda: rooms.mcu.edge()['parked'] == 8, 5, 'legs are not parked')
    before = gate.descriptors(rooms.edge)
    alice, bob = rooms.joined(user='alice'), rooms.joined(user='bob')
    assert alice.session != bob.session
    for one in (alice, bob):
        told = rooms.mcu.wait_event('assigned', session=one.session.hex())
        assert told['user'] == one.user and told['tls'] == '0304', told
        assert told['client'] == '%s:%d' % one.link.local, told
    talk(rooms, alice, bob, 'first')
    assert not alice.errors + bob.errors, (alice.errors, bob.errors)
    latecomers(rooms)

    # pipelined behind HELLO, and what is no operation is told by the MCU
    echo = rooms.raw('echo', bytes(range(96)))
    assert rooms.run(echo.link.read_exactly(96)) == bytes(range(96))
    rooms.run(echo.leave())
    rooms.run(alice.link.write(psom_do.frame(9, 1)))
    rooms.run(alice.wait(lambda: alice.errors))
    assert alice.errors[0][0] == 404, alice.errors

    halves(rooms)
    cuts(rooms)
    resets(rooms)
    talk(rooms, alice, bob, 'last')
    rooms.all([alice.leave(), bob.leave()])
    rooms.wait_empty()
    until(lambda: rooms.mcu.edge()['parked'] >= 4 and
          gate.descriptors(rooms.edge) <= before, 10,
          lambda: f'{before} descriptors before, '
          f'{gate.descriptors(rooms.edge)} now: {wc.load(rooms.edge)}, '
          + j.world.edge.exec('ss', '-tanpH'))


journey.main(body)
