"""What becomes of a request that cannot reach a partner: every reason,
provoked for real, with its ErrorId and the rule or the partner's name toward
the inside; and a failure that is remembered is not tried again at once."""
import contextlib
import socket
import threading

from support import federated, gate, journey, netns, sip
from support import sink as director
from support.book import Book
from support.dialog import entries
from support.partner import Door, InsideServer
from support.wait import until

HOSTS = netns.CLIENTS[20:]
# a domain of the list: its proxy; where it is and who is there, below
DOMAINS = ('fabrikam', 'wrongname', 'expired', 'foreign', 'noeku', 'closed',
           'nowhere', 'garbage', 'hangup', 'loses', 'silent', 'noaddress')
SETTINGS = {
    'allowed': [*((f'{name}.com', f'sip.{name}.com') for name in DOMAINS),
                'nosrv.com', 'nodns.com', 'crossed.com'],
    'blocked': ['adatum.com'], 'discovery': False,
    'hosting': [{'Identity': 'Gone', 'Enabled': False,
                 'ProxyFqdn': 'sipfed.gone.com'}]}
PLACES = {name: HOSTS[number] for number, name in enumerate(DOMAINS[1:])}
PLACES['nowhere'] = '192.0.2.253'  # nobody answers ARP there
RECORDS = [*(federated.host(f'sip.{name}.com', address)
             for name, address in PLACES.items() if name != 'noaddress'),
           federated.federation('crossed.com', 'sip.fabrikam.com'),
           federated.federation('stranger.com', 'sip.stranger.com'),
           federated.federation('gone.com', 'sipfed.gone.com')]
SHOWN = {'wrongname': 'litware', 'expired': 'partner-expired',
         'foreign': 'partner-foreign', 'noeku': 'partner-eku',
         'loses': None, 'silent': None}
LIMITS = {'connect_ms': 500, 'handshake_ms': 1000, 'timer_f_ms': 800,
          'partner_retry_ms': 5000}


def hang_up(request):
    """The connection breaks under the request."""
    request.wire.shutdown(2)


class Rude:
    """Accepts, says something or nothing, and closes."""

    def __init__(self, world, address, words):
        with world.inet.inside():
            self.door = socket.create_server((address, 5061))
        self.words = words
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                one = self.door.accept()[0]
                one.recv(4096)
                one.sendall(self.words)
                one.close()

    def stop(self):
        """Close it."""
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


def doors(j):
    """Who is there."""
    made = [Door(j.world, j.ca, 'partner')]
    for name, certificate in SHOWN.items():
        answer = {'loses': hang_up, 'silent': director.silence}.get(
            name, director.yes)
        made.append(Door(j.world, j.ca, certificate or 'proxies',
                         PLACES[name], answer))
    made.append(Rude(j.world, PLACES['garbage'], b'HTTP/1.0 200 OK\r\n\r\n'))
    made.append(Rude(j.world, PLACES['hangup'], b''))
    j.parts.extend(made)
    return made[0]


# (domain, reason, word of ms-diagnostics, method)
LISTED = [('stranger', 'no_partner',
           'EnablePartnerDiscovery[stranger.com]=false', 'MESSAGE')]
SLOW = [('nodns', 'partner_dns', 'fqdn="nodns.com"', 'MESSAGE')]
CASES = [
    ('wrongname', 'partner_tls', 'fqdn="sip.wrongname.com"', 'MESSAGE'),
    ('expired', 'partner_tls', 'fqdn="sip.expired.com"', 'MESSAGE'),
    ('foreign', 'partner_tls', 'fqdn="sip.foreign.com"', 'MESSAGE'),
    ('noeku', 'partner_tls', 'fqdn="sip.noeku.com"', 'INVITE'),
    ('closed', 'partner_connect', 'peer-type="FederatedPartner"', 'MESSAGE'),
    ('nowhere', 'partner_connect', 'fqdn="sip.nowhere.com"', 'MESSAGE'),
    ('garbage', 'partner_handshake', 'fqdn="sip.garbage.com"', 'MESSAGE'),
    ('hangup', 'partner_handshake', 'fqdn="sip.hangup.com"', 'MESSAGE'),
    ('loses', 'partner_lost', '', 'MESSAGE'),
    ('silent', 'partner_silent', '', 'MESSAGE'),
    ('noaddress', 'partner_address', 'fqdn="sip.noaddress.com"', 'MESSAGE'),
    ('nosrv', 'partner_srv', 'fqdn="nosrv.com"', 'MESSAGE'),
    ('crossed', 'srv_domain', 'fqdn="crossed.com"', 'MESSAGE'),
    ('gone', 'provider_off', '', 'MESSAGE'),
    ('stranger', 'no_partner', 'fqdn="stranger.com"', 'MESSAGE'),
    ('adatum', 'destination_blocked', 'BlockedDomain[adatum.com]=yes',
     'MESSAGE'),
    ('fabrikam', 'partner_method', 'Method[PUBLISH]=refused', 'PUBLISH'),
]


def told(answer, reason, word):
    """The inside hears it all, from the edge itself."""
    [line] = answer.values('ms-diagnostics')
    assert word in line and 'source="sip.contoso.com"' in line, line
    assert answer.values('ms-edge-proxy-message-trust') == [
        'ms-source-type=EdgeProxyGenerated;ms-ep-fqdn=edgepool01.corp.'
        'contoso.com;ms-source-verified-user=verified'], answer.raw
    status, errid = federated.expected(reason)
    assert answer.status == status and line.startswith(f'{errid};'), line


