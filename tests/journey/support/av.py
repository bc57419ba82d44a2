"""What journeys of the A/V edge share: where it is, and that it is empty."""
import ipaddress
import os
import socket
import subprocess

from support import netns
from support.msturn import Message, Tcp, Udp
from support.ticket import INTRANET, Mint
from support.wait import until

OUTSIDE = '192.0.2.41'
UDP, TCP = (OUTSIDE, 3478), (OUTSIDE, 443)
INSIDE_UDP = (netns.EDGE_INSIDE, 3478)
INSIDE_TCP = (netns.EDGE_INSIDE, 443)
# a crowd from one machine is not what these journeys are about
CROWD = {'av.allocate_rate': 1000000, 'av.allocate_rate_per_user': 1000000,
         'av.challenge_rate': 1000000, 'av.binding_rate': 1000000,
         'av.inside_rate': 1000000, 'av.handshake_rate': 1000000}


def mint(j):
    """Credentials from the key that the edge has."""
    return Mint(j.ca / 'av-auth.key')


def udp(j, ticket, client=0, server=UDP, **how):
    """An MS-TURN client on the client address of that number."""
    return Udp(j.world.inet, server, netns.CLIENTS[client], ticket, **how)


def tcp(j, ticket, client=0, server=TCP, **how):
    """The same over pseudo-TLS."""
    return Tcp(j.world.inet, server, netns.CLIENTS[client], ticket, **how)


def inside_udp(j, made, source=netns.FRONT_END):
    """A client inside, with credentials for there."""
    return Udp(j.world.inside, INSIDE_UDP, source,
               made.ticket(flags=INTRANET))


def descriptors(edge):
    """Descriptors of the process, without the connections of inside servers
    to A/V authentication, which they keep."""
    return len(os.listdir(f'/proc/{edge.process.pid}/fd')) - \
        edge.relay()['mras_connections']


def resident(edge):
    """KiB of memory in use."""
    with open(f'/proc/{edge.process.pid}/status', encoding='ascii') as file:
        for line in file:
            if line.startswith('VmRSS:'):
                return int(line.split()[1])
    raise AssertionError('no VmRSS')


def load(edge):
    """(allocations, streams, peers, ports): what clients have of it."""
    relay = edge.relay()
    return (relay['allocations'], relay['streams'], relay['peers'],
            relay['ports']['udp'] + relay['ports']['tcp'])


class Empty:
    """How much an idle edge has open; wait() until it is so again."""

    def __init__(self, edge):
        self.edge = edge
        assert load(edge) == (0, 0, 0, 0), edge.relay()
        self.files = descriptors(edge)

    def wait(self, limit=20):
        """Allocations, connections, ports and descriptors are back."""
        until(lambda: load(self.edge) == (0, 0, 0, 0), limit,
              f'not given back: {self.edge.relay()}')
        until(lambda: descriptors(self.edge) <= self.files, limit,
              f'descriptors: {self.files} before, '
              f'{descriptors(self.edge)} now')


def disguised(address):
    """An IPv4 address in all the ways that IPv6 can carry it."""
    number = int(ipaddress.IPv4Address(address))
    for base, shift in (('::ffff:0:0', 0), ('::', 0), ('64:ff9b::', 0),
                        ('2002::', 80), ('2001::', 64)):
        yield ipaddress.IPv6Address(
            int(ipaddress.IPv6Address(base)) | number << shift).compressed
    octets = ipaddress.IPv4Address(address).packed  # RFC 6052, /48
    yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex('0064ff9b0001')
                           + octets[:2] + b'\0' + octets[2:] + bytes(5))
    yield ipaddress.IPv6Address(  # Teredo: the client's, inverted
        int(ipaddress.IPv6Address('2001:0:808:808::'))
        | (number ^ 0xffffffff)).compressed


class Inward:
    """What crosses the inner interface from now on."""

    def __init__(self, j):
        self.capture = j.capture(j.world.edge, 'int',
                                 'ip or ip6 proto 17 or ip6 proto 6')

    def nothing(self):
        """Nothing but clients inside, and what they are answered."""
        host, port = INSIDE_UDP
        talk = self.capture.packets(
            f'not (udp and host {host} and port {port}) and '
            f'not (icmp and dst host {host})')  # a client there has gone
        assert not talk, talk[:5]


def count(edge, noun, reason=None):
    """One counter's value."""
    name = f'lync_edge_av_{noun}_total'
    if reason is not None:
        name += f'{{reason="{reason}"}}'
    found = edge.counters()
    assert name in found, f'no counter {name}'
    return found[name]


def wait_count(edge, noun, wanted, reason=None, limit=5):
    """Until it is just that; workers tell their counters now and then."""
    until(lambda: count(edge, noun, reason) == wanted, limit,
          f'{noun} does not become {wanted}: {edge.counters()}')


def wait_dropped(edge, reason, least, limit=5):
    """Until so many are dropped for that reason."""
    until(lambda: edge.dropped().get(reason, 0) >= least, limit,
          f'{reason} does not reach {least}: {edge.dropped()}')


def wait_shut(space, server, source):
    """Until nobody listens there: each worker closes its own, a moment after
    the topology is taken."""
    def is_shut():
        try:
            Tcp(space, server, source, hello=False).close()
        except ConnectionRefusedError:
            return True
        return False

    until(is_shut, 5, f'{server} is open')


def peer_program(j, name):
    """One of tests/peers, as built."""
    return str(j.binaries.parent / 'tests' / 'peers' / name)


class Program:
    """A program in a namespace; wait() for its end."""

    def __init__(self, space, *command):
        self.command = command
        self.process = space.start(*command, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)

    def wait(self, limit=120):
        """(exit status, what it said)."""
        said = self.process.communicate(timeout=limit)[0]
        return self.process.returncode, said

    def good(self, limit=120):
        """What it said; it must end well."""
        status, said = self.wait(limit)
        assert status == 0, f"{' '.join(self.command)}: {status}\n{said}"
        return said

    def stop(self):
        """End it, if it runs still."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


# MS-TURN messages alone: the cookie, over UDP or in a frame
CONTROL = ('udp[28:4] = 0x000f0004 or '
           'tcp[((tcp[12] & 0xf0) >> 2) + 24:4] = 0x000f0004')


def control(capture):
    """MS-TURN messages of a capture with that expression, in order."""
    for udp_hex, tcp_hex in fields(capture, 'udp.payload', 'tcp.payload'):
        raw = bytes.fromhex(udp_hex or tcp_hex)
        yield Message(raw if udp_hex else
                      raw[4:4 + int.from_bytes(raw[2:4], 'big')])


def fields(capture, *names, expression='', port=443):
    """tshark: a list of values a packet of a capture. port: of STUN, not of
    TLS."""
    command = ['tshark', '-n', '-r', str(capture.file), '-T', 'fields']
    if port:
        command += ['-d', f'tcp.port=={port},stun']
    for name in names:
        command += ['-e', name]
    said = subprocess.run(
        command + (['-Y', expression] if expression else []), check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [line.split('\t') for line in said.splitlines()]
