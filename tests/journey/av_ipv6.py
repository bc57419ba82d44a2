"""The A/V edge on IPv6 too: clients of both dialects come by it, relay on
either family and on both at once; peers that must not be stay denied. The
addresses are taken from a topology on the way, and given up again."""
import os
import socket

from support import av, journey, netns, stun
from support.edge import LAB
from support.msturn import ACTIVE, ALTERNATE_MAPPED, NOT_ACTIVE, unaddress
from support.ticket import INTRANET
from support.wait import until

SHARDS = 'once'

EDGE, INSIDE_EDGE = '2001:db8:0:2::41', 'fd00:20::21'
CLIENTS = ['2001:db8:0:2::101', '2001:db8:0:2::102']
PARTNER, INSIDE = '2001:db8:0:2::200', 'fd00:20::1'
DOORS = {f'{side} {kind} ipv6' for side in ('outside', 'inside')
         for kind in ('udp', 'tcp')}
DENIED = [('::', 40000), ('::1', 40000), ('fe80::1', 40000),
          ('ff02::1', 40000), ('fc00::1', 40000), (INSIDE, 40000),
          (INSIDE_EDGE, 3478), (EDGE, 3478), (EDGE, 443), (EDGE, 5061),
          (PARTNER, 22), ('2002:a14:1e1f::1', 40000), ('64:ff9b:1::1', 40000),
          *((other, 40000) for address in (
              netns.DIRECTORS[0], '172.16.20.21', '127.0.0.1',
              '169.254.169.254') for other in av.disguised(address))]


def addresses(j):
    """IPv6 in this world, of both sides."""
    for space, device, all_of in (
            (j.world.inet, 'edge0', [*CLIENTS, PARTNER]),
            (j.world.edge, 'ext', [EDGE]), (j.world.edge, 'int', [INSIDE_EDGE]),
            (j.world.inside, 'edge0', [INSIDE])):
        for address in all_of:
            netns.run('ip', '-n', space.name, 'address', 'add',
                      address + '/64', 'dev', device, 'nodad')


def topology(j):
    """The lab's, with IPv6 beside IPv4 for A/V."""
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    for four, six in ((av.OUTSIDE, EDGE), (netns.EDGE_INSIDE, INSIDE_EDGE)):
        own = f'IPAddress="{four}"'
        assert text.count(own) == 1, own
        text = text.replace(own, f'{own} IPv6Address="{six}"')
    file = j.folder / 'ipv6.xml'
    file.write_text(text)
    return file


def set_lab(edge, old, new):
    """For who reads the settings from now on."""
    edge.ini.write_text(edge.ini.read_text().replace(f'lab = {old}',
                                                     f'lab = {new}'))


def doors(edge):
    """Names of the listeners on IPv6."""
    return {one['name'] for one in edge.call('GET', '/v1/status')[1]
            ['listeners'] if one['name'].endswith('ipv6')}


def seq(edge):
    """Version that it is on."""
    return edge.call('GET', '/v1/status')[1]['topology']['seq']


def renew(edge, file):
    """Another topology, until the service is on it."""
    before = seq(edge)
    set_lab(edge, 'no', 'yes')
    edge.load(file, LAB / 'topology' / 'hosts')
    set_lab(edge, 'yes', 'no')
    until(lambda: seq(edge) > before, 5, 'the new topology is not taken')


class Peer:
    """Somebody outside, of either family."""

    def __init__(self, j, host):
        with j.world.inet.inside():
            self.socket = socket.socket(
                socket.AF_INET6 if ':' in host else socket.AF_INET,
                socket.SOCK_DGRAM)
        self.socket.bind((host, 40000))
        self.socket.settimeout(30)
        self.at = (host, 40000)

    def expect(self, payload, source):
        """That comes, from there."""
        data, at = self.socket.recvfrom(2000)
        assert (data, at[:2]) == (payload, source), (data, at, source)

    def put(self, payload, to):
        """A datagram."""
        self.socket.sendto(payload, to)


def microsoft(j, client, six, four):
    """MS-TURN: IPv4 alone for a client of old, both for one of version 4."""
    got = client.allocate()
    assert got.relayed[0] == av.OUTSIDE, got.relayed
    assert got.get(ALTERNATE_MAPPED) is None, got
    assert got.reflexive == client.socket.getsockname()[:2], got.reflexive
    client.send(four.at, b'to IPv4')
    four.expect(b'to IPv4', client.relayed)
    client.end()

    both = av.Udp(j.world.inet, (EDGE, 3478), CLIENTS[1], client.ticket)
    both.version = b'\0\0\0\4'
    got = both.allocate()
    assert got.relayed[0] == av.OUTSIDE, got.relayed
    alternate = unaddress(got[ALTERNATE_MAPPED])
    assert alternate[0] == EDGE and alternate[1] >= 50000, alternate
    for peer, mine in ((four, got.relayed), (six, alternate)):
        both.send(peer.at, b'out')
        peer.expect(b'out', mine)
        peer.put(b'in', mine)
        both.expect_data(b'in', peer.at)
    assert both.set_active(six.at).kind == ACTIVE
    both.put_data(b'\x80 as it is')
    six.expect(b'\x80 as it is', alternate)
    six.put(b'\x80 and back', alternate)
    both.expect_data(b'\x80 and back')
    return both


def meet(streams):
    """Two over TCP connect, in the relay, on IPv6."""
    at = []
    for one in streams:
        one.version = b'\0\0\0\4'
        at.append(unaddress(one.allocate()[ALTERNATE_MAPPED]))
        assert at[-1][0] == EDGE, at
    streams[0].send(at[1])
    streams[1].send(at[0], b'a stream')
    streams[0].expect_data(b'a stream', at[1])


