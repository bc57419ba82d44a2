"""Established flows below the sockets: bytes unaltered, in both dialects, from
outside and inside; what is over, denied, over its bandwidth or no whole
datagram is not; and nothing is left behind."""
import os
import re
import select
import socket
import struct
import time

from support import av, journey, netns, nic, stun
from support.msturn import COOKIE, DATA_IN, Message
from support.wait import PATIENCE, until

ON = {'av.fast_path': 'xdp'}
WIDE = {**av.CROWD, 'av.bandwidth_kbit': 10000000}
CHANNEL = 0x4001
ROUNDS, TEXT = 300, re.compile(
    r'tot_send_msgs=(\d+), tot_recv_msgs=(\d+)\n')
# with what is before them: of one packet at most
SIZES = [4, 5, 33, 63, 171, 172, 173, 1199, 1467, 1468]
SETTLING = 6  # packets of Call.settle
ATTACHED = re.compile(r'\bxdp\b.*id \d+')


def told(edge):
    """(by all, by the kernel) of packets relayed, as workers told last."""
    found = edge.counters()
    return [sum(found[f'lync_edge_av_{noun}_total{{reason="{way}"}}']
                for way in ('to_peer', 'to_client'))
            for noun in ('packets', 'fast_packets')]


def passed(edge, least=0):
    """The same once so many are told, and what is more than those."""
    until(lambda: told(edge)[0] >= least, 5,
          lambda: f'not {least} packets: {edge.counters()}')
    time.sleep(0.5)  # two looks of the worker's
    return told(edge)


class Meter:
    """Who relays what from now on."""

    def __init__(self, edge):
        self.edge, self.before = edge, passed(edge)

    def split(self, least):
        """(by the sockets, by the kernel) since then, so many or more."""
        now = passed(self.edge, self.before[0] + least)
        total, fast = (b - a for a, b in zip(self.before, now))
        self.before = now
        return total - fast, fast


class Peer:
    """A socket that a relay speaks to."""

    def __init__(self, j, host=netns.PARTNER, port=0):
        with j.world.inet.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.at = self.socket.getsockname()

    def take(self, limit=PATIENCE):
        """(bytes, from) or (None, None)."""
        if not select.select([self.socket], [], [], limit)[0]:
            return None, None
        return self.socket.recvfrom(65536)


class Call:
    """A client with its peer, over a channel or an active destination."""

    def __init__(self, client, peer, is_ms, **how):
        self.client, self.peer, self.is_ms = client, peer, is_ms
        self.relayed = client.must_allocate(**how)
        if is_ms:
            client.set_active(peer.at)
        else:
            got = client.channel(CHANNEL, stun.address(*peer.at))
            assert got.kind == stun.CHANNEL | stun.OK, got

    def frame(self, payload):
        """What the client sends, or receives, for it."""
        if self.is_ms:
            return payload
        return struct.pack('>HH', CHANNEL, len(payload)) + payload

    def up(self, payload, limit=PATIENCE):
        """Does it come to the peer?"""
        self.client.put(self.frame(payload))
        got, source = self.peer.take(limit)
        assert got in (None, payload), (len(payload), got)
        assert source in (None, self.relayed), source
        return got is not None

    def down(self, payload, limit=PATIENCE):
        """Does it come to the client?"""
        self.peer.socket.sendto(payload, self.relayed)
        got = self.client.take(limit)
        assert got in (None, b'', self.frame(payload)), (len(payload), got)
        return bool(got)

    def settle(self, edge):
        """Until the kernel has it."""
        before = edge.relay()['fast_flows']
        assert self.up(b'first') and self.down(b'first')
        until(lambda: edge.relay()['fast_flows'] > before, 5,
              f'not below the sockets: {edge.relay()}')
        # each end is known by what came from it; the kernel begins in a lull
        for _ in range(2):
            assert self.up(b'again') and self.down(b'again')
            time.sleep(0.01)


def rfc(j, made, number=0, peer=None):
    """A call over a channel."""
    client = stun.Client(j.world.inet, 'udp', av.UDP, netns.CLIENTS[number],
                         made.ticket(f'sip:rfc{number}@contoso.com'))
    return Call(client, peer or Peer(j), False)


