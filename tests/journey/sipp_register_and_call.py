"""SIPp, with its TLS done by socat and by stunnel, signs in and calls."""
import subprocess

from support import journey, netns
from support.journey import LAB
from support.wait import until

CALLS = 5
STUNNEL = '''\
foreground = yes
pid =
[sip]
client = yes
accept = 127.0.0.1:15062
connect = {access}:443
local = {client}
CAfile = {ca}
verifyChain = yes
checkHost = sip.contoso.com
'''


def answer_call(bob):
    """Bob's part of one call."""
    got = bob.wire.expect('INVITE')
    bob.answer(got, 180, 'Ringing')
    bob.answer(got, 200, extra=[('Contact', f'<{bob.contact}>')])
    bob.wire.expect('ACK')
    bob.answer(bob.wire.expect('BYE'), 200)


def tunnels(j):
    """socat on port 15061, stunnel on 15062."""
    ca = j.ca / 'public-ca.pem'
    configured = j.folder / 'stunnel.conf'
    configured.write_text(STUNNEL.format(access=netns.ACCESS, ca=ca,
                                         client=netns.CLIENTS[1]))
    log = open(j.folder / 'tunnels.log', 'wb')
    made = [
        j.world.inet.start(
            'socat', 'TCP-LISTEN:15061,bind=127.0.0.1,reuseaddr,fork',
            f'OPENSSL:{netns.ACCESS}:443,cafile={ca},'
            f'commonname=sip.contoso.com,bind={netns.CLIENTS[0]}',
            stderr=log),
        j.world.inet.start('stunnel4', str(configured), stderr=log,
                           stdout=log)]
    for port in (15061, 15062):
        until(lambda: listens(j, port), 5, f'no tunnel on {port}')
    return made


def listens(j, port):
    """Is the tunnel there?"""
    return f':{port} ' in j.world.inet.exec('ss', '-Htln')


def body(j):
    director = j.director()
    edge = j.edge()
    bob = j.user('bob', 2)
    assert bob.sign_in()[1][1].status == 200
    made = tunnels(j)
    for port in (15061, 15062):
        caller = j.world.inet.start(
            'sipp', f'127.0.0.1:{port}', '-t', 't1', '-i', '127.0.0.1',
            '-m', str(CALLS), '-l', '1', '-r', '20', '-nostdin', '-sf',
            str(LAB / 'sipp' / 'register_and_call.xml'), '-trace_err',
            '-error_file', str(j.folder / 'sipp-errors.log'),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=j.folder)
        for _ in range(CALLS):
            answer_call(bob)
        assert caller.wait(20) == 0, journey.output(
            'cat', str(j.folder / 'sipp-errors.log'))

    def calls():
        return [r.message for r in director.records() if r.from_edge and
                r.message.method == 'BYE']

    # what SIPp was answered may not have been written down yet
    until(lambda: len(calls()) >= 2 * CALLS, 5, lambda: str(calls()))
    assert len(calls()) == 2 * CALLS, calls()
    # SIPp wrote 127.0.0.1: the edge says where it came from
    via = calls()[0].values('Via')[1]
    assert f';received={netns.CLIENTS[0]};ms-received-port=' in via, via
    assert edge.refused() == {}, edge.refused()
    for tunnel in made:
        tunnel.terminate()
        tunnel.wait()


journey.main(body, limit=60)
