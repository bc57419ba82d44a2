"""What the operator reads when the next hop goes, comes back, or is not who it
says it is; and that its connections are watched by TCP."""
from support import gate, hop, journey, netns, sip
from support import sink as director
from support.wait import until

MEMBERS = ['dir01.corp.contoso.com', 'dir02.corp.contoso.com']
POOL = 'dirpool01.corp.contoso.com'


def told(edge, number, **words):
    """Once that event is in the log: all of them."""
    return until(lambda: gate.events(edge, number, **words), 15,
                 f'no event {number} {words}')


def hop_state(edge):
    """Of each member, as status says."""
    return [u['state'] for u in edge.call('GET', '/v1/status')[1]['upstreams']]


def register(j, client):
    """What a new user's REGISTER is answered, and the reason's id."""
    user = j.user('bob', client)
    user.wire.send(user.registration())
    answer = user.wire.receive()
    user.stop()
    told_id = answer.value('ms-diagnostics-public') or '0;'
    return answer, int(told_id.split(';')[0])


def watched(j, inside):
    """TCP asks after the servers on both sides, not after clients (AE 2.12);
    idle connections are what it is for."""
    user = j.user('bob', 1)
    knock = sip.Wire.tls(j.world.inside, (netns.EDGE_INSIDE, 5061),
                         netns.DIRECTORS[0], certificate=(
                             j.ca / 'dir01-chain.pem', j.ca / 'dir01.key'))
    assert len(inside.wires) >= 2

    def lines():
        """The edge's connections."""
        return j.world.edge.exec('ss', '-tnoH', 'state',
                                 'established').splitlines()

    def clients():
        """Whether each is probed, once all servers are: what they are still to
        acknowledge is shown in place of that."""
        servers, found = [], []
        for line in lines():
            local, peer = line.split()[2:4]
            probed = 'timer:(keepalive,' in line
            if peer.endswith(':5061') or local.endswith(':5061'):
                servers.append(probed)
            elif local.endswith(':443'):
                found.append(probed)
        return len(servers) >= 3 and all(servers) and found
    found = until(clients, 5, lambda: '\n'.join(lines()))
    assert found == [False], lines()
    knock.close()
    user.stop()


def goes(j, edge, inside):
    """Members fail one by one, then the pool is out of reach."""
    inside.stop()
    for member in MEMBERS:
        told(edge, 1020, member=member, state='suspect')
        told(edge, 1020, member=member, state='down')
    assert len(told(edge, 1022, pool=POOL)) <= j.shards
    until(lambda: hop_state(edge) == ['down', 'down'], 5, 'still up')
    answer, errid = register(j, 2)
    hop.refusal(answer, 504)
    assert errid == 1007, answer.raw


def comes(j, edge):
    """Each is told once it has answered."""
    assert not gate.events(edge, 1021)
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    for member in MEMBERS:  # by each shard, which serves its users alone
        until(lambda: len(gate.events(edge, 1021, member=member)) >= j.shards,
              15, f'{member} is not up again')
    until(lambda: hop_state(edge) == ['up', 'up'], 5, 'still down')
    assert register(j, 3)[0].status == 200
    inside.stop()


def pretends(j, edge):
    """A certificate of another name, then of a foreign authority: the product's
    id, once for each member however often it is tried."""
    for bad, reason in (
            ('bad-name', 'no name that is allowed here'),
            ('bad-foreign', 'chain does not end in the trust store')):
        edge.stop()
        edge.log.write_text('')
        inside = director.Sink(j.world, j.ca, certificate=bad)
        j.parts.append(inside)
        edge.start()
        answer, errid = register(j, 4)
        hop.refusal(answer, 504)
        assert errid == 1010, answer.raw
        for member in MEMBERS:
            lines = told(edge, 1023, lync=14428, errid=1010, member=member)
            told(edge, 1020, member=member, state='down')
            lines = gate.events(edge, 1023, member=member)
            assert len(lines) <= j.shards, lines
            assert f'reason={reason} count=1' in lines[0].replace(
                '"', ''), lines
        assert not inside.requests
        inside.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    until(lambda: hop_state(edge) == ['up', 'up'] and len(inside.wires) >= 2,
          5, 'the next hop is not dialled')
    watched(j, inside)
    goes(j, edge, inside)
    comes(j, edge)
    pretends(j, edge)


journey.main(body)
