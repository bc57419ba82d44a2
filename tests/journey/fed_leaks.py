"""Whatever partners get to read: no name, address or diagnostics of the inside
is in it. Calls, presence and errors with a real partner; then an inside that
says too much in every header it has; questions of DNS; certificates."""
import re

from support import federated, journey, netns, sip
from support import sink as director
from support.dialog import establish
from support.org import CONTOSO
from support.partner import Door, InsideServer, Peer

BOB = 'sip:bob@contoso.com'
WORDS = [CONTOSO.corp, *(f'{CONTOSO.network.rsplit(".", 1)[0]}.',
                         f'{CONTOSO.gateway.rsplit(".", 1)[0]}.'),
         *(rf'\b{name}\b' for name in ('dirpool01', 'dir01', 'dir02',
                                       'fepool01', 'edgepool01', 'edge01',
                                       'sql01')),  # fe01 may be hex
         r'ms-diagnostics:', 'X-Escaped', 'X-Quoted', 'X-Six']
INSIDE = re.compile('|'.join(w if w.startswith('\\b') else
                             re.escape(w) for w in WORDS), re.I)
ESCAPED = 'fe01%2ecorp%2econtoso%2ecom'
FE, ADDRESS = 'fe01.corp.contoso.com', '10.20.30.21'
# an inside that says too much
TALKATIVE = [
    ('ms-diagnostics', f'1003;reason="User unknown";source="{FE}"'),
    ('History-Info', f'<sip:bob@{FE}>;index=1'),
    ('History-Info', f'<sip:bob@{ADDRESS}>;index=2'),
    ('P-Asserted-Identity', f'<sip:bob@{FE}>'),
    ('ms-edge-proxy-message-trust', 'ms-source-type=InternetUser;ms-ep-fqdn='
     'edgepool01.corp.contoso.com;ms-source-verified-user=verified'),
    ('ms-split-domain-info', f'ms-traffic-type=SplitIntra;x={FE}'),
    ('ms-user-data', f'home={FE}'), ('X-MS-Server-Fqdn', FE),
    ('ms-fis-home', FE), ('ms-call-source', FE),
    ('ms-mediation-generated', FE), ('ms-user-logon-data', FE),
    ('Authentication-Info', f'NTLM rspauth="1", targetname="{FE}"'),
    ('Proxy-Authentication-Info', f'TLS-DSK targetname="{FE}"'),
    ('WWW-Authenticate', f'NTLM realm="SIP", targetname="{FE}"'),
    ('Proxy-Authenticate', f'Kerberos targetname="sip/{FE}"'),
    ('Warning', f'301 {FE} "not here"'),
    ('Error-Info', f'<sip:why@{FE}>'), ('Alert-Info', f'<http://{FE}/ring>'),
    ('Call-Info', f'<http://{ADDRESS}/card>;purpose=card'),
    ('Reply-To', f'<sip:bob@{FE}>'), ('Organization', FE),
    ('Server', f'RTC/5.0 {FE}'), ('User-Agent', f'UCCAPI {ADDRESS}'),
    ('Service-Route', f'<sip:{FE};lr>'), ('Path', f'<sip:{FE};lr>'),
    ('P-Charging-Vector', f'icid-generated-at={ADDRESS}'),
    ('Referred-By', f'<sip:bob@{FE}>;ms-identity="x"'),
    ('X-Escaped', ESCAPED), ('X-Quoted', '"fe01\\.corp.contoso\\.com"'),
    ('X-Six', f'x=::ffff:{ADDRESS}')]


def look(what, messages):
    """Nothing of the inside in any of them."""
    assert messages, f'{what}: nothing to look at'
    for message in messages:
        found = INSIDE.findall(message.raw.decode('utf-8', 'replace'))
        lines = [line for line in message.raw.decode(
            'utf-8', 'replace').split('\r\n') if INSIDE.search(line)]
        assert not found, f'{what} {message.start}: {lines}'


def call(one, other):
    """A call, from both ends used."""
    caller, callee = establish(one, other)
    for near, far in ((caller, callee), (callee, caller)):
        near.send('INFO')
        far.user.answer(far.user.wire.expect('INFO'), 200)
        near.user.wire.expect(200)
    caller.send('BYE')
    other.answer(other.wire.expect('BYE'), 200)
    one.wire.expect(200)


