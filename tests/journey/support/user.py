"""People: remote users on the Internet, and users inside."""
import uuid

from support import sip
from support.org import CONTOSO

DOMAIN = CONTOSO.domain


class User:
    """A SIP user on one wire; keeps no dialog state for the journey."""

    challenged = True

    def __init__(self, name, wire, domain=DOMAIN):
        self.name = name
        self.wire = wire
        self.domain = domain
        self.aor = f'sip:{name}@{domain}'
        self.password = f'{name}-secret'
        self.tag = sip.token(4)
        self.epid = sip.token(5)
        self.instance = f'<urn:uuid:{uuid.uuid4()}>'
        self.transport = 'TLS'

    @property
    def contact(self):
        """The Contact URI of this end of the wire."""
        host, port = self.wire.local
        return f'sip:{host}:{port};transport={self.transport.lower()}'

    def via(self, branch=None):
        """A Via value; branch '' leaves the parameter out."""
        host, port = self.wire.local
        branch = f'z9hG4bK{sip.token()}' if branch is None else branch
        tail = f';branch={branch}' if branch else ''
        return f'SIP/2.0/{self.transport} {host}:{port}{tail}'

    def request(self, method, uri, to=None, call_id=None, cseq=1, extra=(),
                body=b'', to_tag=None, branch=None, contact=None, tag=None):
        """A complete request of this user, as bytes."""
        to = f'<{to or uri}>' + (f';tag={to_tag}' if to_tag else '')
        headers = [
            ('Via', self.via(branch)),
            ('From', f'<{self.aor}>;tag={tag or self.tag};epid={self.epid}'),
            ('To', to),
            ('Max-Forwards', 70),
            ('CSeq', f'{cseq} {method}'),
            ('Call-ID', call_id or sip.token())]
        if contact is None and method in ('INVITE', 'SUBSCRIBE', 'REFER'):
            contact = f'<{self.contact}>'
        if contact:
            headers.append(('Contact', contact))
        return sip.build(f'{method} {uri} SIP/2.0', headers + list(extra),
                         body)

    def answer(self, request, status, reason='OK', extra=(), body=b'',
               tag=None):
        """Answer a request: Via, Record-Route and the rest copied."""
        headers = [('Via', v) for v in request.values('Via')]
        headers += [('Record-Route', v)
                    for v in request.values('Record-Route')]
        to = request.value('To')
        if ';tag=' not in to and status > 100:
            to += f';tag={tag or self.tag}'
        headers += [('From', request.value('From')), ('To', to),
                    ('Call-ID', request.value('Call-ID')),
                    ('CSeq', request.value('CSeq'))]
        raw = sip.build(f'SIP/2.0 {status} {reason}', headers + list(extra),
                        body)
        self.wire.send(raw)
        return sip.Message(raw)

    def exchange(self, method, uri, cseq=1, extra=(), call_id=None, **how):
        """Send, answer a challenge once; (last request, last answer)."""
        call_id = call_id or sip.token()
        sent = self.request(method, uri, cseq=cseq, extra=extra,
                            call_id=call_id, **how)
        self.wire.send(sent)
        if method == 'INVITE' and not self.challenged:
            return sip.Message(sent), None
        if method == 'INVITE':
            answer = self.wire.receive()
            while answer.status == 100:
                answer = self.wire.receive()
        else:
            answer = self.wire.receive()
        if answer.status not in (401, 407):
            return sip.Message(sent), answer
        if method == 'INVITE':
            self.acknowledge(sip.Message(sent), answer)
        sent = self.request(method, uri, cseq=cseq + 1, call_id=call_id,
                            extra=[*extra, self.credentials(answer, method,
                                                            uri)], **how)
        self.wire.send(sent)
        if method == 'INVITE':
            return sip.Message(sent), None
        return sip.Message(sent), self.wire.receive()

    def credentials(self, challenge, method, uri):
        """The header that answers a 401 or 407."""
        asked, given = {
            401: ('WWW-Authenticate', 'Authorization'),
            407: ('Proxy-Authenticate', 'Proxy-Authorization'),
        }[challenge.status]
        return given, sip.digest(self.name, self.password,
                                 challenge.values(asked)[0], method, uri)

    def acknowledge(self, request, answer):
        """ACK a non-2xx final answer: same branch, To of the answer."""
        number = request.value('CSeq').split()[0]
        self.wire.send(sip.build(f'ACK {request.target} SIP/2.0', [
            ('Via', request.values('Via')[0]),
            ('From', request.value('From')), ('To', answer.value('To')),
            ('Max-Forwards', 70), ('CSeq', f'{number} ACK'),
            ('Call-ID', request.value('Call-ID'))]))

    def stop(self):
        """Leave."""
        self.wire.close()


