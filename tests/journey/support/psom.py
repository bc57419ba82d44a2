"""EP1 of the Web Conferencing Edge in Python, apart from the daemon's codec:
frames (WC 5.2), the token (5.4), the keys a Data MCU is given and what it
tells a user who joins (5.3)."""
import base64
import datetime
import hashlib
import hmac
import ipaddress
import os
import pathlib
import secrets
import struct
import time
import xml.etree.ElementTree as ET

MAGIC = b'WCE1'
CLIENT_MAX, CONTROL_MAX = 4096, 16384
TOKEN_LEN = 84
TLS12, TLS13 = 0x0303, 0x0304
LIFE = 300  # s, of a token
SPACE = 'http://schemas.microsoft.com/rtc/2005/08/cccpextensions'

# tag: (name, form, shortest, longest)
TAGS = {
    0x0001: ('version', 'int', 2, 2), 0x0002: ('token', 'bytes', 84, 84),
    0x0003: ('mcu', 'text', 1, 255), 0x0004: ('conference', 'text', 1, 512),
    0x0005: ('inner', 'bytes', 1, 1024), 0x8006: ('agent', 'text', 0, 1024),
    0x0010: ('session', 'bytes', 16, 16), 0x0020: ('code', 'int', 2, 2),
    0x0021: ('retry', 'int', 2, 2), 0x0022: ('text', 'text', 0, 1024),
    0x0030: ('name', 'text', 1, 255), 0x0031: ('instance', 'bytes', 16, 16),
    0x0032: ('generation', 'int', 8, 8), 0x0033: ('capacity', 'int', 4, 4),
    0x0034: ('legs', 'int', 2, 2), 0x0035: ('active', 'int', 4, 4),
    0x0036: ('grace', 'int', 2, 2), 0x0040: ('edge_fqdn', 'text', 1, 255),
    0x0041: ('edge_port', 'int', 2, 2), 0x0042: ('ping_s', 'int', 2, 2),
    0x0043: ('dead_s', 'int', 2, 2), 0x0044: ('parked_max', 'int', 2, 2),
    0x0045: ('edge_id', 'bytes', 8, 8), 0x0050: ('echo', 'int', 8, 8),
    0x0060: ('nonce', 'bytes', 16, 16), 0x0061: ('client', 'addr', 7, 19),
    0x0062: ('tls', 'int', 2, 2)}
NUMBERS = {name: (tag, form, short) for tag, (name, form, short, _)
           in TAGS.items()}
# type: (name, must, may)
TYPES = {
    0x01: ('HELLO', 'version token mcu conference inner', 'agent'),
    0x02: ('HELLO_OK', 'version session', ''),
    0x03: ('REJECT', 'code', 'retry text version'),
    0x10: ('REGISTER', 'version name instance generation capacity legs', ''),
    0x11: ('REGISTER_OK', 'version edge_fqdn edge_port ping_s dead_s '
           'parked_max edge_id', ''),
    0x12: ('PING', 'echo', ''), 0x13: ('PONG', 'echo', ''),
    0x14: ('WANT', 'legs', ''), 0x15: ('LOAD', 'capacity active', ''),
    0x16: ('DRAIN', 'grace', ''), 0x17: ('CONF_END', 'conference', ''),
    0x18: ('BYE', 'code', ''), 0x20: ('OFFER', 'version name instance', ''),
    0x21: ('ASSIGN', 'session conference inner nonce client tls', ''),
    0x22: ('ASSIGN_OK', 'session', ''), 0x23: ('ASSIGN_NO', 'session code', '')}
BY_NAME = {name: number for number, (name, _, _) in TYPES.items()}


class Fault(Exception):
    """These bytes are refused with that code; 0 is closed without a word."""

    def __init__(self, code, why):
        super().__init__(f'{code} {why}')
        self.code = code


class Frame(dict):
    """One message: kind, and its values by name."""

    def __init__(self, kind, **values):
        super().__init__(values)
        self.kind = kind

    def __repr__(self):
        told = {k: v for k, v in self.items() if k not in ('token', 'inner')}
        return f'{self.kind} {told}'

    def __bytes__(self):
        return encode(self.kind, **self)


def _value(name, value):
    form, width = NUMBERS[name][1:]
    if form == 'int':
        return value.to_bytes(width, 'big')
    if form == 'addr':
        host = ipaddress.ip_address(value[0])
        return bytes([host.version]) + host.packed + struct.pack('>H', value[1])
    return value.encode() if isinstance(value, str) else value


