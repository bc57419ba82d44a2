"""What a lab is tried with when it is up."""
import os
import re
import shutil
import subprocess

from support import av, netns, phone, psom
from support.dialog import establish
from support.mcu import conference
from support.meeting import Loop, Outside, Participant
from support.partner import PartnerUser, Peer
from support.ticket import INTRANET
from support.user import InsideUser


def sign_in(*users):
    """Each registers with its digest."""
    for user in users:
        answer = user.sign_in()[1][1]
        assert answer.status == 200, answer.raw


def message(one, other):
    """MESSAGE with a challenge, and its 200."""
    text = f'hello {other.name}'.encode()
    one.wire.send(one.request('MESSAGE', other.aor, call_id='lab-1'))
    challenge = one.wire.expect(407)
    one.wire.send(one.request(
        'MESSAGE', other.aor, call_id='lab-1', cseq=2, body=text,
        extra=[('Content-Type', 'text/plain'),
               one.credentials(challenge, 'MESSAGE', other.aor)]))
    got = other.wire.expect('MESSAGE')
    assert got.body == text, got.raw
    other.answer(got, 200)
    one.wire.expect(200)


def to_partner(one, other):
    """A MESSAGE to the partner, and one back."""
    call_id = 'lab-2'
    one.wire.send(one.request('MESSAGE', other.aor, call_id=call_id))
    asked = one.wire.expect(407)
    one.wire.send(one.request(
        'MESSAGE', other.aor, call_id=call_id, cseq=2, body=b'hello',
        extra=[one.credentials(asked, 'MESSAGE', other.aor)]))
    other.answer(other.wire.expect('MESSAGE'), 200)
    one.wire.expect(200)
    other.wire.send(other.request('MESSAGE', one.aor, body=b'hello'))
    one.answer(one.wire.expect('MESSAGE'), 200)
    other.wire.expect(200)


def in_another_name(lab):
    """The partner speaks for a domain that is blocked."""
    eve = Peer(lab.world, lab.ca, 'partner', domain='adatum.com')
    eve.wire.send(eve.request('MESSAGE', 'sip:ivan@contoso.com'))
    answer = eve.wire.receive()
    eve.stop()
    assert answer.status == 403, answer.raw
    return [answer.value('ms-diagnostics-public')]


def call(one, other):
    """INVITE, 180, 200, ACK, BYE."""
    _, callee = establish(one, other)
    callee.send('BYE')
    one.answer(one.wire.expect('BYE'), 200)
    other.wire.expect(200)


def password(lab, name):
    """A file with a user's password, for edgectl."""
    file = lab.folder / f'{name}.password'
    file.write_text(f'{name}-secret\n')
    return str(file)


def tool(lab, *words):
    """edgectl test on the Internet; its lines, indented."""
    done = subprocess.run(
        lab.place('inet') + ['edgectl', 'test', *words], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if re.match(
        'sign-in|credentials|allocation|media|join|content|Result', line)]


def av_edge(lab):
    """Credentials through the Director, allocations on each transport."""
    return tool(lab, 'av-edge', '--user-sip-address', 'alice@contoso.com',
                '--user-password-file', password(lab, 'alice'))


def p2p_av(lab):
    """SRTP both ways between two users, through the relay."""
    return tool(lab, 'p2p-av', '--sender-sip-address', 'alice@contoso.com',
                '--sender-password-file', password(lab, 'alice'),
                '--receiver-sip-address', 'bob@contoso.com',
                '--receiver-password-file', password(lab, 'bob'))


def phones(lab):
    """Settings of two phones outside and one inside, media by the relay."""
    made = av.mint(lab)
    for number, name in enumerate(('carol', 'dave')):
        phone.write_settings(
            lab.folder / name, lab.ca, name, netns.CLIENTS[40 + number],
            4450 + number, keyboard=True, by_relay=phone.relay(
                av.UDP, made.ticket(f'sip:{name}@contoso.com')))
    return made


