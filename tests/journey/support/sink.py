"""A Director of a few lines that does as the journey says, and counts."""
import contextlib
import socket
import ssl
import threading
import time

from support import netns, sip
from support.secured import Secured
from support.wait import until


def reply(request, status, phrase='OK', extra=()):
    """A final answer with what a registrar copies, as bytes."""
    to = request.value('To')
    if ';tag=' not in to:
        to += ';tag=' + sip.token(4)
    headers = [(name, value) for name in ('Via', 'Record-Route')
               for value in request.values(name)]
    headers += [('From', request.value('From')), ('To', to),
                ('Call-ID', request.value('Call-ID')),
                ('CSeq', request.value('CSeq'))]
    return sip.build(f'SIP/2.0 {status} {phrase}', headers + list(extra))


def yes(request):
    """200 to everything: every REGISTER signs in."""
    return None if request.method == 'ACK' else reply(request, 200)


def no(request):
    """403 to everything."""
    return None if request.method == 'ACK' else reply(request, 403,
                                                      'Forbidden')


def challenge(request):
    """A Digest challenge to everything."""
    return None if request.method == 'ACK' else reply(
        request, 401, 'Unauthorized',
        [('WWW-Authenticate', 'Digest realm="contoso.com", nonce="1"')])


def silence(_request):
    """Never a word."""
    return None


class Sink:
    """Listens with mutual TLS as both Directors, or where told;
    answer(request) gives bytes or None. What arrives is kept in requests as
    (time, Message); the edge's own probes are answered and not kept."""

    AUTHORITY = 'internal'  # of those who may come
    SPACE = 'inside'
    PORT = 5061

    def __init__(self, world, ca, answer=yes, addresses=None,
                 certificate='dirpool01'):
        self.answer = answer
        self.requests = []
        self.responses = []
        self.wires = []
        self.seen = None  # certificate of who came last
        self.ended = False
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(str(ca / f'{certificate}-chain.pem'),
                                     str(ca / f'{certificate}.key'))
        self.context.load_verify_locations(str(ca / f'{self.AUTHORITY}-ca.pem'))
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.doors = []
        for address in addresses or netns.DIRECTORS:
            with getattr(world, self.SPACE).inside():
                door = socket.create_server((address, self.PORT),
                                            backlog=64)
            self.doors.append(door)
            threading.Thread(target=self._accept, args=[door],
                             daemon=True).start()

    def _accept(self, door):
        while not self.ended:
            with contextlib.suppress(OSError):
                plain = door.accept()[0]
                threading.Thread(target=self._serve, args=[plain],
                                 daemon=True).start()

    def _serve(self, plain):
        buffer = b''
        with contextlib.suppress(OSError, ssl.SSLError):
            wire = Secured(plain, self.context)
            self.seen = wire.tls.getpeercert()
            self.wires.append(wire)
            while not self.ended:
                data = wire.recv(65536)
                if not data:
                    break
                buffer = self._cut(wire, buffer + data)
        plain.close()

    def _cut(self, wire, buffer):
        while True:
            message, buffer = sip.cut(buffer)
            if not message:
                return buffer
            self._take(wire, message)

    def _take(self, wire, message):
        if message.status:
            self.responses.append(message)
            return
        if message.method == 'OPTIONS' and \
                message.value('Max-Forwards') == '0':
            wire.sendall(reply(message, 200))
            return
        message.wire = wire
        self.requests.append((time.monotonic(), message))
        answer = self.answer(message)
        if answer:
            wire.sendall(answer)

    def count(self, method=None):
        """How many requests came, of that method."""
        return sum(method in (None, m.method) for _, m in self.requests)

    def saw(self, call_id):
        """Requests with that Call-ID, in order."""
        return [m for _, m in list(self.requests)
                if m.value('Call-ID') == call_id]

    def wait(self, call_id, method=None):
        """The request of that Call-ID, once it is here."""
        return until(lambda: [m for m in self.saw(call_id) if method in
                              (None, m.method)], 5,
                     f'{call_id} does not reach the inside')[0]

    def quiet(self, call_id=None, seconds=0.3):
        """Nothing came, of that Call-ID or since forget()."""
        time.sleep(seconds)
        found = self.saw(call_id) if call_id else [
            m for _, m in self.requests]
        assert not found, f'the inside saw {found[0].raw!r}'

    def forget(self):
        """Count anew."""
        self.requests.clear()

    @staticmethod
    def tell(request, status, phrase='OK'):
        """A late answer, on the connection that asked."""
        request.wire.sendall(reply(request, status, phrase))

    def stop(self):
        """Close all."""
        self.ended = True
        for door in self.doors:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        for wire in self.wires:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
