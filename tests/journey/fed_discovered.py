"""Partners that nobody entered: found by SRV and address in both directions,
with ports, priorities and a second target; believed as their level says."""
from support import federated, gate, journey, netns, sip
from support import sink as director
from support.partner import Door, InsideServer, Peer

AUTO = ('ms-source-type=AutoFederation;ms-ep-fqdn=edgepool01.corp.contoso.com;'
        'ms-source-verified-user={};ms-source-network=federation')
DIRECT = AUTO.replace('AutoFederation', 'DirectPartner')
HUB, LITWARE, ODD_PORT = netns.CLIENTS[30:33]
DEAD = netns.CLIENTS[33]
BOB = 'sip:bob@contoso.com'
RECORDS = [
    # the first target is down, the second one answers, on its own port
    federated.federation('litwareinc.com', 'sip1.litwareinc.com', 5061, 1, 0),
    federated.federation('litwareinc.com', 'sip.litwareinc.com', 5099, 2, 0),
    federated.host('sip1.litwareinc.com', DEAD),
    federated.host('sip.litwareinc.com', ODD_PORT),
    # listed without a proxy
    federated.federation('loses.com', 'sip.loses.com'),
    federated.host('sip.loses.com', HUB),
    federated.federation('fabrikam.com', 'sip.fabrikam.com')]
LEVELS = ('UseSourceVerification', 'AlwaysVerifiable', 'AlwaysUnverifiable')
SAYS = ('ms-source-verified-user=verified',
        'ms-source-verified-user=unverified', None)
# AE 3.3: level, then what the header says
TABLE = {'UseSourceVerification': ('verified', 'unverified', 'unverified'),
         'AlwaysVerifiable': ('verified',) * 3,
         'AlwaysUnverifiable': ('unverified',) * 3}


def ask(inside, target):
    """A MESSAGE of the inside; its answer."""
    inside.wire.send(inside.request('MESSAGE', target))
    return inside.wire.receive()


def outward(j, edge, dns, inside):
    """By SRV: port, second target, cache, and no entry needed."""
    litware = Door(j.world, j.ca, 'litware', ODD_PORT, port=5099)
    listed = Door(j.world, j.ca, 'proxies', HUB)
    j.parts += [litware, listed]
    for number in range(2):
        answer = ask(inside, 'sip:x@litwareinc.com')
        assert answer.status == 200, answer.raw
        assert answer.values('ms-edge-proxy-message-trust') == \
            [AUTO.format('unverified')], answer.raw
        assert litware.count('MESSAGE') == number + 1
    asked = [q for q in dns.questions() if 'litwareinc' in q]
    assert sum('[SRV]' in q for q in asked) == 1, asked
    assert all(q.endswith(f'from {netns.ACCESS}') for q in asked), asked
    assert gate.events(edge, 1017, partner='litwareinc.com', role='DSC',
                       peer='sip.litwareinc.com'), edge.tail()
    answer = ask(inside, 'sip:x@loses.com')
    assert answer.status == 200 and listed.count('MESSAGE') == 1, answer.raw
    return litware, listed


def levels(j, edge, sink):
    """AE 3.3, each cell, for discovered partners and for one of the list."""
    number = 0
    for level in LEVELS:
        edge.stop()
        edge.load(j.export(discovery=True, discovered_level=level, allowed=[
            ('fabrikam.com', 'sip.fabrikam.com', level)]),
            journey.LAB / 'topology' / 'hosts')
        edge.start()
        for certificate, domain, form in (
                ('litware', 'litwareinc.com', AUTO),
                ('partner', 'fabrikam.com', DIRECT)):
            for says, want in zip(SAYS, TABLE[level]):
                number += 1
                peer = Peer(j.world, j.ca, certificate,
                            netns.CLIENTS[number], domain=domain)
                call_id = sip.token()
                peer.wire.send(peer.request(
                    'MESSAGE', BOB, call_id=call_id, extra=[
                        ('ms-asserted-verification-level', says)]
                    if says else []))
                peer.wire.expect(200)
                found = sink.wait(call_id).values(
                    'ms-edge-proxy-message-trust')
                assert found == [form.format(want)], (level, says, found)
                peer.stop()


def body(j):
    sink = director.Sink(j.world, j.ca)
    j.parts.append(sink)
    dns = j.resolver(*RECORDS)
    edge = j.edge(topology=j.export(discovery=True, allowed=['loses.com']),
                  limits={'access.connect_ms': 500})
    inside = InsideServer(j.world, j.ca, netns.FRONT_END)
    j.parts.append(inside)
    outward(j, edge, dns, inside)
    levels(j, edge, sink)


journey.main(body, limit=60)
