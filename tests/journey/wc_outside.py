"""What knocks at the outside door: other protocols, old TLS, noise, silence,
500 that keep their slots as long as they can; honest clients come in all the
while, and soon."""
import asyncio
import os
import random
import socket
import ssl
import subprocess
import time

from support import gate, journey, netns, wc
from support.tls_link import connect
from support.wait import until

DOOR = (wc.OUTSIDE, 443)
ATTACKERS, PER_SOURCE = 480, 32  # 15 addresses of 32
HONEST = 40
FLOOD = 300
QUICK = 0.5  # s, WC 6.3 T7
SLOWED = 5  # where even quiet joins take longer


async def says(rooms, data):
    """Those bytes without TLS; what comes back before the end."""
    reader, writer = await connect(DOOR, netns.CLIENTS[0],
                                   rooms.j.world.inet)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b''
    finally:
        writer.close()


def old_tls(rooms, version, cipher='DEFAULT@SECLEVEL=0'):
    """A handshake with that version and no newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(cipher)
    context.minimum_version = context.maximum_version = version
    with rooms.j.world.inet.inside():
        wire = socket.create_connection(DOOR, 10)
    with wire:
        try:
            with context.wrap_socket(wire) as tls:
                return tls.version()
        except (ssl.SSLError, ConnectionError):
            return None


def noise(rooms):
    """Nothing that is no TLS is answered by more than an alert."""
    for data in (b'GET / HTTP/1.1\r\nHost: webconf.contoso.com\r\n\r\n',
                 b'SSH-2.0-x\r\n', b'\x01' + os.urandom(399),  # no record
                 b'\x16\x03\x01\xff\xff' + os.urandom(300),
                 b'WCE1' + bytes(300)):
        got = rooms.run(says(rooms, data))
        assert len(got) < 20 and (not got or got[0] == 21), got
    # through TLS: closed, not a word
    for data in (b'GET / HTTP/1.1\r\n\r\n', os.urandom(200), b'W' * 8):
        got = rooms.knock(data)
        assert got in ('notify', 'cut', 'reset'), got
    wc.wait_reason(rooms.edge, 'reject', 'tls_failed', 5)
    wc.wait_reason(rooms.edge, 'reject', 'not_ours', 3)


def renegotiates(rooms):
    """A client of TLS 1.2 that wants to shake hands again is refused."""
    with subprocess.Popen(
            ['ip', 'netns', 'exec', rooms.j.world.inet.name, 'timeout', '30',
             'openssl', 's_client', '-connect', f'{wc.OUTSIDE}:443',
             '-tls1_2'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True) as child:
        child.stdin.write('R\n')
        child.stdin.flush()
        said = child.stdout.read()  # it gives up by itself
    assert 'RENEGOTIATING' in said and 'no renegotiation' in said, said


def quiet(rooms):
    """A flood of refusals is counted in full and told in part."""
    edge = rooms.edge
    before = edge.rejected()['not_ours']
    lines = len(wc.events(edge, wc.REFUSED))

    # by two sources: a line a second of each is none too many, however
    # long it takes
    async def flood(number):
        return await rooms.outside.knock(
            b'nonsense', source=netns.CLIENTS[number % 2])
    begun = time.monotonic()
    for first in range(0, FLOOD, 50):
        rooms.all([flood(first + number) for number in range(50)])
    wc.wait_reason(edge, 'reject', 'not_ours', before + FLOOD)
    told = len(wc.events(edge, wc.REFUSED)) - lines
    most = 2 * rooms.j.shards * (time.monotonic() - begun + 2)
    assert 1 <= told <= most, (told, most)


def versions(rooms):
    """TLS 1.2 and 1.3 and no older; 1.2 carries a meeting too."""
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        assert old_tls(rooms, version) is None, version
    assert old_tls(rooms, ssl.TLSVersion.TLSv1_2) == 'TLSv1.2'
    assert old_tls(rooms, ssl.TLSVersion.TLSv1_3) == 'TLSv1.3'
    assert old_tls(rooms, ssl.TLSVersion.TLSv1_2, 'AES128-SHA') is None
    context = rooms.outside.context
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    one = rooms.raw('echo', b'by 1.2', user='old')
    context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    assert rooms.run(one.link.read_exactly(6)) == b'by 1.2'
    assert one.link.tls.version() == 'TLSv1.2'
    assert rooms.mcu.wait_event('assigned', user='old')['tls'] == '0303'
    rooms.run(one.leave())


async def hold(rooms, number):
    """Takes a slot, and gives a byte of an opening now and then."""
    link = await rooms.outside.dial(
        source=netns.CLIENTS[number // PER_SOURCE])
    for byte in b'WCE1\1\0\0\xca':
        await link.write(bytes([byte]))
        await asyncio.sleep(1 + random.random())
    await link.end(60)


async def honest(rooms, everybody):
    """One after the other; seconds that each took."""
    took = []
    for one in everybody:
        begun = time.monotonic()
        await one.connect(b'x')
        await one.link.read_exactly(1)
        took.append(time.monotonic() - begun)
        await one.leave()
    return took


def came_in(rooms):
    """Seconds that 99 of 100 joins take at most."""
    everybody = [rooms.client(user=f'honest{i}', mode='echo',
                              source=20 + i % 30) for i in range(HONEST)]
    took = sorted(rooms.run(honest(rooms, everybody)))
    return took[int(HONEST * .99) - 1]


def loris(rooms):
    """With nearly all slots held, the rest still serve."""
    edge = rooms.edge
    wc.relimit(edge, opening_ms=6000, preauth_per_source=PER_SOURCE)
    quiet = came_in(rooms)
    accepted = 'lync_edge_webconf_accepted_total{reason="client"}'
    was = edge.counters()[accepted]
    attack = [rooms.loop.start(hold(rooms, i)) for i in range(ATTACKERS)]
    # our own part of their handshakes is not what honest ones wait for; the
    # slots are held still when it is done
    until(lambda: edge.counters()[accepted] >= was + ATTACKERS - 40 and
          not wc.load(edge)['handshakes'], 20, 'the attack does not begin')
    held = wc.load(edge)['preauth']
    assert held >= ATTACKERS - 40, held
    took = came_in(rooms)
    assert took < max(QUICK, SLOWED * quiet), (took, quiet)
    # all of them are told so in the end, or at least let go
    wc.wait_reason(edge, 'reject', 'slow', ATTACKERS // 2, 30)
    for one in attack:
        one.cancel()
    until(lambda: gate.descriptors(edge) < ATTACKERS, 20, 'slots are not freed')


def body(j):
    rooms = wc.Rooms(j, limits={'webconf.handshake_ms': 10000,
                                'webconf.opening_ms': 3000,
                                'webconf.preauth_per_source': 32},
                     mcu={'legs': 64})
    noise(rooms)
    versions(rooms)
    renegotiates(rooms)
    quiet(rooms)
    wc.relimit(rooms.edge, handshake_ms=1000)
    begun = time.monotonic()
    assert rooms.run(says(rooms, b'')) == b''
    assert 0.8 < time.monotonic() - begun < 15
    wc.wait_event(rooms.edge, wc.REFUSED, words='"handshake not finished"')
    loris(rooms)
    rooms.run(rooms.joined().leave())


journey.main(body)
