"""MS-TURN by hand: every message can be made wrong."""
import contextlib
import hmac
import os
import select
import socket
import struct
import time

from support.ticket import md5_key
from support.wait import PATIENCE, NoAnswer

COOKIE = b'\x72\xc6\x4b\xc6'
ALLOCATE, SEND, SET_ACTIVE = 0x0003, 0x0004, 0x0006
ALLOCATED, REFUSED = 0x0103, 0x0113
ACTIVE, NOT_ACTIVE, DATA_IN = 0x0106, 0x0116, 0x0115
(MAPPED, USERNAME, INTEGRITY, ERROR, UNKNOWN, LIFETIME, ALTERNATE,
 MAGIC, BANDWIDTH, DESTINATION, REMOTE, DATA, NONCE, REALM) = (
     1, 6, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21)
VERSION, XOR_MAPPED, SEQUENCE = 0x8008, 0x8020, 0x8050
ALTERNATE_MAPPED = 0x8090
HELLO = bytes.fromhex(
    '160301002d010000290301'
    'c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb'
    '00000200180100')
HELLO_REPLY_LEN = 83
RESEND = 0.5  # s, then doubled


def attribute(number, value):
    """type, length, value; no padding."""
    return struct.pack('>HH', number, len(value)) + value


def address(host, port):
    """An address attribute's value, either family."""
    family = 2 if ':' in host else 1
    packed = socket.inet_pton(
        socket.AF_INET6 if family == 2 else socket.AF_INET, host)
    return struct.pack('>BBH', 0, family, port) + packed


def unaddress(value):
    """(host, port)."""
    family = socket.AF_INET6 if value[1] == 2 else socket.AF_INET
    return (socket.inet_ntop(family, value[4:]),
            struct.unpack('>H', value[2:4])[0])


def family_of(at):
    """Of the socket that reaches that (host, port)."""
    return socket.AF_INET6 if ':' in at[0] else socket.AF_INET


def build(kind, attributes, tid=None, key=None):
    """A message; the cookie comes first by itself, integrity last."""
    body = attribute(MAGIC, COOKIE) + b''.join(
        attribute(*one) for one in attributes)
    size = len(body) + (24 if key else 0)
    raw = struct.pack('>HH', kind, size) + (tid or os.urandom(16)) + body
    return raw + attribute(INTEGRITY, mac(raw, key)) if key else raw


def mac(signed, key):
    """HMAC-SHA1 over the message, padded with zeros to 64."""
    return hmac.digest(key, signed + bytes(-len(signed) % 64), 'sha1')


def is_message(raw):
    """Rule 1 of the first bytes."""
    return len(raw) >= 28 and raw[0] & 0xc0 == 0 and \
        struct.unpack('>H', raw[2:4])[0] == len(raw) - 20 and \
        raw[20:28] == b'\0\x0f\0\4' + COOKIE


class Message:
    """Decoded; the first of a repeated attribute counts."""

    def __init__(self, raw):
        assert is_message(raw), raw.hex()
        self.raw = raw
        self.kind = struct.unpack('>H', raw[:2])[0]
        self.tid = raw[4:20]
        self.attributes, self.at = {}, {}
        at = 20
        while at < len(raw):
            number, size = struct.unpack('>HH', raw[at:at + 4])
            assert at + 4 + size <= len(raw), raw.hex()
            self.attributes.setdefault(number, raw[at + 4:at + 4 + size])
            self.at.setdefault(number, at)
            at += 4 + size

    def __getitem__(self, number):
        return self.attributes[number]

    def get(self, number):
        """None when it has none."""
        return self.attributes.get(number)

    @property
    def code(self):
        """Of an error."""
        value = self.attributes[ERROR]
        return value[2] * 100 + value[3]

    @property
    def relayed(self):
        """(host, port) of Mapped Address."""
        return unaddress(self[MAPPED])

    @property
    def reflexive(self):
        """(host, port) of XOR Mapped Address."""
        value = self[XOR_MAPPED]
        return unaddress(value[:2] + bytes(
            a ^ b for a, b in zip(value[2:4], self.tid)) + bytes(
                a ^ b for a, b in zip(value[4:], self.tid)))

    @property
    def lifetime(self):
        """Seconds."""
        return struct.unpack('>I', self[LIFETIME])[0]

    def fits(self, key):
        """Is its integrity right?"""
        return self.get(INTEGRITY) == mac(self.raw[:self.at[INTEGRITY]], key)

    def __repr__(self):
        return f'<{self.kind:04x} {self.raw.hex()}>'


