"""A data leg (WC 5.8): dialled, offered, parked, used for one session."""
import asyncio
import contextlib
import os
import ssl
import time

from support import psom
from support.tls_link import Frames
from webconf import modes

FAULTS = (OSError, ssl.SSLError, asyncio.IncompleteReadError,
          asyncio.TimeoutError, psom.Fault)


class Leg:
    """From OFFER to the end of its session."""

    def __init__(self, trunk):
        self.trunk, self.mcu = trunk, trunk.mcu
        self.link = None
        self.state = 'dialling'
        self.since = time.monotonic()
        self.task = asyncio.ensure_future(self._run())

    @property
    def age(self):
        """Seconds since it was dialled."""
        return time.monotonic() - self.since

    def close(self):
        """Not wanted any more; a session is not touched."""
        if self.state != 'relaying':
            self.task.cancel()

    async def _run(self):
        try:
            self.link = await self.trunk.dial()
            await self.link.write(psom.encode(
                'OFFER', version=1, name=self.mcu.name,
                instance=self.mcu.instance))
            self.state = 'parked'
            await self._wait()
        except FAULTS as fault:
            self.mcu.tell('leg_lost', edge=self.trunk.edge, state=self.state,
                          why=type(fault).__name__)
        except asyncio.CancelledError:
            pass
        finally:
            self.state = 'gone'
            self.trunk.legs.discard(self)
            self.trunk.fill()
            if self.link:
                await self.link.close()

    async def _wait(self):
        frames = Frames(self.link, psom.decode, psom.CLIENT_MAX)
        got = await frames.next()
        if not got:
            return
        if got.kind != 'ASSIGN':
            self.mcu.tell('leg_refused', edge=self.trunk.edge,
                          kind=got.kind, code=got.get('code'))
            return
        self.state = 'assigning'
        self.trunk.fill()
        frames.rest()
        await assigned(self, got)


async def assigned(leg, assign):
    """ASSIGN has come: refuse, keep silent, or serve."""
    mcu = leg.mcu
    sid = assign['session'].hex()
    guest, code = mcu.book.find(assign['inner'], assign['conference'])
    how, number = modes.parse(mcu.once or mcu.answer or
                              (guest.mode if guest else 'echo'))
    mcu.once = None
    if how == 'refuse':
        code = number or 403
    if mcu.sessions >= mcu.capacity:
        code = code or 503
    mcu.tell('assigned', edge=leg.trunk.edge, session=sid, code=code,
             client='%s:%d' % assign['client'], tls='%04x' % assign['tls'],
             user=guest.user if guest else None)
    if how == 'never':
        await leg.link.read()
    elif how == 'dies':
        await leg.link.abort()
    elif code:
        await leg.link.write(psom.encode(
            'ASSIGN_NO', session=assign['session'], code=code))
    else:
        leg.state = 'relaying'
        # what a mode sends comes right behind the answer
        await leg.link.write(psom.encode('ASSIGN_OK',
                                         session=assign['session']))
        await session(mcu, leg.link, guest, sid)


async def session(mcu, link, guest, sid):
    """Serve the guest; one line when it ends."""
    how, number = modes.parse(guest.mode)
    begun, sent, received = time.monotonic(), link.sent, link.received
    received -= len(link.waiting)
    end = 'eof'
    mcu.sessions += 1
    mcu.count += 1
    try:
        await modes.MODES[how](modes.Session(link, guest, mcu.book, number))
    except asyncio.CancelledError:
        end = 'ended here'
    except FAULTS as fault:
        end = 'cut' if type(fault).__name__ == 'Cut' else 'reset' \
            if isinstance(fault, (ConnectionError, ssl.SSLError)) \
            else str(fault)
        if end != 'cut':
            await link.abort()
    finally:
        mcu.sessions -= 1
        mcu.tell('session_ended', session=sid, user=guest.user, end=end,
                 received=link.received - received, sent=link.sent - sent,
                 seconds=round(time.monotonic() - begun, 3))
    with contextlib.suppress(*FAULTS):
        await link.close()


async def inner_client(mcu, link):
    """A client inside, which dials the MCU itself: HELLO with an all-zero
    token (WC 5.3)."""
    frames = Frames(link, psom.decode, psom.CLIENT_MAX)
    try:
        await link.handshake()
        hello = await asyncio.wait_for(frames.next(), 5)
        guest = None
        if hello and hello.kind == 'HELLO' and not any(hello['token']) and \
                psom.fold_name(hello['mcu']) == psom.fold_name(mcu.name):
            guest = mcu.book.find(hello['inner'], hello['conference'])[0]
        if not guest:
            await link.write(psom.encode('REJECT', code=401, retry=0,
                                         text='not authorized'))
            return
        sid = os.urandom(16)
        await link.write(psom.encode('HELLO_OK', version=1, session=sid))
        frames.rest()
        await session(mcu, link, guest, sid.hex())
    except FAULTS as fault:
        mcu.tell('inner_client_lost', why=type(fault).__name__)
    finally:
        await link.close()
