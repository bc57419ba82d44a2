"""A raw SIP peer: bytes out, bytes in, nothing repaired on the way."""
import hashlib
import itertools
import os
import re
import select
import socket
import ssl
import time

from support.wait import PATIENCE

COMPACT = {'v': 'via', 'f': 'from', 't': 'to', 'i': 'call-id', 'm': 'contact',
           'l': 'content-length', 'c': 'content-type', 's': 'subject',
           'k': 'supported', 'o': 'event', 'r': 'refer-to', 'e':
           'content-encoding', 'u': 'allow-events', 'b': 'referred-by'}
# what a proxy may touch; the rest must arrive byte for byte
EDITED = {'via', 'record-route', 'route', 'max-forwards', 'content-length',
          'ms-edge-proxy-message-trust', 'contact', 'ms-keep-alive', 'path'}


def reachable(address, port):
    """Does somebody accept there?"""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, port)) == 0


class Message:
    """One message as it was on the wire, and ways to look at it."""

    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b'\r\n\r\n')
        first, *lines = head.split(b'\r\n')
        self.start = first.decode('utf-8', 'replace')
        self.lines = []  # (canonical name, raw line with folds)
        for line in lines:
            if line[:1] in b' \t' and self.lines:
                name, text = self.lines[-1]
                self.lines[-1] = (name, text + b'\r\n' + line)
                continue
            name = line.split(b':')[0].strip().decode('latin-1').lower()
            self.lines.append((COMPACT.get(name, name), line))

    @property
    def status(self):
        """The status code, or None for a request."""
        if self.start.startswith('SIP/2.0 '):
            return int(self.start.split()[1])
        return None

    @property
    def method(self):
        """The request's method, or None for a response."""
        return None if self.status else self.start.split()[0]

    @property
    def target(self):
        """The Request-URI."""
        return self.start.split()[1]

    def values(self, name):
        """The values of all headers of that name, in order."""
        return [line.partition(b':')[2].strip().decode('utf-8', 'replace')
                for known, line in self.lines if known == name.lower()]

    def value(self, name):
        """The only value; None when absent."""
        found = self.values(name)
        assert len(found) < 2, f'{name} occurs {len(found)} times'
        return found[0] if found else None

    def rest(self, also=()):
        """Every line that a proxy may not touch, in order, and the body."""
        skip = EDITED | {name.lower() for name in also}
        return [line for name, line in self.lines if name not in skip], \
            self.body

    def __repr__(self):
        return f'<{self.start}>'


def cut(buffer):
    """(message or None, what is left) from the front of a stream."""
    buffer = buffer.lstrip(b'\r\n')
    end = buffer.find(b'\r\n\r\n')
    if end < 0:
        return None, buffer
    found = re.search(rb'\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)',
                      buffer[:end], re.I)
    size = end + 4 + (int(found.group(1)) if found else 0)
    if len(buffer) < size:
        return None, buffer
    return Message(buffer[:size]), buffer[size:]


class Wire:
    """A connection, TLS or not, that carries SIP messages."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b''
        self.ended = False

    @classmethod
    def tls(cls, space, target, source=None, ca=None, name=None,
            certificate=None, version=None):
        """TLS from an address in a namespace; certificate is (chain, key).
        Without ca nothing is verified."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = bool(ca and name)
        context.verify_mode = ssl.CERT_REQUIRED if ca else ssl.CERT_NONE
        if ca:
            context.load_verify_locations(ca)
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        if version:
            context.minimum_version = context.maximum_version = version
        plain = cls._connect(space, target, source)
        try:
            return cls(context.wrap_socket(plain, server_hostname=name))
        except Exception:
            plain.close()
            raise

    @classmethod
    def tcp(cls, space, target, source=None):
        """Plain TCP, as the neighbours inside speak among themselves."""
        return cls(cls._connect(space, target, source))

    @staticmethod
    def _connect(space, target, source):
        with space.inside():
            plain = socket.socket()
        plain.settimeout(PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            plain.bind((source, 0))
        plain.connect(target)
        return plain

    @property
    def local(self):
        """(address, port) of this end."""
        return self.connection.getsockname()[:2]

    def send(self, data):
        """Bytes as they are."""
        self.connection.sendall(data)

    def _fill(self, end):
        """Read once; False when the time is up."""
        pending = getattr(self.connection, 'pending', lambda: 0)()
        left = end - time.monotonic()
        if not pending and (left <= 0 or not select.select(
                [self.connection], [], [], left)[0]):
            return False
        self.connection.settimeout(0)  # a record may carry no data of ours
        try:
            data = self.connection.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        except (ssl.SSLError, OSError):
            data = b''
        finally:
            self.connection.settimeout(PATIENCE)
        self.ended = not data
        self.buffer += data
        return True

    def receive(self, limit=PATIENCE):
        """The next message; AssertionError when none comes in time."""
        end = time.monotonic() + limit
        while True:
            message, self.buffer = cut(self.buffer)
            if message:
                return message
            assert not self.ended, 'the connection was closed'
            assert self._fill(end), f'no message within {limit} s'

    def expect(self, what, limit=PATIENCE):
        """The next message that is a request of that method or an answer
        with that status; 100 is skipped, anything else is a failure."""
        while True:
            message = self.receive(limit)
            if what in (message.method, message.status):
                return message
            assert message.status == 100, \
                f'wanted {what}, got {message.raw!r}'

    def silent(self, seconds=0.5):
        """Nothing at all comes for so long."""
        end = time.monotonic() + seconds
        while self._fill(end) and not self.ended:
            pass
        message, self.buffer = cut(self.buffer)
        assert not message, f'nothing was to come, got {message.raw!r}'

    def closed(self, limit=PATIENCE):
        """The other side ends the connection within limit."""
        end = time.monotonic() + limit
        while not self.ended:
            assert self._fill(end), f'still open after {limit} s'
        return True

    def close(self):
        """Close this end."""
        self.connection.close()


def digest(user, password, challenge, method, uri):
    """The value of an Authorization header for a Digest challenge."""
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    one = md5(f"{user}:{fields['realm']}:{password}")
    two = md5(f'{method}:{uri}')
    answer = md5(f"{one}:{fields['nonce']}:{two}")
    return (f'Digest username="{user}", realm="{fields["realm"]}", '
            f'nonce="{fields["nonce"]}", uri="{uri}", response="{answer}", '
            'algorithm=MD5')


NUMBERS = itertools.count(1)


def token(size=8):
    """Random hex, for tags, branches and Call-IDs."""
    return os.urandom(size).hex()


def build(start, headers, body=b''):
    """A message from its start line, (name, value) pairs and a body."""
    if isinstance(body, str):
        body = body.encode()
    lines = [start] + [f'{name}: {value}' for name, value in headers]
    lines.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body
