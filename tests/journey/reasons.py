"""Every refusal has one reason: the same in the answer's diagnostics, in the
log, in the counters and in the list of refusals; and the inside sees nothing
of what was refused."""
import re
import time

from support import gate, journey, sip
from support import sink as director
from support.book import TABLE, Book
from support.wait import until

SHARDS = 'once'

# elsewhere: gate_unsigned, gate_signed, gate_hop, gate_output, gate_accept,
# wrong_director, next_hop_events
ELSEWHERE = {'unsigned_limit', 'rate', 'sign_in_blocked', 'overload',
             'overload_register', 'transactions', 'malformed_flood',
             'client_slow', 'next_hop_tls', 'next_hop_connect',
             'next_hop_handshake'}
# in the journeys of federation
PARTNERS = {'unknown_peer', 'source_domain', 'blocked_domain', 'peer_mismatch',
            'provider_domain', 'provider_off', 'traffic_type', 'no_route',
            'partner_method', 'partner_polling', 'partner_rate',
            'partner_contacts', 'destination_blocked', 'no_partner',
            'source_srv', 'partner_srv', 'partner_dns', 'srv_domain',
            'partner_address',
            'partner_tls', 'partner_connect', 'partner_handshake',
            'partner_lost', 'partner_silent', 'partners_full',
            'routes_too_long', 'inside_domains', 'answer_routes'}
# our own want of memory; spoken of, not given
NOT_YET = {'ok', 'internal', 'unsigned_time', 'draining', 'outside_users_off',
           'stray_ack'}
CAROL = 'sip:carol@contoso.com'
OWN = ('<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R1.12345678;'
       'lr;ms-route-sig=AAAA.AAAAAAAAAAAAAAAAAAAAAA>')
SQL = '<sip:sql01.corp.contoso.com:5061;transport=tls;lr>'
STRICT = '<sip:dirpool01.corp.contoso.com:5061;transport=tls>'


def turned(raw, old, new):
    """The message with one thing changed."""
    assert old in raw, (old, raw)
    return raw.replace(old, new, 1)


def outside(user):
    """(reason, bytes) for requests of a remote user who has signed in."""
    def say(**how):
        return user.request('MESSAGE', CAROL, **how)
    register = user.registration()
    yield 'parse', turned(say(), b'CSeq: 1 MESSAGE', b'CSeq: x MESSAGE')
    yield 'version', turned(say(), b'SIP/2.0\r\n', b'SIP/7.0\r\n')
    yield 'scheme', turned(say(), b'MESSAGE ' + CAROL.encode(),
                           b'MESSAGE nobody:knows')
    yield 'no_from_tag', turned(say(), f';tag={user.tag}'.encode(), b'')
    yield 'top_via', turned(say(), b'SIP/2.0/TLS', b'SIP/2.0/TCP')
    yield 'not_first_hop', turned(
        register, b'From:', b'Via: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK'
        b'1\r\nFrom:')
    yield 'contact_proxy', turned(register, b'proxy=replace', b'proxy=other')
    yield 'strict_route', say(extra=[('Route', STRICT)])
    yield 'hops', turned(say(), b'Max-Forwards: 70', b'Max-Forwards: 0')
    yield 'extension', say(extra=[('Proxy-Require', 'foo')])
    yield 'negotiate', user.request('NEGOTIATE', 'sip:sip.contoso.com')
    yield 'route_signature', say(extra=[('Route', OWN)])
    yield 'route_target', say(extra=[('Route', SQL)])
    yield 'anonymous_off', turned(say(), user.aor.encode(),
                                  b'sip:anonymous@anonymous.invalid')
    yield 'from_domain', turned(say(), user.aor.encode(),
                                b'sip:bob@fabrikam.com')
    yield 'register_domain', turned(
        register, b'REGISTER sip:contoso.com', b'REGISTER sip:fabrikam.com')
    # these end the connection, body_too_large apart
    yield 'body_too_large', say(body=b'x' * 70000)
    yield 'head_too_large', say(extra=[('X', 'y' * 17000)])


def signed_in(j, inside, client):
    """A user in his seat, and how the inside reaches him."""
    inside.answer = director.yes
    user = j.user('bob', client)
    call_id = sip.token()
    user.wire.send(user.registration(call_id=call_id))
    user.wire.expect(200)
    return user, inside.wait(call_id)


def from_outside(j, edge, inside, book):
    """All that a client can do wrong."""
    gate.relimit(edge, client_body_kb=64)
    names = [reason for reason, _ in outside(j.user('bob', 1))]
    for n, reason in enumerate(names):
        user, _ = signed_in(j, inside, 2 + n)
        book.open()
        raw = dict(outside(user))[reason]
        user.wire.send(raw)
        book.close(reason, user.wire.receive())
        user.stop()
    user, _ = signed_in(j, inside, 30)
    book.open()
    user.wire.send(turned(user.request('MESSAGE', CAROL),
                          b'Content-Length: 0\r\n', b''))
    book.close('framing', user.wire.receive())
    user = j.user('bob', 31)
    book.open()
    user.wire.send(user.request('MESSAGE', CAROL))
    book.close('method_unsigned', user.wire.receive())


