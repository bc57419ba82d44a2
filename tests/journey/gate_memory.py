"""The memory budget: near it nobody new comes in, past it the oldest
strangers go; who has signed in stays."""
import contextlib

from support import gate, journey
from support import sink as director
from support.wait import until

HEAD = b'REGISTER sip:contoso.com SIP/2.0\r\n' + b'X: ' + b'y' * 15000 + \
    b'\r\nX: ' + b'y' * 14000
CROWD = 500  # idle they fill half of the budget, with a head all of it


def is_gone(wire):
    """Has the edge closed it?"""
    with contextlib.suppress(AssertionError):
        return wire.closed(0.01)
    return False


def body(j):
    if j.preset in ('asan', 'tsan'):
        return  # their malloc tells no numbers
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge(limits={
        'access.memory_mb': 30,
        # a loaded machine fills it slowly: nobody may go for being slow
        'access.head_ms': 60000, 'access.first_message_ms': 120000})
    friend = j.user('bob', 1)
    friend.wire.send(friend.registration())
    friend.wire.expect(200)
    inside.forget()
    with gate.crowd() as wires:
        for n in range(CROWD):
            wires.append(gate.wire(j, 2 + n % 40))
        for wire in wires:
            with contextlib.suppress(OSError):
                wire.send(HEAD)
        gate.wait_count(edge, 'shed', 'memory', 10)
        wires.append(gate.half_open(j, 4))  # one more knocks, and waits
        until(lambda: gate.count(edge, 'accept_paused'), 5,
              'all are let in')
        assert gate.events(edge, 1037, state='over', budget_mb=30)
        assert gate.resident(edge) < 60 * 1024, gate.resident(edge)
        # each shard drops its own while there is too much
        first = wires[:1 if j.shards == 1 else 20]
        until(lambda: any(map(is_gone, first)), 30,
              'the oldest is to go first')
        friend.wire.send(friend.request('MESSAGE', 'sip:carol@contoso.com'))
        friend.wire.expect(200)
        assert inside.count() == 1
    until(lambda: gate.connections(edge)[0] == 1, 10, 'they do not leave')
    until(lambda: gate.events(edge, 1037, state='fine'), 5,
          'it stays tight')
    late = j.user('carol', 3)
    late.wire.send(late.registration())
    late.wire.expect(200)


journey.main(body, limit=120)
