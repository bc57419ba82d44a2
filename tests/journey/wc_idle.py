"""Quiet times: a meeting where nobody speaks outlives a firewall that forgets
idle connections; control connections are pinged and the dead are found; legs
that have waited long are renewed, by the Data MCU or else by the edge."""
import os
import socket
import threading
import time

from support import journey, netns, wc
from support.mcu import CORP
from support.wait import until

SHARDS = 'once'

FORGETS = 3  # s, the firewall
QUIET = 8  # s
OPEN = 8443  # a listener whose connections nobody keeps alive
RULES = f'''
table inet fire {{
  chain in {{
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established accept
    ct state new tcp flags & (syn | ack) == syn tcp dport {{ 443, 8057, {OPEN} }} accept
    meta l4proto != tcp accept
  }}
  chain out {{
    type filter hook output priority 0;
    ct state invalid drop
  }}
}}
'''


def firewall(j):
    """On the edge host, short of memory."""
    edge = j.world.edge
    file = j.folder / 'fire.nft'
    file.write_text(RULES)
    edge.exec('nft', '-f', str(file))
    edge.exec('sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0',
              'net.netfilter.nf_conntrack_tcp_timeout_established='
              f'{FORGETS}')


class Forgotten:
    """A connection through it that nothing keeps alive."""

    def __init__(self, j):
        with j.world.edge.inside():
            self.door = socket.create_server(('192.0.2.31', OPEN))
        with j.world.inet.inside():
            self.near = socket.create_connection(('192.0.2.31', OPEN), 10)
        self.far = self.door.accept()[0]
        self.far.settimeout(2)

    def is_cut(self):
        """What is said there is not heard."""
        self.near.sendall(b'still there?')
        try:
            return not self.far.recv(100)
        except TimeoutError:
            return True
        finally:
            for one in (self.door, self.near, self.far):
                one.close()


def pinged(rooms):
    """By hand: who answers pings stays, who does not is dead."""
    server = wc.Server(rooms, 'fe01', source=netns.FRONT_END).dial()
    got = server.register(name=f'fe01.{CORP}')
    assert (got.kind, got['ping_s'], got['dead_s']) == ('REGISTER_OK', 1, 3), \
        got
    for _ in range(3):
        server.send(bytes(wc.psom.Frame(
            'PONG', echo=server.expect('PING')['echo'])))
    begun = time.monotonic()
    ping = server.expect('PING')
    got = server.next()  # one alone, while it is not answered
    assert got in ('notify', 'cut', 'reset') or got.kind in ('BYE', 'REJECT'), \
        (ping, got)
    assert time.monotonic() - begun > 1
    down = wc.wait_event(rooms.edge, wc.MCU_DOWN, mcu=f'fe01.{CORP}')
    assert down[0]['reason'] == 'dead', down
    server.close()


def body(j):
    firewall(j)
    begun = time.monotonic()
    rooms = wc.Rooms(j, limits={
        'webconf.alive_idle_s': 1, 'webconf.alive_interval_s': 1,
        'webconf.ping_s': 1, 'webconf.dead_s': 3, 'webconf.leg_age_s': 10},
        mcu={'parked_age': 2})
    # another, which does not renew its legs: the edge lets go of them
    other_mcu = j.mcu(rooms.edge.keys, 'fe03')
    other_mcu.wait_up()
    alice, bob = rooms.joined(user='alice'), rooms.joined(user='bob')
    lonely = Forgotten(j)
    pinged(rooms)
    quiet = threading.Event()
    quiet.wait(begun + QUIET - time.monotonic())
    assert lonely.is_cut(), 'the firewall forgets nothing'

    for one, other in ((alice, bob), (bob, alice)):
        data = os.urandom(100000)
        rooms.run(one.upload(one.user, data))
        rooms.run(other.got(one.user, data))
    # the MCU has renewed its legs, and there were always some
    counters = rooms.edge.counters()
    assert counters['lync_edge_webconf_legs_total{reason="parked"}'] >= 20, \
        counters
    assert not rooms.mcu.events('leg_lost'), rooms.mcu.events('leg_lost')
    until(lambda: rooms.mcu.edge()['parked'] >= 4, 5,
          lambda: f'few are parked: {rooms.mcu.edge()}')
    assert not wc.events(rooms.edge, wc.MCU_DOWN, mcu=rooms.mcu.name)

    until(lambda: rooms.edge.counters()[
        'lync_edge_webconf_legs_total{reason="aged"}'], 20, 'legs stay')
    until(lambda: other_mcu.edge()['parked'] >= 4, 10, 'none are wanted')
    rooms.run(rooms.joined(2, mcu=other_mcu).leave())
    rooms.all([alice.leave(), bob.leave()])
    rooms.wait_empty()


journey.main(body)
