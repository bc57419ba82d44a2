"""Before the first sign-in: few requests, slowly, of few methods, one
attempt at a time, and not many failures."""
import time

from support import gate, journey, sip
from support import sink as director
from support.wait import until

SHARDS = 'once'


def attempt(user, **how):
    """Send a REGISTER; its Call-ID."""
    call_id = sip.token()
    user.wire.send(user.registration(call_id=call_id, **how))
    return call_id


def rate(j, edge, inside):
    """A burst of 6, then 2 a second; REGISTER is told 504."""
    gate.relimit(edge)
    inside.answer = director.challenge
    user = j.user('bob', 1)
    begun = time.monotonic()
    for _ in range(6):
        attempt(user)
        user.wire.expect(401)
    late = attempt(user)
    answer = user.wire.receive()  # on a slow machine it has its token
    if time.monotonic() - begun < 0.4:
        gate.tells(answer, 504, 'Request rate too high')
        assert edge.refused()['rate'] == 1
        assert gate.events(edge, 1010, reason='rate', status=504)
        inside.quiet(late)
    time.sleep(1.1)
    for _ in range(2):
        attempt(user)
        user.wire.expect(401)
    user.stop()


def number(j, edge, inside):
    """The last of so many requests is answered, and that is all."""
    gate.relimit(edge, unsigned_requests=3)
    inside.answer = director.challenge
    user = j.user('bob', 1)
    for _ in range(3):
        attempt(user)
        user.wire.expect(401)
    late = attempt(user)
    gate.told(user.wire, 504, 'Too many requests before sign-in')
    assert user.wire.closed()
    assert edge.refused() == {'unsigned_limit': 1}
    assert gate.events(edge, 1010, reason='unsigned_limit')
    inside.quiet(late)
    # another method is told 503, on a connection of its own
    gate.relimit(edge, unsigned_requests=1)
    user = j.user('bob', 1)
    for _ in range(2):
        user.wire.send(user.request('MESSAGE', 'sip:alice@contoso.com'))
    gate.told(user.wire, 403, 'Method not admitted before sign-in')
    gate.told(user.wire, 503, 'Too many requests before sign-in')
    assert user.wire.closed()


def in_flight(j, edge, inside):
    """A second attempt waits for the first to be answered."""
    gate.relimit(edge)
    inside.answer = director.silence
    user = j.user('bob', 1)
    first = attempt(user)
    inside.wait(first)
    second = attempt(user)
    gate.told(user.wire, 504, 'Request rate too high')
    inside.quiet(second)
    inside.tell(inside.saw(first)[0], 403)
    assert user.wire.expect(403).value('Call-ID') == first
    inside.answer = director.challenge
    attempt(user)
    user.wire.expect(401)
    user.stop()


def methods(j, edge, inside):
    """REGISTER, NEGOTIATE and OPTIONS to us; nothing else goes on."""
    gate.relimit(edge, unsigned_burst=100, unsigned_requests=100)
    inside.answer = director.yes
    inside.forget()
    user = j.user('bob', 1)
    refused = ('INVITE', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'SERVICE', 'INFO',
               'PUBLISH', 'REFER', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'NEW')
    for method in refused:
        user.wire.send(user.request(method, 'sip:alice@contoso.com'))
        gate.told(user.wire, 403, 'Method not admitted before sign-in')
    assert edge.refused() == {'method_unsigned': len(refused)}
    for method in ('ACK', 'BENOTIFY'):
        user.wire.send(user.request(method, 'sip:alice@contoso.com'))
    user.wire.send(user.request('NEGOTIATE', 'sip:sip.contoso.com'))
    gate.told(user.wire, 405, 'Compression not offered')
    user.wire.send(user.request('OPTIONS', 'sip:sip.contoso.com'))
    assert user.wire.receive().status == 200
    assert not [m for _, m in inside.requests if m.method != 'ACK'], \
        inside.requests
    attempt(user)
    user.wire.expect(200)
    # and now they may
    user.wire.send(user.request('MESSAGE', 'sip:alice@contoso.com'))
    user.wire.expect(200)
    user.stop()


def cancel_flood(j, edge, inside):
    """CANCELs that belong to nothing are no way around the limits."""
    gate.relimit(edge)
    inside.forget()
    user = j.user('bob', 1)
    for _ in range(30):
        try:
            user.wire.send(user.request('CANCEL', 'sip:alice@contoso.com'))
        except OSError:
            break
    assert user.wire.closed()
    assert inside.count() <= 7, inside.count()
    assert edge.refused().get('unsigned_limit') == 1, edge.refused()


def proof(user, number_, name=None):
    """A REGISTER whose Authorization is a final step."""
    name = name or user.name
    return user.request(
        'REGISTER', 'sip:contoso.com', to=f'sip:{name}@contoso.com',
        call_id=sip.token(), cseq=number_, contact=f'<{user.contact}>',
        extra=[('Authorization', f'Digest username="{name}", '
                'realm="contoso.com", nonce="1", uri="sip:contoso.com", '
                'response="00000000000000000000000000000000"')])


def fail(j, client, name, times, source_name=None):
    """So many wrong passwords, each answered by the inside."""
    for n in range(times):
        user = j.user(name, client)
        user.wire.send(proof(user, n + 1, source_name))
        answer = user.wire.receive()
        assert answer.status == 401 and answer.value('WWW-Authenticate'), \
            answer.raw
        user.stop()
        j.parts.remove(user)


def failures(j, edge, inside):
    """Too many wrong passwords block that address, never the name."""
    gate.relimit(edge, failed_sign_ins=3, failed_window_ms=20000,
                 failed_block_ms=2500)
    inside.answer = director.challenge
    fail(j, 1, 'bob', 4)
    assert gate.count(edge, 'auth_fail') == 4
    begun = time.monotonic()
    assert len(gate.events(edge, 1030)) == 1
    user = j.user('bob', 1)
    inside.forget()
    late = attempt(user)
    gate.told(user.wire, 403, 'Too many failed sign-ins')
    assert edge.refused() == {'sign_in_blocked': 1}
    assert gate.events(edge, 1010, reason='sign_in_blocked')
    inside.quiet(late)
    other = j.user('carol', 1)  # the whole address
    late = attempt(other)
    gate.told(other.wire, 403, 'Too many failed sign-ins')
    inside.quiet(late)
    inside.answer = director.yes
    # bob himself, at home, notices nothing
    home = j.user('bob', 2)
    attempt(home)
    home.wire.expect(200)
    assert time.monotonic() - begun < 2.4
    until(lambda: time.monotonic() - begun > 2.7, 5, '')
    attempt(user)
    user.wire.expect(200)
    for one in (user, other, home):
        one.stop()


def guessing(j, edge, inside):
    """Who has signed in may not try other people's passwords either, and
    keeps his own seat."""
    gate.relimit(edge, failed_sign_ins=3, failed_block_ms=60000)
    inside.answer = director.yes
    user = j.user('bob', 1)
    attempt(user)
    user.wire.expect(200)
    inside.answer = director.challenge
    aor, user.aor = user.aor, 'sip:alice@contoso.com'
    for n in range(4):
        user.wire.send(proof(user, n + 1, 'alice'))
        user.wire.expect(401)
    late = attempt(user)
    gate.told(user.wire, 403, 'Too many failed sign-ins')
    inside.quiet(late)
    inside.answer = director.yes
    user.aor = aor
    attempt(user)
    user.wire.expect(200)
    user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (rate, number, in_flight, methods, cancel_flood, failures,
                 guessing):
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err


journey.main(body, limit=60)
