"""STUN and TURN of the RFCs by hand: every message can be made wrong."""
import hashlib
import hmac
import os
import select
import socket
import ssl
import struct
import time

from support.wait import PATIENCE, NoAnswer

COOKIE = b'\x21\x12\xa4\x42'
BINDING, ALLOCATE, REFRESH, PERMIT, CHANNEL = 1, 3, 4, 8, 9
SEND, DATA_IN = 0x16, 0x17
OK, FAULT, INDICATION = 0x100, 0x110, 0x10
(USERNAME, INTEGRITY, ERROR, CHANNEL_NUMBER, LIFETIME, XOR_PEER, DATA, REALM,
 NONCE, XOR_RELAYED, FAMILY, TRANSPORT, XOR_MAPPED, ADDITIONAL_FAMILY) = (
     6, 8, 9, 0xc, 0xd, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x19, 0x20, 0x8000)
UDP_TRANSPORT = (TRANSPORT, b'\x11\0\0\0')
SIX = b'\2\0\0\0'  # of FAMILY and ADDITIONAL_FAMILY


def attribute(number, value):
    """type, length, value, padding to 4."""
    return struct.pack('>HH', number, len(value)) + value + \
        bytes(-len(value) % 4)


def build(kind, attributes, tid=None, key=None):
    """A message, with integrity at its end when there is a key."""
    body = b''.join(attribute(*one) for one in attributes)
    size = len(body) + (24 if key else 0)
    raw = struct.pack('>HH', kind, size) + COOKIE + \
        (tid or os.urandom(12)) + body
    return raw + attribute(INTEGRITY, hmac.digest(key, raw, 'sha1')) \
        if key else raw


def address(host, port):
    """An XOR address attribute's value, IPv4 or IPv6 without the id part."""
    if ':' in host:
        raise ValueError('IPv6 wants the transaction id')
    return struct.pack('>BBH', 0, 1, port ^ 0x2112) + bytes(
        a ^ b for a, b in zip(socket.inet_aton(host), COOKIE))


def address6(host, port, tid):
    """The same of IPv6."""
    return struct.pack('>BBH', 0, 2, port ^ 0x2112) + bytes(
        a ^ b for a, b in zip(socket.inet_pton(socket.AF_INET6, host),
                              COOKIE + tid))


def unaddress(value, tid=b''):
    """(host, port) of an XOR address; IPv6 wants the transaction id."""
    port = struct.unpack('>H', value[2:4])[0] ^ 0x2112
    if value[1] == 2 and tid:
        return (socket.inet_ntop(socket.AF_INET6, bytes(
            a ^ b for a, b in zip(value[4:20], COOKIE + tid, strict=True))),
                port)
    assert value[1] == 1, value.hex()
    return (socket.inet_ntoa(bytes(a ^ b for a, b in zip(value[4:8],
                                                         COOKIE))), port)


class Message:
    """Decoded; the first of a repeated attribute counts."""

    def __init__(self, raw):
        self.raw = raw
        self.kind, size = struct.unpack('>HH', raw[:4])
        assert raw[4:8] == COOKIE and size == len(raw) - 20 and \
            size % 4 == 0, raw.hex()
        self.tid = raw[8:20]
        self.attributes, self.relayed, at = {}, [], 20
        while at < len(raw):
            number, size = struct.unpack('>HH', raw[at:at + 4])
            self.attributes.setdefault(number, raw[at + 4:at + 4 + size])
            if number == XOR_RELAYED:  # of two families, two
                self.relayed.append(unaddress(raw[at + 4:at + 4 + size],
                                              self.tid))
            at += 4 + size + -size % 4

    def __getitem__(self, number):
        return self.attributes[number]

    @property
    def code(self):
        """Of an error; 0 when it is none."""
        value = self.attributes.get(ERROR)
        return value[2] * 100 + value[3] if value else 0

    def __repr__(self):
        return f'<{self.kind:04x} {self.raw.hex()}>'