def srtp_call(lab, made):
    """A softphone outside calls one inside; SRTP by the relay."""
    outside = phone.Phone(
        lab.world, lab.folder / 'erin', lab.ca, 'carol', netns.CLIENTS[42], 4452,
        by_relay=phone.relay(av.UDP, made.ticket('sip:carol@contoso.com')))
    inside = phone.Phone(
        lab.world, lab.folder / 'judy', lab.ca, 'judy', netns.FRONT_END, 4453,
        space=lab.world.inside, server=(f'{netns.DIRECTORS[0]}:5060', 'tcp'),
        by_relay=phone.relay(av.INSIDE_UDP, made.ticket(
            'sip:judy@contoso.com', INTRANET)))
    for one in (outside, inside):
        one.wait_registered()
    before = av.count(lab.host.av, 'packets', 'to_peer')
    outside.command('dial', 'sip:judy@contoso.com')
    inside.wait_event('CALL_ESTABLISHED')
    av.until(lambda: av.count(lab.host.av, 'packets', 'to_peer') > before + 100, 20,
             'no media by the relay')
    outside.command('hangup')
    inside.wait_event('CALL_CLOSED')
    for one in (outside, inside):
        one.stop()
        shutil.rmtree(one.folder)
    return [f'{av.count(lab.host.av, "packets", "to_peer") - before} packets of '
            'SRTP relayed']


def meeting(lab):
    """alice and bob meet, each shows the other a slide."""
    loop, where = Loop(), Outside(lab.world, lab.ca)
    alice, bob = (Participant(where, lab.mcu.add_user(1, name),
                              netns.CLIENTS[number], name)
                  for number, name in enumerate(('alice', 'bob')))
    loop.all([alice.join(), bob.join()])
    for one, other in ((alice, bob), (bob, alice)):
        title, data = f'slide of {one.user}', os.urandom(300000)
        loop.run(one.upload(title, data))
        loop.run(one.present(title))
        loop.run(other.got(title, data))
    loop.all([alice.leave(), bob.leave()])
    loop.stop()
    return [f'joined in {1000 * one.took:.0f} ms' for one in (alice, bob)]


def dataconf(lab):
    """The same by edgectl, with what addUser says."""
    words = []
    for name, option in (('alice', '--sender-join'),
                         ('bob', '--receiver-join')):
        file = lab.folder / f'{name}.join.xml'
        file.write_text(psom.join_xml(lab.mcu.add_user(2, name)))
        words += [option, str(file)]
    return tool(lab, 'dataconf', *words)


def bad_token(lab):
    """A token signed with another key is refused."""
    one = lab.mcu.add_user(1, 'mallory')
    data = psom.hello(one, token=psom.mint(
        os.urandom(32), lab.mcu.name, conference(1), kid=psom.Ring(
            lab.host.webconf.keys).newest()[0]))
    loop, where = Loop(), Outside(lab.world, lab.ca)
    got = loop.run(where.knock(data))
    loop.stop()
    assert got['code'] == 401, got


def bad(user):
    """A Route aimed at the database is refused."""
    user.wire.send(user.request('MESSAGE', 'sip:bob@contoso.com', extra=[
        ('Route', '<sip:sql01.corp.contoso.com:1433;transport=tls;lr>')]))
    answer = user.wire.receive()
    assert answer.status == 403, answer.raw


def everything(lab, done):
    """All of them, in order."""
    alice, bob = lab.user('alice', 0), lab.user('bob', 1)
    ivan = InsideUser(lab.world, 'ivan')
    done('alice and bob sign in through the edge', sign_in, alice, bob)
    done('ivan signs in inside', ivan.sign_in)
    done('alice sends bob a message', message, alice, bob)
    done('alice calls bob', call, alice, bob)
    done('ivan, inside, calls alice', call, ivan, alice)
    done('bob calls ivan', call, bob, ivan)
    done('a Route aimed at the database is refused', bad, alice)
    frank = PartnerUser(lab.world, 'frank', netns.CLIENTS[43])
    done('frank signs in at the partner', frank.sign_in)
    done('alice and frank send each other a message', to_partner, alice,
             frank)
    done('frank calls ivan, inside', call, frank, ivan)
    done('a blocked domain is refused', in_another_name, lab)
    for user in (alice, bob, ivan, frank):
        user.stop()
    done('edgectl test av-edge: credentials, allocations', av_edge, lab)
    done('edgectl test p2p-av: SRTP through the relay', p2p_av, lab)
    done('alice and bob meet, a slide each way', meeting, lab)
    done('a meeting token of a foreign key is refused', bad_token, lab)
    done('edgectl test dataconf: a slide through the edge', dataconf, lab)
    made = done('phones of carol and dave', phones, lab)
    done('a phone outside calls one inside, SRTP through the relay',
             srtp_call, lab, made)
