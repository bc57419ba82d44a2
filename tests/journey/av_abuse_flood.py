"""Unauthenticated Allocates and Bindings from very many addresses: nothing is
kept, answers are few and short, and who has credentials is served."""
import os
import socket
import struct
import threading

from support import av, journey, stun
from support.msturn import ALLOCATE, ALLOCATED, VERSION, build
from support.wait import until

CROWD = 12000  # each from another network
PRESSED = 4000  # from one network


class Spoofer:
    """Datagrams to the edge's 3478 that say they come from anywhere."""

    def __init__(self, space):
        with space.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                        socket.IPPROTO_RAW)
        self.target = socket.inet_aton(av.OUTSIDE)

    def send(self, source, port, payload):
        """One; without a UDP checksum, as IPv4 may."""
        udp = struct.pack('>HHHH', port, 3478, 8 + len(payload), 0)
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28 + len(payload), 0, 0,
                         64, 17, 0, source, self.target)
        self.socket.sendto(ip + udp + payload, (av.OUTSIDE, 0))


def flood(spoofer):
    """Requests of both dialects, the whole crowd, then one network."""
    for number in range(CROWD):
        spoofer.send(struct.pack('>I', 0x0b000001 + (number << 8)), 1024 +
                     number % 60000, request(number))
    for number in range(PRESSED):
        spoofer.send(struct.pack('>I', 0x0a000001 + number % 250), 1024 +
                     number, request(number))


def request(number):
    """An Allocate of Lync, of the RFC, or a Binding."""
    if number % 4 == 0:
        return stun.build(stun.ALLOCATE, [(stun.TRANSPORT, b'\x11\0\0\0')])
    if number % 4 == 1:
        return stun.build(stun.BINDING, [])
    return build(ALLOCATE, [(VERSION, b'\0\0\0\1')], os.urandom(16))


def body(j):
    edge = j.av_edge()
    empty = av.Empty(edge)
    made = av.mint(j)
    answers = j.capture(j.world.edge, 'ext',
                        f'src host {av.OUTSIDE} and udp src port 3478')
    memory = av.resident(edge)
    spoofer = Spoofer(j.world.inet)
    attack = threading.Thread(target=flood, args=(spoofer,), daemon=True)
    attack.start()

    served = 0
    while attack.is_alive() or served < 3:
        client = av.udp(j, made.ticket(), served % 50)
        got = client.allocate()
        assert got.kind == ALLOCATED, got
        client.end()
        served += 1
        attack.join(0.3)
    until(lambda: edge.dropped().get('rate', 0) > PRESSED / 20, 5,
          f'one network is not slowed: {edge.dropped()}')
    empty.wait()
    if j.preset == 'dev':  # buckets of 100,000 sources, and not more
        assert av.resident(edge) < memory + 40000, av.resident(edge)
    av.wait_count(edge, 'allocated', served)

    # nobody is sent more than 2.6 times what came in MS-TURN, 92 to 36, or
    # 2.8 times in TURN, 76 to 28
    crowd = '(dst net 10.0.0.0/8 or dst net 11.0.0.0/8)'
    assert len(answers.packets(crowd)) > 100  # the rest may be lost
    assert not answers.packets(f'{crowd} and udp[4:2] > {8 + 26 * 36 // 10}')
    short = answers.packets(f'{crowd} and udp[4:2] > {8 + 28 * 28 // 10} and '
                            'udp[12:4] = 0x2112a442')
    assert not short, short[:3]
    pressed = len(answers.packets('dst net 10.0.0.0/24'))
    assert pressed < PRESSED / 4, pressed


journey.main(body)
