"""Two organisations with an edge of ours each, and a Director behind each:
messages, presence and calls in all directions, media by both relays with
credentials of both sides; neither inside shows in the other."""
import os
import re

from support import av, journey, mras, sip
from support.dialog import Dialog
from support.msturn import DATA, Udp
from support.org import CONTOSO, FABRIKAM
from support.wait import PATIENCE

SDP = ('Content-Type', 'application/sdp')
PACKETS = 20  # of media in each call, each way
TEXT = 'Grüße'.encode() + b'\r\n\xff'
EVENT = ('Event', 'presence')
SESSION = ('v=0\r\no=- 0 0 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n'
           'm=audio {1} RTP/AVP 0\r\n')
ADDRESS = re.compile(rb'c=IN IP4 (\S+).*m=audio (\d+)', re.S)


def other_of(org):
    """The other one."""
    return FABRIKAM if org is CONTOSO else CONTOSO


class Side:
    """All of one organisation."""

    def __init__(self, j, org):
        self.j, self.org = j, org
        partner = other_of(org)
        self.director = j.director(org=org)
        self.edge = j.edge(org=org, topology=j.export(org=org, allowed=[
            (partner.domain, partner.access)]))
        self.av = j.av_edge(org=org)

    def people(self, outside, inside, client):
        """One outside, one inside, signed in."""
        remote = self.j.user(outside, client, org=self.org)
        within = self.j.inside_user(inside, org=self.org)
        answer = remote.sign_in()[1][1]
        assert answer.status == 200, answer.raw
        within.sign_in()
        self.remote, self.within = remote, within
        return remote, within

    def shows_nothing_of(self, other):
        """No name or address of the other's inside came here."""
        for message in self.director.arrived():
            if other.domain.encode() not in message.raw:
                continue
            text = message.raw.decode('utf-8', 'replace')
            for word in (other.corp, *other.inside_addresses):
                assert word not in text, (word, text)


def begin(one, other, method, **how):
    """A request, with a proof when one is asked for; as it was sent last."""
    call_id = sip.token()
    raw = one.request(method, other.aor, call_id=call_id, **how)
    one.wire.send(raw)
    if one.challenged:
        asked = one.wire.expect(407)
        proof = one.credentials(asked, method, other.aor)
        raw = one.request(method, other.aor, cseq=2, call_id=call_id, **{
            **how, 'extra': [*how.get('extra', ()), proof]})
        one.wire.send(raw)
    return sip.Message(raw)


def told(message_, org):
    """What that Director is told of who sent it."""
    assert message_.values('ms-edge-proxy-message-trust') == [
        'ms-source-type=DirectPartner;ms-ep-fqdn=' + org.pool +
        ';ms-source-verified-user=verified;ms-source-network=federation'], \
        message_.raw
    assert not message_.values('ms-asserted-verification-level'), message_.raw


def message(near, far, one, other):
    """A MESSAGE and its answer, believed on both sides."""
    sent = begin(one, other, 'MESSAGE', body=TEXT)
    got = other.wire.expect('MESSAGE')
    assert got.body == TEXT, got.raw
    other.answer(got, 200)
    one.wire.expect(200)
    call_id = sent.value('Call-ID')
    told(far.director.wait_received(call_id, 'MESSAGE'), far.org)
    told(near.director.wait_received(call_id, 200), near.org)


def presence(one, other):
    """SUBSCRIBE, NOTIFY, and the end of it."""
    sent = begin(one, other, 'SUBSCRIBE', extra=[EVENT, ('Expires', 60)])
    got = other.wire.expect('SUBSCRIBE')
    said = other.answer(got, 200, extra=[('Contact', f'<{other.contact}>'),
                                         ('Expires', 60)])
    watcher = Dialog(one, sent, one.wire.expect(200), True)
    watched = Dialog(other, got, said, False)
    watched.send('NOTIFY', body=TEXT, extra=[
        EVENT, ('Subscription-State', 'active'),
        ('Content-Type', 'text/plain')])
    heard = one.wire.expect('NOTIFY')
    assert heard.body == TEXT, heard.raw
    one.answer(heard, 200)
    other.wire.expect(200)
    watcher.send('SUBSCRIBE', extra=[EVENT, ('Expires', 0)])
    other.answer(other.wire.expect('SUBSCRIBE'), 200)
    one.wire.expect(200)