class Client:
    """One 5-tuple over kind udp, tcp or tls."""

    def __init__(self, space, kind, server, source, ticket=None, port=0):
        self.ticket, self.kind = ticket, kind
        self.realm = self.nonce = self.key = self.relayed = None
        with space.inside():
            self.socket = socket.socket(
                socket.AF_INET6 if ':' in source else socket.AF_INET,
                socket.SOCK_DGRAM if kind == 'udp'
                else socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind((source, port))
        self.socket.connect(server)
        if kind == 'tls':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b''
        self.copies = {}  # tid to answers still to come: it was sent again

    def put(self, raw):
        """Bytes as they are."""
        self.socket.sendall(raw)

    def _cut(self):
        raw = self.buffer
        if len(raw) < 4:
            return b''
        size = struct.unpack('>H', raw[2:4])[0]
        size += 4 + -size % 4 if raw[0] & 0xc0 else 20
        if len(raw) < size:
            return b''
        self.buffer = raw[size:]
        return raw[:size]

    def take(self, limit):
        """The next message or ChannelData as bytes; b'' when none comes."""
        end = time.monotonic() + limit
        while True:
            raw = self._cut() if self.kind != 'udp' else b''
            left = end - time.monotonic()
            if raw or left < 0:
                return raw
            pending = getattr(self.socket, 'pending', lambda: 0)()
            if not pending and not select.select([self.socket], [], [],
                                                 left)[0]:
                return b''
            raw = self.socket.recv(65536)
            if self.kind == 'udp' and self._is_copy(raw):
                continue
            if self.kind == 'udp':
                return raw
            if not raw:
                return b''
            self.buffer += raw

    def _is_copy(self, raw):
        """One more answer to what was sent again because it took long."""
        left = self.copies.get(raw[4:20], 0)
        if left:
            self.copies[raw[4:20]] = left - 1
        return left > 0

    def answer(self, raw, limit=PATIENCE, resend=True):
        """Send, on UDP again and again, until this one's answer comes."""
        each = 0.5 if resend and self.kind == 'udp' else limit
        end, sent = time.monotonic() + limit, 0
        while time.monotonic() < end:
            self.put(raw)
            sent += 1
            pause = time.monotonic() + each
            while time.monotonic() < pause:
                got = self.take(pause - time.monotonic())
                if got[4:20] == raw[4:20]:
                    self.copies[raw[4:20]] = sent - 1
                    return Message(got)
        raise NoAnswer(f'no answer to {raw.hex()}')

    def bind(self):
        """(host, port) as the server sees us."""
        got = self.answer(build(BINDING, []))
        assert got.kind == BINDING | OK, got
        return unaddress(got[XOR_MAPPED], got.tid)

    def request(self, kind, attributes, key=None, tid=None):
        """A request with credentials, as bytes."""
        return build(kind, attributes + [
            (USERNAME, self.ticket.user_text.encode()), (REALM, self.realm),
            (NONCE, self.nonce)], tid=tid, key=key or self.key)

    def challenge(self):
        """The first Allocate; the 401 tells realm and nonce."""
        got = self.answer(build(ALLOCATE, [(TRANSPORT, b'\x11\0\0\0')]))
        assert got.kind == ALLOCATE | FAULT and got.code == 401, got
        self.realm, self.nonce = got[REALM], got[NONCE]
        if self.ticket:
            self.key = hashlib.md5(b':'.join(
                (self.ticket.user_text.encode(), self.realm,
                 self.ticket.password_text.encode()))).digest()

    def allocate(self, attributes=((TRANSPORT, b'\x11\0\0\0'),)):
        """The answer to an Allocate with credentials."""
        if not self.nonce:
            self.challenge()
        got = self.answer(self.request(ALLOCATE, list(attributes)))
        if got.kind == ALLOCATE | OK:
            self.relayed = got.relayed[0]
        return got

    def must_allocate(self):
        """The relayed address; anything else fails."""
        got = self.allocate()
        assert got.kind == ALLOCATE | OK, (got.code, got)
        return self.relayed

    def permit(self, value, tid=None, **how):
        """The answer to a CreatePermission for that XOR address value."""
        return self.answer(self.request(PERMIT, [(XOR_PEER, value)], tid=tid),
                           **how)

    def channel(self, number, value):
        """The answer to a ChannelBind."""
        return self.answer(self.request(CHANNEL, [
            (CHANNEL_NUMBER, struct.pack('>HH', number, 0)),
            (XOR_PEER, value)]))

    def refresh(self, lifetime):
        """The answer to a Refresh."""
        return self.answer(self.request(
            REFRESH, [(LIFETIME, struct.pack('>I', lifetime))]))

    def send(self, peer, payload):
        """A Send indication."""
        tid = os.urandom(12)
        value = address6(*peer, tid) if ':' in peer[0] else address(*peer)
        self.put(build(SEND, [(XOR_PEER, value), (DATA, payload)], tid=tid))

    def close(self):
        """Leave without a word."""
        self.socket.close()