class RemoteUser(User):
    """A user on the Internet, connected to the Access Edge."""

    def __init__(self, world, ca, name, address, target=None, verify=True,
                 org=CONTOSO):
        self.where = (world, ca, address, target or (org.outside[0], 443))
        self.verify = verify
        self.org = org
        super().__init__(name, self._connect(), org.domain)

    def _connect(self):
        world, ca, address, target = self.where
        return sip.Wire.tls(world.inet, target, address,
                            str(ca / 'public-ca.pem') if self.verify else None,
                            self.org.access)

    def reconnect(self):
        """A new connection from the same address; the old one is kept by
        the caller or closed."""
        self.wire = self._connect()

    def registration(self, cseq=1, call_id=None, extra=(), **how):
        """A REGISTER as a Lync client sends it, as bytes."""
        return self.request(
            'REGISTER', f'sip:{self.domain}', to=self.aor, cseq=cseq,
            call_id=call_id, contact=self.client_contact(),
            extra=[('User-Agent', 'UCCAPI/15.0.0.0 OC/15.0.0.0'),
                   ('Supported', 'gruu-10, msrtc-event-categories'),
                   ('ms-keep-alive', 'UAC;hop-hop=yes'),
                   ('Event', 'registration'), *extra], **how)

    def client_contact(self):
        """What clients behind NAT say: the first hop is to replace it."""
        return (f'<{self.contact};ms-opaque=d3470f2e1d>;methods="INVITE, '
                'MESSAGE, SUBSCRIBE, BYE, CANCEL, NOTIFY, ACK, BENOTIFY";'
                f'proxy=replace;+sip.instance="{self.instance}"')

    def sign_in(self, expires=None):
        """REGISTER, challenge, REGISTER: (requests, answers)."""
        call_id = sip.token()
        extra = [('Expires', expires)] if expires is not None else []
        first = self.registration(call_id=call_id, extra=extra)
        self.wire.send(first)
        challenge = self.wire.expect(401)
        second = self.registration(
            cseq=2, call_id=call_id, extra=[*extra, self.credentials(
                challenge, 'REGISTER', f'sip:{self.domain}')])
        self.wire.send(second)
        return ((sip.Message(first), sip.Message(second)),
                (challenge, self.wire.receive()))


class PlainUser(User):
    """A user beside a registrar that asks for nothing: plain TCP."""

    challenged = False

    def __init__(self, space, name, registrar, address, domain):
        super().__init__(name, sip.Wire.tcp(space, (registrar, 5060),
                                            address), domain)
        self.transport = 'TCP'

    def sign_in(self):
        """REGISTER."""
        self.wire.send(self.request(
            'REGISTER', f'sip:{self.domain}', to=self.aor,
            contact=f'<{self.contact}>'))
        return self.wire.expect(200)


class InsideUser(PlainUser):
    """A user inside, registered straight at the Director."""

    def __init__(self, world, name, org=CONTOSO):
        super().__init__(world.space(org.inside), name, org.directors[0],
                         org.front_end, org.domain)