def tlv(tag, value):
    """One tag, as it is."""
    return struct.pack('>HH', tag, len(value)) + value


def raw(kind, body, magic=MAGIC, flags=0):
    """A frame around any body."""
    return magic + bytes([kind, flags]) + struct.pack('>H', len(body)) + body


def encode(kind, **values):
    """A frame, tags in the order given."""
    return raw(BY_NAME[kind], b''.join(
        tlv(NUMBERS[name][0], _value(name, value))
        for name, value in values.items()))


def _read(name, form, value):
    if form == 'int':
        return int.from_bytes(value, 'big')
    if form == 'addr':
        if (value[0], len(value)) not in ((4, 7), (6, 19)):
            raise Fault(400, f'{name}: no address')
        return (str(ipaddress.ip_address(value[1:-2])),
                int.from_bytes(value[-2:], 'big'))
    if form == 'bytes':
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Fault(400, f'{name}: no UTF-8') from None
    if any(ord(c) < 0x20 or ord(c) == 0x7f for c in text):
        raise Fault(400, f'{name}: control character')
    return text


def _tags(body):
    """Name to value of a body, in order of 5.5 step 5."""
    found = {}
    while body:
        if len(body) < 4:
            raise Fault(400, 'cut tag')
        tag, length = struct.unpack('>HH', body[:4])
        value, body = body[4:4 + length], body[4 + length:]
        if len(value) < length:
            raise Fault(400, f'{tag:04x} runs past the body')
        if tag in found:
            raise Fault(400, f'{tag:04x} twice')
        found[tag] = value
    return found


def decode(data, limit=CLIENT_MAX):
    """(Frame, bytes used), or (None, 0) when more is to come; Fault."""
    if not MAGIC.startswith(data[:4]):
        raise Fault(0, 'not EP1')
    if len(data) < 8:
        return None, 0
    kind, flags, length = struct.unpack('>BBH', data[4:8])
    if flags or kind not in TYPES:
        raise Fault(400, f'type {kind:02x} flags {flags:02x}')
    if length > limit:
        raise Fault(413, f'body of {length}')
    if len(data) < 8 + length:
        return None, 0
    name, must, may = TYPES[kind]
    known = (must + ' ' + may).split()
    frame = Frame(name)
    for tag, value in _tags(data[8:8 + length]).items():
        what = TAGS.get(tag)
        if not what or what[0] not in known:
            if tag & 0x8000:
                continue
            raise Fault(400, f'{tag:04x} in {name}')
        if not what[2] <= len(value) <= what[3]:
            raise Fault(400, f'{what[0]} of {len(value)} bytes')
        frame[what[0]] = _read(what[0], what[1], value)
    if frame.get('version', 1) != 1 and name != 'REJECT':
        raise Fault(426, f'version {frame["version"]}')
    for one in must.split():
        if one not in frame:
            raise Fault(400, f'{one} is missing in {name}')
    return frame, 8 + length


def fold_name(name):
    """ASCII lower case, one dot at the end removed."""
    return name.translate(LOWER).removesuffix('.')


def fold_conference(uri):
    """ASCII lower case."""
    return uri.translate(LOWER)


LOWER = {c: c + 32 for c in range(ord('A'), ord('Z') + 1)}


def mcu_hash(name):
    """8 bytes of the token."""
    return hashlib.sha256(fold_name(name).encode()).digest()[:8]


def conference_hash(uri):
    """16 bytes of the token."""
    return hashlib.sha256(fold_conference(uri).encode()).digest()[:16]


def mac(key, signed):
    """The last 32 bytes of a token."""
    return hmac.new(key, b'WCE1-token\0' + signed, hashlib.sha256).digest()


def mint(key, mcu, conference, **how):
    """84 bytes; how: kid, issued, life (or expires), nonce, version, flags."""
    issued = how.get('issued', int(time.time()))
    signed = struct.pack(
        '>BBHII', how.get('version', 1), how.get('kid', 1),
        how.get('flags', 0), issued,
        how.get('expires', issued + how.get('life', LIFE)))
    signed += mcu_hash(mcu) + conference_hash(conference) + \
        how.get('nonce', secrets.token_bytes(16))
    return signed + mac(key, signed)


