"""What a partner may not do: be unknown, show the wrong certificate, speak for
others, bomb the reader, hide our own words; and who may not be a gateway."""
import base64
import ssl

from support import journey, netns, xmpp
from support.edge import LAB
from support.gateway import Gateway
from support.wait import until

HEAD = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:stream='http://etherx.jabber.org/streams' "
        "from='fabrikam.com' to='contoso.com' version='1.0'>")
BOMB = ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + ''.join(
    f'<!ENTITY {c} "{"&" + p + ";" * 1}{("&" + p + ";") * 9}">'
    for p, c in zip('abcdefgh', 'bcdefghi')) + ']>')


def dial(j):
    """A stream's connection from the partner's address."""
    return xmpp.Stream.dial(j.world.inet, netns.ACCESS, xmpp.PORT,
                            netns.PARTNER)


def certified(j, who='xmpp-fabrikam', origin='fabrikam.com', extra=''):
    """A stream under TLS with a certificate; features are next."""
    s = dial(j)
    s.open('contoso.com', origin)
    s.expect('features')
    s.start_tls(xmpp.context(j.ca, who), 'contoso.com')
    s.open('contoso.com', origin, extra=extra)
    return s


def admitted(j, extra=''):
    """One that may speak for fabrikam.com."""
    s = certified(j)
    s.expect('features')
    s.send(f"<auth xmlns='{xmpp.SASL}' mechanism='EXTERNAL'>=</auth>")
    s.expect('success')
    s.open('contoso.com', 'fabrikam.com', extra=extra)
    s.expect('features')
    return s


def beginnings(j):
    """What ends a stream before TLS, and with what."""
    for to, origin, text, error in (
            ('litware.com', 'fabrikam.com', '', 'host-unknown'),
            ('contoso.com', 'litware.com', '', 'not-authorized'),
            ('contoso.com', 'contoso.com', '', 'not-authorized'),
            ('contoso.com', 'a.fabrikam.com', '', 'not-authorized'),
            ('contoso.com', 'fabrikam.com', '<message/>', 'policy-violation'),
            ('contoso.com', 'fabrikam.com',
             f"<auth xmlns='{xmpp.SASL}' mechanism='EXTERNAL'>=</auth>",
             'policy-violation'),
            ('contoso.com', 'fabrikam.com',
             "<db:result from='fabrikam.com' to='contoso.com'>1</db:result>",
             'policy-violation'),
            ('contoso.com', 'fabrikam.com', '<!-- x -->', 'restricted-xml'),
            ('contoso.com', 'fabrikam.com', 'text', 'bad-format'),
            ('contoso.com', 'fabrikam.com', '</a>', 'not-well-formed'),
            ('contoso.com', 'fabrikam.com', '<a>' + 'x' * 20000,
             'policy-violation'),
            ('contoso.com', 'fabrikam.com', '<a>' * 40, 'policy-violation')):
        s = dial(j)
        s.open(to, origin)
        s.send(text)
        said = s.error()
        assert said == error, f'{text[:60]!r} {to} {origin}: {s.raw!r}'
        s.close()
    for text, error in ((BOMB, 'restricted-xml'),
                        ('<x>', 'invalid-namespace'),
                        ('GET / HTTP/1.1\r\n\r\n', 'not-well-formed')):
        s = dial(j)
        s.send(text)
        assert s.error() == error, (text[:40], s.raw)
        s.close()


def injected(j):
    """Clear text behind STARTTLS would be taken for text under TLS."""
    s = dial(j)
    s.open('contoso.com', 'fabrikam.com')
    s.expect('features')
    s.send(f"<starttls xmlns='{xmpp.TLS}'/>" + HEAD)
    assert s.error() == 'policy-violation', s.raw
    assert b'proceed' not in s.raw, s.raw
    s.close()


def certificates(j):
    """Another name, another authority, none; and SASL tried in vain."""
    for who in ('xmpp-name', 'xmpp-foreign', 'xmpp-litware', None):
        s = certified(j, who)
        assert s.error() == 'not-authorized', (who, s.raw)
        s.close()
    s = certified(j)
    s.expect('features')
    other = base64.b64encode(b'litware.com').decode()
    for how, condition in (('PLAIN', b'<invalid-mechanism/>'),
                           ('EXTERNAL', b'<not-authorized/>')):
        s.send(f"<auth xmlns='{xmpp.SASL}' mechanism='{how}'>{other}</auth>")
        s.expect('failure')
        assert condition in s.raw, s.raw
    assert s.error() == 'not-authorized', s.raw
    s.close()


