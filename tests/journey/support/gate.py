"""What journeys about limits share: settings, counters, log lines, crowds."""
import contextlib
import os
import re
import ssl
import time

from support import hop, netns, sip
from support.wait import PATIENCE, until


def relimit(edge, **limits):
    """Start the edge anew with these [limits] and no others."""
    edge.stop()
    write(edge, limits)
    edge.log.write_text('')
    edge.start()


def write(edge, limits):
    """The [limits] of edge.ini, the rest as it is."""
    text = edge.ini.read_text().split('\n[limits]\n')[0]
    edge.ini.write_text(text + '\n[limits]\n' + ''.join(
        f'access.{name} = {value}\n' for name, value in limits.items()))


def count(edge, noun, reason=None):
    """One counter's value."""
    name = f'lync_edge_access_{noun}_total'
    if reason is not None:
        name += f'{{reason="{reason}"}}'
    found = edge.counters()
    assert name in found, f'no counter {name}'
    return found[name]


def wait_count(edge, noun, reason, least, limit=5):
    """Until that counter is at least so high."""
    until(lambda: count(edge, noun, reason) >= least, limit,
          f'{noun}{{{reason}}} does not reach {least}: {edge.counters()}')


def events(edge, number, **words):
    """Log lines of that event id with these key=value words."""
    lines = re.findall(rf'^\S+ access-edge \w+ {number} .*$',
                       edge.log.read_text(errors='replace'), re.M)
    return [line for line in lines if all(
        re.search(rf'(?:^| ){key}={re.escape(str(value))}(?= |$)', line)
        for key, value in words.items())]


def connections(edge):
    """(clients, transactions) as the edge itself says."""
    status = edge.call('GET', '/v1/status')[1]
    return status['connections']['clients'], status['transactions']


def descriptors(edge):
    """How many files the process has open."""
    return len(os.listdir(f'/proc/{pid(edge)}/fd'))


def resident(edge):
    """KiB of memory in use."""
    with open(f'/proc/{pid(edge)}/status', encoding='ascii') as file:
        return int(re.search(r'VmRSS:\s+(\d+)', file.read()).group(1))


def pid(edge):
    """ip netns exec becomes the program it runs."""
    return edge.process.pid


def wire(j, client=0):
    """TLS from that client's address; nothing verified."""
    return sip.Wire.tls(j.world.inet, (netns.ACCESS, 443),
                        netns.CLIENTS[client])


def half_open(j, client=0):
    """TCP, and not a byte of TLS."""
    return sip.Wire.tcp(j.world.inet, (netns.ACCESS, 443),
                        netns.CLIENTS[client])


def refused(j, client=0):
    """A connection that the edge closes before TLS."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        wire(j, client).close()
        raise AssertionError('the connection was not to be accepted')


@contextlib.contextmanager
def crowd():
    """A list of wires, closed at the end."""
    wires = []
    try:
        yield wires
    finally:
        for one in wires:
            one.close()


def took(begun, least, most):
    """The time since begun lies between."""
    passed = time.monotonic() - begun
    assert least <= passed <= most, f'{passed:.2f} s, not {least}-{most}'


def told(wire, status, reason_text, limit=PATIENCE):
    """The next answer is one of the edge with that reason in words."""
    return tells(wire.receive(limit), status, reason_text)


def tells(answer, status, reason_text):
    """It is one of the edge with that reason in words."""
    hop.refusal(answer, status)
    assert reason_text in answer.value('ms-diagnostics-public'), answer.raw
    retry = answer.value('Retry-After')
    assert retry == ('30' if status == 503 else None), answer.raw
    return answer


def heard(one, seconds=0.1):
    """Has anything come? TLS's own messages are none."""
    end = time.monotonic() + seconds
    while not one.buffer and not one.ended and \
            one._fill(end):  # pylint: disable=W0212
        pass
    return bool(one.buffer)


def drink(one, seconds):
    """Read and forget what comes."""
    end = time.monotonic() + seconds
    while not one.ended and one._fill(end):  # pylint: disable=W0212
        one.buffer = b''
