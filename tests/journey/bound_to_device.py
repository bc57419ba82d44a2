"""Each listener is bound to its address and its NIC: a packet for the outside
address that comes in by the inside NIC meets nobody, and the other way
round; and the inside is dialled from the inside address on its NIC."""
import contextlib
import socket
import threading

from support import journey, netns, sip
from support import sink as director
from support.wait import until

OUTSIDE = (netns.ACCESS, 443)
INSIDE = (netns.EDGE_INSIDE, 5061)
OPEN = 4443  # a listener that is bound to no NIC, to show what would happen


def refused(space, target):
    """The packets arrive, and no socket wants them."""
    with contextlib.suppress(ConnectionRefusedError):
        sip.Wire.tcp(space, target).close()
        raise AssertionError(f'{target} is reached by the wrong NIC')


def routes(j):
    """Each side knows a way to the other's address through the edge."""
    netns.run('ip', '-n', j.world.inside.name, 'route', 'add',
              netns.ACCESS + '/32', 'via', netns.EDGE_INSIDE)
    netns.run('ip', '-n', j.world.inet.name, 'route', 'add',
              netns.EDGE_INSIDE + '/32', 'via', netns.ACCESS)


def would_arrive(j):
    """Without a device the same packets would get a connection."""
    with j.world.edge.inside():
        door = socket.create_server(('0.0.0.0', OPEN))
    thread = threading.Thread(target=lambda: [door.accept() for _ in 'ab'],
                              daemon=True)
    thread.start()
    sip.Wire.tcp(j.world.inside, (netns.ACCESS, OPEN)).close()
    sip.Wire.tcp(j.world.inet, (netns.EDGE_INSIDE, OPEN)).close()
    thread.join()
    door.close()


def sockets(j, *filters):
    """(local, peer) of the edge's sockets, with %DEVICE."""
    lines = j.world.edge.exec('ss', '-tnH', *filters).splitlines()
    return [tuple(line.split()[-2:]) for line in lines]


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    j.edge()
    routes(j)
    would_arrive(j)
    refused(j.world.inside, OUTSIDE)
    refused(j.world.inet, INSIDE)
    listening = {local for local, _ in sockets(j, '-l')}
    assert listening == {f'{netns.ACCESS}%ext:443',
                         f'{netns.ACCESS}%ext:5061',
                         f'{netns.EDGE_INSIDE}%int:5061'}, listening
    until(lambda: len(inside.wires) >= 2, 5, 'the next hop is not dialled')
    dialled = [local for local, peer in sockets(j, 'state', 'established')
               if peer.endswith(':5061')]
    assert dialled, 'no connection to the next hop'
    for local in dialled:
        assert local.startswith(f'{netns.EDGE_INSIDE}%int:'), dialled

    # and by the right NIC both are there
    user = j.user('bob', 1)
    user.wire.send(user.registration())
    user.wire.expect(200)
    sip.Wire.tls(j.world.inside, INSIDE, netns.DIRECTORS[0], certificate=(
        j.ca / 'dir01-chain.pem', j.ca / 'dir01.key')).close()


journey.main(body)
