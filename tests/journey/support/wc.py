"""What journeys of the Web Conferencing edge share: edges of one pool, their
Data MCUs, a loop with clients, what is so when nobody is there."""
import asyncio
import re
import ssl

from support import netns, psom
from support.meeting import (OUTSIDE, PUBLIC, SECOND, Loop, Outside,
                             Participant, Refused)
from support.mcu import CORP
from support.pool import two_members
from support.tls_link import Frames, Link, client_context
from support.wait import until

EDGES = [f'edge01.{CORP}', f'edge02.{CORP}']
POOL = f'edgepool01.{CORP}'
DOOR = (netns.EDGE_INSIDE, 8057)
# a crowd from one machine is not what these journeys are about
CROWD = {'webconf.accept_rate': 100000, 'webconf.accept_burst': 100000,
         'webconf.sessions_per_source': 30000,
         'webconf.preauth_per_source': 512}


def put_keys(edge, text):
    """The edge's ring and the copy of its Data MCUs, as text says."""
    folder = edge.folder / 'state' / 'secrets'
    folder.mkdir(mode=0o700, exist_ok=True)
    for ring in (folder / 'psom.keys', edge.keys):
        put_text(ring, text)


def put_text(path, text):
    """The file has the old text or this, never a part; nobody else reads."""
    fresh = path.with_suffix('.fresh')
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.rename(path)


class Rooms:
    """Edges, MCUs and clients of one journey; keys: ring lines."""

    def __init__(self, j, mcus=('fe02',), edges=1, limits=None, **how):
        self.j, self.pool = j, EDGES[:edges]
        where, spaces = {}, [j.world.edge]
        if edges == 2:
            where, spaces = two_members(j), [*spaces, j.world.second_edge()]
        mcu_how = how.pop('mcu', {})
        keys = how.pop('keys', None) or psom.ring_line(7, word='')
        self.edges = []
        for number, space in enumerate(spaces):
            edge = j.webconf_edge(limits={**CROWD, **(limits or {})},
                                  member=number + 1, space=space,
                                  **{**where, **how})
            put_keys(edge, keys)
            edge.start()
            self.edges.append(edge)
        self.edge = self.edges[0]
        self.mcus = [j.mcu(self.edge.keys, host, edges=self.pool, **mcu_how)
                     for host in mcus]
        self.mcu = self.mcus[0] if mcus else None
        self.loop = Loop()
        j.parts.append(self.loop)
        self.run, self.all = self.loop.run, self.loop.all
        self.outside = Outside(j.world, j.ca, {PUBLIC: [
            OUTSIDE, SECOND][:edges]})
        for mcu in self.mcus:
            mcu.wait_up(self.pool)

    def client(self, number=1, user='alice', mcu=None, source=0, **how):
        """One whom the MCU has given what it needs; how: mode, life."""
        entries = (mcu or self.mcu).add_user(number, user, **how)
        return Participant(self.outside, entries,
                           netns.CLIENTS[source % len(netns.CLIENTS)], user)

    def joined(self, number=1, user='alice', **how):
        """The same, in its conference."""
        one = self.client(number, user, **how)
        self.run(one.join())
        return one

    def raw(self, mode, first=b'', **how):
        """The same, with nothing but the relayed bytes."""
        one = self.client(mode=mode, **how)
        self.run(one.connect(first))
        return one

    def refused(self, one, **other):
        """The Refused that a join ends with."""
        try:
            self.run(one.connect(**other))
        except Refused as fault:
            return fault
        raise AssertionError('joined')

    def knock(self, data, **how):
        """What comes back for first bytes."""
        return self.run(self.outside.knock(data, **how))

    def wait_empty(self, limit=10):
        """No client is left at an edge, and no session at an MCU."""
        until(lambda: all(load(edge)['clients'] == 0 for edge in self.edges),
              limit, lambda: str([load(edge) for edge in self.edges]))
        until(lambda: all(mcu.order('status')['sessions'] == 0
                          for mcu in self.mcus), limit,
              lambda: str([mcu.order('status') for mcu in self.mcus]))