def toward(user, register, extra=(), uri=None, route=True):
    """A MESSAGE of the inside."""
    routes = [('Route', value) for value in register.values('Record-Route')]
    return sip.build(f'MESSAGE {uri or user.contact} SIP/2.0', [
        ('Via', f'SIP/2.0/TLS 10.20.30.31:5061;branch=z9hG4bK{sip.token()}'),
        *(routes if route else []), *extra,
        ('From', '<sip:alice@contoso.com>;tag=1'), ('To', f'<{user.aor}>'),
        ('Max-Forwards', 70), ('CSeq', '1 MESSAGE'),
        ('Call-ID', sip.token())])


def answer_of(inside):
    """What the edge answered to the inside."""
    until(lambda: inside.responses, 5, 'no answer to the inside')
    return inside.responses.pop()


def from_inside(j, edge, inside, book):
    """What an inside server asks for and cannot have."""
    # what is asked below is still open when the wrong one answers
    gate.relimit(edge, timer_f_ms=3000)
    user, register = signed_in(j, inside, 1)
    other, _ = signed_in(j, inside, 2)
    wire = register.wire
    inside.responses.clear()
    for reason, raw in (
            ('client_gone', toward(user, register, uri=CAROL, route=False)),
            ('federation_off', toward(user, register, route=False,
                                      uri='sip:x@fabrikam.com')),
            ('client_silent', toward(user, register))):
        book.open()
        wire.sendall(raw)
        book.close(reason, answer_of(inside))
    user.wire.expect('MESSAGE')
    # loop: what the edge sent out comes from the inside once more
    sent = toward(user, register)
    wire.sendall(sent)
    asked = user.wire.expect('MESSAGE')
    mark = asked.values('Via')[0].encode()
    user.answer(asked, 200)  # else it is client_silent as well, in a moment
    assert answer_of(inside).status == 200
    book.open()
    wire.sendall(turned(sent, b'Via: ', b'Via: SIP/2.0/TLS 10.20.30.31:5061;'
                        b'branch=z9hG4bKback\r\nVia: ' + mark +
                        b'\r\nVia: '))
    book.close('loop', answer_of(inside))
    # responses nobody asked for, of the wrong one, or broken
    book.open()
    stray = director.reply(sip.Message(user.request('MESSAGE', CAROL)), 200)
    user.wire.send(stray)
    book.close('stray_response')
    book.open()
    user.wire.send(turned(stray, b'CSeq: 1', b'CSeq: x'))
    book.close('bad_response')
    wire.sendall(toward(user, register))
    asked = user.wire.expect('MESSAGE')
    book.open()
    other.wire.send(director.reply(asked, 200))
    book.close('wrong_connection')
    user.answer(asked, 200)
    user.stop()
    other.stop()


def next_hop(j, edge, inside, book):
    """The inside is silent, hangs up, sends elsewhere, or is gone."""
    gate.relimit(edge, timer_f_ms=700, connect_ms=500)
    user, _ = signed_in(j, inside, 1)
    for reason, answer in (
            ('next_hop_silent', director.silence),
            ('redirect', lambda m: director.reply(
                m, 302, 'Moved', [('Contact', '<sip:fe01.corp.contoso.com>')]
                )),
            ('next_hop_lost', hang_up)):
        inside.answer = answer
        book.open()
        user.wire.send(user.registration() if reason == 'redirect' else
                       user.request('MESSAGE', CAROL))
        book.close(reason, user.wire.receive(), quiet=False)
    inside.stop()
    time.sleep(0.3)
    for _ in range(20):  # until it has noticed
        book.open()
        user.wire.send(user.request('MESSAGE', CAROL))
        answer = user.wire.receive()
        if 'out of reach' in answer.value('ms-diagnostics-public'):
            break
        time.sleep(0.2)
    book.close('next_hop_down', answer)


def hang_up(request):
    """The connection breaks under the request."""
    request.wire.shutdown(2)


def elsewhere():
    """What the journeys of federation provoke, they name."""
    text = ''.join(path.read_text() for path in journey.ROOT.glob(
        'tests/journey/fed_*.py'))
    missing = {name for name in PARTNERS
               if not re.search(rf"[='\"]{name}'", text)}
    assert not missing, f'never provoked: {sorted(missing)}'


def body(j):
    elsewhere()
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    book = Book(edge, inside)
    for case in (from_outside, from_inside, next_hop):
        try:
            case(j, edge, inside, book)
        except AssertionError as err:
            raise AssertionError(f'{case.__name__}: {err}') from err
    missing = set(TABLE) - book.seen - ELSEWHERE - PARTNERS - NOT_YET
    assert not missing, f'never provoked: {sorted(missing)}'


journey.main(body, limit=90)
