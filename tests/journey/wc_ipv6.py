"""Clients by IPv6 and by IPv4 outside, the Data MCU by IPv4 inside: they meet,
the MCU is told the address that each has, and a limit of an address is one of
its /64."""
import os

from support import journey, netns, wc
from support.edge import LAB
from support.meeting import Outside, Participant
from support.wait import until

EDGE = '2001:db8:0:2::31'
NEAR = ['2001:db8:0:2::101', '2001:db8:0:2::102']
FAR = '2001:db8:0:3::101'


def topology(j):
    """The lab's, with IPv6 beside IPv4 for web conferencing outside."""
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    own = f'IPAddress="{wc.OUTSIDE}"'
    assert text.count(own) == 1, own
    file = j.folder / 'ipv6.xml'
    file.write_text(text.replace(own, f'{own} IPv6Address="{EDGE}"'))
    return file


def addresses(j):
    """IPv6 of both ends; one client's network is another."""
    for space, device, address in (
            *((j.world.inet, 'edge0', one + '/64') for one in NEAR),
            (j.world.edge, 'ext', EDGE + '/64'),
            (j.world.inet, 'edge0', FAR + '/128')):
        netns.run('ip', '-n', space.name, 'address', 'add', address, 'dev',
                  device, 'nodad')
    netns.run('ip', '-n', j.world.edge.name, 'route', 'add', '2001:db8:0:3::/64',
              'via', NEAR[0])


def leave(rooms, one, left):
    """One goes; so many are still there."""
    rooms.run(one.leave())
    until(lambda: wc.load(rooms.edge)['clients'] == left, 5, 'it is not gone')


def body(j):
    addresses(j)
    rooms = wc.Rooms(j, topology=topology(j))
    where = Outside(j.world, j.ca, {wc.PUBLIC: [EDGE]})

    def client(source, user):
        return Participant(where, rooms.mcu.add_user(1, user), source, user)
    near, far = client(NEAR[0], 'near'), client(FAR, 'far')
    rooms.all([near.join(), far.join()])
    four = rooms.joined(user='four')
    for one, other in ((near, far), (far, four), (four, near)):
        data = os.urandom(100000)
        rooms.run(one.upload(one.user, data))
        rooms.run(other.got(one.user, data))
        told = rooms.mcu.wait_event('assigned', user=one.user)
        assert told['client'] == '%s:%d' % one.link.local, told

    rooms.run(four.leave())
    until(lambda: wc.load(rooms.edge)['clients'] == 2, 5, 'it is not gone')
    wc.relimit(rooms.edge, sessions_per_source=1)
    fault = rooms.refused(client(NEAR[1], 'neighbour'))
    assert (fault.code, fault.retry) == (429, 10), fault
    leave(rooms, far, 1)
    leave(rooms, rooms.run(client(FAR, 'again').join()), 1)
    leave(rooms, near, 0)
    leave(rooms, rooms.run(client(NEAR[1], 'neighbour').join()), 0)
    rooms.wait_empty()


journey.main(body)