def ms(j, made, number=1, **how):
    """A call with an active destination."""
    return Call(av.udp(j, made.ticket(f'sip:ms{number}@contoso.com'), number),
                Peer(j), True, **how)


def inside(j, made):
    """The same from the other side."""
    return Call(av.inside_udp(j, made), Peer(j), True)


def bytes_unaltered(meter, call):
    """Every size comes as it was sent, and the sockets see next to nothing."""
    for size in SIZES * 3:
        # not what a channel or a message begins with
        payload = b'\x80' + os.urandom(size - 1)
        assert call.up(payload) and call.down(payload), size
    sockets, kernel = meter.split(6 * len(SIZES))
    assert sockets == 0 and kernel == 6 * len(SIZES), (sockets, kernel)


def by_sockets(edge, meter, call):
    """What is no plain packet is relayed as ever, or refused as ever."""
    assert call.up(os.urandom(1900)), 'fragments'
    assert call.down(b'\x80' * 1472), 'too long with a header'
    assert call.up(b'\x80' * 3), 'too short'
    padded = b'padded'
    call.client.put(call.frame(padded) + b'\0\0')
    assert call.peer.take()[0] == padded
    sockets, kernel = meter.split(4)
    assert (sockets, kernel) == (4, 0), (sockets, kernel)
    dropped = edge.dropped().get('malformed', 0)
    call.client.put(struct.pack('>HH', CHANNEL, 99) + b'short')
    assert call.peer.take(0.3)[0] is None
    av.wait_dropped(edge, 'malformed', dropped + 1)


def disguise(call):
    """A peer cannot speak as the relay does."""
    forged = struct.pack('>HH', 0x0103, 8) + os.urandom(16) + \
        struct.pack('>HH', 15, 4) + COOKIE
    call.peer.socket.sendto(forged, call.relayed)
    got = call.client.next()
    assert isinstance(got, Message) and got.kind == DATA_IN, got


def denied(j, edge, call):
    """Who has no permission gets nowhere, next to a flow that has."""
    other = Peer(j, netns.INET)
    before = edge.dropped().get('no_permission', 0)
    for _ in range(20):
        other.socket.sendto(b'\x80 uninvited', call.relayed)
    assert not call.client.take(0.3)
    av.wait_dropped(edge, 'no_permission', before + 20)
    other = Peer(j)  # permitted by its address, but no flow: an indication
    other.socket.sendto(b'\x80 from another port', call.relayed)
    got = call.client.take(PATIENCE)
    assert got and got[:2] == b'\x00\x17', got


def over(meter, call):
    """Given back: not one packet more, either way."""
    call.client.refresh(0)
    for _ in range(20):
        assert not call.up(b'\x80 late', 0.02)
        assert not call.down(b'\x80 late', 0.02)
    assert meter.split(0) == (0, 0)


def turnutils(j, edge, made):
    """coturn's client and coturn's peer, over channels."""
    peer = av.Program(j.world.inet, 'turnutils_peer', '-L', netns.PARTNER,
                      '-p', '3480')
    j.parts.append(peer)
    ticket = made.ticket('sip:uclient@contoso.com')
    meter = Meter(edge)
    run = av.Program(
        j.world.inet, 'turnutils_uclient', '-n', str(ROUNDS), '-m', '2', '-c',
        '-l', '171', '-z', '10', '-e', netns.PARTNER, '-r', '3480', '-u',
        ticket.user_text, '-w', ticket.password_text, '-L',
        netns.CLIENTS[5], av.OUTSIDE)
    j.parts.append(run)
    said = run.good()
    sent, got = map(int, TEXT.findall(said)[-1])
    assert got == sent == 2 * ROUNDS, said[-3000:]
    sockets, kernel = meter.split(2 * sent)
    assert kernel > 2 * sent * 0.8 and sockets < 2 * sent * 0.2, \
        (sockets, kernel)


