"""The lab with a partner, and what must be true of a message that crosses the
border of two organisations."""
import re

from support import hop, netns
from support.book import TABLE
from support.dialog import entries
from support.export import LAB
from support.org import CONTOSO
from support.resolver import federation, host  # noqa: F401

DIRECT = ('ms-source-type=DirectPartner;ms-ep-fqdn=' + CONTOSO.pool +
          ';ms-source-verified-user={};ms-source-network=federation')
ALLOWED = [('fabrikam.com', 'sip.fabrikam.com')]
VIA_OUT = re.compile(r'SIP/2\.0/TLS 192\.0\.2\.21:\d+;branch=z9hG4bK'
                     r'[0-9A-F]{8}\.[0-9A-F]{16};branched=FALSE$')
ROUTE_OUT = re.compile(
    r'<sip:sip\.contoso\.com:5061;transport=tls;opaque=state:'
    r'Fe\.R([0-9A-F]+)\.[0-9a-fA-F]{8};lr;ms-route-sig=[\w-]+\.[\w-]{22}'
    r'(;ms-hidden=[\w.-]+)?>;tag=[0-9A-Fa-f]+$')
SEALED = re.compile(r'sip:([^@]+)@sip\.contoso\.com:5061;transport=tls;'
                    r'ms-hidden=[\w.-]+$')
STAMP = r'(;received=[\d.]+)?;ms-received-port=\d+;ms-received-cid=[0-9A-F]+'
HOSTS = LAB / 'hosts'
LEVEL = 'ms-source-verified-user={}'
# headers that say what the inside knows
ONLY_INSIDE = ('ms-edge-proxy-message-trust', 'ms-user-data', 'ms-call-source',
               'ms-diagnostics', 'X-MS-Secret', 'Proxy-Authorization',
               'Authorization', 'ms-split-domain-info')
CHANGED = ('ms-asserted-verification-level', 'P-Asserted-Identity',
           *ONLY_INSIDE)


class Lab:
    """Director, DNS, our edge and Kamailio as the edge of fabrikam.com."""

    def __init__(self, j, records=(), edge=None, partner=True, **settings):
        self.j = j
        self.director = j.director()
        self.resolver = j.resolver(*records)
        self.edge = j.edge(topology=j.export(**settings), **(edge or {}))
        self.partner = j.partner() if partner else None

    def reload(self, **settings):
        """The edge anew, with those settings."""
        self.edge.stop()
        self.edge.load(self.j.export(**settings), HOSTS)
        self.edge.start()

    def people(self):
        """alice outside, ivan inside, carol of the partner, all signed in."""
        alice, ivan = self.j.user('alice'), self.j.inside_user('ivan')
        carol = self.j.partner_user('carol')
        assert alice.sign_in()[1][1].status == 200
        ivan.sign_in()
        carol.sign_in()
        return alice, ivan, carol


def is_inside(text):
    """Does it name an address or a host of our inside?"""
    return any(word in text for word in (CONTOSO.corp,
                                         *CONTOSO.inside_addresses))


def hops(before, after):
    """One less."""
    assert int(after.value('Max-Forwards')) == \
        int(before.value('Max-Forwards')) - 1


def target(before, after):
    """The Request-URI: what we sealed is opened, the rest is as it was."""
    if not SEALED.match(before.target):
        assert after.start == before.start, (before.start, after.start)
        return
    assert 'ms-hidden' not in after.start and is_inside(after.target), \
        after.start
    assert after.start.replace(after.target, before.target) == before.start


def contact(before, after):
    """One that leads inside leads to us."""
    was, now = before.value('Contact'), after.value('Contact')
    if not was or not is_inside(was):
        assert now == was, (was, now)
        return
    user = re.search(r'sip:(?:([^@>;]+)@)?', was).group(1) or 'hidden'
    found = SEALED.match(re.search(r'<([^>]*)>', now).group(1))
    assert found and found.group(1) == user, (was, now)
    assert was.split('>')[1] == now.split('>')[1], (was, now)


def inward(before, after, verified='verified', count=0, trust=DIRECT):
    """A request of a partner, as the next hop gets it."""
    target(before, after)
    hop.same_rest(before, after, CHANGED)
    now, was = after.values('Via'), before.values('Via')
    assert hop.VIA_IN.match(now[0]) and len(now) == len(was) + 1, now
    assert re.fullmatch(re.escape(was[0]) + STAMP, now[1]), (was[0], now[1])
    assert now[2:] == was[1:], now
    now, was = entries(after), entries(before)
    assert len(now) == count + len(was) and now[count:] == was, now
    if count:
        assert hop.ROUTE_IN.match(now[0]) and ROUTE_OUT.match(now[1]), now
        assert 'ms-hidden' not in now[1], now
    hops(before, after)
    assert after.values('Contact') == before.values('Contact')
    assert after.values('ms-edge-proxy-message-trust') == \
        [trust.format(verified)], after.values('ms-edge-proxy-message-trust')
    names = [name for name, _ in after.lines]
    assert names[names.index('content-length') - 1] == \
        'ms-edge-proxy-message-trust', names
    for name in CHANGED[:1] + ONLY_INSIDE[1:]:
        assert not after.values(name), f'{name} of a partner comes in'
    for route in entries(after, 'Route'):
        assert 'ms-hidden' not in route, route


