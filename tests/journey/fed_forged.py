"""A partner writes what only our inside may write, in requests and in
answers: it is taken out, or the message is refused; what is a partner's to say
stays."""
import re

from support import federated, hop, journey, netns, sip
from support import sink as director
from support.dialog import entries
from support.partner import Door, InsideServer, Peer
from support.wait import until

BOB = 'sip:bob@contoso.com'
FORGED = [
    ('ms-edge-proxy-message-trust', hop.TRUST),
    ('MS-Edge-Proxy-Message-Trust',
     'ms-source-type=AuthorizedServer;ms-source-verified-user=verified'),
    ('P-Asserted-Identity', '<sip:ceo@contoso.com>'),
    ('P-Preferred-Identity', '<sip:ceo@contoso.com>'),
    ('Authorization', 'Digest username="alice"'),
    ('Proxy-Authorization', 'TLS-DSK qop="auth"'),
    ('WWW-Authenticate', 'NTLM realm="SIP Communications Service"'),
    ('Proxy-Authenticate', 'NTLM realm="SIP Communications Service"'),
    ('Authentication-Info', 'NTLM rspauth="0100"'),
    ('Proxy-Authentication-Info', 'NTLM rspauth="0100"'),
    ('ms-user-logon-data', 'RemoteUser'),
    ('ms-user-data', 'ms-publiccloud=true'),
    ('ms-fis-source', 'x'), ('X-MS-Anything', 'x'),
    ('ms-call-source', 'ms-rtc'), ('ms-mediation-generated', 'yes'),
    ('Referred-By', '<sip:ceo@contoso.com>;ms-identity="forged"')]
KEPT = [('P-Asserted-Identity', '<sip:eve@fabrikam.com>'),
        ('ms-diagnostics-public', '1;reason="x"'),
        ('Ms-Conversation-ID', 'abc'), ('ms-text-format', 'text/plain'),
        ('History-Info', '<sip:x@fabrikam.com>;index=1'),
        ('User-Agent', 'somebody'), ('X-Unknown', 'kept')]
SPLIT = ('ms-split-domain-info', 'ms-traffic-type=SplitIntra')


def look(message, kept):
    """No forged line is left, each kept one is."""
    lines = [line.decode() for _, line in message.lines]
    for name, value in FORGED:
        assert f'{name}: {value}' not in lines, (name, message.raw)
    for name, value in kept:
        assert f'{name}: {value}' in lines, (name, message.raw)
    for name in ('authorization', 'www-authenticate', 'authentication-info'):
        assert not message.values(name), message.raw


