"""Overload: past a mark of its tables the edge turns away who comes, says so
once, and takes people again when it has been quiet for a while; who is there
is served."""
import time

from support import gate, journey, sip
from support import sink as director
from support.wait import until

CAROL = 'sip:carol@contoso.com'
QUIET = 5  # s below the low mark, access-edge/overload.c
TRANSACTIONS = 20


def state(edge):
    """What there is too much of, as its status says."""
    return edge.call('GET', '/v1/status')[1]['overload']


def tells(edge, **words):
    """What the log says of it, which is a moment later."""
    return until(lambda: gate.events(edge, 1038, **words), 5,
                 lambda: f'no {words}: {edge.tail()}')


def refused_for_overload(edge):
    """By the product's name."""
    return [row['value'] for row in edge.call('GET', '/v1/status')[1][
        'performance'] if 'Server Overload' in row['counter']]


def signed_in(j, inside, client=1):
    """A user whose REGISTER the inside has taken."""
    inside.answer = director.yes
    user = j.user('bob', client)
    user.wire.send(user.registration())
    user.wire.expect(200)
    inside.forget()
    return user


def asks(user, count):
    """So many MESSAGEs; their Call-IDs."""
    calls = [sip.token() for _ in range(count)]
    user.wire.send(b''.join(user.request('MESSAGE', CAROL, call_id=call)
                            for call in calls))
    return calls


def transactions(j, edge, inside):
    """The table of transactions nearly full."""
    gate.relimit(edge, transactions=TRANSACTIONS * j.shards)
    user = signed_in(j, inside)
    inside.answer = director.silence
    calls = asks(user, TRANSACTIONS * 4 // 5)
    for call in calls:
        inside.wait(call)
    until(lambda: state(edge) == 'transactions', 5, 'no overload')
    tells(edge, state='entered', of='transactions')
    gate.refused(j, 5)
    assert gate.count(edge, 'connection_rejected', 'overload') == 1
    assert refused_for_overload(edge) == [1], refused_for_overload(edge)
    [line] = gate.events(edge, 1012)
    assert 'reason=overload' in line, line
    begun = time.monotonic()
    for call in calls:
        inside.tell(inside.saw(call)[0], 200)
    for _ in calls:
        user.wire.expect(200)
    inside.answer = director.yes
    asks(user, 1)
    user.wire.expect(200)  # who is there is served, all the while
    gate.refused(j, 5)
    until(lambda: state(edge) == 'none', QUIET + 2, 'it does not end')
    assert time.monotonic() - begun > QUIET - 1
    assert len(tells(edge, state='left', of='transactions')) == 1
    gate.wire(j, 5).close()
    user.stop()


def held(j, edge, inside):
    """Messages that wait for the next hop: some of them above the mark."""
    gate.relimit(edge, next_hop_window=j.shards, held=10, hold_ms=10000)
    user = signed_in(j, inside)
    inside.answer = director.silence
    [first] = asks(user, 1)
    inside.wait(first)
    asks(user, 9)
    gate.wait_count(edge, 'held', None, 9)
    assert gate.count(edge, 'held_above_watermark') == 2
    until(lambda: state(edge) == 'held', 5, 'no overload')
    gate.refused(j, 5)
    tells(edge, state='entered', of='held')
    user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (transactions, held):
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err


journey.main(body, limit=40)