class Client:
    """One 5-tuple. ticket: who it is."""

    def __init__(self, ticket=None):
        self.ticket = ticket
        self.realm = self.nonce = self.key = self.connection = None
        self.sequence = 0
        self.relayed = None
        self.version = b'\0\0\0\1'
        self.waiting = []  # what came in between: Messages and bytes
        self.copies = {}  # tid to answers still to come: it was sent again

    def put(self, raw):
        """One message to the server."""
        raise NotImplementedError

    def put_data(self, payload):
        """Payload to the active destination, as it is."""
        raise NotImplementedError

    def take(self, limit):
        """The next Message or payload; None when none comes in time."""
        raise NotImplementedError

    def next(self, limit=PATIENCE):
        """The same, first what has come before."""
        return self.waiting.pop(0) if self.waiting else self.take(limit)

    def answer(self, raw, limit=PATIENCE, resend=True):
        """Send until the answer with this transaction id comes."""
        end, pause, copies = time.monotonic() + limit, RESEND, 0
        self.put(raw)
        again = time.monotonic() + pause
        while True:
            now = time.monotonic()
            if now >= end:
                raise NoAnswer(f'no answer to {raw.hex()}')
            got = self.take(max(0, min(end, again) - now))
            if isinstance(got, Message) and got.tid == raw[4:20]:
                self.copies[got.tid] = copies
                return got
            if got is not None:
                self.waiting.append(got)
            elif resend and time.monotonic() >= again:
                self.put(raw)
                copies += 1
                pause *= 2
                again = time.monotonic() + pause

    def _is_copy(self, got):
        """One more answer to what was sent again because it took long."""
        left = self.copies.get(got.tid, 0) if isinstance(got, Message) else 0
        if left:
            self.copies[got.tid] = left - 1
        return left > 0

    def silent(self, raw, seconds=0.3):
        """Nothing answers that."""
        self.put(raw)
        got = self.take(seconds)
        assert got is None, f'{raw.hex()} was answered: {got}'

    def challenge(self, **how):
        """The first Allocate; the 401 tells realm and nonce."""
        got = self.answer(build(ALLOCATE, [(VERSION, self.version)]), **how)
        assert got.kind == REFUSED and got.code == 401, got
        assert got.get(INTEGRITY) is None, got
        self.realm, self.nonce = got[REALM], got[NONCE]
        if self.ticket:
            self.key = md5_key(self.ticket, self.realm)
        return got

    def signed_allocate(self, lifetime=None, tid=None, **other):
        """An Allocate with credentials, as bytes. other: realm, nonce,
        username (None leaves it out), key, extra attributes."""
        attributes = [(VERSION, self.version)]
        if lifetime is not None:
            attributes.append((LIFETIME, struct.pack('>I', lifetime)))
        for name, number, value in (
                ('realm', REALM, self.realm), ('nonce', NONCE, self.nonce),
                ('username', USERNAME,
                 self.ticket.username if self.ticket else None)):
            value = other.get(name, value)
            if value is not None:
                attributes.append((number, value))
        return build(ALLOCATE, attributes + other.get('extra', []), tid,
                     other.get('key', self.key))

    def allocate(self, lifetime=None, **other):
        """Challenge, when needed, and Allocate; the answer, whatever."""
        if not self.nonce:
            self.challenge()
        got = self.answer(self.signed_allocate(lifetime, **other))
        if got.kind == ALLOCATED and got.lifetime:
            assert got.fits(self.key), got
            if got.get(SEQUENCE):
                self.connection = got[SEQUENCE][:20]
            self.relayed = got.relayed
        return got

    def must_allocate(self, **how):
        """The relayed address; anything else fails."""
        got = self.allocate(**how)
        assert got.kind == ALLOCATED, (got.code, got)
        return self.relayed

    def _numbered(self):
        self.sequence += 1
        return [(SEQUENCE, self.connection + struct.pack('>I',
                                                         self.sequence))]

    def send_message(self, peer, payload, key=None):
        """A Send as bytes."""
        return build(SEND, [(USERNAME, self.ticket.username),
                            (DESTINATION, address(*peer)),
                            *self._numbered(), (DATA, payload)],
                     key=key or self.key)

    def send(self, peer, payload=b''):
        """Send to a peer: never answered, permits it."""
        self.put(self.send_message(peer, payload))

    def set_active_message(self, peer, key=None):
        """A Set Active Destination as bytes."""
        return build(SET_ACTIVE, [(USERNAME, self.ticket.username),
                                  *self._numbered(),
                                  (DESTINATION, address(*peer))],
                     key=key or self.key)

    def set_active(self, peer):
        """The answer to a Set Active Destination."""
        return self.answer(self.set_active_message(peer))

    def expect_data(self, payload, peer=None, limit=PATIENCE):
        """The next thing is that payload, in an indication when peer is
        given, else raw."""
        got = self.next(limit)
        if peer:
            assert isinstance(got, Message) and got.kind == DATA_IN, got
            assert (unaddress(got[REMOTE]), got[DATA]) == (peer, payload), got
        else:
            assert got == payload, got

    def close(self):
        """Leave without a word."""
        raise NotImplementedError

    def end(self):
        """Give the allocation back, leave."""
        got = self.answer(self.signed_allocate(0))
        assert got.kind == ALLOCATED and got.lifetime == 0, got
        self.close()


