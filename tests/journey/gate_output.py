"""A client that does not read: what waits for it is bounded, it is told
nothing more, and goes when nothing has moved for a while."""
import socket
import ssl
import time

from support import gate, journey, netns, sip
from support import sink as director

SHARDS = 'once'

BODY = b'x' * 60000


def signed_in(j, inside, client):
    """A user with a small receive buffer, and the Route to him."""
    with j.world.inet.inside():
        plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    plain.settimeout(5)
    plain.bind((netns.CLIENTS[client], 0))
    plain.connect((netns.ACCESS, 443))
    user = j.user('bob', client)
    user.wire.close()
    context = ssl.create_default_context(cafile=j.ca / 'public-ca.pem')
    user.wire = sip.Wire(context.wrap_socket(
        plain, server_hostname='sip.contoso.com'))
    call_id = sip.token()
    user.wire.send(user.registration(call_id=call_id))
    user.wire.expect(200)
    return user, inside.wait(call_id)


def message(user, register, body):
    """An inside server's MESSAGE to the user."""
    return sip.build(f'MESSAGE {user.contact} SIP/2.0', [
        ('Via', f'SIP/2.0/TLS 10.20.30.31:5061;branch=z9hG4bK{sip.token()}'),
        *[('Route', value) for value in register.values('Record-Route')],
        ('From', '<sip:alice@contoso.com>;tag=1'), ('To', f'<{user.aor}>'),
        ('Max-Forwards', 70), ('CSeq', '1 MESSAGE'),
        ('Call-ID', sip.token())], body)


def until_slow(edge, inside, user, register):
    """Push until the edge says that it is enough; how many bytes."""
    inside.responses.clear()
    pushed = 0
    while pushed < 30_000_000:
        register.wire.sendall(message(user, register, BODY))
        pushed += len(BODY)
        time.sleep(0.005)
        if inside.responses:
            break
    return pushed


def reader(j, edge, inside):
    """The inside sends, the client does not read."""
    gate.relimit(edge, stall_ms=2000, out_queue=262144)
    user, register = signed_in(j, inside, 1)
    before = gate.resident(edge)
    pushed = until_slow(edge, inside, user, register)
    refusal = inside.responses[0]
    assert refusal.status == 480, refusal.raw
    assert 'Client connection does not take data' in \
        refusal.value('ms-diagnostics'), refusal.raw
    assert edge.refused()['client_slow'] >= 1
    assert gate.events(edge, 1010, reason='client_slow', status=480)
    grown = gate.resident(edge) - before
    assert grown < 12000, (grown, pushed)
    # somebody else is served meanwhile
    other, registered = signed_in(j, inside, 2)
    register.wire.sendall(message(other, registered, b'hello'))
    assert other.wire.expect('MESSAGE').body == b'hello'
    gate.wait_count(edge, 'closed', 'reader too slow', 1, 6)
    assert gate.connections(edge)[0] == 1
    user.stop()
    other.stop()


def asker(j, edge, inside):
    """The client asks and asks and does not read the answers: no more of it
    is read, then it goes."""
    gate.relimit(edge, stall_ms=2000, out_queue=65536, signed_rate=100000,
                 signed_burst=100000)
    user, _ = signed_in(j, inside, 3)
    before = gate.resident(edge)
    user.wire.connection.settimeout(1)
    crowd = b''.join(user.request('OPTIONS', 'sip:sip.contoso.com')
                     for _ in range(500))
    sent = 0
    try:
        while sent < 60_000_000:
            user.wire.send(crowd)
            sent += len(crowd)
    except OSError:
        pass
    assert sent < 60_000_000, 'everything was read'
    assert gate.resident(edge) - before < 12000
    gate.wait_count(edge, 'closed', 'reader too slow', 1, 6)
    user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    for case in (reader, asker):
        try:
            case(j, edge, inside)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err


journey.main(body, limit=60)
