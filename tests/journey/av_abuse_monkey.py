"""Many clients of both dialects, over UDP and TCP, do what comes to mind, right
or wrong, for a while; the edge stays up and serves whoever comes next."""
import contextlib
import random
import socket
import struct
import time

from support import av, journey, netns, stun
from support.msturn import ALLOCATED, HELLO, SEQUENCE
from support.ticket import INTRANET
from support.wait import NoAnswer, until

SECONDS = 4
SEED = 2013
CROWD = 40
LIMITS = {'av.lifetime_min_s': 1, 'av.allocations_per_source': 4000,
          'av.allocations_per_user': 4000,
          'av.first_bytes_ms': 2000, 'av.first_allocate_ms': 3000,
          'av.hold_ms': 300, 'av.connect_ms': 1000, 'av.join_ms': 500}
ENOUGH = 30  # allocations, and packets to peers: it was not all refused
GONE = (NoAnswer, OSError)  # refused, closed, silent: all of it may be


class Monkey:
    """One client; do() does one thing and does not wait long for it."""

    def __init__(self, j, made, dice, number):
        self.j, self.made, self.dice = j, made, dice
        self.number = number
        self.client = None

    def renew(self):
        """Leave as rudely as may be, come back as somebody else."""
        if self.client:
            if self.dice.random() < 0.3 and self.kind != 'mst udp':
                self.client.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
            self.client.close()
        self.client = None
        ticket = self.made.ticket(f'sip:m{self.number % 7}@contoso.com')
        self.kind = self.dice.choice(
            ('mst udp', 'mst udp', 'mst tcp', 'mst tcp', 'rfc udp', 'rfc tcp',
             'rfc tls', 'inside'))
        if self.kind == 'mst udp':
            self.client = av.udp(self.j, ticket, self.number)
        elif self.kind == 'mst tcp':
            self.client = av.tcp(self.j, ticket, self.number)
        elif self.kind == 'inside':
            self.client = av.inside_udp(self.j, self.made)
            self.client.ticket = self.made.ticket(flags=INTRANET)
        else:
            self.client = stun.Client(
                self.j.world.inet, self.kind[4:], av.UDP
                if self.kind == 'rfc udp' else av.TCP,
                netns.CLIENTS[self.number], ticket)
        try:
            self.client.challenge()
        except GONE:
            self.client.close()
            self.client = None
            raise

    def do(self, others):
        """One thing."""
        if not self.client or self.dice.random() < 0.03:
            self.renew()
        peers = [(o.client.relayed) for o in others
                 if o.client and o.client.relayed]
        peer = self.dice.choice(peers + [
            (netns.PARTNER, self.dice.choice((40000, 40001))),
            (netns.INSIDE, 40000), (av.OUTSIDE, 50000)])
        load = self.dice.randbytes(self.dice.choice((0, 1, 20, 160, 1200)))
        if self.kind.startswith('rfc'):
            self.rfc(peer, load)
        else:
            self.mst(peer, load)

    def mst(self, peer, load):
        """In the dialect of Lync."""
        c, chance = self.client, self.dice.random()
        if not c.connection or chance < 0.05:
            raw = c.signed_allocate(self.dice.choice((0, 1, 2, 3)))
            got = c.answer(raw, 0.4)
            if got.kind == ALLOCATED and got.lifetime:
                c.connection, c.relayed = got[SEQUENCE][:20], got.relayed
        elif chance < 0.3:
            c.send(peer, load)
        elif chance < 0.5:
            c.put(c.set_active_message(peer))
        elif chance < 0.9:
            c.put_data(load)
        elif chance < 0.95:
            c.put(load or b'x')
        else:
            c.socket.send(self.dice.choice((HELLO, b'\2\0\0', b'\0\1', load)))
        c.waiting.clear()
        while c.take(0) is not None:
            pass

    def rfc(self, peer, load):
        """In that of the RFCs."""
        c, chance = self.client, self.dice.random()
        value = stun.address(*peer)
        if not c.relayed or chance < 0.05:
            transport = self.dice.choice((17, 17, 6)) \
                if c.kind != 'udp' else 17
            got = c.answer(c.request(stun.ALLOCATE, [
                (stun.TRANSPORT, bytes((transport, 0, 0, 0))),
                (stun.LIFETIME, struct.pack(
                    '>I', self.dice.choice((1, 2, 3))))]), 0.4)
            if not got.code:
                c.relayed = stun.unaddress(got[stun.XOR_RELAYED])
        elif chance < 0.2:
            c.put(c.request(stun.PERMIT, [(stun.XOR_PEER, value)]))
        elif chance < 0.4:
            c.put(c.request(stun.CHANNEL, [
                (stun.CHANNEL_NUMBER, struct.pack(
                    '>HH', self.dice.randrange(0x4000, 0x4008), 0)),
                (stun.XOR_PEER, value)]))
        elif chance < 0.45:
            c.put(c.request(0xa, [(stun.XOR_PEER, value)]))
        elif chance < 0.5:
            c.put(c.request(stun.REFRESH, [(stun.LIFETIME, struct.pack(
                '>I', self.dice.choice((0, 1, 3))))]))
        elif chance < 0.7:
            c.send(peer, load)
        elif chance < 0.95:
            c.put(struct.pack('>HH', self.dice.randrange(0x4000, 0x4008),
                              len(load)) + load + bytes(-len(load) % 4))
        else:
            c.put(load or b'\0')
        while c.take(0):
            pass


def play(edge, monkeys, dice, seconds):
    """They do what comes to mind, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        monkey = dice.choice(monkeys)
        try:
            monkey.do(monkeys)
        except GONE:
            with contextlib.suppress(*GONE):
                monkey.renew()
        assert edge.process.poll() is None, edge.tail()


def body(j):
    edge = j.av_edge(limits={**av.CROWD, **LIMITS})
    empty, inward = av.Empty(edge), av.Inward(j)
    dice = random.Random(SEED)
    made = av.mint(j)
    monkeys = [Monkey(j, made, dice, n) for n in range(CROWD)]
    play(edge, monkeys, dice, SECONDS)
    # a busy machine takes longer over as much
    until(lambda: min(av.count(edge, 'allocated'),
                      av.count(edge, 'packets', 'to_peer')) > ENOUGH or
          play(edge, monkeys, dice, 1), 5,
          lambda: f'too little was done: {edge.counters()}')
    fresh = av.udp(j, made.ticket('sip:fresh@contoso.com'), 45)
    assert fresh.must_allocate()
    fresh.end()
    for monkey in monkeys:
        if monkey.client:
            monkey.client.close()
    empty.wait()
    inward.nothing()


journey.main(body)
