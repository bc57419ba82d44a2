"""Connections that open and say nothing, say half, or do not read: each is
ended in time, and holds no more than its share while it lasts."""
import contextlib
import socket
import time

from support import av, journey, netns, stun
from support.msturn import ACTIVE, HELLO
from support.wait import until

SILENT = 60
QUEUE = 128 * 1024  # av.out_queue of this edge
FLOOD = 12 * 1024 * 1024
FROM_ONE, IN_ALL = 70, 100
LIMITS = {'av.connections_per_source': FROM_ONE, 'av.connections': IN_ALL,
          'av.first_bytes_ms': 3000, 'av.first_allocate_ms': 6000,
          'av.out_queue': QUEUE, 'av.stall_ms': 2000,
          'av.bandwidth_kbit': 10000000, 'av.bandwidth_burst': 67108864}


def silent(j, edge, made):
    """Half-open connections of each kind go, each at its time."""
    halves = []
    for number in range(SILENT):
        client = av.tcp(j, made.ticket(), number % 20, hello=False)
        halves.append(client)
        client.socket.sendall((b'', HELLO[:1], HELLO[:49], HELLO,
                               b'\2\0\0\x24\0\3', HELLO + b'\2\0')[number % 6])
    challenged = av.tcp(j, made.ticket(), 21)
    challenged.challenge()
    steady = av.tcp(j, made.ticket(), 22)
    steady.must_allocate()
    until(lambda: edge.relay()['streams'] == 1, 15,
          f'they stay: {edge.relay()}')
    for client in (*halves, challenged):
        client.closed()
        client.close()
    again = steady.allocate()
    assert again.lifetime, again
    steady.end()


def slow(j, edge, made):
    """A client that does not read: what a peer sends is dropped, not kept."""
    client = av.tcp(j, made.ticket(), 23)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    relayed = client.must_allocate()
    with j.world.inet.inside():
        listener = socket.create_server((netns.PARTNER, 40000))
    client.send((netns.PARTNER, 40000), b'hello')
    peer = listener.accept()[0]
    assert peer.getpeername() == relayed, peer.getpeername()
    assert client.set_active((netns.PARTNER, 40000)).kind == ACTIVE
    memory, most = av.resident(edge), 0
    sent, end = 0, time.monotonic() + 15
    peer.settimeout(0.5)
    while sent < FLOOD and time.monotonic() < end:
        most = max(most, av.resident(edge))
        try:
            sent += peer.send(b'x' * 65536)
        except socket.timeout:
            pass  # it pushes back, or is behind: until the slow one is ended
        except ConnectionError:
            break
    if j.preset == 'dev':
        assert most < memory + 8 * 1024, most
    until(lambda: edge.relay()['ports']['tcp'] == 0, 20,
          f'the slow reader stays: {edge.relay()}')
    for one in (peer, listener):
        one.close()
    client.close()


def slow_of_tcp(j, edge, made):
    """The same fed by another client over its stream."""
    # a TCP client's relayed address is TCP: two streams, one does not read
    reader = av.tcp(j, made.ticket(), 24)
    talker = av.tcp(j, made.ticket(), 25)
    reader.must_allocate()
    talker.must_allocate()
    reader.send(talker.relayed, b'')
    talker.send(reader.relayed, b'hello')
    assert talker.set_active(reader.relayed).kind == ACTIVE
    assert reader.set_active(talker.relayed).kind == ACTIVE
    sent, end = 0, time.monotonic() + 15
    while sent < FLOOD and time.monotonic() < end:
        try:
            talker.put_data(b'y' * 8192)
            sent += 8192
        except (socket.timeout, ConnectionError):
            break
    until(lambda: edge.relay()['ports']['tcp'] <= 1, 20,
          f'the slow reader stays: {edge.relay()}')
    reader.close()
    talker.close()


def slow_of_udp(j, edge, made):
    """The same fed by datagrams: lost, and counted."""
    reader = stun.Client(j.world.inet, 'tcp', av.TCP, netns.CLIENTS[24],
                         made.ticket())
    reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    relayed, peer = reader.must_allocate(), (netns.PARTNER, 40000)
    assert reader.permit(stun.address(*peer)).code == 0
    with j.world.inet.inside():
        talker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talker.bind(peer)
    talker.connect(relayed)

    def is_ended():
        for _ in range(100):
            with contextlib.suppress(ConnectionError):  # refused at its end
                talker.send(b'z' * 1200)
        return edge.relay()['ports']['udp'] == 0

    memory = av.resident(edge)
    until(is_ended, 20, lambda: f'the slow reader stays: {edge.relay()}')
    if j.preset == 'dev':
        assert av.resident(edge) < memory + 8 * 1024, av.resident(edge)
    assert av.count(edge, 'lost', 'slow_reader') > 100, edge.counters()
    talker.close()
    reader.close()


def crowd(j, edge, made):
    """From one address so many connections, in all so many; then no more."""
    files = av.descriptors(edge)
    opened = []
    for client in (26,) * (FROM_ONE + 10) + tuple(range(27, 27 + 12)) * 4:
        with contextlib.suppress(ConnectionError):
            opened.append(av.tcp(j, made.ticket(), client, hello=False))
    until(lambda: av.count(edge, 'connection_rejected', 'source') >= 10 and
          av.count(edge, 'connection_rejected', 'total') >= 1, 5,
          f'they are all let in: {edge.counters()}')
    assert av.descriptors(edge) <= files + IN_ALL + 10, av.descriptors(edge)
    served = av.udp(j, made.ticket(), 26)  # UDP has places of its own
    served.must_allocate()
    served.end()
    for one in opened:
        one.close()
    # descriptors are those of now, the other number may be older
    until(lambda: av.descriptors(edge) <= files and
          edge.relay()['streams'] == 0, 15, 'they stay')
    late = av.tcp(j, made.ticket(), 26)
    late.must_allocate()
    late.end()


def body(j):
    edge = j.av_edge(limits={**av.CROWD, **LIMITS})
    empty = av.Empty(edge)
    made = av.mint(j)
    crowd(j, edge, made)
    silent(j, edge, made)
    slow(j, edge, made)
    slow_of_tcp(j, edge, made)
    slow_of_udp(j, edge, made)
    empty.wait()
    assert edge.process.poll() is None, edge.tail()


journey.main(body)
