"""From a bare host to one that serves: edgectl up with a signed bundle, its
requests signed by the authorities, a sign-in; up again changes nothing. In a
laboratory one call does it all. setup goes by the same steps, and asks on a
terminal."""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time

from support import journey, netns
from support.edge import LAB

sys.path.append(str(LAB.parent))
from lab import pki  # noqa: E402
from lab.cure import SIGN  # noqa: E402
from lab.host import operator_key  # noqa: E402
from lab.units import Units  # noqa: E402

SHARDS = 'once'

STEPS = ('Install Local Configuration Store', 'Setup Lync Server Components',
         'Request, Install or Assign Certificates', 'Start Services')
USES = ('access', 'webconf', 'av-auth', 'internal')

SERVICES = ('access-edge', 'webconf-edge', 'av-edge')
UNITS = ('lync-edge.target', 'lync-edge-net', *SERVICES)


class Host:
    """An edge host with nothing on it but edgectl and units that stand for
    those of systemd."""

    def __init__(self, j, name, text):
        self.j, self.folder = j, j.folder / name
        self.folder.mkdir()
        self.etc = self.folder / 'etc'
        self.etc.mkdir()
        self.ini = self.etc / 'edge.ini'
        (self.folder / 'resolv.conf').write_text(f'nameserver {netns.INET}\n')
        if text is not None:
            self.ini.write_text(text.format(folder=self.folder))
        self.units = Units(self.folder)
        self.units.install(*UNITS)
        for program in SERVICES:
            for what, value in (
                    ('argv', f'{j.binaries / program}\n--config\n{self.ini}'),
                    ('space', j.world.edge.name),
                    ('ready', 'admin\n'
                     f'{self.folder / "run" / program}.sock')):
                (self.folder / 'units' / f'{program}.{what}').write_text(
                    f'{value}\n')

    def command(self, *words):
        """edgectl on that host."""
        return ['ip', 'netns', 'exec', self.j.world.edge.name, 'env',
                f'PATH={LAB / "bin"}:{os.environ["PATH"]}',
                f'LYNC_LAB={self.folder}', str(self.j.binaries / 'edgectl'),
                *map(str, words), '--config', str(self.ini)]

    def edgectl(self, *words, exits=(0, 1)):
        """Its answer as JSON."""
        done = subprocess.run(
            self.command(*words, '--json'), text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode in exits, (words, done.returncode, done.stdout,
                                          done.stderr)
        return json.loads(done.stdout[done.stdout.index('{\n'):])

    def steps(self):
        """Their states."""
        said = self.edgectl('setup', '--only-status')['setup']
        assert [row['name'] for row in said] == list(STEPS), said
        return [row['state'] for row in said], said

    def stop(self):
        """As a journey's part."""
        self.units.stop(*SERVICES)

    def enabled(self):
        """Units that start with the host."""
        return sorted(name for name in UNITS
                      if self.units.state(name) == 'enabled')


def ids(said, level='error'):
    """Of the findings of that level."""
    return sorted({f['id'] for f in said['findings'] if f['level'] == level})


def written(host):
    """Every file of that host."""
    return {path: path.is_file() and path.read_bytes()
            for path in host.folder.rglob('*')}


def bundle(j, name, seq):
    """Signed by the operator."""
    folder = j.folder / name
    folder.mkdir()
    shutil.copy(LAB / 'topology' / 'contoso.xml', folder / 'export.xml')
    shutil.copy(LAB / 'topology' / 'hosts', folder / 'hosts')
    subprocess.run([str(j.binaries / 'edgectl'), 'topology', 'sign',
                    str(folder), '--key', str(operator_key(j.folder)),
                    '--seq', str(seq)], check=True, stdout=subprocess.DEVNULL)
    return folder


def tested_with(j):
    """Two users for the synthetic tests."""
    for role, name in (('user', 'alice'), ('receiver', 'bob')):
        file = j.folder / f'{name}.password'
        file.write_text(f'{name}-secret\n')
        yield from (f'--{role}-sip-address', f'sip:{name}@contoso.com',
                    f'--{role}-password-file', file)


def kept_by_nobody(host):
    """What does not start with the host is told, and mended."""
    host.units.install(*UNITS)
    states, said = host.steps()
    assert states == ['done', 'to do', 'done', 'to do'], said
    for step, unit in ((1, 'lync-edge-net.service'), (3, 'lync-edge.target'),
                       (3, 'enable av-edge')):
        assert unit in said[step]['text'], said
    found = host.edgectl('doctor', '--family', 'NET')['findings']
    assert [f['id'] for f in found] == ['NET-011'], found
    host.edgectl('setup')
    assert host.enabled() == sorted(UNITS), host.enabled()


def with_authorities(j):
    """lab = no: everything is signed by somebody."""
    host = Host(j, 'host', '[local]\nstate = {folder}/state\n'
                           'run = {folder}/run\n'
                           'resolv = {folder}/resolv.conf\n')
    j.parts.append(host)
    given = bundle(j, 'bundle', 1)
    keys = j.folder / 'operators'
    keys.mkdir()
    shutil.copy(j.folder / 'operator.pem', keys)
    assert host.steps()[0] == ['to do'] * 4, host.steps()[1]
    # a look writes nothing, whatever it is told
    before = written(host)
    host.edgectl('setup', '--only-status', '--lab', '--trust-internal',
                 j.ca / 'internal-ca.pem', '--inside-gateway', netns.INSIDE)
    assert written(host) == before
    # no terminal, and not all that is needed
    said = host.edgectl('setup', exits=(2,))
    assert ids(said) == ['SETUP-002'], said
    for option in ('--bundle', '--trust-internal'):
        assert option in said['findings'][-1]['saw'], said
    # what nobody signed is not taken, and leaves nothing behind
    said = host.edgectl('up', given, exits=(4,))
    assert ids(said) == ['CTL-004'] and 'serves' not in said, said
    assert 'fqdn' not in host.ini.read_text()

    said = host.edgectl(
        'up', given, '--operator-keys', keys, '--trust-internal',
        j.ca / 'internal-ca.pem', '--trust-public', j.ca / 'public-ca.pem',
        '--inside-gateway', netns.INSIDE)
    assert not said['serves'], said
    assert {row['result'] for row in said['tests']} == {'not run'}, said
    for line in ('fqdn = edge01.corp.contoso.com',
                 f'inside-gateway = {netns.INSIDE}'):
        assert line in host.ini.read_text(), host.ini.read_text()
    # what has been set is set again at the next start of the host
    assert host.enabled() == ['lync-edge-net'], host.enabled()
    asked = host.etc / 'requests'
    assert sorted(p.name for p in asked.iterdir()) == sorted(
        f'{use}.{end}' for use in USES for end in ('csr', 'key')), asked
    assert len([row for row in said['left'] if row['on'] == 'ca']) == 4, said
    for row in said['left']:  # each is a line to run, or to sign by
        assert SIGN.fullmatch(row['do']) if row['on'] == 'ca' else \
            row['do'].startswith('edgectl '), row
    assert said['left'][-1]['do'] == \
        f'edgectl --config {host.ini} up {given}', said['left']
    states = host.steps()
    assert states[0] == ['done', 'done', 'to do', 'to do'], states
    # what was asked for is not asked for again
    before = (asked / 'access.csr').read_bytes()
    host.edgectl('setup', '--step', 3)
    assert (asked / 'access.csr').read_bytes() == before

    for use in USES:
        side = 'public' if use in ('access', 'webconf') else 'internal'
        pki.sign(j.ca, side, asked / f'{use}.csr', asked / f'{use}.pem')
    said = host.edgectl('up', given, *tested_with(j))
    assert [(row['test'], row['result']) for row in said['tests']] == [
        ('av-edge', 'Success'), ('p2p-av', 'Success'),
        ('dataconf', 'not run')], said['tests']
    assert '--sender-join' in said['tests'][2]['wants'], said['tests']
    assert said['tests'][0]['steps'][0]['step'] == 'sign-in', said['tests']
    serving(j, host, said)
    assert host.enabled() == sorted(UNITS), host.enabled()
    kept_by_nobody(host)
    assert not list(asked.iterdir()), list(asked.iterdir())
    for path in (host.etc / 'certs').iterdir():
        want = 0o640 if path.suffix == '.key' else 0o644
        assert path.stat().st_mode & 0o777 == want, path
    # and once more: the same processes, nothing new
    pids = [host.units.pid(name) for name in host.units.names()]
    text = host.ini.read_text()
    said = host.edgectl('up', given)
    assert said['serves'] and said['change'] == 'none', said
    assert [host.units.pid(name) for name in host.units.names()] == pids
    assert host.ini.read_text() == text
    host.stop()
    j.parts.remove(host)


def serving(j, host, said):
    """All steps are done, and who comes from outside is served."""
    assert said['serves'] and not said['left'] and not ids(said), said
    assert host.steps()[0] == ['done'] * 4, host.steps()[1]
    user = j.user('alice')
    assert user.sign_in()[1][1].status == 200
    user.stop()
    j.parts.remove(user)


def in_a_laboratory(j):
    """lab = yes: one call, with certificates of its own authority."""
    host = Host(j, 'lab', '[local]\n# of the laboratory\n'
                          'state = {folder}/state\nrun = {folder}/run\n'
                          'resolv = {folder}/resolv.conf\n')
    j.parts.append(host)
    said = host.edgectl('up', LAB / 'topology' / 'contoso.xml', '--lab',
                        '--unsigned', '--hosts', LAB / 'topology' / 'hosts',
                        '--ca', j.ca)
    assert '# of the laboratory\n' in host.ini.read_text()
    serving(j, host, said)
    host.stop()
    j.parts.remove(host)


def elsewhere(j):
    """A host that has not all addresses of a machine is none."""
    host = Host(j, 'else', '[local]\nlab = yes\nstate = {folder}/state\n'
                           'run = {folder}/run\n')
    export = j.folder / 'elsewhere.xml'
    export.write_text((LAB / 'topology' / 'contoso.xml').read_text().replace(
        '"192.0.2.31"', '"192.0.2.39"'))
    said = host.edgectl('up', export, '--unsigned', exits=(7,))
    assert ids(said) == ['SETUP-001'], said
    for word in ('edge01.corp.contoso.com', 'has 172.16.20.21',
                 'lacks 192.0.2.39'):
        assert word in said['findings'][-1]['saw'], said
    assert said['findings'][-1]['cure'][0]['run'] == \
        f'edgectl --config {host.ini} up {export} --unsigned ' \
        '--as edge01.corp.contoso.com', said
    # nobody has signed it: a name that is none comes into no command
    text = export.read_text()
    export.write_text(text.replace('Fqdn="edge01.corp.contoso.com"',
                                   'Fqdn="$(id)"'))
    said = host.edgectl('up', export, '--unsigned', exits=(7,))
    assert ids(said) == ['SETUP-001'], said
    assert not said['findings'][-1]['cure'], said
    assert '1 without an address or a name' in said['findings'][-1]['saw'], \
        said


def on_a_terminal(j):
    """setup asks for what is missing; Enter takes what it suggests."""
    host = Host(j, 'asked', None)
    ours, theirs = pty.openpty()
    answers = [('Topology bundle', j.folder / 'bundle'),
               ('Name of this machine', ''),
               ('Root certificates of the inside', j.ca / 'internal-ca.pem'),
               # nothing tells yet which side the default route is on
               ('outside, to the Internet: ', netns.INET),
               ('inside, to the servers: ', ''),
               ('Who manages this host', '22 from 10.20.30.0/24')]
    host.ini.write_text(f'[local]\nstate = {host.folder}/state\n'
                        f'run = {host.folder}/run\n')
    with subprocess.Popen(
            host.command('setup', '--operator-keys', j.folder / 'operators'),
            stdin=theirs, stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        for question, answer in answers:
            heard(ours, question)
            os.write(ours, f'{answer}\n'.encode())
        said = heard(ours, 'left to do')
        while child.poll() is None:
            said += listen(ours)
    os.close(ours)
    assert child.returncode == 1, said
    assert '1 done    Install Local Configuration Store: edge01' in said, said
    assert host.steps()[0] == ['done', 'done', 'to do', 'to do']
    for line in (f'outside-gateway = {netns.INET}',
                 'manage = 22 from 10.20.30.0/24'):
        assert line in host.ini.read_text(), line


def listen(terminal):
    """What comes there soon."""
    if not select.select([terminal], [], [], 0.2)[0]:
        return ''
    try:
        return os.read(terminal, 65536).decode(errors='replace')
    except OSError:  # the other side has gone
        return ''


def heard(terminal, words):
    """What comes up to these words."""
    said, end = '', time.monotonic() + 30
    while words not in said:
        assert time.monotonic() < end, f'no "{words}" in: {said}'
        said += listen(terminal)
    return said


def body(j):
    j.director()
    j.resolver()
    with_authorities(j)
    in_a_laboratory(j)
    elsewhere(j)
    on_a_terminal(j)


journey.main(body, limit=120)
