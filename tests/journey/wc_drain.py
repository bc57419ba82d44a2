"""Who leaves in order takes nobody along: a Data MCU that drains, a conference
that ends, an MCU that the topology drops, the edge itself; sessions end by
themselves within the grace, and not one is reset before."""
import os
import time

from support import journey, netns, wc
from support.edge import LAB
from support.mcu import conference
from support.meeting import Refused
from support.wait import until

GRACE = {'webconf.drain_ms': 2500}
CUT = ('notify', 'cut', 'reset')


def show(rooms, one, other, title):
    """A slide goes from one to the other."""
    data = os.urandom(50000)
    rooms.run(one.upload(title, data))
    rooms.run(other.got(title, data))


def mcu_drains(rooms):
    """Nobody new; those who are there finish."""
    first, second = rooms.mcus
    pair = [rooms.joined(user=f'd{i}') for i in '12']
    late = rooms.client(user='late')
    first.order('drain', grace=30)
    until(lambda: rooms.refused(late).code == 503, 5, 'not drained')
    wc.wait_reason(rooms.edge, 'reject', 'mcu_draining')
    show(rooms, *pair, 'while draining')
    rooms.run(rooms.joined(mcu=second).leave())  # the other serves
    rooms.all([one.leave() for one in pair])
    # anew, it serves again
    first.order('drop-control')
    first.wait_event('edge_connected', 2)
    first.wait_up()
    rooms.run(rooms.joined().leave())


def conference_ends(rooms):
    """Only its own MCU ends a conference."""
    first, second = rooms.mcus
    there = rooms.joined(5, user='there')
    other = rooms.joined(5, user='other', mcu=second)
    late = [rooms.client(5, user='late', mcu=mcu) for mcu in rooms.mcus]
    first.order('end-conference', conference=conference(5).upper())
    assert rooms.run(there.ended()) in CUT
    until(lambda: rooms.refused(late[0]).code == 401, 5, 'not ended')
    wc.wait_reason(rooms.edge, 'reject', 'conf_ended')
    rooms.run(late[1].join())
    show(rooms, other, late[1], 'not ours to end')
    rooms.all([other.leave(), late[1].leave()])
    rooms.run(rooms.joined(6).leave())


def topology_drops(rooms):
    """fe03 is no member any more: no new session, the old have the grace."""
    second = rooms.mcus[1]
    pair = [rooms.joined(user=f't{i}', mcu=second) for i in '12']
    late = rooms.client(user='late', mcu=second)
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    begin = text.index('<Machine OrdinalInCluster="3" Fqdn="fe03')
    end = text.index('</Machine>', begin) + len('</Machine>')
    file = rooms.j.folder / 'dropped.xml'
    file.write_text(text[:begin] + text[end:])
    hosts = rooms.j.folder / 'dropped-hosts'
    hosts.write_text(''.join(
        line for line in (LAB / 'topology' / 'hosts').read_text()
        .splitlines(True) if not line.startswith(netns.SECOND_MCU)))
    begun = time.monotonic()
    rooms.edge.load(file, hosts)
    assert second.wait_event('edge_bye')['code'] == 403
    show(rooms, *pair, 'within the grace')
    assert rooms.refused(late).code == 503
    for one in pair:
        assert rooms.run(one.ended()) in CUT
    assert 1 < time.monotonic() - begun < 20
    # its certificate opens the door no more
    one = wc.Server(rooms, 'fe03', source=netns.SECOND_MCU)
    try:
        got = one.dial().register(name='fe03.corp.contoso.com')
    except OSError:
        got = None
    assert getattr(got, 'kind', None) in (None, 'REJECT'), got
    one.close()
    rooms.run(rooms.joined().leave())


def listener_moves(rooms):
    """Another port outside: open before the old one closes; sessions go on,
    and an MCU that registers tells users of the new one."""
    pair = [rooms.joined(user=f'm{i}') for i in '12']
    file = rooms.j.folder / 'dropped.xml'
    text, old = file.read_text(), (
        'Usage="PsomClient" InterfaceSide="External" InterfaceNumber="2" '
        'Port="443"')
    assert text.count(old) == 1
    file.write_text(text.replace(old, old.replace('443', '444')))
    rooms.edge.load(file, rooms.j.folder / 'dropped-hosts')
    show(rooms, *pair, 'moved')

    def comes_in(port):
        try:
            return rooms.knock(b'x' * 8, target=(wc.OUTSIDE, port)) in CUT
        except OSError:
            return False
    until(lambda: comes_in(444), 5, 'the new port is not open')
    until(lambda: not comes_in(443), 5, 'the old port is open')
    rooms.mcus[0].order('drop-control')
    until(lambda: rooms.mcus[0].add_user(1, 'new').get('proxy.0') ==
          f'{wc.PUBLIC}:444', 10, 'the MCU is not told of the new port')
    rooms.mcus[0].wait_up()
    new = rooms.joined(user='new')
    assert new.proxy == (wc.OUTSIDE, 444), new.proxy
    show(rooms, *pair, 'still')
    rooms.all([one.leave() for one in (new, *pair)])


def edge_drains(rooms):
    """SIGTERM: no new client, the MCU is told, sessions finish, and then the
    process ends well and says BYE."""
    edge, mcu = rooms.edge, rooms.mcus[0]
    pair = [rooms.joined(user=f'e{i}') for i in '12']
    resets = edge.ended().get('reset', 0)
    late = rooms.client(user='late')
    # an edge has gone before
    drains, byes = (len(mcu.events(name)) for name in ('edge_drains',
                                                       'edge_bye'))
    edge.process.terminate()
    told = mcu.wait_event('edge_drains', drains + 1)
    assert told['grace'] >= 1, told
    try:
        rooms.run(late.connect())
        raise AssertionError('a client comes into an edge that goes')
    except (OSError, Refused) as fault:
        assert getattr(fault, 'code', 503) == 503, fault
    for number in range(5):
        show(rooms, *pair, f'while the edge drains {number}')
    assert edge.process.poll() is None, 'it did not wait'
    left = edge.call('GET', '/v1/status')[1]['draining']
    assert left['left']['clients'] == 2 and left['left']['sessions'] and \
        left['ends_in_s'], left
    assert edge.ended().get('reset', 0) == resets
    rooms.all([one.half_close() for one in pair])
    for one in pair:
        assert rooms.run(one.ended()) == 'notify', one.end
    until(lambda: edge.process.poll() is not None, 10, 'it does not end')
    assert edge.process.returncode == 0, edge.tail()
    assert mcu.wait_event('edge_bye', byes + 1)['code'] == 200
    for end in (one['end'] for one in wc.events(edge, wc.SESSION)):
        assert end not in ('grace_over', 'shutdown'), end


def body(j):
    rooms = wc.Rooms(j, mcus=('fe02', 'fe03'), limits=GRACE,
                     mcu={'tempo': 0.2})
    mcu_drains(rooms)
    conference_ends(rooms)
    topology_drops(rooms)
    listener_moves(rooms)
    rooms.edge.stop()
    wc.write_limits(rooms.edge)
    rooms.edge.log.write_text('')
    rooms.edge.start()
    rooms.mcus[0].wait_event('edge_connected', 4)
    rooms.mcus[0].wait_up()
    edge_drains(rooms)


journey.main(body)
