"""Clients by IPv6 outside, Data MCUs by IPv4 inside: both come into one
meeting, and the MCU is told the address that each has."""
import os

from support import journey, netns, wc
from support.edge import LAB
from support.meeting import Participant

EDGE, CLIENT = '2001:db8:0:2::31', '2001:db8:0:2::101'


def topology(j):
    """The lab's, with IPv6 beside IPv4 for web conferencing outside."""
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    own = f'IPAddress="{wc.OUTSIDE}"'
    assert text.count(own) == 1, own
    file = j.folder / 'ipv6.xml'
    file.write_text(text.replace(own, f'{own} IPv6Address="{EDGE}"'))
    return file


def body(j):
    for space, device, address in ((j.world.inet, 'edge0', CLIENT),
                                   (j.world.edge, 'ext', EDGE)):
        netns.run('ip', '-n', space.name, 'address', 'add', address + '/64',
                  'dev', device, 'nodad')
    rooms = wc.Rooms(j, topology=topology(j))
    six = Participant(wc.Outside(j.world, j.ca, {wc.PUBLIC: [EDGE]}),
                      rooms.mcu.add_user(1, 'six'), CLIENT, 'six')
    rooms.run(six.join())
    four = rooms.joined(user='four')
    for one, other in ((six, four), (four, six)):
        data = os.urandom(100000)
        rooms.run(one.upload(one.user, data))
        rooms.run(other.got(one.user, data))
        told = rooms.mcu.wait_event('assigned', user=one.user)
        assert told['client'] == '%s:%d' % one.link.local, told
    # a limit of an address is one of a /64 here
    wc.relimit(rooms.edge, sessions_per_source=1)
    netns.run('ip', '-n', j.world.inet.name, 'address', 'add',
              '2001:db8:0:2::102/64', 'dev', 'edge0', 'nodad')
    neighbour = Participant(six.where, rooms.mcu.add_user(1, 'neighbour'),
                            '2001:db8:0:2::102', 'neighbour')
    fault = rooms.refused(neighbour)
    assert fault.code == 429, fault
    rooms.all([six.leave(), four.leave()])
    rooms.wait_empty()


journey.main(body)
