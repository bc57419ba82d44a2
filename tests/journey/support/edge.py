"""The edge under test: settings, import, process, counters."""
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess

from support import netns, ticket
from support.org import CONTOSO
from support.wait import until

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
SANITIZER = re.compile(r'(AddressSanitizer|LeakSanitizer|ThreadSanitizer|'
                       r'runtime error:).*')
INI = '''\
[local]
fqdn = edge0{member}.{org.corp}
state = {folder}/state
run = {folder}/run
resolv = {folder}/resolv.conf
shards = {shards}
lab = yes

[certificate.access]
chain = {own}access-chain.pem
key = {own}access.key

[certificate.webconf]
chain = {own}webconf-chain.pem
key = {own}webconf.key

[certificate.internal]
chain = {own}edge0{member}-chain.pem
key = {own}edge0{member}.key

[certificate.av-auth]
chain = {own}av-auth-chain.pem
key = {own}av-auth.key

[certificate.turn]
chain = {own}turn-chain.pem
key = {own}turn.key

[trust]
public = {ca}/public-ca.pem
internal = {own}internal-ca.pem
'''


class AdminLink(http.client.HTTPConnection):
    """HTTP over the socket of a service."""

    def __init__(self, path):
        super().__init__('localhost', timeout=15)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Edge:
    """access-edge in the edge namespace."""
    PROGRAM = 'access-edge'

    def __init__(self, world, folder, ca, binaries, shards=1, limits=None,
                 topology=None, hosts=None, options=None, member=1,
                 space=None, org=CONTOSO):
        self.world, self.space = world, space or world.space(org.edge)
        self.folder = pathlib.Path(folder)
        self.binaries = binaries
        self.process = None
        for name in ('state', 'run'):
            (self.folder / name).mkdir(parents=True)
        (self.folder / 'resolv.conf').write_text(
            f'nameserver {netns.INET}\n')
        self.ini = self.folder / 'edge.ini'
        text = INI.format(folder=self.folder, ca=ca, shards=shards, org=org,
                          own=f'{ca}/{org.prefix}', member=member)
        if limits:
            text += '\n[limits]\n' + ''.join(
                f'{name} = {value}\n' for name, value in limits.items())
        if options:
            text += '\n[options]\n' + ''.join(
                f'{name} = {value}\n' for name, value in options.items())
        self.ini.write_text(text)
        self.log = self.folder / f'{self.PROGRAM}.log'
        self.edgectl('secrets', 'new', '--route')
        name = org.domain.split('.', maxsplit=1)[0]
        self.load(topology or LAB / 'topology' / f'{name}.xml',
                  hosts or LAB / 'topology' / f'{org.prefix}hosts')

    @classmethod
    def beside(cls, edge):
        """With the settings, store and run folder of another service."""
        made = cls.__new__(cls)
        for name in ('world', 'space', 'folder', 'binaries', 'ini'):
            setattr(made, name, getattr(edge, name))
        made.process = None
        made.log = made.folder / f'{cls.PROGRAM}.log'
        return made

    def edgectl(self, *words, good=(0, 1)):
        """Run edgectl in the edge namespace; its output."""
        done = subprocess.run(
            self.space.words(str(self.binaries / 'edgectl'), *words,
                             '--config', str(self.ini)),
            stdout=subprocess.PIPE, text=True, stderr=subprocess.STDOUT,
            check=False)
        assert done.returncode in good, \
            f"edgectl {' '.join(words)}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def load(self, topology, hosts, good=(0, 1)):
        """Import a topology with its HOSTS, unsigned as labs may."""
        copy = self.folder / 'import'
        copy.mkdir(exist_ok=True)
        shutil.copy(topology, copy / 'topology.xml')
        shutil.copy(hosts, copy / 'hosts')
        return self.edgectl('topology', 'import', str(copy / 'topology.xml'),
                            '--hosts', str(copy / 'hosts'), '--unsigned',
                            good=good)

    def start(self):
        """Start and wait until it says that it is up."""
        with open(self.log, 'ab') as log:
            self.process = self.space.start(
                str(self.binaries / self.PROGRAM), '--config', str(self.ini),
                stdout=log, stderr=log)
        until(self._listens, 15, f'{self.PROGRAM} does not come up')

    def _listens(self):
        assert self.process.poll() is None, \
            f'{self.PROGRAM} ended: {self.tail()}'
        try:
            return self.call('GET', '/v1/status')[1]['state'] == 'ready'
        except (OSError, KeyError):
            return False

    def tail(self):
        """The end of its log."""
        return self.log.read_text(errors='replace')[-4000:]

    def call(self, method, path, value=None):
        """(status, parsed JSON) from the admin endpoint."""
        link = AdminLink(self.folder / 'run' / f'{self.PROGRAM}.sock')
        link.request(method, path,
                     None if value is None else json.dumps(value))
        answer = link.getresponse()
        text = answer.read()
        link.close()
        return answer.status, json.loads(text)

    def counters(self):
        """Counter name to value."""
        status, found = self.call('GET', '/v1/counters')
        assert status == 200, found
        return found.get('counters', found)

    def reasons(self, noun):
        """Reason to count, of what is counted by reason; none that is 0."""
        found = {}
        for name, value in self.counters().items():
            reason = re.search(rf'_{noun}_total\{{reason="([^"]+)"\}}', name)
            if reason and value:
                found[reason.group(1)] = value
        return found

    def refused(self):
        """Reason to count of what was refused."""
        return self.reasons('refused')

    def kill(self):
        """Pull the plug."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM twice; it must end by itself, well, and without a word
        from a sanitizer."""
        if not self.process or self.process.returncode is not None:
            self.clean()
            return
        early = self.process.poll()
        assert early is None, f'{self.PROGRAM} ended by {early}: {self.tail()}'
        self.process.terminate()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(AssertionError):  # told below
                until(self._took, 15, 'no signal is taken')
            self.process.terminate()
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(
                f'{self.PROGRAM} does not end: {self.tail()}') from None
        self.clean()
        assert status == 0, f'exit status {status}: {self.tail()}'

    def _took(self):
        """Is no SIGTERM waiting? A second one would be one with the first."""
        if self.process.poll() is not None:
            return True
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        waiting = re.search(r'^ShdPnd:\s+(\w+)$', status, re.M).group(1)
        return not int(waiting, 16) >> signal.SIGTERM - 1 & 1

    def clean(self):
        """No secret and no word of a sanitizer is in its log."""
        if not self.log.exists():
            return
        said = self.log.read_text(errors='replace')
        secrets = ticket.told(said)
        assert not secrets, f'{self.log} tells {secrets}'
        found = SANITIZER.search(said)
        assert not found, f'{found.group(0)}, see {self.log}\n{self.tail()}'


class AvEdge(Edge):
    """av-edge in the edge namespace."""
    PROGRAM = 'av-edge'

    def relay(self):
        """What its status says of relayed addresses."""
        return self.call('GET', '/v1/status')[1]['relay']

    def dropped(self):
        """Reason to count of what was dropped."""
        return self.reasons('dropped')


class WebconfEdge(Edge):
    """webconf-edge in the edge namespace; keys: what its Data MCUs have."""
    PROGRAM = 'webconf-edge'

    def new_keys(self):
        """A ring of token keys, and the copy for the Data MCUs."""
        self.edgectl('secrets', 'new', '--psom')
        return self.export_keys()

    def export_keys(self):
        """That copy, as it is now."""
        fresh = self.folder / 'psom.fresh'
        self.edgectl('secrets', 'export', '--psom', '--out', str(fresh))
        return fresh.rename(self.keys)

    @property
    def keys(self):
        """The file of the Data MCUs."""
        return self.folder / 'psom.export'

    def rejected(self):
        """Reason to count of clients and legs turned away."""
        return self.reasons('reject')

    def ended(self):
        """Reason to count of sessions that have been."""
        return self.reasons('ended')
