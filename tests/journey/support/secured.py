"""TLS over a socket for more than one thread."""
import ssl
import threading

from support.wait import PATIENCE


class Secured:
    """An end of TLS that two threads may use, one reading: OpenSSL takes no two
    calls at a time. name: whom it calls; None: it is called."""

    def __init__(self, plain, context, name=None):
        self.plain = plain
        self.lock = threading.Lock()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_side=name is None,
                                    server_hostname=name)
        plain.settimeout(PATIENCE)
        while not self._step(self.tls.do_handshake):
            self._feed()
        plain.settimeout(None)

    def _step(self, call, *args):
        """What call gives, True for nothing; False: it wants more bytes."""
        with self.lock:
            try:
                return call(*args) or True
            except ssl.SSLWantReadError:
                return False
            finally:
                self.plain.sendall(self.outgoing.read())

    def _feed(self):
        data = self.plain.recv(65536)
        if not data:
            raise ConnectionResetError('ended')
        with self.lock:
            self.incoming.write(data)

    def recv(self, size):
        """Some bytes; EOF is an OSError."""
        while True:
            data = self._step(self.tls.read, size)
            if data is True:
                raise ConnectionResetError('ended')
            if data:
                return data
            self._feed()

    def sendall(self, data):
        """All of it."""
        self._step(self.tls.write, data)

    def settimeout(self, limit):
        """As a socket's."""
        self.plain.settimeout(limit)

    def shutdown(self, how):
        """As a socket's."""
        self.plain.shutdown(how)

    def close(self):
        """As a socket's."""
        self.plain.close()