class Server:
    """A Data MCU by hand: one connection to 8057 with a certificate."""

    def __init__(self, rooms, certificate='fe02', target=DOOR,
                 source=netns.MCU):
        self.rooms = rooms
        self.target, self.source = target, source
        ca = rooms.j.ca
        self.context = client_context(ca / 'internal-ca.pem')
        if certificate:
            self.context.load_cert_chain(
                str(ca / f'{certificate}-chain.pem'),
                str(ca / f'{certificate}.key'))
        self.link = self.frames = None

    def dial(self):
        """Shake hands."""
        async def go():
            self.link = await Link.dial(
                self.target, self.context, EDGES[0], source=self.source,
                space=self.rooms.j.world.inside)
            self.frames = Frames(self.link, psom.decode, psom.CONTROL_MAX)
        self.rooms.run(go())
        return self

    def send(self, data):
        """Bytes."""
        self.rooms.run(self.link.write(data))

    def next(self, limit=10):
        """The next Frame, or notify, cut, reset."""
        async def go():
            try:
                return await asyncio.wait_for(self.frames.next(),
                                              limit) or 'notify'
            except asyncio.TimeoutError:
                raise AssertionError('nothing comes') from None
            except (ConnectionError, ssl.SSLError) as fault:
                return 'cut' if type(fault).__name__ == 'Cut' else 'reset'
        return self.rooms.run(go())

    def ask(self, kind, **values):
        """Send one; the next that comes."""
        self.send(psom.encode(kind, **values))
        return self.next()

    def register(self, **other):
        """REGISTER as fe02 would; what comes."""
        return self.ask('REGISTER', **{
            'version': 1, 'name': f'fe02.{CORP}', 'instance': b'i' * 16,
            'generation': 1, 'capacity': 100, 'legs': 8, **other})

    def expect(self, kind):
        """The next must be that; legs may be wanted at any time."""
        got = self.next()
        while kind != 'WANT' and getattr(got, 'kind', None) == 'WANT':
            got = self.next()
        assert getattr(got, 'kind', None) == kind, got
        return got

    def close(self):
        """Gone."""
        if self.link:
            self.rooms.run(self.link.abort())


def load(edge):
    """Connections of an edge, by what they are."""
    return edge.call('GET', '/v1/status')[1]['conference']['connections']


def wait_reason(edge, noun, reason, least=1, limit=5):
    """Until so many are counted so."""
    until(lambda: edge.reasons(noun).get(reason, 0) >= least, limit,
          lambda: f'{noun} {reason} is not {least}: {edge.reasons(noun)}')


FIELD = re.compile(r' (\w+)=("[^"]*"|\S*)')
REFUSED, SESSION, MCU_UP, MCU_DOWN = 2010, 2011, 2020, 2021
MCU_REFUSED, PEER_REFUSED, LEG_REFUSED = 2024, 2025, 2026


def events(edge, number, **words):
    """Fields of the log lines of that event id, with these among them."""
    found = [dict(FIELD.findall(line)) for line in
             edge.log.read_text(errors='replace').splitlines()
             if re.match(rf'\S+ webconf-edge \w+ {number} ', line)]
    return [one for one in found if all(
        one.get(key) == str(value) for key, value in words.items())]


def wait_event(edge, number, least=1, **words):
    """Once it is told so often: all of them."""
    return until(lambda: len(found := events(edge, number, **words)) >= least
                 and found, 10, lambda: f'no event {number} {words}: '
                 f'{edge.tail()}')


def write_limits(edge, **limits):
    """Other [limits] beside those for a crowd, for who reads them next."""
    text = edge.ini.read_text().split('\n[limits]\n')[0]
    edge.ini.write_text(text + '\n[limits]\n' + ''.join(
        f'{name} = {value}\n' for name, value in {**CROWD, **{
            f'webconf.{name}': v for name, v in limits.items()}}.items()))


def relimit(edge, **limits):
    """The same, and the edge reads them now."""
    write_limits(edge, **limits)
    status, said = edge.call('POST', '/v1/reload')
    assert status == 200, said
