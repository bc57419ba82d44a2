"""TLS over an asyncio stream whose ends can be told apart and made by hand:
close_notify, a bare FIN, a reset; each direction ends for itself."""
import asyncio
import contextlib
import socket
import ssl
import struct

CHUNK = 65536
BUFFERED = 32768  # bytes of our own that wait for the peer


class Cut(ConnectionError):
    """The peer ended without close_notify."""


def client_context(ca, chain=None, key=None):
    """Verifies the peer's chain and name; shows a certificate when given."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(str(ca))
    if chain:
        made.load_cert_chain(str(chain), str(key))
    return _strict(made)


def server_context(chain, key):
    """Asks for no certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(str(chain), str(key))
    return _strict(made)


def _strict(context):
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def connect(target, source=None, space=None, timeout=10):
    """(reader, writer) of a TCP connection; sockets are made in space."""
    with space.inside() if space else contextlib.nullcontext():
        made = socket.socket(socket.AF_INET6 if ':' in target[0]
                             else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            made.bind((source, 0))
        loop = asyncio.get_running_loop()
        await asyncio.wait_for(loop.sock_connect(made, target), timeout)
        return await asyncio.open_connection(sock=made, limit=CHUNK)
    except BaseException:
        made.close()
        raise


class Link:
    """One end of a TLS connection."""

    def __init__(self, streams, context, name=None, server=False):
        self.reader, self.writer = streams
        self.writer.transport.set_write_buffer_limits(BUFFERED)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
                                    server_side=server, server_hostname=name)
        self.sent, self.received = 0, 0
        self.waiting = b''  # read too much for read_exactly
        self.is_ended = False  # FIN is sent

    @classmethod
    async def dial(cls, target, context, name, **how):
        """Connect and shake hands; how: source, space, timeout."""
        limit = how.get('timeout', 10)
        link = cls(await connect(target, **how), context, name)
        await link.handshake(limit)
        return link

    @property
    def local(self):
        """(address, port) of this end."""
        return self.writer.get_extra_info('sockname')[:2]

    @property
    def peer(self):
        """(address, port) of the other."""
        return self.writer.get_extra_info('peername')[:2]

    async def handshake(self, timeout=10):
        """Done, or closed and raised."""
        try:
            await asyncio.wait_for(self._pump(self.tls.do_handshake), timeout)
            await self._flush()
        except BaseException:
            await self.abort()
            raise

    def _put(self):
        data = self.outgoing.read()
        if data and not self.is_ended:
            self.writer.write(data)

    async def _flush(self):
        self._put()
        await self.writer.drain()

    async def _pump(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self._put()
                data = await self.reader.read(CHUNK)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()
            except ssl.SSLError as fault:
                # older Pythons have no type of its own for it
                if isinstance(fault, ssl.SSLEOFError) or \
                        fault.reason == 'UNEXPECTED_EOF_WHILE_READING':
                    raise Cut('ended without close_notify') from None
                raise

    async def read(self, size=CHUNK):
        """Bytes; b'' after close_notify; Cut, or another ConnectionError."""
        if self.waiting:
            data, self.waiting = self.waiting[:size], self.waiting[size:]
            return data
        try:
            data = await self._pump(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b''
        self.received += len(data)
        return data

    async def read_exactly(self, size):
        """That many; IncompleteReadError when it ends before."""
        parts, have = [], 0
        while have < size:
            data = await self.read(size - have)
            if not data:
                raise asyncio.IncompleteReadError(b''.join(parts), size)
            parts.append(data)
            have += len(data)
        return b''.join(parts)

    async def read_all(self):
        """Everything up to close_notify."""
        parts = []
        while data := await self.read():
            parts.append(data)
        return b''.join(parts)

    async def write(self, data):
        """All of it, as the peer takes it."""
        for at in range(0, len(data), 16384):
            piece = data[at:at + 16384]
            self.tls.write(piece)
            await self._flush()
            self.sent += len(piece)

    async def half_close(self):
        """close_notify and FIN; what comes can still be read. Nobody reads
        while this runs."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        await self.truncate()

    async def truncate(self):
        """FIN without close_notify; what comes can still be read."""
        await self._flush()
        self.writer.write_eof()
        self.is_ended = True

    async def abort(self):
        """RST: both directions are gone."""
        made = self.writer.get_extra_info('socket')
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack('ii', 1, 0))
        self.writer.transport.abort()

    async def close(self):
        """close_notify, then gone."""
        with contextlib.suppress(ssl.SSLError, OSError):
            if not self.is_ended:
                self.tls.unwrap()
        with contextlib.suppress(OSError):
            self._put()
            self.writer.close()

    async def end(self, timeout=10):
        """How the peer ends, what is left being read: notify, cut or reset."""
        try:
            async def drain():
                while await self.read():
                    pass
            await asyncio.wait_for(drain(), timeout)
            return 'notify'
        except Cut:
            return 'cut'
        except (ConnectionError, ssl.SSLError):
            return 'reset'


class Frames:
    """EP1 messages on a link; decode is psom.decode."""

    def __init__(self, link, decode, limit):
        self.link, self.decode, self.limit = link, decode, limit
        self.data = b''

    async def next(self):
        """The next Frame, or None at an orderly end."""
        while True:
            frame, used = self.decode(self.data, self.limit)
            if frame:
                self.data = self.data[used:]
                return frame
            got = await self.link.read()
            if not got:
                return None
            self.data += got

    def rest(self):
        """What came behind the last message goes back: the stream is raw."""
        self.link.waiting = self.data + self.link.waiting
        self.data = b''