def real(j):
    """With Kamailio on both sides of the edge."""
    wire = j.capture(j.world.edge, 'ext', 'tcp or udp')
    lab = federated.Lab(j, allowed=federated.ALLOWED, discovery=True)
    alice, ivan, carol = lab.people()
    for one, other in ((carol, ivan), (ivan, carol), (carol, alice),
                       (alice, carol)):
        call(one, other)
    carol.wire.send(carol.request('MESSAGE', 'sip:nobody@contoso.com'))
    carol.wire.expect(404)
    carol.wire.send(carol.request('PUBLISH', ivan.aor))
    carol.wire.expect(403)
    # names of the inside are no domains that DNS is asked about
    for domain in ('fe01.corp.contoso.com', 'corp.contoso.com',
                   'nobody.corp.contoso.com', 'unknown.example'):
        ivan.wire.send(ivan.request('MESSAGE', f'sip:x@{domain}'))
        assert ivan.wire.receive().status in (404, 480, 504), domain
    look('partner', lab.partner.arrived())
    asked = [q for q in lab.resolver.questions() if INSIDE.search(q)]
    assert not asked, asked
    assert any('unknown.example' in q for q in lab.resolver.questions())
    clear = [p for p in wire.packets() if INSIDE.search(p)]
    assert not clear, clear
    for part in (alice, ivan, carol, lab.partner, lab.edge, lab.director,
                 lab.resolver):
        part.stop()


def hidden(j):
    """By an option, our own users outside read no Via of the inside either."""
    director_ = j.director()
    edge = j.edge(options={'access.hide_internal_via': 'yes'})
    alice, ivan = j.user('alice', 1), j.inside_user('ivan')
    assert alice.sign_in()[1][1].status == 200
    ivan.sign_in()
    ivan.wire.send(ivan.request('MESSAGE', alice.aor))
    got = alice.wire.expect('MESSAGE')
    assert len(got.values('Via')) == 1 and not INSIDE.search(
        got.values('Via')[0]), got.raw
    alice.answer(got, 200)
    ivan.wire.expect(200)
    for part in (alice, ivan, edge, director_):
        part.stop()


def answers(inside, peer, status):
    """The inside answers a partner with all it knows."""
    inside.answer = lambda m: None if m.method == 'ACK' else director.reply(
        m, status, f'{FE} has said it', [*TALKATIVE, (
            'Contact', f'"{FE}" <sip:bob@{ADDRESS}:5061;transport=tls>;'
            f'+u="{ADDRESS}"')])
    peer.wire.send(peer.request('INVITE', BOB))
    return peer.wire.receive()


def talkative(j):
    """An inside of a few lines that says too much."""
    inside = director.Sink(j.world, j.ca)
    j.resolver()
    edge = j.edge(topology=j.export(allowed=federated.ALLOWED))
    peer = Peer(j.world, j.ca, 'partner')
    door = Door(j.world, j.ca, 'partner')
    server = InsideServer(j.world, j.ca, netns.FRONT_END)
    j.parts += [inside, peer, door, server]
    got = []
    for status in (200, 302, 404, 503, 603):
        answer = answers(inside, peer, status)
        while answer.status == 100:
            got.append(answer)
            answer = peer.wire.receive()
        got.append(answer)
    for method in ('MESSAGE', 'INVITE', 'OPTIONS'):
        server.wire.send(server.request(
            method, 'sip:carol@fabrikam.com', contact=f'<sip:{ADDRESS}:5061>',
            extra=[*TALKATIVE, ('Record-Route', f'<sip:{FE}:5061;lr>')]))
        server.wire.receive()
    look('peer', got)
    look('door', [m for _, m in door.requests])
    certificate = str(door.seen)
    assert 'sip.contoso.com' in certificate, certificate
    assert not INSIDE.search(certificate), certificate
    assert edge.process.poll() is None


def body(j):
    real(j)
    hidden(j)
    talkative(j)


journey.main(body, limit=60)
