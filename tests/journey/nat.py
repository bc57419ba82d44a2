"""Clients behind NAT reach a public address that is translated to the edge's
own; the topology says so with ConfiguredIPAddress."""
from support import hop, journey, netns
from support.edge import LAB

PUBLIC = '203.0.113.21'
RULES = f'''
table ip home {{
  chain out {{
    type nat hook output priority -100;
    ip daddr {PUBLIC} dnat to {netns.ACCESS}
  }}
  chain post {{
    type nat hook postrouting priority 100;
    ip saddr {{ {netns.CLIENTS[0]}, {netns.CLIENTS[1]} }} tcp dport 443 \
      snat to {netns.CLIENTS[30]}:20000-30000
  }}
}}
'''


def body(j):
    director = j.director()
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    for number in (2, 3, 4):
        own = f'IPAddress="192.0.2.{number}1"'
        assert own in text
        text = text.replace(
            own, f'{own} ConfiguredIPAddress="203.0.113.{number}1"')
    topology = j.folder / 'nat.xml'
    topology.write_text(text)
    rules = j.folder / 'nat.nft'
    rules.write_text(RULES)
    netns.run('ip', '-n', j.world.inet.name, 'route', 'add', '203.0.113.0/24',
              'dev', 'edge0')
    j.world.inet.exec('nft', '-f', str(rules))
    j.edge(topology=topology)
    users = [j.user(name, number, target=(PUBLIC, 443))
             for number, name in enumerate(('alice', 'bob'))]
    for user in users:
        requests, answers = user.sign_in()
        assert answers[1].status == 200, answers[1].raw
        arrived = director.wait_received(requests[0].value('Call-ID'), 'REGISTER')
        via = arrived.values('Via')[1]
        assert f';received={netns.CLIENTS[30]};ms-received-port=' in via, via
        port = int(via.split('ms-received-port=')[1].split(';')[0])
        assert 20000 <= port <= 30000, via
        contact = arrived.value('Contact')
        assert f'<sip:{netns.CLIENTS[30]}:{port};' in contact, contact
        assert ';proxy=replace' not in contact
    alice, bob = users
    sent, answer = None, None
    alice.wire.send(alice.request('MESSAGE', bob.aor))
    challenge = alice.wire.expect(407)
    sent = alice.request('MESSAGE', bob.aor, cseq=2, body='through two NATs',
                         extra=[alice.credentials(challenge, 'MESSAGE',
                                                  bob.aor)])
    alice.wire.send(sent)
    got = bob.wire.expect('MESSAGE')
    assert got.body == b'through two NATs'
    assert hop.VIA_OUT.match(got.values('Via')[0]), got.raw
    bob.answer(got, 200)
    answer = alice.wire.expect(200)
    assert PUBLIC not in answer.raw.decode()


journey.main(body)
