"""A private key is readable for the group of the service that uses it, also
after the service has given root up: certificates are renewed without a
restart, and another service's key is out of reach."""
import os
import re
import shutil
import signal
import subprocess

from support import gate, journey, netns
from support import sink as director
from support.edge import LAB
from support.wait import until

SHARDS = 'once'

# as packages make them: one user and group a service, one group for what
# several of them need; the numbers are in nobody's way
ACCESS, AV, SHARED, ADMIN = 64801, 64802, 64803, 64804


def accounts(j):
    """/etc/passwd and /etc/group of the edge's namespace."""
    etc = netns.ETC / j.world.edge.name
    (etc / 'passwd').write_text(
        'root:x:0:0:root:/root:/bin/sh\n' +
        f'access-edge:x:{ACCESS}:{ACCESS}::/:/usr/sbin/nologin\n' +
        f'av-edge:x:{AV}:{AV}::/:/usr/sbin/nologin\n')
    (etc / 'group').write_text(
        f'root:x:0:\naccess-edge:x:{ACCESS}:\nav-edge:x:{AV}:\n'
        f'edge-cert:x:{SHARED}:access-edge,av-edge\nlync-edge:x:{ADMIN}:\n')


def keys(j):
    """0640 root and the group; the folder for all of them."""
    j.ca.chmod(0o755)
    for path in j.ca.iterdir():
        path.chmod(0o600 if path.suffix == '.key' else 0o644)
    for name, group in (('access', ACCESS), ('edge01', SHARED),
                        ('edge02', SHARED), ('turn', ACCESS),
                        ('av-auth', AV)):
        os.chown(j.ca / f'{name}.key', 0, group)
        (j.ca / f'{name}.key').chmod(0o640)


def process(edge):
    """(user, groups, effective capabilities) of the daemon."""
    with open(f'/proc/{gate.pid(edge)}/status', encoding='ascii') as file:
        text = file.read()
    found = {name: re.search(rf'^{name}:\s+(.*)$', text, re.M).group(1).split()
             for name in ('Uid', 'Groups', 'CapEff')}
    return found['Uid'], {int(g) for g in found['Groups']}, found['CapEff'][0]


def may_read(edge, path):
    """Whether who the daemon is now may read that file."""
    uid, groups, _ = process(edge)
    return subprocess.run(
        ['setpriv', f'--reuid={uid[0]}', f'--regid={ACCESS}', '--groups=' +
         ','.join(map(str, groups)), '--inh-caps=-all', 'cat', str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def shown(j):
    """The certificate that new clients see."""
    wire = gate.wire(j, 3)
    found = wire.connection.getpeercert(binary_form=True)
    wire.close()
    return found


def body(j):
    accounts(j)
    keys(j)
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    edge.folder.chmod(0o755)
    uid, groups, caps = process(edge)
    assert set(uid) == {str(ACCESS)}, uid
    assert groups == {ACCESS, SHARED, ADMIN}, groups
    assert int(caps, 16) == 1 << 10, caps
    for name in ('access', 'edge01'):
        assert may_read(edge, j.ca / f'{name}.key'), name
    assert not may_read(edge, j.ca / 'av-auth.key')
    user = j.user('bob', 1)
    user.wire.send(user.registration())
    user.wire.expect(200)

    # another certificate, with a key of the same group
    before = shown(j)
    text = edge.ini.read_text()
    edge.ini.write_text(text.replace('/access-chain.pem', '/turn-chain.pem')
                        .replace('/access.key', '/turn.key'))
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: gate.events(edge, 4) or gate.events(edge, 5), 5,
          'no word about the reload')
    assert not gate.events(edge, 5), edge.tail()
    until(lambda: shown(j) != before, 5, 'still the old certificate')
    # one that it may not read: told, and the old one stays
    good = edge.ini.read_text()
    edge.ini.write_text(text.replace('/access-chain.pem', '/av-auth-chain.pem')
                        .replace('/access.key', '/av-auth.key'))
    edge.process.send_signal(signal.SIGHUP)
    line = until(lambda: gate.events(edge, 5), 5, 'the reload is not refused')
    assert 'av-auth.key' in line[0], line
    assert shown(j) != before
    edge.ini.write_text(good)

    # and a new topology is read by whoever the service is now
    seq = edge.call('GET', '/v1/status')[1]['topology']['seq']
    hosts = j.folder / 'hosts'
    shutil.copy(LAB / 'topology' / 'hosts', hosts)
    hosts.write_text(hosts.read_text().replace(netns.DIRECTORS[1],
                                               '10.20.30.39'))
    edge.edgectl('hosts', 'load', str(hosts))
    until(lambda: edge.call('GET', '/v1/status')[1]['topology']['seq'] > seq,
          5, 'the new topology is not taken')
    user.wire.send(user.request('MESSAGE', 'sip:carol@contoso.com'))
    user.wire.expect(200)


journey.main(body)