def server(j, number=0):
    """A server inside, from one of its addresses."""
    made = InsideServer(j.world, j.ca, [
        *netns.DIRECTORS, netns.FRONT_END, netns.MCU,
        netns.SECOND_MCU][number % 5])
    j.parts.append(made)
    return made


def failures(j, edge, book, cases):
    """Each with its reason."""
    for number, (name, reason, word, method) in enumerate(cases):
        inside = server(j, number)
        book.open()
        inside.wire.send(inside.request(method, f'sip:carol@{name}.com'))
        try:
            answer = inside.wire.receive()
            while answer.status == 100:
                answer = inside.wire.receive()
            book.close(reason, answer)
            told(answer, reason, word)
        except AssertionError as err:
            raise AssertionError(f'{name}: {err}\n'
                                 f'{edge.tail()[-1500:]}') from err


def remembered(j, edge):
    """A partner that failed is not dialled again for 5 s; the answer is the
    same, at once."""
    inside = server(j)
    before = gate.count(edge, 'partner_dials')
    for _ in range(3):
        inside.wire.send(inside.request('MESSAGE', 'sip:carol@nowhere.com'))
        told(inside.wire.expect(504), 'partner_connect', 'sip.nowhere.com')
    assert gate.count(edge, 'partner_dials') <= before + 1


def domains(j, edge, book):
    """From must be ours and To must not, when it is to leave."""
    inside = server(j, 1)
    for old, new in ((b'sip:alice@contoso.com', b'sip:alice@adatum.com'),
                     (b'To: <sip:carol@fabrikam.com>',
                      b'To: <sip:bob@contoso.com>')):
        inside = server(j, 1 + (new[:3] == b'To:'))
        book.open()
        raw = inside.request('MESSAGE', 'sip:carol@fabrikam.com')
        assert old in raw
        inside.wire.send(raw.replace(old, new))
        answer = inside.wire.receive()
        book.close('inside_domains', answer)
        told(answer, 'inside_domains', 'rule="AllowFederatedUsers=true,')


def to_partners(edge):
    """How many connections the edge has made to partners."""
    return edge.call('GET', '/v1/status')[1]['connections']['to_partners']


def late_ack(j, edge, partner):
    """The partner hangs up between 200 and ACK: the ACK finds it again."""
    caller = server(j, 2)
    caller.wire.send(caller.request('INVITE', 'sip:carol@fabrikam.com'))
    answer = caller.wire.expect(200)
    before = to_partners(edge)
    for wire in partner.wires:
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
    partner.wires.clear()
    # what is written before the edge has seen it end is lost
    until(lambda: to_partners(edge) < before, 5, 'the edge sees no end')
    caller.wire.send(sip.build('ACK sip:carol@fabrikam.com SIP/2.0', [
        ('Via', caller.via()), *(('Route', route) for route in
                                 entries(answer)[::-1]),
        ('From', answer.value('From')), ('To', answer.value('To')),
        ('Max-Forwards', 70), ('CSeq', '1 ACK'),
        ('Call-ID', answer.value('Call-ID'))]))
    partner.wait(answer.value('Call-ID'), 'ACK')


def idle(j, edge, partner):
    """Who has nothing to say for long is hung up on, and dialled anew."""
    gate.relimit(edge, partner_idle_ms=1000)
    caller = server(j, 0)
    for number in (1, 2):
        caller.wire.send(caller.request('MESSAGE', 'sip:carol@fabrikam.com'))
        caller.wire.expect(200)
        assert gate.count(edge, 'partner_dials') == number
        until(lambda: to_partners(edge) == 0, 5, 'an idle partner is kept')
    assert partner.count('MESSAGE') >= 2


def full(j, edge, book):
    """The table of partners is capped; who is connected makes no room."""
    gate.relimit(edge, partners=1)
    inside = server(j, 3)
    inside.wire.send(inside.request('MESSAGE', 'sip:carol@fabrikam.com'))
    inside.wire.expect(200)
    book.open()
    inside.wire.send(inside.request('MESSAGE', 'sip:x@wrongname.com'))
    answer = inside.wire.receive()
    book.close('partners_full', answer)
    told(answer, 'partners_full', '')


def reload(j, edge, **settings):
    """The edge anew, with those settings."""
    edge.stop()
    edge.load(j.export(**settings), journey.LAB / 'topology' / 'hosts')
    edge.start()


def off(j, edge, book):
    """Federation is a switch."""
    reload(j, edge, federated=False, allowed=federated.ALLOWED)
    inside = server(j, 4)
    book.open()
    inside.wire.send(inside.request('MESSAGE', 'sip:carol@fabrikam.com'))
    answer = inside.wire.receive()
    book.close('federation_off', answer)
    told(answer, 'federation_off', 'rule="AllowFederatedUsers=false"')


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    dns = j.resolver(*RECORDS, silent=['nodns.com'])
    partner = doors(j)
    edge = j.edge(topology=j.export(**SETTINGS),
                  limits={f'access.{k}': v for k, v in LIMITS.items()})
    book = Book(edge, inside)
    failures(j, edge, book, CASES)
    remembered(j, edge)
    domains(j, edge, book)
    assert not partner.requests, partner.requests
    late_ack(j, edge, partner)
    idle(j, edge, partner)
    full(j, edge, book)
    gate.relimit(edge)
    failures(j, edge, book, SLOW)  # DNS takes longer than timer F above
    # without providers nobody asks DNS about a domain that is not listed
    reload(j, edge, allowed=federated.ALLOWED)
    asked = len(dns.questions())
    failures(j, edge, book, LISTED)
    assert len(dns.questions()) == asked, dns.questions()[asked:]
    off(j, edge, book)


journey.main(body, limit=120)