def hairpin(j, edge, made):
    """Two relayed ends of ours, each the other's peer: libnice with active
    destinations, libre over channels, which both verify what comes."""
    for number, (program, words, count) in enumerate((
            ('nice_pair', (), 5000), ('turn_pair', ('channel',), 5000))):
        ticket = made.ticket(f'sip:{program}@contoso.com')
        user, password = (ticket.user_text, ticket.password_text)
        meter = Meter(edge)
        pair = av.Program(
            j.world.inet, av.peer_program(j, program), 'udp', *map(
                str, av.UDP), user, password, str(count), *words,
            *netns.CLIENTS[7 + 2 * number:9 + 2 * number])
        j.parts.append(pair)
        pair.good()
        sockets, kernel = meter.split(4 * count)
        # each passes two of our relayed addresses
        assert kernel > 4 * count * 0.5, (program, sockets, kernel)


def attached(j):
    """Is there a program on its interfaces?"""
    return [bool(ATTACHED.search(j.world.edge.exec(
        'ip', '-d', 'link', 'show', device))) for device in ('ext', 'int')]


def limited(j, edge, made):
    """Permissions and channels end in the kernel as they do above it, and
    bandwidth holds there."""
    begun = time.monotonic()  # before it binds its channel
    call = rfc(j, made)
    call.settle(edge)
    until(lambda: not call.down(b'\x80 still', 0.05) and
          edge.dropped().get('no_permission', 0), 10, 'permission stays')
    assert time.monotonic() - begun > 2.9, 'it ends too early'
    assert call.up(b'\x80 out')  # the channel needs none
    until(lambda: not call.up(b'\x80 out', 0.05) and
          edge.dropped().get('no_channel', 0), 10, 'channel stays')

    call = ms(j, made, lifetime=4)
    call.settle(edge)
    for _ in range(6):  # use keeps it past lifetime and permission
        time.sleep(1)
        assert call.up(b'\x80 kept') and call.down(b'\x80 kept')
    begun = time.monotonic()
    came = 0
    while time.monotonic() < begun + 3:
        for _ in range(20):
            call.client.put(b'\x80' * 1000)
        while call.peer.take(0.005)[0]:
            came += 1
    # 1 Mbit/s for 3 s and a little, and one burst, whatever way it takes
    least, most = 250, 125 * (time.monotonic() - begun) + 66 + 20
    assert least < came < most, (came, most)
    assert edge.dropped().get('bandwidth', 0) > 100, edge.dropped()


def body(j):
    for space in (j.world.inet, j.world.inside):
        nic.poll(space, 'edge0')
    made = av.mint(j)
    edge = j.av_edge(limits=WIDE, options=ON)
    assert edge.relay()['fast_path'] == 'xdp', \
        f'the kernel refuses XDP in this environment: {edge.tail()}'
    assert attached(j) == [True, True]
    empty = av.Empty(edge)
    meter = Meter(edge)
    calls = [rfc(j, made), ms(j, made), inside(j, made)]
    for call in calls:
        call.settle(edge)
        assert sum(meter.split(SETTLING)) == SETTLING
        bytes_unaltered(meter, call)
    nic.sum_here(j.world.inet, 'edge0', True)  # as what comes off a cable
    nic.sum_here(j.world.inside, 'edge0', True)
    for call in calls:
        bytes_unaltered(meter, call)
    by_sockets(edge, meter, calls[0])
    disguise(calls[1])
    denied(j, edge, calls[0])
    assert meter.split(2) == (2, 0)  # an indication each
    over(meter, calls[0])
    for call in calls[1:]:
        call.client.end()
    if j.preset not in journey.SLOWER:  # those who count want each in order
        hairpin(j, edge, made)
    av.until(lambda: edge.relay()['fast_flows'] == 0, 5, 'flows stay')
    empty.wait()
    turnutils(j, edge, made)

    edge.kill()
    until(lambda: attached(j) == [False, False], 5, 'the program stays')
    edge.process = None
    edge = j.av_edge(options=ON, limits={
        **av.CROWD, 'av.permission_s': 3, 'av.channel_s': 6,
        'av.lifetime_min_s': 1, 'av.bandwidth_kbit': 1000,
        'av.bandwidth_burst': 65536})
    assert attached(j) == [True, True]
    limited(j, edge, made)
    edge.stop()
    assert attached(j) == [False, False], 'the program stays'


journey.main(body, limit=90)
