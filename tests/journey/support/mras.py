"""A/V authentication as a signed-in user asks it: through the Access Edge and
the Director; and as a server asks it, straight."""
import xml.etree.ElementTree as ET

from support import netns, sip
from support.org import CONTOSO
from support.ticket import Ticket

TYPE = 'application/msrtc-media-relay-auth+xml'
SPACE = 'http://schemas.microsoft.com/2006/09/sip/mrasp'
POOL = CONTOSO.pool


def uri_of(org):
    """Where users of an organisation ask."""
    return (f'sip:{org.pool}@{org.domain};gruu;opaque=srvr:MRAS:'
            'AbCdEfGhIjKlMnOpAA')


URI = uri_of(CONTOSO)


def wish(identity, location='internet', duration=480, number='1'):
    """One credentialsRequest; None leaves a part out."""
    return (f'<credentialsRequest credentialsRequestID="{number}">'
            f'<identity>{identity}</identity>' +
            (f'<location>{location}</location>' if location else '') +
            (f'<duration>{duration}</duration>' if duration else '') +
            '</credentialsRequest>')


def request(sender, wishes, number='1804289383', version='1.0', target=URI):
    """The body of a SERVICE."""
    return (f'<request requestID="{number}" from="{sender}" '
            f'version="{version}" to="{target}" xmlns="{SPACE}" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            + ''.join(wishes) + '</request>')


class Relay:
    """One place of the mediaRelayList."""

    def __init__(self, element):
        self.location = element.findtext(f'{{{SPACE}}}location')
        self.host = element.findtext(f'{{{SPACE}}}hostName')
        self.udp, self.tcp = (
            int(element.findtext(f'{{{SPACE}}}{name}') or 0)
            for name in ('udpPort', 'tcpPort'))


class Answer:
    """The body of a 200."""

    def __init__(self, body):
        root = ET.fromstring(body)
        assert root.tag == f'{{{SPACE}}}response', root.tag
        self.root = root
        self.reason = root.get('reasonPhrase')
        self.tickets, self.minutes, self.relays, self.numbers = [], [], [], []
        for one in root.findall(f'{{{SPACE}}}credentialsResponse'):
            self.numbers.append(one.get('credentialsRequestID'))
            given = one.find(f'{{{SPACE}}}credentials')
            self.tickets.append(Ticket.of_text(
                given.findtext(f'{{{SPACE}}}username'),
                given.findtext(f'{{{SPACE}}}password')))
            self.minutes.append(int(given.findtext(f'{{{SPACE}}}duration')))
            self.relays.append([Relay(r) for r in one.findall(
                f'{{{SPACE}}}mediaRelayList/{{{SPACE}}}mediaRelay')])


def ask(user, location='internet', duration=480, **how):
    """(SIP answer, Answer or None) for a user who has signed in."""
    target = how.pop('target', URI)
    body = how.pop('body', None) or request(
        user.aor, [wish(user.aor, location, duration)], target=target)
    got = user.exchange('SERVICE', target, body=body, extra=[
        ('Content-Type', how.pop('content_type', TYPE))], **how)[1]
    return got, Answer(got.body) if got.status == 200 else None


def ticket(user, location='internet', **how):
    """What a user who has signed in gets, or a failure."""
    got, answer = ask(user, location, **how)
    assert got.status == 200 and answer.reason == 'OK', got.raw
    return answer.tickets[0]


class Server:
    """A pool that dials A/V authentication itself, with its certificate."""

    def __init__(self, world, ca, name='dirpool01',
                 target=(netns.EDGE_INSIDE, 5062), source=netns.DIRECTORS[0]):
        self.wire = sip.Wire.tls(
            world.inside, target, source, str(ca / 'internal-ca.pem'), POOL,
            (ca / f'{name}-chain.pem', ca / f'{name}.key'))

    def ask(self, sender, wishes, content_type=TYPE, body=None, extra=()):
        """(SIP answer, Answer or None)."""
        host, port = self.wire.local
        self.wire.send(sip.build(f'SERVICE {URI} SIP/2.0', [
            ('Via', f'SIP/2.0/TLS {host}:{port};'
             f'branch=z9hG4bK{sip.token()}'),
            ('From', f'<{sender}>;tag={sip.token(4)}'), ('To', f'<{URI}>'),
            ('Max-Forwards', 70), ('CSeq', '1 SERVICE'),
            ('Call-ID', sip.token()), ('Content-Type', content_type), *extra],
            body if body is not None else request(sender, wishes)))
        got = self.wire.receive()
        return got, Answer(got.body) if got.status == 200 else None

    def stop(self):
        """Leave."""
        self.wire.close()
