"""The A/V edge behind a translated public address, its clients behind NAT:
addresses told are the public ones, two of them meet in the relay itself."""
import socket

from support import av, journey, netns
from support.edge import LAB
from support.msturn import ACTIVE, DATA, REMOTE, unaddress

SHARDS = 'once'

PUBLIC = '203.0.113.41'
HOME = netns.CLIENTS[30]
RULES = f'''
table ip home {{
  chain out {{
    type nat hook output priority -100;
    ip daddr {PUBLIC} dnat to {av.OUTSIDE}
  }}
  chain post {{
    type nat hook postrouting priority 100;
    ip saddr {{ {netns.CLIENTS[0]}, {netns.CLIENTS[1]} }} \
      meta l4proto {{ tcp, udp }} snat to {HOME}:20000-30000
  }}
}}
'''


def topology(j):
    """The lab's, with a public address for each of the outside."""
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    for number in (2, 3, 4):
        own = f'IPAddress="192.0.2.{number}1"'
        text = text.replace(
            own, f'{own} ConfiguredIPAddress="203.0.113.{number}1"')
    file = j.folder / 'nat.xml'
    file.write_text(text)
    return file


def body(j):
    rules = j.folder / 'nat.nft'
    rules.write_text(RULES)
    netns.run('ip', '-n', j.world.inet.name, 'route', 'add', '203.0.113.0/24',
              'dev', 'edge0')
    j.world.inet.exec('nft', '-f', str(rules))
    edge = j.av_edge(topology=topology(j), limits=av.CROWD)
    empty = av.Empty(edge)
    made = av.mint(j)
    leaving = j.capture(j.world.edge, 'ext', f'dst host {PUBLIC}')

    clients = [av.udp(j, made.ticket(f'sip:u{n}@contoso.com'), n,
                      (PUBLIC, 3478)) for n in (0, 1)]
    for client in clients:
        got = client.allocate()
        assert got.relayed[0] == PUBLIC, got.relayed
        host, port = got.reflexive
        assert host == HOME and 20000 <= port <= 30000, (host, port)
    one, other = clients
    one.send(other.relayed)
    assert other.set_active(one.relayed).kind == ACTIVE
    one.send(other.relayed, b'by its public address')
    other.expect_data(b'by its public address')
    assert one.set_active(other.relayed).kind == ACTIVE
    other.put_data(b'and back')
    one.expect_data(b'and back')

    # somebody elsewhere: to and from the public address
    with j.world.inet.inside():
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind((netns.PARTNER, 40000))
    peer.settimeout(30)
    one.send((netns.PARTNER, 40000), b'out')
    assert peer.recvfrom(100)[0] == b'out'
    peer.sendto(b'in', one.relayed)
    got = one.next()  # from another port: the NAT of this world
    assert (unaddress(got[REMOTE])[0], got[DATA]) == (netns.PARTNER, b'in')

    streams = [av.tcp(j, made.ticket(f'sip:t{n}@contoso.com'), n,
                      (PUBLIC, 443)) for n in (0, 1)]
    for client in streams:
        assert client.must_allocate()[0] == PUBLIC
    streams[0].send(streams[1].relayed)
    streams[1].send(streams[0].relayed, b'a stream')
    streams[0].expect_data(b'a stream', streams[1].relayed)

    # a client of ours is told who it talks to by the public address too
    one.send(other.relayed, b'')
    assert one.set_active((netns.PARTNER, 40000)).kind == ACTIVE
    other.put_data(b'named')
    one.expect_data(b'named', other.relayed)
    assert not leaving.packets(), leaving.packets()
    for client in clients + streams:
        client.end()
    empty.wait()


journey.main(body)
