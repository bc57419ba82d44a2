"""A conference and its participants: what one uploads and presents all others
get, in one order; who comes late gets what is there first. There is one list
for all, so whoever is slow is only behind, till it is too far behind."""
import asyncio

from support import psom, psom_do

KEPT_MAX = 256 << 20  # bytes of content a conference holds


class Conference:
    """The list, and who reads it."""

    def __init__(self, uri, journal, queue_max):
        self.uri, self.journal, self.queue_max = uri, journal, queue_max
        self.frames = []  # (author, frame)
        self.kept = 0
        self.participants = set()

    def add(self, author, frame):
        """One more frame for all but its author."""
        if self.kept + len(frame) > KEPT_MAX:
            raise psom.Fault(507, 'the conference is full')
        self.kept += len(frame)
        self.frames.append((author, frame))
        for one in list(self.participants):
            one.more(len(frame))

    def end(self):
        """Everybody goes."""
        for one in list(self.participants):
            one.leave('conference_ended')


class Participant:
    """One session in a conference; serve() until it ends."""

    def __init__(self, conference, link, user):
        self.conference, self.link, self.user = conference, link, user
        self.at, self.behind = 0, conference.kept
        self.behind_max = conference.kept + conference.queue_max
        self.answers = []  # for this one alone
        self.news = asyncio.Event()
        self.is_ending = False
        self.why = 'left'
        self.task = None

    def more(self, size):
        """Something new is in the list."""
        self.behind += size
        if self.behind > self.behind_max:
            self.leave('too_far_behind')
        self.news.set()

    def leave(self, why):
        """End the session from here."""
        self.why = why
        if self.task:
            self.task.cancel()

    async def _send(self):
        while True:
            self.news.clear()
            while self.answers:
                await self.link.write(self.answers.pop(0))
            if self.at < len(self.conference.frames):
                author, frame = self.conference.frames[self.at]
                self.at += 1
                if author is not self:
                    await self.link.write(frame)
                self.behind -= len(frame)
            elif self.is_ending:
                return
            else:
                await self.news.wait()

    async def _receive(self):
        while got := await psom_do.receive(self.link):
            op, number, body = got
            try:
                if self.operation(op, number, body):
                    return
            except psom.Fault as fault:
                self.answer(psom_do.error(fault.code, str(fault)))

    def answer(self, frame):
        """To this one alone."""
        self.answers.append(frame)
        self.news.set()

    def operation(self, op, number, body):
        """Do what the client says; true when it is the last."""
        if op == psom_do.CONNECT:
            psom_do.connected(body)
        elif op == psom_do.INVOKE and number == psom_do.MANAGER:
            self.invoked(*psom_do.arguments(body))
        elif op == psom_do.DISCONNECT:
            return True
        elif op not in (psom_do.BEAT, psom_do.ERROR):
            raise psom.Fault(404, f'operation {op} on {number}')
        return False

    def invoked(self, method, found):
        """A method of the ContentManager."""
        if method == psom_do.UPLOAD:
            self.conference.add(self, psom_do.invoke(psom_do.CONTENT, *found))
        elif method == psom_do.PRESENT:
            self.conference.add(self, psom_do.invoke(psom_do.ACTIVE, *found))
        elif method == psom_do.RESERVE:
            self.answer(psom_do.invoke(psom_do.RESERVED, found[1]))
        else:
            raise psom.Fault(404, f'method {method}')

    async def serve(self):
        """Both ways, till the client ends its own and has got all that is
        there; its fault, or the connection's, is raised."""
        self.task = asyncio.current_task()
        self.conference.participants.add(self)
        ways = [asyncio.ensure_future(self._receive()),
                asyncio.ensure_future(self._send())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                if way.done():
                    way.result()
            self.is_ending = True
            self.news.set()
            await ways[1]
        finally:
            self.conference.participants.discard(self)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
