"""A new topology is taken during a call, and no session drops; a broken one
is refused by all and the old one stays."""
from support import journey
from support.dialog import Dialog
from support.edge import LAB
from support.wait import until


def body(j):
    j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200
    sent, _ = alice.exchange('INVITE', bob.aor)
    got = bob.wire.expect('INVITE')
    said = bob.answer(got, 200, extra=[('Contact', f'<{bob.contact}>')])
    caller = Dialog(alice, sent, alice.wire.expect(200), True)
    callee = Dialog(bob, got, said, False)
    caller.send('ACK', number=caller.number)
    bob.wire.expect('ACK')

    before = edge.call('GET', '/v1/status')[1]['topology']
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    changed = j.folder / 'changed.xml'
    changed.write_text(text.replace(
        '<InternalDomain Name="contoso.com"',
        '<InternalDomain Name="emea.contoso.com" Authoritative="false" '
        'AllowSubDomains="false" />\n    '
        '<InternalDomain Name="contoso.com"'))
    edge.load(changed, LAB / 'topology' / 'hosts')
    until(lambda: edge.call('GET', '/v1/status')[1]['topology'] != before, 5,
          'the new topology is not taken')

    # the call goes on, over the same connections
    callee.send('INFO')
    alice.answer(alice.wire.expect('INFO'), 200)
    bob.wire.expect(200)

    # the new domain counts now
    alice.wire.send(alice.request('REGISTER', 'sip:emea.contoso.com',
                                  to='sip:alice@emea.contoso.com')
                    .replace(b'<sip:alice@contoso.com>;tag',
                             b'<sip:alice@emea.contoso.com>;tag'))
    assert alice.wire.receive().status == 401

    # a broken document changes nothing
    taken = edge.call('GET', '/v1/status')[1]['topology']
    broken = j.folder / 'broken.xml'
    broken.write_text(text.replace('RoleName="Registrar" Instance="2"',
                                   'RoleName="Registrar" Instance="9"', 1))
    edge.load(broken, LAB / 'topology' / 'hosts', good=range(2, 8))
    assert edge.call('GET', '/v1/status')[1]['topology'] == taken

    caller.send('BYE')
    bob.answer(bob.wire.expect('BYE'), 200)
    alice.wire.expect(200)


journey.main(body, limit=60)