def outward(before, after, verified='verified', count=0):
    """A request of the inside, as the partner gets it: one Via, and one
    Record-Route that holds those of the inside."""
    assert after.start == before.start, (before.start, after.start)
    hop.same_rest(before, after, CHANGED)
    [via] = after.values('Via')
    assert VIA_OUT.match(via), via
    routes = entries(after)
    assert len(routes) == (count and 1), routes
    assert all(ROUTE_OUT.match(r) and 'ms-hidden' in r for r in routes), routes
    hops(before, after)
    contact(before, after)
    assert after.values('ms-asserted-verification-level') == \
        [LEVEL.format(verified)], after.raw
    clean(after)
    for route in entries(after, 'Route'):
        assert 'contoso' not in route, route


def answer_outward(before, after):
    """An answer of the inside, as the partner gets it."""
    assert after.start == before.start, (before.start, after.start)
    assert after.values('Via') == before.values('Via')[1:], after.values('Via')
    was = entries(before)
    own = [n for n, entry in enumerate(was) if ROUTE_OUT.match(entry)]
    expected_routes = was[own[-1]:] if own else []
    now = entries(after)
    assert now[1:] == expected_routes[1:], (now, was)
    if now:
        assert 'ms-hidden' in now[0] and ROUTE_OUT.match(now[0]), now
        assert re.sub(';ms-hidden=[^;>]*', '', now[0]) == expected_routes[0]
    contact(before, after)
    hop.same_rest(before, after, CHANGED)
    assert after.values('ms-asserted-verification-level') == [
        LEVEL.format('verified')], after.raw
    clean(after)


def answer_inward(before, after, request, verified='verified', trust=DIRECT):
    """An answer of a partner, as the inside gets it; request: what was asked,
    as the inside sent it."""
    assert after.start == before.start, (before.start, after.start)
    [ours] = before.values('Via')
    assert VIA_OUT.match(ours), ours
    now, was = after.values('Via'), request.values('Via')
    assert re.fullmatch(re.escape(was[0]) + f'({STAMP})?', now[0]), (was, now)
    assert now[1:] == was[1:], (was, now)
    routes = [re.sub(';ms-hidden=[^;>]*', '', r) for r in entries(before)]
    found = entries(after)
    assert found[:len(routes)] == routes, (routes, found)
    if routes:
        assert hop.ROUTE_IN.match(found[len(routes)] + ';tag=0'), found
        assert found[len(routes) + 1:] == entries(request), found
        assert len(after.values('Record-Route')) == len(found), after.raw
    hop.same_rest(before, after, CHANGED)
    assert after.values('ms-edge-proxy-message-trust') == \
        [trust.format(verified)], after.values('ms-edge-proxy-message-trust')


def clean(message):
    """What never leaves."""
    for name in ONLY_INSIDE:
        assert not message.values(name), f'{name} leaves the inside'


def refused(message, status, errid):
    """The edge's own refusal as a partner may see it."""
    hop.refusal(message, status)
    [told] = message.values('ms-diagnostics-public')
    assert told.startswith(f'{errid};reason="'), told
    assert not message.values('ms-diagnostics'), message.raw
    assert 'rule=' not in told, told


def expected(reason):
    """(status, errid) of a refusal."""
    return TABLE[reason][:2]


def outside_address():
    """Where the edge listens for partners."""
    return netns.ACCESS, 5061


class Crossing:
    """Messages of one dialog, as they pass the border; count: 2 for a request
    that makes one."""

    def __init__(self, lab, call_id):
        self.lab, self.call_id = lab, call_id

    def _sides(self, sender):
        lab = self.lab
        return (lab.partner, lab.director) if sender.domain != CONTOSO.domain \
            else (lab.director, lab.partner)

    def request(self, sender, method, cseq, count=0, verified='verified'):
        """What sender asked has crossed; as it arrived."""
        near, far = self._sides(sender)
        before = near.wait_sent(self.call_id, method, cseq=cseq)
        after = far.wait_received(self.call_id, method, cseq=cseq)
        check = inward if far is self.lab.director else outward
        check(before, after, verified, count=count)
        return after

    def answer(self, sender, status, cseq, verified='unverified'):
        """What sender answered has crossed; as it arrived."""
        near, far = self._sides(sender)
        before = near.wait_sent(self.call_id, status, cseq=cseq)
        after = far.wait_received(self.call_id, status, cseq=cseq)
        if far is self.lab.director:
            asked = far.wait_sent(self.call_id, cseq.split()[1], cseq=cseq)
            answer_inward(before, after, asked, verified)
        else:
            answer_outward(before, after)
        return after
