"""Meeting clients outside, many in one process: they join through the edge,
upload, present and receive; and do all that a client should not."""
import asyncio
import contextlib
import random
import ssl
import threading
import time

from support import netns, psom, psom_do
from support.tls_link import Frames, Link, client_context

OUTSIDE = '192.0.2.31'
SECOND = netns.SECOND_OUTSIDE[1]
PUBLIC = 'webconf.contoso.com'
ADDRESSES = {PUBLIC: [OUTSIDE]}
GONE = (OSError, ssl.SSLError, asyncio.IncompleteReadError)


class Refused(AssertionError):
    """REJECT: code, retry (s or None), text."""

    def __init__(self, frame):
        super().__init__(str(frame))
        self.code, self.frame = frame['code'], frame
        self.retry, self.text = frame.get('retry'), frame.get('text')


class Closed(AssertionError):
    """Closed where an answer was due; how: notify, cut, reset."""

    def __init__(self, how):
        super().__init__(f'closed by {how}')
        self.how = how


class Loop:
    """An asyncio loop in a thread; run() hands it a coroutine and waits."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever,
                                       daemon=True)
        self.thread.start()

    def run(self, coroutine, limit=60):
        """Its result."""
        return self.start(coroutine).result(limit)

    def start(self, coroutine):
        """A future of it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def all(self, coroutines, limit=60):
        """Results of all at once, or the first failure."""
        async def gather():
            return await asyncio.gather(*coroutines)
        return self.run(gather(), limit)

    def stop(self):
        """End it and whatever runs in it."""
        async def cancel():
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
        self.run(cancel(), 10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class Outside:
    """Where clients are: namespace, authority, what names resolve to."""

    def __init__(self, world, ca, addresses=None):
        self.space = world.inet
        self.context = client_context(ca / 'public-ca.pem')
        self.addresses = addresses or ADDRESSES

    async def dial(self, target=(OUTSIDE, 443), source=None, name=PUBLIC,
                   timeout=10):
        """A TLS connection that has said nothing yet."""
        return await Link.dial(target, self.context, name, source=source,
                               space=self.space, timeout=timeout)

    async def knock(self, data, target=(OUTSIDE, 443), source=None, pieces=0):
        """What comes back for those first bytes: a Frame, or how it is
        closed. pieces: the first so many bytes go ahead alone."""
        link = await self.dial(target, source)
        try:
            return await answer_to(link, data, pieces)
        finally:
            await link.abort()


async def answer_to(link, data, pieces=0):
    """Send; the Frame, or notify, cut, reset."""
    try:
        if pieces:
            await link.write(data[:pieces])
            await asyncio.sleep(0.01)
        await link.write(data[pieces:])
        got = await asyncio.wait_for(
            Frames(link, psom.decode, psom.CONTROL_MAX).next(), 30)
        return got or 'notify'
    except asyncio.TimeoutError:
        raise
    except GONE as fault:
        return 'cut' if type(fault).__name__ == 'Cut' else 'reset'


class Participant:
    """One client; join is what addUser gave it."""

    def __init__(self, where, join, source=None, user=''):
        self.where, self.join_entries = where, join
        self.source, self.user = source, user
        self.link = self.session = None
        self.proxy = None  # (address, port) that took it
        self.took = 0.0  # s, of the join
        self.contents, self.active, self.log = {}, None, []
        self.parts = {}
        self.reserved, self.errors = [], []
        self.end, self.news, self.reader = None, asyncio.Event(), None

    def proxies(self):
        """(name, (address, port)) of each, in random order."""
        found = []
        for i in range(int(self.join_entries['numberOfProxies'])):
            host, _, port = self.join_entries[f'proxy.{i}'].rpartition(':')
            found += [(host, (address, int(port)))
                      for address in self.where.addresses[host]]
        found = list(dict.fromkeys(found))
        random.shuffle(found)
        assert found, 'list of proxies is empty'
        return found

    async def connect(self, first=b'', **other):
        """Through the edge, raw: the next proxy after failure or 503, 401
        is the last word. first: goes along with HELLO."""
        begun, fault = time.monotonic(), None
        for name, target in self.proxies():
            try:
                self.link = await self.where.dial(target, self.source, name)
                self.session = await self.hello(
                    psom.hello(self.join_entries, **other) + first)
                self.proxy = target
                self.took = time.monotonic() - begun
                return self
            except Refused as refused:
                fault = refused
                await self.link.close()
                if refused.code != 503:
                    raise
            except GONE as gone:
                fault = gone
        raise fault

    async def hello(self, data):
        """Send it; the session id."""
        try:
            await self.link.write(data)
            frames = Frames(self.link, psom.decode, psom.CLIENT_MAX)
            got = await asyncio.wait_for(frames.next(), 30)
        except asyncio.TimeoutError:
            raise AssertionError('no answer to HELLO') from None
        except GONE as fault:
            raise Closed(str(fault)) from fault
        if not got:
            raise Closed('notify')
        if got.kind == 'REJECT':
            raise Refused(got)
        assert got.kind == 'HELLO_OK', got
        frames.rest()
        return got['session']

    async def join(self, **other):
        """Through the edge, into the conference."""
        await self.connect(psom_do.connect(), **other)
        self.reader = asyncio.ensure_future(self._read())
        return self

    async def join_inside(self, space, target, context):
        """Straight to the MCU, as clients inside do."""
        self.link = await Link.dial(target, context,
                                    psom.mcu_of(self.join_entries),
                                    space=space)
        self.session = await self.hello(psom.hello(
            self.join_entries, token=bytes(84)) + psom_do.connect())
        self.reader = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        try:
            while got := await psom_do.receive(self.link):
                self._take(*got)
                self.news.set()
            self.end = 'notify'
        except GONE as fault:
            self.end = 'cut' if type(fault).__name__ == 'Cut' else 'reset'
        finally:
            self.news.set()

    def _take(self, op, _number, body):
        if op == psom_do.ERROR:
            cursor = psom_do.Body(body)
            self.errors.append((cursor.number('H'), cursor.string()))
            return
        method, found = psom_do.arguments(body)
        if method == psom_do.CONTENT:
            title, chunk, last = found
            self.parts.setdefault(title, []).append(chunk)
            if last:
                self.contents[title] = b''.join(self.parts.pop(title))
                self.log.append(('content', title))
        elif method == psom_do.ACTIVE:
            self.active = found[0]
            self.log.append(('active', found[0]))
        elif method == psom_do.RESERVED:
            self.reserved.append(found[0])

    async def wait(self, done, limit=30):
        """Until done() is true of what has come; a lost connection fails."""
        async def until():
            while not done():
                assert self.end is None, f'{self.user}: ended by {self.end}'
                self.news.clear()
                await self.news.wait()
        try:
            await asyncio.wait_for(until(), limit)
        except asyncio.TimeoutError:
            raise AssertionError(
                f'{self.user} waits in vain; it has {self.log[-5:]} and '
                f'{self.errors}') from None
        return self

    async def upload(self, title, data):
        """A content, in frames."""
        for at in range(0, max(1, len(data)), psom_do.CHUNK):
            last = at + psom_do.CHUNK >= len(data)
            await self.link.write(psom_do.invoke(
                psom_do.UPLOAD, title, data[at:at + psom_do.CHUNK], last))

    async def present(self, title):
        """All others are shown it."""
        await self.link.write(psom_do.invoke(psom_do.PRESENT, title))

    async def reserve(self, title, cookie):
        """Ask, and have the answer: a round trip."""
        await self.link.write(psom_do.invoke(psom_do.RESERVE, title, cookie))
        await self.wait(lambda: cookie in self.reserved)

    async def got(self, title, data=None):
        """Wait for a content; it must be that."""
        await self.wait(lambda: title in self.contents)
        assert data is None or self.contents[title] == data, \
            f'{self.user}: {title} has come altered'

    async def ended(self, limit=30):
        """How the other side ends it."""
        async def until():
            while self.end is None:
                self.news.clear()
                await self.news.wait()
        await asyncio.wait_for(until(), limit)
        return self.end

    async def pause(self):
        """Stop reading; the bytes stay where they are."""
        self.reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.reader

    async def half_close(self):
        """No more from here; what comes is still read."""
        await self.pause()
        await self.link.half_close()
        self.reader = asyncio.ensure_future(self._read())

    async def leave(self):
        """An orderly end."""
        if self.reader:
            await self.pause()
        if self.link:
            await self.link.close()