def indication(client):
    """(payload, peer) of the next Data indication."""
    got = stun.Message(client.take(30))
    assert got.kind == stun.DATA_IN, got
    return got[stun.DATA], stun.unaddress(got[stun.XOR_PEER], got.tid)


def permit(client, host):
    """The answer to a CreatePermission, sent once: each copy is counted."""
    tid = os.urandom(12)
    return client.permit(stun.address6(host, 0, tid) if ':' in host
                         else stun.address(host, 0), tid, resend=False)


def rfc(client, six, four):
    """Both families by ADDITIONAL-ADDRESS-FAMILY."""
    got = client.allocate((stun.UDP_TRANSPORT,
                           (stun.ADDITIONAL_FAMILY, stun.SIX)))
    assert got.code == 0, got
    hosts = [host for host, _ in got.relayed]
    assert hosts == [av.OUTSIDE, EDGE], hosts
    for peer, mine in zip((four, six), got.relayed, strict=True):
        assert permit(client, peer.at[0]).code == 0
        client.send(peer.at, b'out')
        peer.expect(b'out', mine)
        peer.put(b'in', mine)
        assert indication(client) == (b'in', peer.at)


def rfc_six(client, six):
    """IPv6 alone, by REQUESTED-ADDRESS-FAMILY."""
    got = client.allocate((stun.UDP_TRANSPORT, (stun.FAMILY, stun.SIX)))
    assert [host for host, _ in got.relayed] == [EDGE], got
    assert permit(client, six.at[0]).code == 0
    client.send(six.at, b'out')
    six.expect(b'out', client.relayed)


def wait_denied(edge, wanted):
    """Until so many are refused, each by the policy."""
    until(lambda: edge.dropped().get('peer_denied') == wanted, 5,
          lambda: f'{wanted} are to be refused: {edge.dropped()}')
    assert not {'family', 'malformed'} & set(edge.dropped()), edge.dropped()


def denied(edge, both, tall):
    """No way in, in either dialect."""
    assert not edge.dropped().get('peer_denied'), edge.dropped()
    assert both.set_active(DENIED[0]).kind == NOT_ACTIVE
    for peer in DENIED:
        both.send(peer, b'\x80 to the inside')
        both.put(both.set_active_message(peer))
    count = 1 + 2 * len(DENIED)
    wait_denied(edge, count)
    while (got := both.take(0.2)) is not None:
        assert got.kind == NOT_ACTIVE, got
    for host in {host for host, _ in DENIED}:
        code = permit(tall, host).code  # is for all ports of a host
        assert code == (0 if host in (EDGE, PARTNER) else 403), (host, code)
        count += code == 403
    for peer in DENIED:
        tall.send(peer, b'\x80 to ourselves')
    wait_denied(edge, count + len(DENIED))


def body(j):
    addresses(j)
    edge = j.av_edge(limits=av.CROWD, options={'av.ms_version': 4})
    edge.stop()  # what a lab may, a real edge may not
    set_lab(edge, 'yes', 'no')
    edge.start()
    empty = av.Empty(edge)
    made = av.mint(j)
    assert not doors(edge), doors(edge)
    renew(edge, topology(j))
    assert doors(edge) == DOORS, doors(edge)
    assert edge.relay()['address6'] == EDGE, edge.relay()
    six, four = Peer(j, PARTNER), Peer(j, netns.PARTNER)

    # by UDP and by TCP, both dialects, and from inside
    client = av.Udp(j.world.inet, (EDGE, 3478), CLIENTS[0], made.ticket())
    both = microsoft(j, client, six, four)
    streams = [av.Tcp(j.world.inet, (EDGE, 443), CLIENTS[0], made.ticket()),
               av.tcp(j, made.ticket())]
    meet(streams)
    tall = stun.Client(j.world.inet, 'udp', (EDGE, 3478), CLIENTS[0],
                       made.ticket())
    rfc(tall, six, four)
    short = stun.Client(j.world.inet, 'tcp', (EDGE, 443), CLIENTS[1],
                        made.ticket())
    assert short.bind() == short.socket.getsockname()[:2]
    rfc_six(short, six)
    insider = av.Udp(j.world.inside, (INSIDE_EDGE, 3478), INSIDE,
                     made.ticket(flags=INTRANET))
    insider.must_allocate()
    insider.send(four.at, b'from inside')
    four.expect(b'from inside', insider.relayed)
    insider.end()
    # by IPv4 to IPv6: what relays is the same
    cross = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[2],
                        made.ticket())
    rfc_six(cross, six)

    nowhere = [j.capture(j.world.edge, 'int', 'ip6 proto 17 or ip6 proto 6'),
               j.capture(j.world.edge, 'lo', 'udp'),
               j.capture(j.world.edge, 'ext', 'ip6 and udp port 22')]
    denied(edge, both, tall)
    for seen in nowhere:
        assert not seen.packets(), seen.packets()

    # IPv6 goes: who has an allocation there keeps it, nobody else comes
    renew(edge, LAB / 'topology' / 'contoso.xml')
    assert not doors(edge), doors(edge)
    assert 'address6' not in edge.relay(), edge.relay()
    assert both.set_active(four.at).kind == ACTIVE
    both.put_data(b'\x80 still')
    four.expect(b'\x80 still', both.relayed)
    av.wait_shut(j.world.inet, (EDGE, 443), CLIENTS[0])
    for one in (both, *streams):
        one.end()
    for one in (tall, short, cross):
        assert one.refresh(0).code == 0
        one.close()
    empty.wait()


journey.main(body, limit=60)
