"""One external address: users and partners come to the same port. Who shows a
certificate that the topology knows is a partner, who shows none is a user;
messages and a call between the two, and each is told apart."""
import ssl

from support import export, federated, gate, hop, journey, netns, sip
from support.partner import Peer
from support.wait import until

DOOR = (netns.ACCESS, 5061)


def counts(edge):
    """(clients, partners) connected."""
    status = edge.call('GET', '/v1/status')[1]['connections']
    return status['clients'], status['partners']


def strangers(j, edge):
    """A certificate that nobody knows makes no user of anybody."""
    before = gate.count(edge, 'connection_rejected', 'partner')
    for number, certificate in enumerate((
            'litware', 'partner-cn', 'partner-expired', 'partner-foreign',
            'bad-selfsigned')):
        try:
            peer = Peer(j.world, j.ca, certificate, netns.CLIENTS[number + 5])
            peer.wire.send(peer.request('OPTIONS', 'sip:bob@contoso.com'))
            assert peer.wire.closed() and not peer.wire.buffer
        except (ssl.SSLError, ConnectionError):
            pass
    gate.wait_count(edge, 'connection_rejected', 'partner', before + 5)


def body(j):
    lab = federated.Lab(j, topology=export.single_address(),
                        allowed=federated.ALLOWED)
    states = {x['name']: (x['address'], x['state']) for x in
              lab.edge.call('GET', '/v1/status')[1]['listeners']}
    assert states['access-client'] == (f'{netns.ACCESS}:5061', 'open'), states

    alice = j.user('alice', target=DOOR)
    carol = j.partner_user('carol')
    answer = alice.sign_in()[1][1]
    assert answer.status == 200, answer.raw
    carol.sign_in()
    carol.wire.send(carol.request('MESSAGE', alice.aor, body=b'hello'))
    got = alice.wire.expect('MESSAGE')
    alice.answer(got, 200)
    carol.wire.expect(200)
    arrived = lab.director.wait_received(got.value('Call-ID'), 'MESSAGE')
    assert arrived.values('ms-edge-proxy-message-trust') == [
        federated.DIRECT.format('verified')], arrived.raw
    until(lambda: counts(lab.edge) == (1, 1), 5,
          lambda: f'{counts(lab.edge)} clients and partners')

    call_id = sip.token()
    alice.wire.send(alice.request('MESSAGE', carol.aor, call_id=call_id))
    asked = alice.wire.expect(407)
    alice.wire.send(alice.request(
        'MESSAGE', carol.aor, call_id=call_id, cseq=2,
        extra=[alice.credentials(asked, 'MESSAGE', carol.aor)]))
    carol.answer(carol.wire.expect('MESSAGE'), 200)
    alice.wire.expect(200)
    said = lab.director.wait_received(call_id, 'MESSAGE')
    assert said.values('ms-edge-proxy-message-trust') == [hop.TRUST], said.raw

    # a user may not speak for a partner's domain, nor a partner register
    eve = j.user('bob', 3, target=DOOR)
    eve.wire.send(eve.request('MESSAGE', alice.aor).replace(
        b'bob@contoso.com', b'bob@fabrikam.com'))
    hop.refusal(eve.wire.receive(), 403)
    peer = Peer(j.world, j.ca, 'partner', name='alice', domain='contoso.com')
    peer.wire.send(peer.request('REGISTER', 'sip:contoso.com', to=alice.aor,
                                contact=f'<{alice.contact}>'))
    federated.refused(peer.wire.receive(),
                      *federated.expected('source_domain'))
    peer.stop()
    strangers(j, lab.edge)


journey.main(body)
