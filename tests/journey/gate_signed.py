"""After sign-in: rates of requests and of dialogs, transactions at once,
hops; REGISTER is told 504 and the rest 503 with Retry-After."""
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


def requests(user, method, count):
    """So many, as bytes."""
    return b''.join(user.request(method, CAROL) for _ in range(count))


def finals(user, count):
    """So many answers that are no 100."""
    answers = []
    while len(answers) < count:
        answer = user.wire.receive()
        if answer.status != 100:
            answers.append(answer)
    return answers


def passing(answers):
    """How many are 200; the others come from the edge."""
    for answer in answers:
        if answer.status != 200:
            assert answer.status == 503, answer.raw
            assert answer.value('Retry-After') == '30', answer.raw
    return sum(answer.status == 200 for answer in answers)


def many(user, method, count):
    """So many requests in one go; how many pass."""
    user.wire.send(requests(user, method, count))
    return passing(finals(user, count))


def rate(j, edge, inside):
    """A burst, then so many a second."""
    gate.relimit(edge, signed_rate=5, signed_burst=10)
    user = signed_in(j, inside)
    begun = time.monotonic()
    # all in one go: a fifth of a second later one more may pass
    user.wire.send(requests(user, 'MESSAGE', 20) + user.registration())
    answers = finals(user, 21)
    [last] = [a for a in answers if 'REGISTER' in a.value('CSeq')]
    gate.tells(last, 504, 'Request rate too high')
    answers.remove(last)
    passed = passing(answers)
    assert 10 <= passed <= 10 + 5 * (time.monotonic() - begun), passed
    assert inside.count() == passed
    assert edge.refused() == {'rate': 21 - passed}
    assert gate.events(edge, 1010, reason='rate')
    time.sleep(1.1)
    again = many(user, 'MESSAGE', 8)
    most = 10 + 5 * (time.monotonic() - begun)
    assert again >= 5 and passed + again <= most, (passed, again, most)
    user.stop()


def dialogs(j, edge, inside):
    """INVITE and SUBSCRIBE have a narrower door, MESSAGE has not."""
    gate.relimit(edge, dialog_rate=1, dialog_burst=3)
    user = signed_in(j, inside)
    assert 3 <= many(user, 'SUBSCRIBE', 6) <= 4
    assert many(user, 'INVITE', 3) <= 1
    assert many(user, 'MESSAGE', 20) == 20
    assert 3 <= inside.count('SUBSCRIBE') + inside.count('INVITE') <= 5
    user.stop()


def transactions(j, edge, inside):
    """So many unanswered ones a connection, and in all."""
    gate.relimit(edge, link_transactions=3)
    one, two = signed_in(j, inside), signed_in(j, inside, 'carol', 2)
    inside.answer = director.silence
    for _ in range(4):
        one.wire.send(one.request('MESSAGE', CAROL))
    gate.told(one.wire, 503, 'Transaction limit reached')
    one.wire.send(one.registration())
    gate.told(one.wire, 504, 'Transaction limit reached')
    two.wire.send(two.request('MESSAGE', CAROL))
    two.wire.silent()
    assert inside.count() == 4
    assert edge.refused() == {'transactions': 2}
    assert gate.events(edge, 1010, reason='transactions')
    assert gate.connections(edge) == (2, 4)
    one.stop()
    two.stop()

    gate.relimit(edge, transactions=16 * j.shards)
    users = [signed_in(j, inside, 'bob', n) for n in range(1, 5)]
    inside.answer = director.silence
    for user in users * 10:
        user.wire.send(user.request('MESSAGE', CAROL))
    until(lambda: inside.count() + edge.refused().get('transactions', 0)
          == 40, 5, 'not all are judged')
    assert inside.count() <= 16 * j.shards
    assert gate.connections(edge)[1] <= 16 * j.shards
    assert edge.refused()['transactions'] == 40 - inside.count()
    for user in users:
        user.stop()


def hops(j, edge, inside):
    """Nobody sends us around more than 70 corners."""
    gate.relimit(edge)
    user = signed_in(j, inside)
    for given, wanted in ((70, 69), (71, 69), (255, 69), (12, 11)):
        call_id = sip.token()
        user.wire.send(user.request('MESSAGE', CAROL, call_id=call_id).replace(
            b'Max-Forwards: 70', f'Max-Forwards: {given}'.encode()))
        user.wire.expect(200)
        arrived = inside.wait(call_id)
        assert arrived.value('Max-Forwards') == str(wanted), arrived.raw
    user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (rate, dialogs, transactions, hops):
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err


journey.main(body, limit=60)
