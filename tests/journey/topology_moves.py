"""A new topology cuts off a server that is trusted no more and moves a listener
to another address; who came by the old one has time to go."""
from support import gate, journey, netns, sip
from support import sink as director
from support.edge import LAB
from support.wait import until

WEBCONF = netns.EDGE_OUTSIDE[1]


class Lab:
    """The lab's document and HOSTS, changed step by step."""

    def __init__(self, j, edge):
        self.edge = edge
        self.files = {name: j.folder / name for name in
                      ('moved.xml', 'moved-hosts')}
        self.xml = (LAB / 'topology' / 'contoso.xml').read_text()
        self.hosts = (LAB / 'topology' / 'hosts').read_text()

    def change(self, *pairs, good=(0, 1)):
        """Replace, import, wait until it is taken."""
        xml, hosts = self.xml, self.hosts
        for old, new in pairs:
            assert old in xml, old
            xml, hosts = xml.replace(old, new), hosts.replace(old, new)
        self.files['moved.xml'].write_text(xml)
        self.files['moved-hosts'].write_text(hosts)
        before = self.seq()
        said = self.edge.load(*self.files.values(), good=good)
        if 3 in good:
            assert self.seq() == before, said
            return said
        until(lambda: self.seq() != before, 5, f'not taken: {said}')
        self.xml, self.hosts = xml, hosts
        return said

    def seq(self):
        """Of the version that the daemon runs with."""
        return self.edge.call('GET', '/v1/status')[1]['topology']['seq']


def server(j, certificate, address):
    """A connection of an inside server."""
    return sip.Wire.tls(j.world.inside, (netns.EDGE_INSIDE, 5061), address,
                        certificate=(j.ca / f'{certificate}-chain.pem',
                                     j.ca / f'{certificate}.key'))


def asks(wire):
    """It is listened to."""
    wire.send(sip.build('OPTIONS sip:alice@contoso.com SIP/2.0', [
        ('Via', f'SIP/2.0/TLS 10.20.30.31;branch=z9hG4bK{sip.token()}'),
        ('From', '<sip:probe@contoso.com>;tag=1'),
        ('To', '<sip:alice@contoso.com>'), ('Call-ID', sip.token()),
        ('Max-Forwards', 5), ('CSeq', '1 OPTIONS')]))
    assert wire.receive().status == 480


def message(inside, user):
    """The user's way inward is open."""
    call_id = sip.token()
    user.wire.send(user.request('MESSAGE', 'sip:carol@contoso.com',
                                call_id=call_id))
    user.wire.expect(200)
    inside.wait(call_id)


def is_refused(j, address):
    """Nobody listens there."""
    try:
        sip.Wire.tcp(j.world.inet, (address, 443), netns.CLIENTS[9]).close()
    except ConnectionRefusedError:
        return True
    return False


def untrusted(j, edge, lab, inside, user):
    """The Front End pool is renamed: the old names are strangers."""
    front_end = server(j, 'fe01', netns.FRONT_END)
    other = server(j, 'dir01', netns.DIRECTORS[0])
    for wire in (front_end, other):
        asks(wire)
    lab.change(('fepool01.corp', 'fepool09.corp'), ('fe01.corp', 'fe09.corp'))
    assert front_end.closed()
    lines = gate.events(edge, 1014, reason='no_longer_trusted')
    assert len(lines) == 1 and 'fepool01' in lines[0], lines
    assert gate.count(edge, 'connection_rejected', 'role') == 1
    again = server(j, 'fe01', netns.FRONT_END)
    assert again.closed()
    asks(other)
    message(inside, user)
    again.close()
    front_end.close()
    return other


def moved(j, edge, lab, inside, user):
    """The Access Edge takes the other outside address, and back an address
    that this machine has not is refused by all."""
    lab.change((f'"{netns.ACCESS}"', '"swap"'),
               (f'"{WEBCONF}"', f'"{netns.ACCESS}"'),
               ('"swap"', f'"{WEBCONF}"'))
    message(inside, user)  # not cut off at once
    told = [x for x in edge.call('GET', '/v1/status')[1]['listeners']
            if x['name'] == 'access-client'][0]
    assert told['address'] == f'{WEBCONF}:443', told
    until(lambda: gate.events(edge, 13, address=f'{netns.ACCESS}:443'), 5,
          'the end of the old listener is not told')
    until(lambda: is_refused(j, netns.ACCESS), 5, 'the old one is open still')
    late = j.user('dave', 2, target=(WEBCONF, 443))
    late.wire.send(late.registration())
    late.wire.expect(200)
    assert user.wire.closed(), 'for ever'
    message(inside, late)
    said = lab.change((f'"{WEBCONF}"', '"192.0.2.99"'), good=[3])
    assert '192.0.2.99' in said, said
    message(inside, late)


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge(limits={'access.drain_ms': 1500})
    lab = Lab(j, edge)
    user = j.user('bob', 1)
    user.wire.send(user.registration())
    user.wire.expect(200)
    other = untrusted(j, edge, lab, inside, user)
    moved(j, edge, lab, inside, user)
    asks(other)
    other.close()


journey.main(body)
