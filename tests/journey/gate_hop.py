"""Toward the next hop: a window and a rate, of which strangers get their
share, one half of it kept for quiet addresses; who has signed in is held a
moment before he is refused."""
import threading
import time

from support import gate, journey, sip
from support import sink as director
from support.wait import until

CAROL = 'sip:carol@contoso.com'


def signed_in(j, inside, name='bob', client=1):
    """A user whose REGISTER the inside has taken."""
    inside.answer = director.yes
    user = j.user(name, client)
    user.wire.send(user.registration())
    user.wire.expect(200)
    inside.forget()
    return user


def window(j, edge, inside):
    """Unanswered requests of strangers: 20 % of the window."""
    gate.relimit(edge, next_hop_window=20 * j.shards)
    friend = signed_in(j, inside)
    inside.answer = director.silence
    strangers = [j.user('dave', n) for n in range(2, 12)]
    for user in strangers:
        user.wire.send(user.registration())
    until(lambda: inside.count('REGISTER') + edge.refused().get(
        'overload_register', 0) == 10, 5, 'not all are judged')
    seen = inside.count('REGISTER')
    assert seen <= 4 * j.shards, seen
    assert seen == 4 or j.shards > 1, seen
    assert edge.refused() == {'overload_register': 10 - seen}
    assert gate.events(edge, 1010, reason='overload_register', status=504)
    entered = gate.events(edge, 1034, state='entered')
    assert 1 <= len(entered) <= j.shards, entered
    refused = [u for u in strangers if gate.heard(u.wire)]
    assert len(refused) == 10 - seen
    gate.told(refused[0].wire, 504, 'Next hop share used up')
    # the one who has signed in notices nothing
    friend.wire.send(friend.request('MESSAGE', CAROL))
    until(lambda: inside.count('MESSAGE') == 1, 2, 'the friend waits')
    for user in [*strangers, friend]:
        user.stop()


def fills_window(friend, inside):
    """A MESSAGE that nobody answers; its Call-ID."""
    inside.answer = director.silence
    call_id = sip.token()
    friend.wire.send(friend.request('MESSAGE', CAROL, call_id=call_id))
    inside.wait(call_id)
    return call_id


def held(j, edge, inside):
    """Past the window: held, passed on when there is room, else refused in
    half a second; counted once."""
    # long enough, however late what makes room comes
    gate.relimit(edge, next_hop_window=j.shards, hold_ms=10000)
    friend = signed_in(j, inside)
    first = fills_window(friend, inside)
    second, third = sip.token(), sip.token()
    friend.wire.send(friend.request('MESSAGE', CAROL, call_id=second))
    inside.quiet(second, 0.2)
    inside.tell(inside.saw(first)[0], 200)
    friend.wire.expect(200)
    inside.wait(second)
    assert gate.count(edge, 'held') == 1
    friend.stop()
    gate.relimit(edge, next_hop_window=j.shards)
    friend = signed_in(j, inside)
    fills_window(friend, inside)
    begun = time.monotonic()
    friend.wire.send(friend.request('MESSAGE', CAROL, call_id=third))
    gate.told(friend.wire, 503, 'Next hop share used up')
    gate.took(begun, 0.4, 0.9)
    inside.quiet(third, 0)
    friend.wire.send(friend.registration())
    gate.told(friend.wire, 504, 'Next hop share used up')
    assert gate.count(edge, 'held') == 2
    assert edge.refused() == {'overload': 1, 'overload_register': 1}
    friend.stop()


def flood(user, seconds):
    """Bogus REGISTERs on one connection, as many as go."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            user.wire.send(user.registration() * 5)
        except OSError:
            return
        gate.drink(user.wire, 0.05)


def share(j, edge, inside):
    """20 % of the rate is all that strangers get, and a quiet address gets
    in although others shout."""
    # each shard has its part of the rate: the same parts in every run
    gate.relimit(edge, next_hop_rate=100 * j.shards, source_share=3,
                 unsigned_rate=1000, unsigned_burst=1000,
                 unsigned_requests=100000)
    inside.answer = director.challenge
    shouting = [j.user('dave', n) for n in range(2, 8)]
    threads = [threading.Thread(target=flood, args=[u, 5]) for u in shouting]
    quiet = [j.user('bob', n) for n in range(20, 24)]
    inside.forget()
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    for user in quiet * 2:  # refused once in a while is refused too often
        user.wire.send(user.registration())
        user.wire.expect(401)
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    passed = time.monotonic() - begun
    seen = inside.count()
    assert seen <= j.shards * (20 + 20 * passed) + 1, (seen, passed)
    assert seen >= 10 * passed, (seen, passed)
    assert edge.refused()['overload_register'] > 20
    for user in shouting + quiet:
        user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (window, held, share):
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err


journey.main(body, limit=60)
