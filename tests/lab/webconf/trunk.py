"""The control connection to one edge (WC 5.6, 5.7): dial, register, open the
legs that are wanted, ping, end; again after 1, 2, 4 .. 60 s."""
import asyncio
import os
import random
import socket
import time

from support import psom
from support.tls_link import Frames, Link
from webconf.journal import AGAIN
from webconf.leg import FAULTS, Leg

PORT = 8057
WAIT_MAX = 60
OWED_MAX = 1024  # legs that are wanted and not yet dialled
REPLACED_AT_ONCE = 4  # legs of full age that are renewed in one look


class Ended(ConnectionError):
    """The edge has said BYE or REJECT."""


class Trunk:
    """One edge, for as long as the MCU runs."""

    def __init__(self, mcu, edge, address):
        self.mcu, self.edge, self.address = mcu, edge, address
        self.state, self.proxy = 'down', None
        self.legs, self.limits = set(), {}
        self.link, self.told = None, None
        self.wanted, self.owed = 0, 0
        self.heard, self.asked = 0.0, None
        self.task = asyncio.ensure_future(self._run())

    async def dial(self):
        """A connection to the edge that has proved its name."""
        address = self.address
        if not address:
            found = await asyncio.get_running_loop().getaddrinfo(
                self.edge, PORT, family=socket.AF_INET,
                type=socket.SOCK_STREAM)
            address = found[0][4][0]
        return await Link.dial((address, PORT), self.mcu.context, self.edge,
                               source=self.mcu.source)

    async def _run(self):
        wait = 1
        while True:
            await self.mcu.here.wait()
            try:
                await self._register()
                wait = 1
                await self._talk()
            except FAULTS as fault:
                self._lost(f'{type(fault).__name__}: {fault}'[:200])
            finally:
                await self._drop()
            await asyncio.sleep(wait * random.uniform(0.8, 1.2)
                                * self.mcu.tempo)
            wait = min(2 * wait, WAIT_MAX)

    async def _register(self):
        mcu = self.mcu
        self.state = 'dialling'
        self.link = await self.dial()
        self.frames = Frames(self.link, psom.decode, psom.CONTROL_MAX)
        await self.link.write(psom.encode(
            'REGISTER', version=1, name=mcu.name, instance=mcu.instance,
            generation=mcu.generation, capacity=mcu.capacity,
            legs=mcu.legs_max))
        got = await asyncio.wait_for(self.frames.next(), 10)
        if got and got.kind == 'REJECT':
            mcu.tell('edge_bye', edge=self.edge, code=got['code'])
        if not got or got.kind != 'REGISTER_OK':
            raise Ended(f'REGISTER is answered by {got}')
        self.limits = got
        self.proxy = got['edge_fqdn'], got['edge_port']
        self.state, self.told = 'up', None
        mcu.tell('edge_connected', edge=self.edge,
                 edge_id=got['edge_id'].hex())

    def _lost(self, why):
        was, self.state = self.state, 'down'
        now = time.monotonic()
        if was == 'up' or not self.told or now - self.told > AGAIN:
            self.told = now
            self.mcu.tell('edge_lost', edge=self.edge, why=why)
        if was == 'up' and not self.mcu.proxies():
            self.mcu.tell('no_edge')

    async def _drop(self):
        self.state, self.owed = 'down', 0
        for leg in list(self.legs):
            leg.close()
        if self.link:
            await self.link.abort()
            self.link = None

    async def _talk(self):
        watch = asyncio.ensure_future(self._watch())
        try:
            self.heard, self.asked = time.monotonic(), None
            while got := await self.frames.next():
                self.heard, self.asked = time.monotonic(), None
                await self.message(got)
            raise Ended('the edge has closed')
        finally:
            watch.cancel()

    async def message(self, got):
        """One message of the edge."""
        if got.kind == 'WANT':
            self.wanted += got['legs']
            self.owed = min(self.owed + got['legs'], OWED_MAX)
            self.fill()
        elif got.kind == 'PING':
            await self.say('PONG', echo=got['echo'])
        elif got.kind == 'DRAIN':
            self.state = 'draining'
            self.mcu.tell('edge_drains', edge=self.edge, grace=got['grace'])
        elif got.kind in ('BYE', 'REJECT'):
            self.mcu.tell('edge_bye', edge=self.edge, code=got['code'])
            raise Ended(f'{got.kind} {got["code"]}')
        elif got.kind != 'PONG':
            raise psom.Fault(400, f'{got.kind} on a control connection')

    async def say(self, kind, **values):
        """A message to the edge, if it is there."""
        if self.link and self.state in ('up', 'draining'):
            await self.link.write(psom.encode(kind, **values))

    def fill(self):
        """More legs, of those that are wanted, as far as both sides allow; the
        rest as those are used."""
        waiting = sum(leg.state in ('dialling', 'parked') for leg in self.legs)
        room = min(self.mcu.legs_max,
                   self.limits.get('parked_max', 0)) - waiting
        while self.owed and room > 0 and self.state == 'up' and \
                self.mcu.dials_legs:
            self.owed, room = self.owed - 1, room - 1
            self.legs.add(Leg(self))

    async def _watch(self):
        """Pings in quiet times, death of the silent, legs of full age."""
        while True:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            if now - self.heard > self.limits['dead_s']:
                self.link.writer.transport.abort()
                return
            if now - self.heard > self.limits['ping_s'] and not self.asked:
                self.asked = now
                await self.say('PING',
                               echo=int.from_bytes(os.urandom(8), 'big'))
            old = [leg for leg in self.legs if leg.state == 'parked'
                   and leg.age > self.mcu.parked_age][:REPLACED_AT_ONCE]
            for leg in old:
                self.legs.discard(leg)
                self.legs.add(Leg(self))
                leg.close()

    def status(self):
        """For who asks."""
        states = [leg.state for leg in self.legs]
        return {'state': self.state, 'proxy': self.proxy,
                'wanted': self.wanted,
                **{name: states.count(name) for name in (
                    'dialling', 'parked', 'assigning', 'relaying')}}
