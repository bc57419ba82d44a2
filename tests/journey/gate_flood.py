"""AE 5's own test: 10 000 half-open TLS connections, 5000 heads that never end,
1000 bogus REGISTERs a second from fifty addresses, and a discovered partner at
2000 messages a second, while real clients sign in at a real registrar within
five seconds. First with the limits as they come, then with limits so wide that
the whole crowd is let in. Memory stays under its budget and all is given
back."""
import itertools
import time

from support import federated, gate, journey, netns, sip
from support.flood import Flood
from support.wait import until

FULL = {'half': 10000, 'slow': 5000, 'register': 1000, 'partner': 2000}
TENTH = {key: value // 10 for key, value in FULL.items()}  # of sanitizers
RATE = 2000  # toward the next hop, a second: strangers get a fifth
SHARE = RATE // 5
STANDARD_RATE = 20  # of a discovered partner, a second
MEMORY = 1024  # MiB
ADDRESSES = 50
REAL = itertools.cycle(f'192.0.2.{n}' for n in range(151, 171))
# each sign-in leaves a Contact at the registrar, and an answer holds forty
NAMES = itertools.cycle(['alice', 'bob', 'carol', 'dave'])
PARTNER = netns.CLIENTS[30]
WIDE = {'access.accept_rate': 5000, 'access.per_source': 1000,
        'access.handshakes_per_source': 500}
LIMITS = {'access.next_hop_rate': RATE, 'access.memory_mb': MEMORY}


def crowds(j, size):
    """All of them, at once."""
    door, inet, first = (netns.ACCESS, 443), j.world.inet, netns.CLIENTS[0]
    return {
        'half': Flood(j, inet, 'half', door, first, a=ADDRESSES,
                      c=size['half'], r=size['half'] // 2),
        'slow': Flood(j, inet, 'slow', door, first, a=ADDRESSES,
                      c=size['slow']),
        'register': Flood(j, inet, 'register', door, first,
                          a=ADDRESSES, c=10 * ADDRESSES, r=size['register']),
        'partner': Flood(j, inet, 'partner', federated.outside_address(),
                         PARTNER, a=4, c=8, r=size['partner'], u=3,
                         d='litwareinc.com', C=j.ca / 'litware-chain.pem',
                         K=j.ca / 'litware.key')}


def attempt(user):
    """Is it in? A client whose connection was closed makes another one."""
    try:
        return register(user)
    except OSError:
        pass
    except AssertionError as failure:
        if str(failure) != 'the connection was closed':
            raise
    user.wire.close()
    user.reconnect()
    return False


def register(user):
    """REGISTER, challenge, REGISTER, as a client does: is it in?"""
    for credentials in (False, True):
        extra = [user.credentials(answer, 'REGISTER', 'sip:contoso.com')] \
            if credentials else []
        user.wire.send(user.registration(cseq=1 + credentials, extra=extra))
        answer = user.wire.receive()
        while answer.status == 100:
            answer = user.wire.receive()
        if answer.status == 504:  # the share of strangers is used up: again,
            time.sleep(0.5)  # no faster than access.unsigned_rate
            return False
        assert answer.status == (200 if credentials else 401), answer.raw
    return True


def sign_in(j):
    """A real client from an address of its own; the seconds it took."""
    begun = time.monotonic()
    address = next(REAL)
    user = j.user(next(NAMES), address=address)
    until(lambda: attempt(user), 60, 'a real client does not get in')
    took = time.monotonic() - begun
    user.stop()
    j.parts.remove(user)
    return took


def strangers(director):
    """How many requests of theirs have come inside: (bogus, partner's)."""
    seen = [(m.value('Call-ID') or '')[:6] for m in director.arrived()
            if m.method in ('REGISTER', 'MESSAGE')]
    return seen.count('bogus-'), seen.count('flood-')


def bound(j, quick):
    """AE 5 gives a client 5 s; a machine that is slow now has longer."""
    return max(5, 10 * quick) * (1 if j.preset in ('dev', 'release') else 4)


class Watch:
    """Real clients, one after the other, and what the edge takes meanwhile."""

    def __init__(self, j, edge, director, quick):
        self.j, self.edge, self.director = j, edge, director
        self.bound = bound(j, quick)
        self.begun = time.monotonic()
        self.before = strangers(director)
        self.times, self.peak, self.most = [], 0, 0

    def go(self, seconds):
        """So long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.times.append(sign_in(self.j))
            self.peak = max(self.peak, gate.resident(self.edge))
            self.most = max(self.most, gate.connections(self.edge)[0])
            time.sleep(0.3)
        assert max(self.times) < self.bound, self.times

    def judge(self):
        """What has come inside."""
        passed = time.monotonic() - self.begun
        bogus, partner = (now - before for now, before in zip(
            strangers(self.director), self.before))
        assert bogus + partner <= SHARE * (passed + 2), (bogus, partner, passed)
        assert bogus >= passed, f'strangers got nothing: {bogus}'
        assert 0 < partner <= STANDARD_RATE * (passed + 2), (partner, passed)
        assert self.peak < MEMORY * 1024 or self.j.preset in ('asan', 'tsan'), \
            self.peak


def as_it_comes(j, edge, director, quick, size):
    """The limits of the door hold the crowd off."""
    watch = Watch(j, edge, director, quick)
    made = crowds(j, size)
    made['register'].wait('sent', size['register'], 20)
    watch.go(8)
    watch.judge()
    assert watch.most <= ADDRESSES * 200 + 200, watch.most
    for crowd in made.values():
        crowd.look()
        crowd.stop()
    assert gate.count(edge, 'connection_rejected', 'handshakes') > 0
    return watch


def let_in(j, edge, director, quick, size):
    """All of them are there at once."""
    gate.relimit(edge, **{name.partition('.')[2]: value for name, value in
                          {**LIMITS, **WIDE}.items()})
    sign_in(j)
    watch = Watch(j, edge, director, quick)
    made = crowds(j, size)
    made['half'].wait('open', size['half'] * 0.9, 30)
    made['slow'].wait('open', size['slow'] * 0.9, 30)
    before = {key: crowd.look()['sent'] for key, crowd in made.items()}
    begun = time.monotonic()
    watch.go(12)
    passed = time.monotonic() - begun
    rates = {key: (crowd.look()['sent'] - before[key]) / passed
             for key, crowd in made.items()}
    watch.judge()
    for crowd in made.values():
        crowd.stop()
    assert watch.most >= 0.9 * (size['half'] + size['slow']), watch.most
    assert rates['register'] > 0.5 * size['register'], rates
    assert rates['partner'] > 0.5 * size['partner'], rates
    until(lambda: gate.connections(edge) == (0, 0), 30,
          lambda: f'not given back: {gate.connections(edge)}')
    return watch, rates


def body(j):
    for _ in range(20):
        netns.run('ip', '-n', j.world.inet.name, 'address', 'add',
                  next(REAL) + '/24', 'dev', 'edge0')
    size = FULL if j.preset in ('dev', 'release') else TENTH
    director = j.director()
    j.resolver(federated.federation('litwareinc.com', 'sip.litwareinc.com'))
    edge = j.edge(topology=j.export(discovery=True), limits=LIMITS)
    quick = sign_in(j)
    assert quick < 5
    first = as_it_comes(j, edge, director, quick, size)
    wide, rates = let_in(j, edge, director, quick, size)
    assert gate.events(edge, 1040, lync=14603), edge.tail()
    lines = len(edge.log.read_text(errors='replace').splitlines())
    assert lines < 200 * (time.monotonic() - wide.begun + 10), lines
    j.said = (f'{size["half"]} half-open, {size["slow"]} slow, '
              f'{rates["register"]:.0f} REGISTER/s, '
              f'{rates["partner"]:.0f} MESSAGE/s; sign-in at most '
              f'{max(first.times):.2f} and {max(wide.times):.2f} s, '
              f'{wide.peak // 1024} MiB')


journey.main(body, limit=60)
