"""One external address: users and partners come to the same port, so clients
are asked for a certificate. Who has none is a user; who shows one and is nobody
that the topology knows is turned away, told in an event."""
import ssl

from support import export, gate, hop, journey, netns, sip
from support import sink as director

ACCESS = (netns.ACCESS, 5061)


def shows(j, certificate):
    """What becomes of who shows that certificate: not a word is taken."""
    try:
        wire = sip.Wire.tls(j.world.inet, ACCESS, netns.PARTNER, certificate=(
            j.ca / f'{certificate}-chain.pem', j.ca / f'{certificate}.key'))
        wire.send(sip.build('OPTIONS sip:bob@contoso.com SIP/2.0', [
            ('Via', 'SIP/2.0/TLS sip.fabrikam.com;branch=z9hG4bK1'),
            ('From', '<sip:alice@fabrikam.com>;tag=1'),
            ('To', '<sip:bob@contoso.com>'), ('Call-ID', sip.token()),
            ('Max-Forwards', 5), ('CSeq', '1 OPTIONS')]))
        assert wire.closed() and not wire.buffer, wire.buffer
        wire.close()
    except (ssl.SSLError, ConnectionError):
        pass


def partners(j, edge, inside):
    """Trusted or not, they are turned away and counted one by one."""
    inside.forget()
    for n, (certificate, name) in enumerate((
            ('partner', 'sip.fabrikam.com'),
            ('bad-selfsigned', 'dirpool01.corp.contoso.com'),
            ('dirpool01', 'dirpool01.corp.contoso.com'))):
        shows(j, certificate)
        gate.wait_count(edge, 'connection_rejected', 'partner', n + 1)
        line = gate.events(edge, 1015)[-1]
        assert name in line and f'peer={netns.PARTNER}:' in line, line
    inside.quiet()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    topology = j.folder / 'single.xml'
    topology.write_text(export.single_address())
    edge = j.edge(topology=topology)
    states = {x['name']: (x['address'], x['state']) for x in
              edge.call('GET', '/v1/status')[1]['listeners']}
    at = f'{netns.ACCESS}:5061'
    assert states['access-client'] == (at, 'open'), states
    assert states['access-federation'] == (at, 'open'), states

    user = j.user('bob', 1, target=ACCESS)
    call_id = sip.token()
    user.wire.send(user.registration(call_id=call_id))
    user.wire.expect(200)
    register = inside.wait(call_id)
    assert hop.cid_of(register)
    partners(j, edge, inside)

    # the user is reached by the same port, and his routes name it
    inside_call = sip.token()
    register.wire.sendall(sip.build(f'INVITE {user.contact} SIP/2.0', [
        ('Via', f'SIP/2.0/TLS 10.20.30.31:5061;branch=z9hG4bK{sip.token()}'),
        *(('Route', value) for value in register.values('Record-Route')),
        ('From', '<sip:alice@contoso.com>;tag=1'), ('To', f'<{user.aor}>'),
        ('Contact', '<sip:alice@contoso.com>'), ('Max-Forwards', 70),
        ('CSeq', '1 INVITE'), ('Call-ID', inside_call)]))
    invite = user.wire.expect('INVITE')
    assert invite.values('Via')[0].startswith(f'SIP/2.0/TLS {at};'), invite.raw
    assert invite.values('Record-Route')[0].startswith(
        '<sip:sip.contoso.com:5061;transport=tls;'), invite.raw
    user.answer(invite, 486)
    user.wire.expect('ACK')
    user.wire.send(user.request('MESSAGE', 'sip:alice@contoso.com'))
    user.wire.expect(200)


journey.main(body)
