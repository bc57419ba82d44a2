"""XMPP as the journeys speak it: streams, a client, and what an export says of
partners."""
import base64
import pathlib
import queue
import socket
import ssl
import threading
import time
import xml.etree.ElementTree as ET

from support import netns
from support.wait import NoAnswer, until

STREAM = 'http://etherx.jabber.org/streams'
SERVER = 'jabber:server'
CLIENT = 'jabber:client'
TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
DIALBACK = 'jabber:server:dialback'
EDGE = 'urn:lync-edge:xmpp:1'
STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
STREAMS = 'urn:ietf:params:xml:ns:xmpp-streams'
XML = 'http://www.w3.org/XML/1998/namespace'
PORT, GATEWAY_PORT = 5269, 23456


def split(tag):
    """(namespace, local name) of an ElementTree tag."""
    return tuple(tag[1:].split('}', 1)) if tag[0] == '{' else ('', tag)


def text_of(element, renamed=None):
    """An element as text, each with its own default namespace; renamed maps
    namespaces. Attributes with a namespace are left out, but xml:lang."""
    def write(e, outer):
        space, name = split(e.tag)
        space = (renamed or {}).get(space, space)
        words = [name] if space == outer else [name, f"xmlns='{space}'"]
        for key, value in e.attrib.items():
            key_space, key_name = split(key)
            if key_space in ('', XML):
                prefix = 'xml:' if key_space else ''
                words.append(f"{prefix}{key_name}='{escaped(value)}'")
        inner = escaped(e.text or '') + ''.join(
            write(c, space) + escaped(c.tail or '') for c in e)
        return f"<{' '.join(words)}>{inner}</{name}>"
    return write(element, None)


def escaped(text):
    """As text or in an attribute."""
    for plain, said in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'),
                        ("'", '&#39;'), ('"', '&quot;')):
        text = text.replace(plain, said)
    return text


class Stream:
    """One stream over one connection; elements come in order."""

    def __init__(self, sock, content=SERVER):
        self.sock, self.content = sock, content
        self.raw = b''
        self.header = None
        self._fresh()

    def _fresh(self):
        self.parser = ET.XMLPullParser(['start', 'end'])
        self.depth, self.header = 0, None
        self.found = queue.SimpleQueue()
        self.is_over = False

    @classmethod
    def dial(cls, space, address, port, source=None, content=SERVER):
        """Connect from a namespace."""
        with space.inside():
            sock = socket.create_connection(
                (address, port), 10, (source, 0) if source else None)
        return cls(sock, content)

    def send(self, text):
        """Bytes or text, as they are."""
        self.sock.sendall(text if isinstance(text, bytes) else text.encode())

    def open(self, to, origin=None, version="version='1.0'", extra=''):
        """A header; the answer's is waited for."""
        self._fresh()
        who = f"from='{origin}'" if origin else ''
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='{self.content}'"
                  f" xmlns:stream='{STREAM}' xmlns:db='{DIALBACK}' {extra} "
                  f"to='{to}' {who} {version}>")

    def _read(self, limit):
        self.sock.settimeout(limit)
        try:
            got = self.sock.recv(65536)
        except (TimeoutError, socket.timeout):
            raise NoAnswer('nothing comes') from None
        except (ConnectionError, ssl.SSLError) as err:
            got = b''
            self.raw += f'[{err}]'.encode()
        self.raw += got
        if not got:
            self.is_over = True
            return
        self.parser.feed(got)
        for event, element in self.parser.read_events():
            if event == 'start':
                if not self.depth:
                    self.header = dict(element.attrib)
                self.depth += 1
            else:
                self.depth -= 1
                if self.depth == 1:
                    self.found.put(element)
                elif not self.depth:
                    self.is_over = True

    def next(self, limit=30):
        """The next element; None when the stream is over."""
        end = time.monotonic() + limit
        while self.found.empty():
            if self.is_over:
                return None
            if time.monotonic() > end:
                raise NoAnswer(f'no element: {self.raw[-2000:]!r}')
            self._read(max(0.1, end - time.monotonic()))
        return self.found.get()

    def expect(self, name, space=None, limit=30):
        """The next element must be that one."""
        element = self.next(limit)
        assert element is not None, f'the stream ends: {self.raw[-2000:]!r}'
        assert split(element.tag)[1] == name and space in (
            None, split(element.tag)[0]), \
            f'{name} is not {ET.tostring(element)!r}'
        return element

    def error(self, limit=30):
        """The stream error that ends it; '' when it ends without one."""
        while True:
            element = self.next(limit)
            if element is None:
                return ''
            if element.tag == f'{{{STREAM}}}error':
                return split(element[0].tag)[1]

    def start_tls(self, context, name):
        """STARTTLS as the one who begins."""
        self.send(f"<starttls xmlns='{TLS}'/>")
        self.expect('proceed', TLS)
        self.sock.settimeout(20)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)

    def close(self):
        """Without a word."""
        self.sock.close()