class Udp(Client):
    """Over UDP, from an address in a namespace."""

    def __init__(self, space, server, source, ticket=None, port=0):
        super().__init__(ticket)
        with space.inside():
            self.socket = socket.socket(family_of(server), socket.SOCK_DGRAM)
        self.socket.bind((source, port))
        self.socket.connect(server)

    def put(self, raw):
        self.socket.send(raw)

    put_data = put

    def take(self, limit):
        end = time.monotonic() + limit
        while select.select([self.socket], [], [],
                            max(0, end - time.monotonic()))[0]:
            raw = self.socket.recv(65536)
            got = Message(raw) if is_message(raw) else raw
            if not self._is_copy(got):
                return got
        return None

    def close(self):
        self.socket.close()


class Tcp(Client):
    """Over TCP, with pseudo-TLS unless told otherwise."""

    def __init__(self, space, server, source, ticket=None, hello=True):
        super().__init__(ticket)
        with space.inside():
            self.socket = socket.socket(family_of(server))
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((source, 0))
        self.socket.connect(server)
        self.buffer, self.ended = b'', False
        if hello:
            self.socket.sendall(HELLO)
            reply = self.socket.recv(1000)
            assert len(reply) == HELLO_REPLY_LEN, reply.hex()
            assert reply[:11] == bytes.fromhex('160301004e020000460301'), reply
            assert reply[76:] == bytes.fromhex('0018000e000000'), reply

    def put(self, raw):
        self.socket.sendall(struct.pack('>BBH', 2, 0, len(raw)) + raw)

    def put_data(self, payload):
        self.socket.sendall(struct.pack('>BBH', 3, 0, len(payload)) + payload)

    def answer(self, raw, limit=PATIENCE, resend=False):
        return super().answer(raw, limit, resend)

    def _cut(self):
        if len(self.buffer) < 4:
            return None
        kind, zero, size = struct.unpack('>BBH', self.buffer[:4])
        assert kind in (2, 3) and zero == 0, self.buffer[:16].hex()
        if len(self.buffer) < 4 + size:
            return None
        payload, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
        return Message(payload) if kind == 2 else payload

    def take(self, limit):
        end = time.monotonic() + limit
        while True:
            got = self._cut()
            if got is not None or self.ended:
                return got
            left = end - time.monotonic()
            if left < 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            with contextlib.suppress(OSError):
                data = self.socket.recv(65536)
                self.buffer += data
                if data:
                    continue
            self.ended = True

    def closed(self, limit=PATIENCE):
        """The server ends the connection within limit, whatever it says."""
        end = time.monotonic() + limit
        while not self.ended:
            left = end - time.monotonic()
            assert left > 0, f'still open after {limit} s'
            self.socket.settimeout(left)
            with contextlib.suppress(ConnectionError):
                self.ended = not self.socket.recv(65536)
                continue
            self.ended = True

    def close(self):
        self.socket.close()