def speaking(j, gateway):
    """Stanzas of an admitted stream that end it."""
    for text, error in (
            ("<message from='x@litware.com' to='alice@contoso.com'/>",
             'invalid-from'),
            ("<message to='alice@contoso.com'/>", 'invalid-from'),
            ("<message from='x@a.fabrikam.com' to='alice@contoso.com'/>",
             'invalid-from'),
            ("<message from='bob@fabrikam.com' to='x@litware.com'/>",
             'improper-addressing'),
            ("<message from='bob@fabrikam.com'/>", 'improper-addressing'),
            ("<message from='bob@fabrikam.com' to='alice@contoso.com'>" +
             'x' * 70000, 'policy-violation'),
            ("<message xmlns='jabber:client' from='bob@fabrikam.com' "
             "to='alice@contoso.com'/>", 'policy-violation'),
            ('<auth/>', 'policy-violation')):
        s = admitted(j)
        s.send(text)
        assert s.error() == error, (text[:60], s.raw)
        s.close()
    assert not gateway.notes('stanza'), gateway.all()


def namespaces(j, gateway):
    """The words of AE 6.4 are ours alone; prefixes of the header hold."""
    s = admitted(j, "xmlns:le='urn:lync-edge:xmpp:1' xmlns:x='urn:x'")
    s.send("<message from='bob@fabrikam.com' to='alice@contoso.com' id='n1' "
           "le:verified='false' le:auth='mine' x:a='1' "
           "xmlns:evil='urn:lync-edge:xmpp:1' evil:partner-type='Root'>"
           "<x:child le:verified='no'>kept</x:child></message>")
    seen = gateway.stanza(id='n1')
    assert seen['marks'] == {'verified': 'true', 'partner-type': 'Federated',
                             'auth': 'external'}, seen
    assert "<child xmlns='urn:x'>kept</child>" in seen['text'], seen
    # in small pieces it is the same
    text = ("<presence from='bob@fabrikam.com' to='alice@contoso.com' "
            "id='n2'><show>away</show></presence>")
    for at in range(0, len(text), 7):
        s.send(text[at:at + 7])
    assert '<show>away</show>' in gateway.stanza(id='n2')['text']
    s.close()


def smuggled(j, gateway):
    """What is behind many others, or below a child, is seen as well."""
    s = admitted(j)
    who = "from='bob@fabrikam.com' to='alice@contoso.com'"
    s.send(f"<iq {who} id='g1' type='get'><ping xmlns='urn:xmpp:ping'>" +
           '<a/>' * 31 + "</ping><query xmlns='jabber:iq:roster'/></iq>"
           f"<message {who} id='g2'><a><v xmlns='urn:lync-edge:xmpp:1' "
           f"verified='true'/></a></message><message {who} id='g3'/>")
    gateway.stanza(id='g3')
    for number in ('g1', 'g2'):
        assert not gateway.notes('stanza', id=number), gateway.all()
    s.close()


def claimed(j):
    """Who only says that he is a partner takes none of its places."""
    held = [dial(j) for _ in range(8)]
    for s in held:
        s.open('contoso.com', 'fabrikam.com')
        s.expect('features')
    admitted(j).close()
    for s in held:
        s.close()


def tightened(j, edge):
    """A certificate is nothing any more where keys are asked for now."""
    s = admitted(j)
    edge.load(xmpp.topology(
        LAB / 'topology' / 'contoso.xml', j.folder / 'keys.xml',
        [xmpp.partner('fabrikam.com', sasl='NotSupported')]),
        LAB / 'topology' / 'hosts')
    assert s.error() == 'not-authorized', s.raw
    s.close()


def strangers(j, edge):
    """The Director is trusted for SIP, not for this; nor is anybody else."""
    for who, error in (('dir01', 'not-authorized'),
                       ('bad-name', 'not-authorized'),
                       ('xmpp-fabrikam', ''), ('bad-selfsigned', '')):
        before = sum(edge.reasons('xmpp_refused').values())
        with j.world.inside.inside():
            s = xmpp.Stream.dial(j.world.inside, netns.EDGE_INSIDE,
                                 xmpp.GATEWAY_PORT)
        try:
            s.sock = xmpp.context(j.ca, who, 'internal-ca.pem').wrap_socket(
                s.sock, server_hostname='edgepool01.corp.contoso.com')
            s.open('edge')
            said = s.error()
        except (ssl.SSLError, ConnectionError):
            said = ''
        # a name that is not trusted here is told, a chain that is not ends
        # the handshake
        assert said == error, (who, said, s.raw)
        s.close()
        until(lambda: sum(edge.reasons('xmpp_refused').values()) > before, 10,
              f'{who} is not counted')
    assert edge.reasons('xmpp_refused')['gateway_name'] == 2


def body(j):
    j.use('xmpp-access', 'access')
    j.resolver(*xmpp.records('fabrikam.com'))
    edge = j.edge(topology=xmpp.topology(
        LAB / 'topology' / 'contoso.xml', j.folder / 'xmpp.xml',
        [xmpp.partner('fabrikam.com', ConnectionLimit=5)]))
    gateway = Gateway(j)
    beginnings(j)
    injected(j)
    certificates(j)
    speaking(j, gateway)
    namespaces(j, gateway)
    smuggled(j, gateway)
    claimed(j)
    strangers(j, edge)
    tightened(j, edge)
    kept = edge.call('GET', '/v1/refusals')[1]
    assert 'certificate' in {r['reason'] for r in kept['refusals']}, kept


journey.main(body, limit=60)
