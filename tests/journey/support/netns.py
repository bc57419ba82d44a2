"""Network namespaces: Internet, edge host and inside, as one world."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

from support.org import CONTOSO, FABRIKAM

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ETC = pathlib.Path('/etc/netns')
LIBC = ctypes.CDLL(None, use_errno=True)

INET = '192.0.2.1'
CLIENTS = [f'192.0.2.{n}' for n in range(101, 151)]
PARTNER = '192.0.2.200'
ACCESS = CONTOSO.outside[0]
EDGE_OUTSIDE = CONTOSO.outside
EDGE_INSIDE = CONTOSO.edge_inside
SECOND_OUTSIDE = ['192.0.2.22', '192.0.2.32', '192.0.2.42']
SECOND_INSIDE = '172.16.20.22'
INSIDE = CONTOSO.gateway
DIRECTORS = list(CONTOSO.directors)
FRONT_END = CONTOSO.front_end
MCU, SECOND_MCU = CONTOSO.mcus


def die_with_parent():
    """In the child, before exec: no neighbour outlives its journey."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command):
    """Run a command that must succeed; its output is returned."""
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout.strip()}")
    return done.stdout


class Namespace:
    """One namespace with its own resolv.conf and hosts."""

    view = ()  # words before every command: what else it sees as its own

    def __init__(self, name, resolver=None, hosts='', stays=False):
        self.name = name
        self.stays = stays
        run('ip', 'netns', 'add', name)
        run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        self.exec('sysctl', '-qw', 'net.ipv4.ip_unprivileged_port_start=0')
        etc = ETC / name
        etc.mkdir(parents=True, exist_ok=True)
        (etc / 'resolv.conf').write_text(
            f'nameserver {resolver}\noptions timeout:1 attempts:1\n'
            if resolver else '# nothing answers here\n')
        (etc / 'hosts').write_text('127.0.0.1 localhost\n' + hosts)

    @classmethod
    def existing(cls, name, stays=False):
        """One that somebody else has made."""
        made = cls.__new__(cls)
        made.name, made.stays = name, stays
        return made

    def words(self, *command):
        """The whole command that runs this one inside."""
        return ['ip', 'netns', 'exec', self.name, *self.view, *command]

    def exec(self, *command):
        """Run to the end inside; output returned, failure raised."""
        return run(*self.words(*command))

    def start(self, *command, **popen):
        """Start a long-running program inside; it ends with us, unless what
        is in this namespace stays."""
        if self.stays:
            popen['start_new_session'] = True
        return subprocess.Popen(
            self.words(*command),
            preexec_fn=None if self.stays else die_with_parent,
            stdin=subprocess.DEVNULL, **popen)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made in this block belong to the namespace."""
        here = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        there = os.open(f'/run/netns/{self.name}', os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'setns')
            yield
        finally:
            LIBC.setns(here, CLONE_NEWNET)
            os.close(here)
            os.close(there)


def remove(name):
    """End everything in the namespace and the namespace itself."""
    found = subprocess.run(['ip', 'netns', 'pids', name], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           check=False)
    for pid in found.stdout.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    for _ in range(20):
        if subprocess.run(['ip', 'netns', 'del', name], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            break
        if not pathlib.Path(f'/run/netns/{name}').exists():
            break
        time.sleep(0.05)
    shutil.rmtree(ETC / name, ignore_errors=True)


def inside_names(org):
    """The names of an inside, as its own machines resolve them."""
    rows = [(org.edge_inside, 'edgepool01 edge01'),
            (org.directors[0], 'dir01 dirpool01'),
            (org.front_end, 'fe01 fepool01')]
    if org is CONTOSO:
        rows += [(DIRECTORS[1], 'dir02'), (MCU, 'fe02'),
                 (SECOND_MCU, 'fe03'), (SECOND_INSIDE, 'edge02')]
    return ''.join(f'{address} ' + ' '.join(
        f'{name}.{org.corp}' for name in names.split()) + '\n'
        for address, names in rows)


class World:
    """inet, edge and inside, cabled as DESIGN's lab: prefix keeps worlds
    apart, the lab's own has none."""

    NAMES = ('inet', 'edge', 'edge2', 'inside', 'pedge', 'pinside')

    def __init__(self, prefix='', stays=False):
        self.prefix = prefix
        self.stays = stays
        self.remove()
        self.inet = Namespace(prefix + 'inet', INET, stays=stays)
        self.edge = Namespace(prefix + 'edge', INET, stays=stays)
        self.inside = Namespace(prefix + 'inside', None,
                                inside_names(CONTOSO), stays)
        self.pedge = self.pinside = self.edge2 = None
        self._cable(self.inet, 'edge0', self.edge, 'ext')
        for address in [INET, PARTNER, *CLIENTS]:
            self._address(self.inet, 'edge0', address + '/24')
        self._inside_of(CONTOSO, self.edge, self.inside)
        self.address_edge()

    def address_edge(self):
        """Addresses and routes of the edge host."""
        for address in EDGE_OUTSIDE:
            self._address(self.edge, 'ext', address + '/24')
        run('ip', '-n', self.edge.name, 'route', 'add', 'default', 'via', INET)
        self._address_inside(CONTOSO, self.edge)

    @classmethod
    def existing(cls, prefix='', stays=False):
        """A world that somebody else has made."""
        made = cls.__new__(cls)
        made.prefix, made.stays = prefix, stays
        for name in cls.NAMES:
            there = pathlib.Path(f'/run/netns/{prefix}{name}').exists()
            setattr(made, name, Namespace.existing(prefix + name, stays)
                    if there else None)
        return made

    def _inside_of(self, org, edge, inside):
        """What lies behind the edge host of an organisation."""
        self._cable(inside, 'edge0', edge, 'int')
        self._address(inside, 'edge0', org.gateway + '/24')
        for address in [*org.directors, org.front_end, *org.mcus]:
            self._address(inside, 'lo', address + '/32')

    def _address_inside(self, org, edge):
        """The inner side of an edge host."""
        self._address(edge, 'int', org.edge_inside + '/24')
        run('ip', '-n', edge.name, 'route', 'add', org.network, 'via',
            org.gateway)

    @staticmethod
    def _cable(one, one_device, other, other_device):
        run('ip', 'link', 'add', one_device, 'netns', one.name, 'type', 'veth',
            'peer', 'name', other_device, 'netns', other.name)
        run('ip', '-n', one.name, 'link', 'set', one_device, 'up')
        run('ip', '-n', other.name, 'link', 'set', other_device, 'up')

    @staticmethod
    def _address(where, device, address):
        run('ip', '-n', where.name, 'address', 'add', address, 'dev', device)

    def _beside(self, other, cable, rows):
        """A neighbour of the first edge host: who is on the other end of that
        one's cable answers for the one to the other."""
        for side, device, addresses, first in rows:
            self._cable(side, cable, other, device)
            for address in addresses:
                self._address(other, device, address + '/24')
                run('ip', '-n', side.name, 'route', 'add', address, 'dev',
                    cable, 'src', first)
            side.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1',
                      'net.ipv4.conf.edge0.proxy_arp=1',
                      f'net.ipv4.conf.{cable}.proxy_arp=1')
        run('ip', '-n', other.name, 'route', 'add', 'default', 'via', INET)

    def second_edge(self):
        """The host of another member of the pool, a neighbour of the first
        on both sides."""
        self.edge2 = other = Namespace(self.prefix + 'edge2', INET,
                                       stays=self.stays)
        self._beside(other, 'edge1', (
            (self.inet, 'ext', SECOND_OUTSIDE, INET),
            (self.inside, 'int', [SECOND_INSIDE], INSIDE)))
        run('ip', '-n', other.name, 'route', 'add', CONTOSO.network, 'via',
            INSIDE)
        return other

    def drop_second_edge(self):
        """Its host is no more; fine when there is none."""
        if self.edge2:
            remove(self.edge2.name)
        self.edge2 = None

    def partner_hosts(self):
        """The edge host of fabrikam.com, and what lies behind it."""
        if self.pedge:
            return
        self.pedge = Namespace(self.prefix + 'pedge', INET, stays=self.stays)
        self.pinside = Namespace(self.prefix + 'pinside', None,
                                 inside_names(FABRIKAM), self.stays)
        self._beside(self.pedge, 'pedge0', (
            (self.inet, 'ext', FABRIKAM.outside, INET),))
        self._inside_of(FABRIKAM, self.pedge, self.pinside)
        self._address_inside(FABRIKAM, self.pedge)

    def space(self, name):
        """The namespace of that attribute's name, made when it is not yet."""
        if name in (FABRIKAM.edge, FABRIKAM.inside):
            self.partner_hosts()
        return getattr(self, name)

    def remove(self):
        """Take the whole world down; fine when it is not there."""
        for name in self.NAMES:
            remove(self.prefix + name)


def sweep():
    """Remove journey worlds whose process is gone (killed with -9)."""
    listed = subprocess.run(['ip', 'netns', 'list'], text=True, check=False,
                            stdout=subprocess.PIPE).stdout
    for name in (line.split()[0] for line in listed.splitlines() if line):
        owner = name[1:].split('-')[0]
        if name[0] == 'j' and '-' in name and owner.isdigit() and \
                not pathlib.Path(f'/proc/{owner}').exists():
            remove(name)
