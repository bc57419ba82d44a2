"""edgectl drain counts down what is left of each service, and is over when the
last one has ended; --no-wait returns at once."""
import json
import re
import subprocess

from support import gate, journey
from support import sink as director
from support.wait import until

AT_MOST_S = 20


def drain(edge, *words):
    """edgectl drain, running; its output goes on being read."""
    return edge.space.start(
        str(edge.binaries / 'edgectl'), 'drain', *words, '--config',
        str(edge.ini), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)


def told(child, line):
    """Its next lines up to one that fits."""
    for said in child.stdout:
        if re.match(line, said):
            return said
    raise AssertionError(f'never said: {line}')


def signed_in(j, name, number):
    """A user whose connection stays."""
    user = j.user(name, number)
    user.wire.send(user.registration())
    user.wire.expect(200)
    return user


def waits(j, edge):
    """Two users are there, then one, then nobody."""
    one, other = signed_in(j, 'alice', 1), signed_in(j, 'bob', 2)
    child = drain(edge, 'access-edge')
    told(child, 'access-edge drains: ')
    said = told(child, r'access-edge: 2 connections; ends in at most \d+ s')
    assert int(said.split()[-2]) in range(1, AT_MOST_S + 1), said
    left = edge.call('GET', '/v1/status')[1]['draining']
    assert left['left']['connections'] == 2, left
    one.wire.close()
    told(child, 'access-edge: 1 connection; ')
    assert child.poll() is None
    other.wire.close()
    told(child, 'access-edge: ended')
    assert child.wait(10) == 0
    until(lambda: edge.process.poll() is not None, 5, 'it runs still')
    assert edge.process.returncode == 0, edge.tail()


def does_not_wait(j, edge):
    """At once, and the service goes when its time is over."""
    edge.start()
    user = signed_in(j, 'alice', 1)
    child = drain(edge, '--no-wait', '--json')
    said = json.loads(child.stdout.read())
    assert child.wait(10) == 0 and 'services' not in said, said
    assert edge.process.poll() is None
    until(lambda: edge.call('GET', '/v1/status')[1]['state'] == 'draining', 5,
          'it does not drain')
    user.wire.close()
    assert edge.process.wait(10) == 0, edge.tail()


def waits_in_json(j, edge):
    """--json says what became of them; who stays is cut off in time."""
    gate.write(edge, {'drain_ms': 1000})
    edge.start()
    signed_in(j, 'bob', 2)
    child = drain(edge, '--json')
    said = json.loads(child.stdout.read())
    assert child.wait(10) == 0 and edge.process.wait(10) == 0
    assert said['services'] == {'access-edge': 'ended'}, said


def nobody_there(edge):
    """A service that does not run, and one that there is not."""
    said = edge.edgectl('drain', good=[6])
    assert 'CTL-014' in said, said
    edge.edgectl('drain', 'no-such-service', good=[2])


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge(limits={'access.drain_ms': AT_MOST_S * 1000})
    waits(j, edge)
    does_not_wait(j, edge)
    waits_in_json(j, edge)
    nobody_there(edge)


journey.main(body)
