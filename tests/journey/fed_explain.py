"""`edgectl policy explain` beside a running edge: what it says of a request is
what becomes of it, with one text as the rule in the event, in what the inside
is told and in the explanation; and what another topology would change is
counted on the traffic that there was."""
import json
import re

from support import federated, gate, journey, netns
from support import sink as director
from support.book import Book, TABLE
from support.partner import Door, InsideServer, Peer
from support.wait import until

SHARDS = 'once'

ALICE = 'alice@contoso.com'
CAROL = 'carol@fabrikam.com'
SETTINGS = {
    'allowed': [('fabrikam.com', 'sip.fabrikam.com'),
                ('northwind.com', 'sip.northwind.com'),
                'thief.com', 'crossed.com'],
    'blocked': ['adatum.com'], 'discovery': False,
    'hosting': [{'Identity': 'Gone', 'Enabled': False,
                 'ProxyFqdn': 'sipfed.gone.com'}]}
RECORDS = [federated.federation('thief.com', 'sip.litwareinc.com'),
           federated.federation('crossed.com', 'sip.fabrikam.com'),
           federated.federation('stranger.com', 'sip.stranger.com'),
           federated.federation('gone.com', 'sipfed.gone.com')]
NAMES = {'partner': 'sip.fabrikam.com', 'litware': 'sip.litwareinc.com'}
# (certificate, domain that speaks, whom it wants, method, reason)
INWARD = [
    ('partner', 'adatum.com', ALICE, 'MESSAGE', 'blocked_domain'),
    ('partner', 'contoso.com', ALICE, 'MESSAGE', 'source_domain'),
    ('partner', 'sales.fabrikam.com', ALICE, 'MESSAGE', 'source_domain'),
    ('partner', 'northwind.com', ALICE, 'MESSAGE', 'peer_mismatch'),
    ('litware', 'fabrikam.com', ALICE, 'MESSAGE', 'peer_mismatch'),
    ('litware', 'litwareinc.com', ALICE, 'MESSAGE', 'source_domain'),
    ('litware', 'thief.com', ALICE, 'MESSAGE', 'peer_mismatch'),
    ('partner', 'fabrikam.com', 'x@northwind.com', 'MESSAGE', 'no_route'),
    ('partner', 'fabrikam.com', ALICE, 'PUBLISH', 'partner_method')]
# (whom it wants, whom SRV leads to, method, reason)
OUTWARD = [
    ('eve@adatum.com', None, 'MESSAGE', 'destination_blocked'),
    (CAROL, None, 'PUBLISH', 'partner_method'),
    ('x@crossed.com', 'sip.fabrikam.com', 'MESSAGE', 'srv_domain'),
    ('x@gone.com', 'sipfed.gone.com', 'MESSAGE', 'provider_off'),
    ('x@stranger.com', None, 'MESSAGE', 'no_partner')]


def rule_of(line):
    """rule= of an event, rule="" of a header."""
    return re.search(r'rule="?([^\s"]+)', line).group(1)


def explain(edge, *words, good=(0,), **asked):
    """What edgectl says, as people and as programs read it."""
    words = ('policy', 'explain', *words, *(
        f'--{name}={value}' for name, value in asked.items() if value))
    said = edge.edgectl(*words, good=good)
    return said, json.loads(edge.edgectl(*words, '--json', good=good))


def same(edge, line, reason, **asked):
    """Explanation and event are of one mind."""
    said, document = explain(edge, good=(1,), **asked)
    told = document['explained']
    status, errid, text = TABLE[reason]
    assert (told['reason'], told['status'], told['errid'], told['text']) == \
        (reason, status, errid, text), told
    assert said.startswith(
        f'refused: {status}, ms-diagnostics {errid}, {text}\n'), said
    assert told['rule'] == rule_of(line), (told['rule'], line)
    assert f"rule={told['rule']}\n" in said, said
    steps = told['message']['steps'] if 'message' in told else \
        told['connection']['steps']
    assert told['rule'] == ','.join(
        f"{s['check']}{'[' + s['row'] + ']' if s['row'] else ''}="
        f"{s['outcome']}" for s in steps), told
    return told['rule']


def listed(edge):
    """The rule of the last refusal in the list."""
    return edge.call('GET', '/v1/refusals')[1]['refusals'][-1]['rule']


def inward(j, edge, book):
    """Of partners, refused for real and in the explanation."""
    for number, (certificate, domain, to, method, reason) in enumerate(INWARD):
        peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[number],
                    domain=domain)
        book.open()
        peer.wire.send(peer.request(method, f'sip:{to}'))
        line = book.close(reason, peer.wire.receive())
        rule = same(edge, line, reason, to=to, method=method,
                    peer=NAMES[certificate], **{'from': peer.aor})
        assert rule == listed(edge), rule
        peer.stop()