class Relayed:
    """A user's allocation with the credentials that A/V authentication of its
    own organisation gave."""

    def __init__(self, side, user, is_outside):
        world = side.j.world
        location = 'internet' if is_outside else 'intranet'
        ticket = mras.ticket(user, location, target=mras.uri_of(side.org))
        where = (world.inet, (side.org.outside[2], 3478), user.wire.local[0]) \
            if is_outside else (world.space(side.org.inside),
                                (side.org.edge_inside, 3478),
                                side.org.front_end)
        self.client = Udp(*where, ticket)
        self.at = self.client.must_allocate()
        assert self.at[0] == side.org.outside[2], self.at

    @property
    def session(self):
        """As SDP."""
        return SESSION.format(*self.at).encode()


def peer_of(message_):
    """The relayed address in a body."""
    host, port = ADDRESS.search(message_.body).groups()
    return host.decode(), int(port)


def deliver(near, far, peer, payload):
    """One packet through both relays; the first ones may be too early for
    the other side's permission, so it is sent until it is there."""
    for _ in range(PATIENCE):
        near.client.send(peer, payload)
        got = far.client.next(1)
        while got is not None:
            if got.get(DATA) == payload:
                return
            got = far.client.next(0.2)
    raise AssertionError('no media')


def media(one, other, one_peer, other_peer):
    """Packets both ways, through both relays."""
    assert (one_peer, other_peer) == (other.at, one.at)
    one.client.send(one_peer, b'\x80 first')  # permits
    for number in range(PACKETS):
        payload = b'\x80\0' + bytes([number]) + os.urandom(160)
        deliver(other, one, other_peer, payload)
        deliver(one, other, one_peer, payload)


def call(one, other, mine, theirs):
    """A call with media; it ends from the other side."""
    sent, _ = one.exchange('INVITE', other.aor, extra=[SDP],
                           body=mine.session)
    got = other.wire.expect('INVITE')
    other.answer(got, 180, 'Ringing')
    one.wire.expect(180)
    said = other.answer(got, 200, body=theirs.session, extra=[
        SDP, ('Contact', f'<{other.contact}>')])
    final = one.wire.expect(200)
    caller = Dialog(one, sent, final, True)
    callee = Dialog(other, got, said, False)
    caller.send('ACK', number=caller.number)
    other.wire.expect('ACK')
    media(mine, theirs, peer_of(final), peer_of(got))
    caller.send('INFO')
    other.answer(other.wire.expect('INFO'), 200)
    one.wire.expect(200)
    callee.send('BYE')
    one.answer(one.wire.expect('BYE'), 200)
    other.wire.expect(200)
    return sent.value('Call-ID')


def body(j):
    j.resolver(fabrikam=FABRIKAM.outside[0])
    ours, theirs = Side(j, CONTOSO), Side(j, FABRIKAM)
    alice, ivan = ours.people('alice', 'ivan', 0)
    carol, judy = theirs.people('carol', 'judy', 1)
    pairs = [(ours, theirs, a, b) for a in (alice, ivan)
             for b in (carol, judy)]
    for near, far, one, other in pairs:
        message(near, far, one, other)
        message(far, near, other, one)
        presence(one, other)
        presence(other, one)
    relayed = {user: Relayed(side, user, outside) for side, user, outside in (
        (ours, alice, True), (ours, ivan, False), (theirs, carol, True),
        (theirs, judy, False))}
    for _, _, one, other in pairs:
        for a, b in ((one, other), (other, one)):
            call(a, b, relayed[a], relayed[b])
    for side in (ours, theirs):
        av.until(lambda: av.count(side.av, 'packets', 'to_peer')
                 >= len(pairs) * 2 * PACKETS, 5, 'media did not pass a relay')
        assert side.edge.refused() == {}, side.edge.refused()
        side.shows_nothing_of(other_of(side.org))


journey.main(body, limit=90)
