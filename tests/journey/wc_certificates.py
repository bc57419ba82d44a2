"""Who may dial 8057: a machine of a ConfServices pool that depends on this
edge, with a certificate of the inside authority that names it; the usage may
be of a server alone. Nobody else, whatever else is right. And the Data MCU
talks to no edge of another name."""
from support import journey, netns, wc
from support.mcu import CORP

GOOD = ['fe02', 'mcu-none', 'mcu-client']
BAD = [None, 'mcu-eku', 'mcu-name', 'mcu-sanless', 'mcu-wildcard',
       'mcu-foreign', 'mcu-public', 'mcu-expired', 'bad-selfsigned',
       'bad-sql', 'dir01', 'partner', 'edge01']


def turned_away(rooms, certificate):
    """What a REGISTER with that certificate meets."""
    server = wc.Server(rooms, certificate)
    try:
        got = server.dial().register()
    except (OSError, AssertionError) as fault:
        got = str(fault)
    server.close()
    return got


def body(j):
    rooms = wc.Rooms(j, mcus=())
    generation = 0
    for name in GOOD:
        server = wc.Server(rooms, name).dial()
        generation += 1
        got = server.register(generation=generation)
        assert getattr(got, 'kind', None) == 'REGISTER_OK', (name, got)
        server.close()
        wc.wait_event(rooms.edge, wc.MCU_DOWN, generation)

    for name in BAD:
        before = rooms.edge.counters()
        got = turned_away(rooms, name)
        kind = getattr(got, 'kind', None)
        assert kind in (None, 'REJECT'), f'{name} is let in: {got}'
        assert not kind or got['code'] == 403, (name, got)
        after = rooms.edge.counters()
        assert sum(after.values()) > sum(before.values()), \
            f'{name} is turned away but not counted'
    assert wc.events(rooms.edge, wc.PEER_REFUSED), rooms.edge.tail()

    # in the topology, and not what the certificate says
    for other in ('fe03', 'edge01', 'FE02.corp.contoso.com.x'):
        server = wc.Server(rooms).dial()
        got = server.register(name=f'{other}.{CORP}')
        assert got.kind == 'REJECT' and got['code'] == 403, (other, got)
        server.close()
    wc.wait_event(rooms.edge, wc.MCU_REFUSED, 3, reason='peer_name')

    # folded, it is the same name
    server = wc.Server(rooms).dial()
    assert server.register(name=f'FE02.{CORP}.').kind == 'REGISTER_OK'
    # a leg of another machine is none of its
    other = wc.Server(rooms, 'fe03', source=netns.SECOND_MCU).dial()
    got = other.ask('OFFER', version=1, name=f'fe02.{CORP}',
                    instance=b'i' * 16)
    assert got.kind == 'REJECT' and got['code'] == 403, got
    other.close()
    # and of no machine that has registered
    other = wc.Server(rooms, 'fe03', source=netns.SECOND_MCU).dial()
    got = other.ask('OFFER', version=1, name=f'fe03.{CORP}',
                    instance=b'i' * 16)
    assert got.kind == 'REJECT' and got['code'] == 404, got
    other.close()
    server.close()

    # the MCU finds another name behind the address
    mcu = j.mcu(rooms.edge.keys,
                edges=[f'edge02.{CORP}={netns.EDGE_INSIDE}'])
    told = mcu.wait_event('edge_lost')
    assert 'Hostname mismatch' in told['why'], told
    assert mcu.edge(f'edge02.{CORP}')['state'] != 'up'
    # the name of the pool is in the certificate too
    pool = j.mcu(rooms.edge.keys, 'fe03', edges=[wc.POOL])
    pool.wait_up([wc.POOL])


journey.main(body)