def outward(j, edge, book):
    """Of the inside: it is told the rule as well."""
    for number, (to, leads, method, reason) in enumerate(OUTWARD):
        inside = InsideServer(j.world, j.ca, netns.DIRECTORS[number % 2])
        book.open()
        inside.wire.send(inside.request(method, f'sip:{to}'))
        answer = inside.wire.receive()
        line = book.close(reason, answer)
        rule = same(edge, line, reason, to=to, method=method,
                    peer=leads, **{'from': inside.aor})
        [told] = answer.values('ms-diagnostics')
        assert rule == rule_of(told) == listed(edge), (rule, told)
        inside.stop()


def traffic(j, edge):
    """What passes, explained; it is what the comparisons are made of."""
    peer = Peer(j.world, j.ca, 'partner')
    for _ in range(3):
        peer.wire.send(peer.request('MESSAGE', f'sip:{ALICE}'))
        peer.wire.expect(200)
    peer.stop()
    inside = InsideServer(j.world, j.ca, netns.FRONT_END)
    inside.wire.send(inside.request('OPTIONS', f'sip:{CAROL}'))
    inside.wire.expect(200)
    inside.stop()
    said, document = explain(edge, to=ALICE, **{'from': CAROL})
    assert document['explained']['passes'], document
    assert said.startswith('passes inward as DirectPartner, '), said
    assert "assumed: the peer's certificate names sip.fabrikam.com;" in said
    said, _ = explain(edge, to=CAROL, **{'from': ALICE})
    assert said.startswith('passes outward to sip.fabrikam.com as '
                           'DirectPartner\n'), said


def change(document, **wanted):
    """The one changed kind with these fields."""
    [found] = [row for row in document['comparison']['changed']
               if all(row.get(k) == v for k, v in wanted.items())]
    return found


def comparison(j, edge):
    """By an export that nobody has imported."""
    before = edge.call('GET', '/v1/status')[1]['topology']
    same_file = j.export(**SETTINGS)
    said, document = explain(edge, topology=same_file)
    assert said.startswith('nothing changes for '), said
    assert document['comparison']['judged'] >= len(INWARD), document

    blocking = j.export(**dict(SETTINGS, blocked=['adatum.com',
                                                  'fabrikam.com'],
                               allowed=SETTINGS['allowed'][1:]))
    said, document = explain(edge, topology=blocking, good=(1,))
    row = change(document, to='contoso.com', method='MESSAGE',
                 **{'from': 'fabrikam.com', 'last': 'ok'})
    assert (row['count'], row['was']['peer'], row['becomes']['reason']) == \
        (3, 'sip.fabrikam.com', 'blocked_domain'), row
    row = change(document, method='OPTIONS', to='fabrikam.com')
    assert row['becomes']['reason'] == 'destination_blocked', row
    assert re.search(r'^ +3  MESSAGE +fabrikam\.com -> contoso\.com  peer '
                     r'sip\.fabrikam\.com  BlockedDomain\[fabrikam\.com\]=yes$',
                     said, re.M), said
    said, _ = explain(edge, good=(1,), topology=blocking, to=ALICE,
                      **{'from': CAROL})
    assert 'BlockedDomain[fabrikam.com]=yes' in said, said

    closed = j.export(**dict(SETTINGS, federated=False))
    said, _ = explain(edge, topology=closed, good=(1,))
    assert 'refused: 403, ms-diagnostics 1002, Federation is off' in said, said
    # nothing of all this is in force
    assert edge.call('GET', '/v1/status')[1]['topology'] == before
    assert explain(edge, to=ALICE, **{'from': CAROL})[1]['explained']['passes']


def stranger(j, edge):
    """Who is not let in at all."""
    edge.stop()
    edge.load(j.export(allowed=federated.ALLOWED),
              journey.LAB / 'topology' / 'hosts')
    edge.start()
    peer = Peer(j.world, j.ca, 'litware')
    assert peer.wire.closed()
    peer.stop()
    until(lambda: gate.events(edge, 1015), 5, 'nobody was turned away')
    [line] = gate.events(edge, 1015)
    same(edge, line, 'unknown_peer', to=ALICE, peer=NAMES['litware'],
         **{'from': 'x@litwareinc.com'})


def faults(j, edge):
    """What is no question, and nobody who would answer."""
    for words, exits, finding in (
            ((f'--from={CAROL}', '--to=a b'), (7,), 'CTL-040'),
            ((f'--from={CAROL}',), (2,), 'CTL-001'),
            (('--topology', str(j.folder / 'no-such-file')), (6,), None)):
        _, document = explain(edge, *words, good=exits)
        assert document['findings'] and finding in (
            None, document['findings'][0]['id']), document
    edge.stop()
    said, document = explain(edge, to=ALICE, good=(3,), **{'from': CAROL})
    assert document['findings'][0]['id'] == 'CTL-014', document
    assert 'not running' in said and 'systemctl' in said, said


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    j.parts.append(Door(j.world, j.ca, 'partner'))
    j.resolver(*RECORDS)
    edge = j.edge(topology=j.export(**SETTINGS))
    book = Book(edge, inside)
    inward(j, edge, book)
    outward(j, edge, book)
    traffic(j, edge)
    comparison(j, edge)
    stranger(j, edge)
    faults(j, edge)


journey.main(body, limit=90)
