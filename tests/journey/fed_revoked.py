"""A partner's certificate is revoked while calls go on: Kamailio is cut off
both ways and not let in again. Lists that cannot be had pass, unless the edge
is told to be hard; and nothing of the inside is asked for one."""
import contextlib
import signal
import ssl

from support import federated, gate, journey, netns
from support.crl import Lists, Web
from support.partner import Peer
from support.wait import until

PLACE = netns.CLIENTS[30]
RECORDS = [federated.host('crl.fabrikam.com', PLACE)]
ALLOWED = [*federated.ALLOWED, ('litwareinc.com', 'sip.litwareinc.com')]
GOOD_S = 8  # the list of now; it is fetched anew half-way
URL = 'url=http://crl.fabrikam.com/public.crl'


def say(user, other):
    """A message from user to other, and its 200."""
    user.wire.send(user.request('MESSAGE', other.aor))
    got = other.wire.expect('MESSAGE')
    other.answer(got, 200)
    user.wire.expect(200)


def count(edge):
    """Connections with partners, both ways."""
    found = edge.call('GET', '/v1/status')[1]['connections']
    return found['partners'], found['to_partners']


def wait_event(edge, number, *words):
    """Until a line of that event has the words."""
    def lines():
        return [line for line in gate.events(edge, number)
                if all(word in line for word in words)]
    until(lines, 15, lambda: f'no {number} with {words}: {edge.tail()}')
    return lines()[-1]


def knock(j, certificate, domain='fabrikam.com'):
    """Somebody with that certificate at the door; None: turned away."""
    try:
        peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[31],
                    domain=domain)
        peer.wire.send(peer.request('OPTIONS', 'sip:nobody@contoso.com'))
        with contextlib.suppress(AssertionError):
            peer.wire.receive()
            return peer
        assert peer.wire.ended, 'neither answered nor turned away'
        peer.stop()
    except (ssl.SSLError, ConnectionError):
        pass
    return None


def must_be_refused(j, edge, words):
    """At the door, with that reason."""
    before = edge.reasons('connection_rejected').get('partner', 0)
    edge.log.write_text('')
    assert knock(j, 'partner-listed') is None
    until(lambda: edge.reasons('connection_rejected')['partner'] == before + 1,
          5, 'not turned away')
    wait_event(edge, 1015, f'reason={words}', 'san=sip.fabrikam.com')


def must_not_leave(ivan, carol):
    """ivan hears why."""
    ivan.wire.send(ivan.request('MESSAGE', carol.aor))
    answer = ivan.wire.expect(504)
    [told] = answer.values('ms-diagnostics')
    assert told.startswith('1010;') and 'sip.fabrikam.com' in told, told


def must_be_let_in(j, edge):
    """At the door: what is said is answered."""
    edge.log.write_text('')
    peer = knock(j, 'partner-listed')
    assert peer, edge.tail()
    wait_event(edge, 1016, 'san=sip.fabrikam.com')
    peer.stop()


def cut_off(j, lab, lists, web, people):
    """A good list, then one that says revoked."""
    ivan, carol = people
    wait_event(lab.edge, 1026, URL)
    say(ivan, carol)
    say(carol, ivan)
    assert min(count(lab.edge)) >= 1, count(lab.edge)
    seen = lab.edge.call('GET', '/v1/status')[1]
    assert seen['partner_certificates']['rejected'] == 0, seen
    [row] = seen['revocation_lists']
    assert row['url'] in URL and row['error'] == 'ok', row
    lab.edge.log.write_text('')
    lists.revoke('partner-listed')
    web.body = lists.list(3600)
    until(lambda: count(lab.edge) == (0, 0), 20,
          lambda: f'not cut off: {count(lab.edge)} {lab.edge.tail()}')
    wait_event(lab.edge, 1015, 'reason=revoked', 'role=DIR')
    wait_event(lab.edge, 1019, 'reason=revoked', 'errid=1010')
    must_be_refused(j, lab.edge, 'revoked')
    must_not_leave(ivan, carol)
    seen = lab.edge.call('GET', '/v1/status')[1]['partner_certificates']
    assert seen['rows'][0]['fault'] == 'revoked', seen
    assert seen['rows'][0]['verdict'] == 'rejected', seen
    told = lab.edge.edgectl('status')
    assert 'fault=revoked' in told and URL in told, told
    assert {who for _, who in web.asked} == {netns.ACCESS}, web.asked


def inward(j, lab, inside):
    """Its certificate leads inside, by name and by address."""
    for url in ('http://dir01.corp.contoso.com/', 'http://10.20.30.31/'):
        lab.edge.log.write_text('')
        peer = knock(j, 'litware-inward', 'litwareinc.com')
        assert peer, lab.edge.tail()
        peer.stop()
        wait_event(lab.edge, 1027, f'url={url}', 'error=not allowed')
    assert not inside.asked, inside.asked
    assert not [line for line in lab.resolver.questions()
                if 'corp.contoso.com' in line], lab.resolver.questions()


def settings(edge, old, new):
    """Another word in the ini, told by SIGHUP."""
    text = edge.ini.read_text()
    assert old in text, text
    edge.log.write_text('')
    edge.ini.write_text(text.replace(old, new))
    edge.process.send_signal(signal.SIGHUP)
    wait_event(edge, 4)


def body(j):
    lists = Lists(j.folder / 'lists', j.ca)
    web = Web(j.world.inet, PLACE)
    inside = Web(j.world.inside, netns.DIRECTORS[0])
    j.parts.append(inside)
    lab = federated.Lab(
        j, RECORDS, partner=False, allowed=ALLOWED,
        edge={'limits': {'access.crl_retry_s': 1,
                         'access.partner_retry_ms': 100},
              'options': {'access.crl_hard_fail': 'no'}})
    lab.partner = j.partner(certificate='partner-listed')
    _, ivan, carol = lab.people()
    web.body = lists.list(GOOD_S)  # however long it took to be ready
    say(carol, ivan)  # before the list is there
    cut_off(j, lab, lists, web, (ivan, carol))
    inward(j, lab, inside)

    # nobody is there, and nothing is known
    web.stop()
    lab.edge.stop()
    lab.edge.start()
    must_be_let_in(j, lab.edge)
    wait_event(lab.edge, 1027, URL, 'error=')
    assert lab.edge.reasons('connection_rejected') == {}
    settings(lab.edge, 'crl_hard_fail = no', 'crl_hard_fail = yes')
    must_be_refused(j, lab.edge, 'no current list')
    must_not_leave(ivan, carol)

    # the list is back, and nobody is on it
    web = Web(j.world.inet, PLACE, Lists(j.folder / 'again',
                                         j.ca).list(3600))
    j.parts.append(web)
    wait_event(lab.edge, 1026, URL)
    must_be_let_in(j, lab.edge)


journey.main(body, limit=120)
