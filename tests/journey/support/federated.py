"""The lab with a partner, and what must be true of a message that crosses the
border of two organisations."""
import re

from support import hop, netns
from support.book import TABLE
from support.org import CONTOSO
from support.resolver import federation, host  # noqa: F401

DIRECT = ('ms-source-type=DirectPartner;ms-ep-fqdn=' + CONTOSO.pool +
          ';ms-source-verified-user={};ms-source-network=federation')
ALLOWED = [('fabrikam.com', 'sip.fabrikam.com')]
VIA_OUT = re.compile(r'SIP/2\.0/TLS 192\.0\.2\.21:\d+;branch=z9hG4bK'
                     r'[0-9A-F]{8}\.[0-9A-F]{16};branched=FALSE$')
ROUTE_OUT = re.compile(
    r'<sip:sip\.contoso\.com:5061;transport=tls;opaque=state:'
    r'Fe\.R([0-9A-F]+)\.[0-9a-fA-F]{8};lr;ms-route-sig=[\w-]+\.[\w-]{22}>'
    r';tag=[0-9A-Fa-f]+$')
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

    def people(self):
        """alice outside, ivan inside, carol of the partner, all signed in."""
        alice, ivan = self.j.user('alice'), self.j.inside_user('ivan')
        carol = self.j.partner_user('carol')
        assert alice.sign_in()[1][1].status == 200
        ivan.sign_in()
        carol.sign_in()
        return alice, ivan, carol


def vias(before, after, ours):
    """Ours on top of what was there; below it the one that sent, marked."""
    now, was = after.values('Via'), before.values('Via')
    assert ours.match(now[0]), now
    assert len(now) == len(was) + 1, now
    assert re.match(re.escape(was[0]) + r'(;received=[\d.]+)?'
                    r';ms-received-port=\d+;ms-received-cid=[0-9A-F]+$',
                    now[1]), (was[0], now[1])
    assert now[2:] == was[1:], now


def record_routes(before, after, inward, count):
    """Two of ours on top of what was there, the sending side's first."""
    now, was = after.values('Record-Route'), before.values('Record-Route')
    assert len(now) == count + len(was) and now[count:] == was, now
    if count:
        forms = (hop.ROUTE_IN, ROUTE_OUT)
        for form, value in zip(forms if inward else forms[::-1], now):
            assert form.match(value), now


def hops(before, after):
    """One less."""
    assert int(after.value('Max-Forwards')) == \
        int(before.value('Max-Forwards')) - 1


def inward(before, after, verified='verified', count=0, trust=DIRECT):
    """A request of a partner, as the next hop gets it."""
    assert after.start == before.start, (before.start, after.start)
    hop.same_rest(before, after, CHANGED)
    vias(before, after, hop.VIA_IN)
    record_routes(before, after, True, count)
    hops(before, after)
    assert after.values('Contact') == before.values('Contact')
    assert after.values('ms-edge-proxy-message-trust') == \
        [trust.format(verified)], after.values('ms-edge-proxy-message-trust')
    names = [name for name, _ in after.lines]
    assert names[names.index('content-length') - 1] == \
        'ms-edge-proxy-message-trust', names
    for name in CHANGED[:1] + ONLY_INSIDE[1:]:
        assert not after.values(name), f'{name} of a partner comes in'


def outward(before, after, verified='verified', count=0):
    """A request of the inside, as the partner gets it."""
    assert after.start == before.start, (before.start, after.start)
    hop.same_rest(before, after, CHANGED)
    vias(before, after, VIA_OUT)
    record_routes(before, after, False, count)
    hops(before, after)
    assert after.values('ms-asserted-verification-level') == \
        [LEVEL.format(verified)], after.raw
    clean(after)
    for route in after.values('Route'):
        assert 'contoso' not in route, route


def answer_outward(before, after):
    """An answer of the inside, as the partner gets it."""
    assert after.start == before.start, (before.start, after.start)
    assert after.values('Via') == before.values('Via')[1:], after.values('Via')
    assert after.values('Record-Route') == before.values('Record-Route')
    hop.same_rest(before, after, CHANGED)
    clean(after)


def answer_inward(before, after, verified='verified', trust=DIRECT):
    """An answer of a partner, as the inside gets it."""
    assert after.start == before.start, (before.start, after.start)
    assert after.values('Via') == before.values('Via')[1:], after.values('Via')
    assert after.values('Record-Route') == before.values('Record-Route')
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
    """Messages of one dialog, as they pass the border; count: how many of our
    Record-Routes a request that makes a dialog gets."""

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
            answer_inward(before, after, verified)
        else:
            answer_outward(before, after)
        return after
