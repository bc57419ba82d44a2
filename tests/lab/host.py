"""An edge host of a lab: its own /etc, settings, operator and topology."""
import configparser
import pathlib
import shutil
import subprocess
import time

from support import export, netns
from support.edge import LAB, AvEdge, Edge, WebconfEdge

BIN = pathlib.Path(__file__).resolve().parent / 'bin'
CORP = 'corp.contoso.com'
INI = '''\
[local]
fqdn = edge0{member}.{corp}
state = {folder}/state
run = {folder}/run
shards = 0
'''
CERTIFICATE = '''
[certificate.{use}]
chain = /etc/lync-edge/certs/{use}-chain.pem
key = /etc/lync-edge/certs/{use}.key
'''
TRUST = '''
[trust]
public = /etc/lync-edge/trust/public-ca.pem
internal = /etc/lync-edge/trust/internal-ca.pem
operator-keys = /etc/lync-edge/operators
'''
NETWORK = f'''
[network]
outside-gateway = {netns.INET}
inside-gateway = {netns.INSIDE}
inside = 10.20.30.0/24
manage = 22 from {netns.INSIDE}
ntp = {netns.INET}
'''
# of every machine's kernel: files of a process, and buffers as large as Linux
# allows where nobody has said otherwise
LIMITS = '''
[limits]
access.connections = 2000
webconf.sessions = 1000
av.allocations = 2000
av.socket_buffer = 212992
'''
USES = {'access': 'access', 'webconf': 'webconf', 'internal': 'edge0{}',
        'av-auth': 'av-auth', 'turn': 'turn'}


def operator_key(folder):
    """Who signs topologies."""
    key = folder / 'operator.key'
    if not key.exists():
        netns.run('openssl', 'genpkey', '-algorithm', 'ED25519', '-out',
                  str(key))
        netns.run('openssl', 'pkey', '-in', str(key), '-pubout', '-out',
                  str(folder / 'operator.pem'))
    return key


class EdgeHost:
    """Its folder holds etc, state, run and logs. What runs on it sees that
    etc as /etc."""

    def __init__(self, space, folder, binaries, member=1):
        self.world, self.space = None, space
        self.folder, self.binaries = pathlib.Path(folder), binaries
        self.member = member
        self.ini = '/etc/lync-edge/edge.ini'
        space.view = (str(BIN / 'view'), str(self.folder))
        self.access, self.av, self.webconf = (
            kind.beside(self) for kind in (Edge, AvEdge, WebconfEdge))
        self.services = {one.PROGRAM: one for one in (
            self.access, self.av, self.webconf)}

    @property
    def etc(self):
        """The folder that is /etc/lync-edge there."""
        return self.folder / 'etc' / 'lync-edge'

    def path(self, name):
        """Where a file of that host lies in truth."""
        name = str(name)
        return self.folder / name[1:] if name.startswith('/etc/') else \
            pathlib.Path(name)

    def pair(self, use):
        """The chain and the key in use, as edge.ini names them."""
        ini = configparser.ConfigParser(strict=False, interpolation=None)
        ini.read(self.etc / 'edge.ini')
        names = ini[f'certificate.{use}']
        return [self.path(names[name]) for name in ('chain', 'key')]

    def furnish_bare(self):
        """What is there when the product has been installed, and that this
        machine is small."""
        self._own_etc()
        self.furnish_settings()

    def furnish_settings(self):
        """The settings of then."""
        self.etc.mkdir()
        (self.etc / 'edge.ini').write_text(
            f'[local]\nstate = {self.folder}/state\n'
            f'run = {self.folder}/run\n' + LIMITS)

    def _own_etc(self):
        self.folder.mkdir()
        for name in ('state', 'run'):
            (self.folder / name).mkdir()
        netns.run('cp', '-a', '/etc', str(self.folder / 'etc'))
        shutil.rmtree(self.folder / 'etc' / 'netns', ignore_errors=True)
        shutil.rmtree(self.etc, ignore_errors=True)
        for name in ('resolv.conf', 'hosts'):
            file = self.folder / 'etc' / name
            file.unlink(missing_ok=True)
            shutil.copy(netns.ETC / self.space.name / name, file)

    def furnish(self, ca):
        """Everything that an operator would have put there."""
        self._own_etc()
        for name in ('certs', 'trust', 'operators'):
            (self.etc / name).mkdir(parents=True)
        for use, name in USES.items():
            for end in ('-chain.pem', '.key'):
                shutil.copy(ca / (name.format(self.member) + end),
                            self.etc / 'certs' / (use + end))
        for name in ('public', 'internal'):
            shutil.copy(ca / f'{name}-ca.pem', self.etc / 'trust')
        self.settings()

    def settings(self):
        """edge.ini."""
        (self.etc / 'edge.ini').write_text(INI.format(
            member=self.member, corp=CORP, folder=self.folder) + ''.join(
                CERTIFICATE.format(use=use) for use in USES) + TRUST +
                NETWORK + LIMITS)

    def edgectl(self, *words, good=(0, 1)):
        """Run edgectl there; its output."""
        return Edge.edgectl(self, *words, good=good)

    def plan(self):
        """Routes, rules by source and switches, as edgectl wants them."""
        self.edgectl('net', 'plan', '--apply', good=(0,))

    def guard(self):
        """The packet filter that the topology wants."""
        file = '/etc/nftables.d/lync-edge.nft'
        self.path(file).parent.mkdir(exist_ok=True)
        self.edgectl('topology', 'render', 'nftables', '--out', file)
        self.space.exec('nft', '-f', file)
        with open(self.path('/etc/nftables.conf'), 'a',
                  encoding='ascii') as conf:
            conf.write('include "/etc/nftables.d/*.nft"\n')
        wants = self.path('/etc/systemd/system/sysinit.target.wants')
        wants.mkdir(parents=True, exist_ok=True)
        (wants / 'nftables.service').touch()

    def shell(self, line, **environment):
        """(exit status, output) of a line typed by root there."""
        done = subprocess.run(
            self.space.words('env', *(f'{name}={value}' for name, value in
                                      environment.items()), 'sh', '-c', line),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout

    def load(self, topology, hosts, key):
        """Import what the operator signs: a new bundle from these texts."""
        bundle = self.folder / 'bundle'
        shutil.rmtree(bundle, ignore_errors=True)
        bundle.mkdir()
        (bundle / 'export.xml').write_text(topology)
        (bundle / 'hosts').write_text(hosts)
        shutil.copy(key.with_suffix('.pem'), self.etc / 'operators')
        self.edgectl('topology', 'sign', str(bundle), '--key', str(key),
                     '--seq', str(time.time_ns() // 1000000))
        return self.edgectl('topology', 'import', str(bundle))


def lab_topology(**how):
    """The export and HOSTS of the lab."""
    return (export.text(allowed=[('fabrikam.com', 'sip.fabrikam.com')],
                        blocked=['adatum.com'], **how),
            (LAB / 'topology' / 'hosts').read_text())