class Client:
    """A user of a server there: signs in, sends, keeps what comes."""

    def __init__(self, space, address, jid, password='secret',
                 is_new=False):
        self.jid = jid
        user, domain = jid.split('@')
        self.stream = Stream.dial(space, address, 5222, content=CLIENT)
        self.stream.open(domain)
        self.stream.expect('features')
        if is_new:
            self.stream.send("<iq type='set' id='n'><query xmlns='jabber:iq:"
                             f"register'><username>{user}</username>"
                             f'<password>{password}</password></query></iq>')
            assert self.stream.expect('iq').get('type') == 'result'
        word = base64.b64encode(f'\0{user}\0{password}'.encode()).decode()
        self.stream.send(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{word}"
                         '</auth>')
        self.stream.expect('success')
        self.stream.open(domain)
        self.stream.expect('features')
        self.stream.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:"
                         "xml:ns:xmpp-bind'><resource>r</resource></bind>"
                         '</iq>')
        assert self.stream.expect('iq').get('type') == 'result'
        self.seen, self.lock = [], threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()
        self.stream.send("<iq type='get' id='r'><query xmlns='jabber:iq:"
                         "roster'/></iq><presence/>")
        # a message before a server has made its presence known is lost there
        self.wait('presence', origin=jid)

    def _listen(self):
        while True:
            try:
                element = self.stream.next(3600)
            except (NoAnswer, OSError):
                return
            if element is None:
                return
            with self.lock:
                self.seen.append(element)

    def send(self, text):
        """A stanza as text."""
        self.stream.send(text)

    def say(self, to, body, kind='chat', number='m1'):
        """A message."""
        self.send(f"<message to='{to}' type='{kind}' id='{number}'><body>"
                  f'{escaped(body)}</body></message>')

    def got(self, name, **wanted):
        """What came of that name with those attributes; from is origin, body
        and error are children."""
        wanted = {{'origin': 'from', 'kind': 'type'}.get(k, k): v
                  for k, v in wanted.items()}
        body, error = wanted.pop('body', None), wanted.pop('error', None)

        def fits(e):
            if split(e.tag)[1] != name:
                return False
            if any(not (e.get(k) or '').startswith(v)
                   for k, v in wanted.items()):
                return False
            if body is not None and \
                    e.findtext(f'{{{CLIENT}}}body') != body:
                return False
            return error is None or \
                e.find(f'.//{{{STANZAS}}}{error}') is not None
        with self.lock:
            return [e for e in self.seen if fits(e)]

    def wait(self, name, limit=30, **wanted):
        """The first of those, once it is there."""
        def text():
            with self.lock:
                seen = [ET.tostring(e).decode() for e in self.seen]
            return f'{self.jid} gets no {name} {wanted}, but {seen}'
        return until(lambda: self.got(name, **wanted), limit, text)[0]

    def stop(self):
        """End the connection."""
        self.stream.close()


def context(ca, who=None, trust='public-ca.pem'):
    """A TLS client of an authority, with a certificate of the lab or none."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.load_verify_locations(pathlib.Path(ca) / trust)
    if who:
        made.load_cert_chain(pathlib.Path(ca) / f'{who}-chain.pem',
                             pathlib.Path(ca) / f'{who}.key')
    return made


SETTINGS = 'urn:schema:Microsoft.Rtc.Management.Settings.XmppGateway.2011'
ITEM = '''\
  <DocItem Name="{name}:Global" Version="1"><Data>
    <AnchoredXml xmlns="urn:schema:Microsoft.Rtc.Management.ScopeFramework.\
2008" SchemaWriteVersion="1">
      <Key ScopeClass="Global"><SchemaId Namespace="{space}" \
ElementName="{name}" /></Key>
      <Dictionary Count="1"><Item><Key /><Value>{value}</Value></Item>
      </Dictionary></AnchoredXml></Data></DocItem>
'''
PORTS = '''\
        <Port Owner="urn:component:XmppFederationProxy" Usage="XmppServer" \
InterfaceSide="External" InterfaceNumber="1" Port="5269" Protocol="Tls" \
UrlPath="/" AuthorizesRequests="true" />
        <Port Owner="urn:component:XmppFederationProxy" Usage="XptServer" \
InterfaceSide="Internal" InterfaceNumber="1" Port="23456" Protocol="Mtls" \
UrlPath="/XmppFederation/" AuthorizesRequests="false" />
'''


def partner(domain, tls='Required', sasl='Required', dialback=True,
            kind='Federated', **more):
    """One XmppAllowedPartner."""
    words = dict(Domain=domain, PartnerType=kind, TlsNegotiation=tls,
                 SaslNegotiation=sasl,
                 SupportDialbackNegotiation=str(dialback).lower(), **more)
    return '<XmppAllowedPartner ' + ' '.join(
        f'{k}="{v}"' for k, v in words.items()) + ' />'


def topology(source, target, partners, **gateway):
    """The lab's topology with XMPP: its ports, partners and gateway settings;
    target is written."""
    text = pathlib.Path(source).read_text()
    mark = '<Port Owner="urn:component:AccessEdge" Usage="SipClient"'
    assert mark in text
    text = text.replace(mark, PORTS.lstrip() + '        ' + mark)
    if text.startswith('<?xml'):
        text = text.split('?>', 1)[1]
    rows = [('XmppAllowedPartners', f'<XmppAllowedPartners xmlns="{SETTINGS}">'
             + ''.join(partners) + '</XmppAllowedPartners>')]
    if gateway:
        rows.append(('XmppGatewaySettings',
                     f'<XmppGatewaySettings xmlns="{SETTINGS}" ' + ' '.join(
                         f'{k}="{v}"' for k, v in gateway.items()) + ' />'))
    pathlib.Path(target).write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<DocItemSet>\n'
        '  <DocItem Name="Topology" Version="1"><Data>\n' + text +
        '  </Data></DocItem>\n' + ''.join(
            ITEM.format(name=n, space=SETTINGS, value=v) for n, v in rows) +
        '</DocItemSet>\n')
    return target


def records(*domains, address=netns.PARTNER):
    """DNS: our domain's server first, and each partner's."""
    found = [('srv-host', '_xmpp-server._tcp.contoso.com,sip.contoso.com,5269')]
    for domain in domains:
        found += [('srv-host',
                   f'_xmpp-server._tcp.{domain},xmpp.{domain},5269'),
                  ('host-record', f'xmpp.{domain},{address}'),
                  ('local', f'/{domain}/')]
    return found