def routes(server, door):
    """An answer that makes a dialog carries the routes that were recorded, as
    they were: others would be followed inside."""
    evil = '<sip:dc01.corp.contoso.com:5061;transport=tls;lr>'
    forgeries = [
        lambda own: [], lambda own: [evil], lambda own: [own, evil],
        lambda own: [f'{own}, {evil}'],
        lambda own: [own.replace('state:Fe.R', 'state:Fe.R1')],
        lambda own: [own.replace(';lr;', ';lr;ms-fe=dc01;')],
        lambda own: [re.sub(';ms-hidden=[^;>]*', '', own)]]

    def answer(make, status, request):
        """200 with what make makes of the routes."""
        own = request.value('Record-Route')
        plain = director.reply(request, status, 'OK', [
            ('Contact', '<sip:x@fabrikam.com;gruu>')]).decode()
        made = ''.join(f'Record-Route: {r}\r\n' for r in make(own))
        return plain.replace(f'Record-Route: {own}\r\n', made).encode()

    def ask(make, statuses):
        """The answers to one INVITE that reach who asked; 100 left out."""
        door.answer = lambda request: None if request.method == 'ACK' else \
            b''.join(answer(make, s, request) for s in statuses)
        server.wire.send(server.request('INVITE', 'sip:x@fabrikam.com'))
        got = [server.wire.receive()]
        while got[-1].status < 200:
            got.append(server.wire.receive())
        return [m for m in got if m.status != 100]

    for make in forgeries:
        [got] = ask(make, [180, 200])
        status, errid = federated.expected('answer_routes')
        assert got.status == status, got.raw
        assert got.value('ms-diagnostics').startswith(f'{errid};'), got.raw
        for word in ('ms-fe=dc01', 'dc01.'):  # not what is in a Call-ID
            assert word not in got.raw.decode(), got.raw
    ringing, got = ask(lambda own: ['<sip:p.fabrikam.com;lr>', own],
                       [180, 200])
    assert (ringing.status, got.status) == (180, 200), got.raw
    found = entries(got)
    assert found[0] == '<sip:p.fabrikam.com;lr>' and len(found) == 3, found
    # no dialog, no routes
    [got] = ask(lambda own: [evil], [486])
    assert got.status == 486 and not entries(got), got.raw


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.resolver()
    edge = j.edge(topology=j.export(allowed=federated.ALLOWED))
    server = InsideServer(j.world, j.ca, netns.FRONT_END)
    peer = Peer(j.world, j.ca, 'partner')

    def answer(request):
        return None if request.method == 'ACK' else director.reply(
            request, 200, 'OK', [*FORGED, *KEPT])
    door = Door(j.world, j.ca, 'partner', answer=answer)
    j.parts += [inside, server, peer, door]

    # requests inward, with one true identity and with a false one
    for kept in (KEPT, KEPT[1:]):
        extra = [h for h in FORGED if kept is not KEPT or
                 h[0] != 'P-Asserted-Identity'] + list(kept)
        call_id = sip.token()
        peer.wire.send(peer.request('MESSAGE', BOB, extra=extra,
                                    call_id=call_id))
        peer.wire.expect(200)
        got = inside.wait(call_id)
        look(got, kept)
        assert got.values('ms-edge-proxy-message-trust') == [
            federated.DIRECT.format('unverified')], got.raw

    # answers inward
    server.wire.send(server.request('MESSAGE', 'sip:x@fabrikam.com'))
    got = server.wire.expect(200)
    look(got, KEPT[1:])
    assert got.values('ms-edge-proxy-message-trust') == [
        federated.DIRECT.format('unverified')], got.raw

    # a partner that is no hosting provider speaks of split domains
    inside.forget()
    peer.wire.send(peer.request('MESSAGE', BOB, extra=[SPLIT]))
    federated.refused(peer.wire.expect(403),
                      *federated.expected('traffic_type'))
    # somebody else's Route with "leave through the edge", a Route of ours
    # without its signature, a Request-URI that names a connection
    peer.wire.send(peer.request('MESSAGE', BOB, extra=[
        ('Route', '<sip:sip.litwareinc.com:5061;transport=tls;lr>'
         ';ms-edge-route')]))
    federated.refused(peer.wire.expect(403),
                      *federated.expected('route_target'))
    inside.quiet()

    # on the connection that we opened it is no other: judged, and in its name
    for domain, status in (('fabrikam.com', 200), ('contoso.com', 403),
                           ('litwareinc.com', 403)):
        call_id = sip.token()
        door.wires[-1].sendall(peer.request(
            'MESSAGE', BOB, call_id=call_id, extra=FORGED[:1]).replace(
                b'eve@fabrikam.com', f'eve@{domain}'.encode()))
        until(lambda: door.responses, 5, f'no answer to {domain}')
        assert door.responses.pop().status == status, domain
        if status == 200:
            [value] = inside.wait(call_id).values(
                'ms-edge-proxy-message-trust')
            assert value == federated.DIRECT.format('unverified'), value
            inside.forget()
    inside.quiet()

    routes(server, door)

    # nobody is answered in the name of a transaction that is not his
    before = edge.refused().get('stray_response', 0)
    peer.wire.send(director.reply(sip.Message(
        peer.request('MESSAGE', BOB)), 200))
    until(lambda: edge.refused().get('stray_response', 0) > before, 5,
          'a response that nobody asked for')
    inside.quiet()


journey.main(body)
