"""What must be true of a message after one hop through the edge."""
import base64
import re

POOL = 'edgepool01.corp.contoso.com'
TRUST = ('ms-source-type=InternetUser;ms-ep-fqdn=' + POOL +
         ';ms-source-verified-user=verified')
VIA_IN = re.compile(r'SIP/2\.0/TLS 172\.16\.20\.21:\d+;branch=z9hG4bK'
                    r'[0-9A-F]{8}\.[0-9A-F]{16};branched=FALSE$')
VIA_OUT = re.compile(r'SIP/2\.0/TLS 192\.0\.2\.21:443;branch=z9hG4bK'
                     r'[0-9A-F]{8}\.[0-9A-F]{16};branched=FALSE$')
ROUTE_IN = re.compile(
    r'<sip:(?:edge01|edgepool01)\.corp\.contoso\.com:5061;transport=tls;'
    r'ms-fe=edge01\.corp\.contoso\.com;opaque=state:Ee\.([\w-]+);lr;'
    r'ms-route-sig=[\w-]+\.[\w-]{22}>;tag=[0-9A-Fa-f]+$')
ROUTE_OUT = re.compile(
    r'<sip:sip\.contoso\.com:443;transport=tls;opaque=state:'
    r'Ci\.R([0-9A-F]+)\.[0-9a-fA-F]{8};lr;ms-route-sig=[\w-]+\.[\w-]{22}>'
    r';tag=[0-9A-Fa-f]+$')
ROUTES = {'REGISTER': 1, 'INVITE': 2, 'SUBSCRIBE': 2, 'REFER': 2}


def same_rest(before, after, also=()):
    """All that no rule names is equal byte for byte and in order."""
    lines, body = before.rest(also)
    new_lines, new_body = after.rest(also)
    assert new_lines == lines, f'header lines changed:\n{lines}\n{new_lines}'
    assert new_body == body, f'body changed: {body!r} {new_body!r}'


def inward(user, sent, arrived):
    """A request of a remote user at the next hop; returns its cid."""
    assert arrived.start == sent.start, arrived.start
    same_rest(sent, arrived)
    vias = arrived.values('Via')
    assert VIA_IN.match(vias[0]), vias
    host, port = user.wire.local
    own = sent.values('Via')[0]
    received = '' if f' {host}' in own else f';received={host}'
    mark = f'{own}{received};ms-received-port={port};ms-received-cid='
    assert len(vias) == 1 + len(sent.values('Via')), vias
    assert vias[1].startswith(mark), (vias[1], mark)
    cid = vias[1][len(mark):]
    assert re.fullmatch(r'[1-9A-F][0-9A-F]{0,7}', cid), cid
    assert vias[2:] == sent.values('Via')[1:]
    assert int(arrived.value('Max-Forwards')) == \
        int(sent.value('Max-Forwards') or 71) - 1
    assert arrived.values('ms-edge-proxy-message-trust') == [TRUST]
    names = [name for name, _ in arrived.lines]
    assert names[names.index('content-length') - 1] == \
        'ms-edge-proxy-message-trust', names
    in_dialog = ';tag=' in sent.value('To')
    routes(arrived, sent, 0 if in_dialog else ROUTES.get(sent.method, 0), cid)
    contact(user, sent, arrived, cid)
    return cid


def routes(arrived, sent, count, cid):
    """Record-Route: ours on top, sending side first, then what was there."""
    found = arrived.values('Record-Route')
    was = sent.values('Record-Route')
    assert len(found) == count + len(was), found
    assert found[count:] == was
    if count:
        match = ROUTE_IN.match(found[0])
        assert match, found[0]
        inner = base64.urlsafe_b64decode(match.group(1) + '==').decode()
        assert re.fullmatch(f'Ci\\.R{cid}\\.[0-9A-Fa-f]{{8}}', inner), inner
    if count == 2:
        match = ROUTE_OUT.match(found[1])
        assert match and match.group(1) == cid, (found[1], cid)


def contact(user, sent, arrived, cid):
    """AE 2.7: proxy=replace is done by the edge, other Contacts are left."""
    was, now = sent.value('Contact'), arrived.value('Contact')
    if not was or ';proxy=replace' not in was:
        assert now == was, (was, now)
        return
    host, port = user.wire.local
    uri = re.match(r'<sip:[^;>]+(;[^>]*)?>', was).group(1) or ''
    expected = re.sub(r'^<[^>]*>', f'<sip:{host}:{port}{uri};'
                      f'ms-received-cid={cid}>', was)
    assert now == expected.replace(';proxy=replace', ''), (now, expected)


def answer_outward(before, after, added=()):
    """An answer of the inside, as the remote user gets it."""
    assert after.start == before.start, (before.start, after.start)
    assert after.values('Via') == before.values('Via')[1:], after.values('Via')
    assert after.values('Record-Route') == before.values('Record-Route')
    assert after.values('Contact') == before.values('Contact')
    same_rest(before, after, also=['ms-diagnostics', *added])
    clean(after)


def answer_inward(before, after):
    """An answer of a remote user, as the inside gets it."""
    assert after.start == before.start, (before.start, after.start)
    assert after.values('Via') == before.values('Via')[1:], after.values('Via')
    assert after.values('Record-Route') == before.values('Record-Route')
    same_rest(before, after)
    assert after.values('ms-edge-proxy-message-trust') == [TRUST], \
        after.values('ms-edge-proxy-message-trust')


def outward(before, after, route_count=0):
    """A request of the inside, as the remote user gets it."""
    assert after.start == before.start, (before.start, after.start)
    same_rest(before, after)
    vias, was = after.values('Via'), before.values('Via')
    assert VIA_OUT.match(vias[0]), vias
    assert len(vias) == len(was) + 1, vias
    assert re.match(re.escape(was[0]) + r'(;received=[\d.]+)?'
                    r';ms-received-port=\d+;ms-received-cid=[0-9A-F]+$',
                    vias[1]), (was[0], vias[1])
    assert vias[2:] == was[1:], vias
    assert not after.values('Route'), after.values('Route')
    assert int(after.value('Max-Forwards')) == \
        int(before.value('Max-Forwards')) - 1
    found, old = after.values('Record-Route'), before.values('Record-Route')
    assert len(found) == route_count + len(old), found
    assert found[route_count:] == old
    if route_count:
        assert ROUTE_OUT.match(found[0]), found[0]
    clean(after)


def clean(message):
    """What never leaves."""
    for name in ('ms-edge-proxy-message-trust', 'ms-split-domain-info'):
        assert not message.values(name), f'{name} leaves the inside'


def refusal(message, status, source='sip.contoso.com'):
    """An answer that the edge made: no inside name in it."""
    assert message.status == status, message.raw
    text = message.raw.decode('utf-8', 'replace').lower()
    head = [line for name, line in message.lines
            if name in ('ms-diagnostics', 'ms-diagnostics-public', 'server',
                        'reason', 'warning')]
    for line in head:
        for name in ('corp.contoso.com', '10.20.30.', '172.16.20.'):
            assert name.encode() not in line.lower(), line
    assert not message.body and not message.values('Contact'), text
    diagnostics = message.values('ms-diagnostics-public') + \
        message.values('ms-diagnostics')
    for value in diagnostics:
        assert f'source="{source}"' in value, value


def cid_of(message, hop=1):
    """The cid that the edge wrote into the Via of that hop."""
    found = re.search(r';ms-received-cid=([0-9A-F]+)',
                      message.values('Via')[hop])
    return found.group(1)