def renewed(token, keys, seconds):
    """The token moved in time and signed again, if it was signed well; keys
    by number."""
    version, kid, flags, issued, expires = struct.unpack('>BBHII', token[:12])
    key = keys.get(kid)
    if not key or mac(key, token[:52]) != token[52:]:
        return token
    signed = struct.pack('>BBHII', version, kid, flags, issued + seconds,
                         expires + seconds) + token[12:52]
    return signed + mac(key, signed)


def check(token, mcu, conference, keys, now, skew=60):
    """None, or what 4.6.1 calls its fault; keys by number."""
    version, kid, flags, issued, expires = struct.unpack('>BBHII', token[:12])
    rows = (
        ('TOKEN_VERSION', lambda: version != 1 or flags),
        ('UNKNOWN_KEY', lambda: kid not in keys),
        ('BAD_MAC', lambda: mac(keys[kid], token[:52]) != token[52:]),
        ('EXPIRED', lambda: expires <= now - skew),
        ('NOT_YET_VALID', lambda: issued >= now + skew),
        ('LIFETIME', lambda: expires - issued > 3600),
        ('MCU_MISMATCH', lambda: token[12:20] != mcu_hash(mcu)),
        ('CONF_MISMATCH', lambda: token[20:36] != conference_hash(conference)))
    return next((name for name, wrong in rows if wrong()), None)


def text_of(token):
    """wceToken."""
    return base64.urlsafe_b64encode(token).rstrip(b'=').decode()


def of_text(text):
    """The bytes of a wceToken."""
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Ring:
    """The keys of `edgectl secrets export --psom`, read again when the file
    has changed."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.stamp, self.rows = None, []

    def _load(self):
        stamp = self.path.stat()
        stamp = (stamp.st_mtime_ns, stamp.st_ino, stamp.st_size)
        if stamp == self.stamp:
            return
        rows = []
        for line in self.path.read_text(encoding='ascii').splitlines():
            words = line.split('#')[0].split()
            if not words or words[0] == 'route':
                continue
            kid, key, begin, end = words[-4:]
            rows.append((int(kid), bytes.fromhex(key), *(
                datetime.datetime.fromisoformat(t).timestamp()
                for t in (begin, end))))
        self.stamp, self.rows = stamp, rows

    def newest(self, now=None):
        """(number, key) of the newest that is valid."""
        self._load()
        now = now or time.time()
        good = [row for row in self.rows if row[2] <= now < row[3]]
        assert good, f'no key of {self.path} is valid now'
        return max(good, key=lambda row: row[2])[:2]

    def keys(self):
        """Number to key."""
        self._load()
        return {row[0]: row[1] for row in self.rows}


def ring_line(kid, key=None, begin=-60, end=86400, word='psom '):
    """A line of a ring; begin and end in seconds from now."""
    def utc(after):
        return time.strftime('%Y-%m-%dT%H:%M:%SZ',
                             time.gmtime(time.time() + after))
    return f'{word}{kid} {(key or os.urandom(32)).hex()} {utc(begin)} ' \
        f'{utc(end)}\n'


def join_xml(entries):
    """connection-info of an addUser response."""
    root = ET.Element(f'{{{SPACE}}}connection-info')
    for key, value in entries.items():
        entry = ET.SubElement(root, f'{{{SPACE}}}entry')
        ET.SubElement(entry, f'{{{SPACE}}}key').text = key
        ET.SubElement(entry, f'{{{SPACE}}}value').text = value
    ET.register_namespace('', SPACE)
    return ET.tostring(root, encoding='unicode') + '\n'


def join_entries(text):
    """Key to value of it, or of the whole response around it."""
    found = {}
    for entry in ET.fromstring(text).iter(f'{{{SPACE}}}entry'):
        found[entry.findtext(f'{{{SPACE}}}key')] = \
            entry.findtext(f'{{{SPACE}}}value') or ''
    return found


def mcu_of(join):
    """The MCU of a serverURL, psom://FQDN:8057."""
    return join['serverURL'].removeprefix('psom://').rpartition(':')[0]


def hello(join, **other):
    """HELLO for what addUser gave; other: values instead."""
    values = {'version': 1, 'token': of_text(join['wceToken']),
              'mcu': mcu_of(join), 'conference': join['Mcu-Conference-Uri'],
              'inner': join['sAuthId'], **other}
    return encode('HELLO', **values)
