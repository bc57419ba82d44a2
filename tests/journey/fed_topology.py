"""A topology that changes while partners are connected: who is blocked or off
the list is cut off at once, in dialogs as well; who comes back is served."""
from support import federated, gate, journey, netns
from support.dialog import establish
from support.partner import Door, Peer
from support.wait import until

ALSO = ('tailspin.com', 'sip.fabrikam.com')


class World:
    """The lab, and how its topology changes."""

    def __init__(self, j):
        self.j = j
        self.lab = federated.Lab(j, allowed=[*federated.ALLOWED, ALSO],
                                 records=[federated.host(
                                     'sip.litwareinc.com', netns.CLIENTS[44])])
        self.edge = self.lab.edge

    def becomes(self, **settings):
        """Another topology is in force; the edge goes on."""
        before = self.edge.call('GET', '/v1/status')[1]['topology']
        self.edge.log.write_text('')
        self.edge.load(self.j.export(**settings),
                       journey.LAB / 'topology' / 'hosts')
        until(lambda: self.edge.call('GET', '/v1/status')[1]['topology']
              != before, 5, 'the new topology is not taken')

    def refused(self, user, target, status, errid):
        """A MESSAGE of that user gets that."""
        user.wire.send(user.request('MESSAGE', target))
        answer = user.wire.expect(status)
        values = answer.values('ms-diagnostics-public') + \
            answer.values('ms-diagnostics')
        assert any(v.startswith(f'{errid};') for v in values), answer.raw


def talk(one, other):
    """A MESSAGE gets through."""
    one.wire.send(one.request('MESSAGE', other.aor))
    other.answer(other.wire.expect('MESSAGE'), 200)
    one.wire.expect(200)


def blocked(world, ivan, carol, second):
    """A blocked domain has no way in or out, in a dialog or not; another
    domain of the same edge keeps its connection."""
    mine, hers = establish(ivan, carol)
    world.becomes(allowed=[ALSO], blocked=['fabrikam.com'])
    hers.send('BYE')
    carol.wire.expect(403)
    mine.send('BYE')
    ivan.wire.expect(403)
    world.refused(carol, ivan.aor, 403, 1015)
    world.refused(ivan, carol.aor, 403, 1002)
    second.wire.send(second.request('MESSAGE', ivan.aor))
    ivan.answer(ivan.wire.expect('MESSAGE'), 200)
    second.wire.expect(200)


def off(world, ivan, carol, second):
    """Federation is a switch; nobody has to connect anew."""
    world.becomes(federated=False, allowed=[*federated.ALLOWED, ALSO])
    for peer in (carol, second):
        world.refused(peer, ivan.aor, 403, 1002)
    world.refused(ivan, carol.aor, 403, 1002)
    world.becomes(allowed=[*federated.ALLOWED, ALSO])
    talk(carol, ivan)
    talk(ivan, carol)
    second.wire.send(second.request('OPTIONS', ivan.aor))
    ivan.answer(ivan.wire.expect('OPTIONS'), 200)
    second.wire.expect(200)


def removed(world, ivan, second):
    """Off the list: the connection is closed, and nobody comes back."""
    world.becomes(allowed=[('northwind.com', 'sip.northwind.com')])
    assert second.wire.closed()
    lines = gate.events(world.edge, 1015)
    assert lines and all('reason=no_longer_known' in line for line in lines), \
        world.edge.tail()
    world.refused(ivan, 'sip:carol@fabrikam.com', 504, 1005)


def body(j):
    world = World(j)
    _, ivan, carol = world.lab.people()
    second = Peer(j.world, j.ca, 'partner', netns.CLIENTS[45], name='dan',
                  domain='tailspin.com')
    j.parts.append(second)
    talk(carol, ivan)
    talk(ivan, carol)
    blocked(world, ivan, carol, second)
    off(world, ivan, carol, second)
    removed(world, ivan, second)

    # another proxy for the same domain is dialled at once
    door = Door(j.world, j.ca, 'litware', netns.CLIENTS[44])
    j.parts.append(door)
    world.becomes(allowed=[('fabrikam.com', 'sip.litwareinc.com')])
    ivan.wire.send(ivan.request('MESSAGE', carol.aor))
    ivan.wire.expect(200)
    assert door.count('MESSAGE') == 1


journey.main(body, limit=60)
