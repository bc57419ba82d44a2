"""Everything that stays of a lab: namespaces, edge host, neighbours. A folder
holds what another process needs to go on with it."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from lab import heal
from lab.host import BIN, EdgeHost, lab_topology, operator_key
from lab.units import Units
from lab.zone import Zone
from support import netns
from support.director import Director
from support.mcu import DataMcu, ask
from support.partner import Partner
from support.user import RemoteUser
from support.wait import until

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARIES = pathlib.Path(os.environ.get(
    'LYNC_EDGE_BIN', ROOT / 'build' / 'dev' / 'bin'))
# the lab that stays up: where nobody but root can put anything beforehand, and
# what a start of the machine clears away as it does the namespaces
FOLDER = pathlib.Path('/run/lync-edge-lab')
SERVICES = ('access-edge', 'av-edge', 'webconf-edge')
MCUS = ('fe01', 'fe02', 'fe03')


def aloud(what, make, *arguments, **named):
    """Do one thing; a tick with its time when it worked."""
    begun = time.monotonic()
    try:
        made = make(*arguments, **named)
    except BaseException:
        print(f'  \u2717 {what}', flush=True)
        raise
    print(f'  \u2713 {what} ({time.monotonic() - begun:.1f} s)', flush=True)
    if isinstance(made, list):  # what it has to say
        print('\n'.join(f'      {line}' for line in made), flush=True)
    return made


def quietly(_what, make, *arguments, **named):
    """Do one thing."""
    return make(*arguments, **named)


class Lab:
    """One lab; existing() is the way to one that somebody else has made."""

    def __init__(self, folder, prefix='', binaries=BINARIES):
        self.folder, self.binaries = pathlib.Path(folder), binaries
        self.prefix = prefix
        self.ca, self.mcus = self.folder / 'ca', {}
        self.world = self.host = self.units = self.zone = None
        self.director = self.partner = None

    @classmethod
    def existing(cls, folder):
        """Everything by name; processes only through units."""
        told = json.loads((pathlib.Path(folder) / 'lab.json').read_text())
        made = cls(folder, told['prefix'], pathlib.Path(told['binaries']))
        made.world = netns.World.existing(made.prefix, stays=True)
        made._furniture()
        return made

    def _furniture(self):
        self.units = Units(self.folder)
        self.zone = Zone(self.folder / 'dns', self.units)
        self.host = EdgeHost(self.world.edge, self.folder / 'edge',
                             self.binaries)

    def up(self, done=quietly, stays=False, ca=None, world=None):
        """Bring all of it up; ca: a folder that tests/lab/ca.sh has made,
        world: one that is there already."""
        self.folder.mkdir(mode=0o755)
        done('certificates: public and inside authority', self._authorities,
             ca)
        self.world = world or done('namespaces inet, edge, inside',
                                   netns.World, self.prefix, stays)
        (self.folder / 'lab.json').write_text(json.dumps(
            {'prefix': self.prefix, 'binaries': str(self.binaries)}))
        self._furniture()
        done('DNS outside (dnsmasq, 192.0.2.1)', self.zone.start, self.world)
        done('the time outside (192.0.2.1)', self._clock)
        self.director = done(
            'Director and registrar (Kamailio, 10.20.30.31 and .32)',
            self._director)
        self.partner = done('a partner, fabrikam.com (Kamailio, 192.0.2.200)',
                            self._partner)
        self._edge_up(done)
        return self

    def _edge_up(self, done):
        done('topology and HOSTS imported', self._import)
        done('routes and rules by source, no forwarding', self.host.plan)
        self.units.install('lync-edge-net', state='enabled')
        done('packet filter of the topology', self.host.guard)
        for name, text in (
                ('access-edge', 'outside 192.0.2.21:443, partners :5061, '
                 'inside 172.16.20.21:5061'),
                ('av-edge', 'outside 192.0.2.41:3478 and :443, inside '
                 '172.16.20.21:3478, :443 and :5062'),
                ('webconf-edge', 'outside 192.0.2.31:443, inside '
                 '172.16.20.21:8057')):
            done(f'{name} ({text})', self.service, name)
        done('Data MCUs fe01, fe02, fe03 (10.20.30.21 to .23)', self._mcus)
        done('the Data MCUs register and park their legs', self.mcus_up)
        heal.keep(self)

    def _authorities(self, ca):
        if ca:
            shutil.copytree(ca, self.ca)
            self.ca.chmod(0o755)
        else:
            netns.run(str(HERE / 'ca.sh'), str(self.ca))

    def _clock(self):
        clock = self.folder / 'clock'
        clock.write_text('0\n')
        with open(self.folder / 'clock.log', 'ab') as log:
            self.units.note('time', self.world.inet.start(
                str(HERE / 'time_server'), netns.INET, str(clock), stdout=log,
                stderr=log), 'running')

    def _director(self):
        # what it dials itself comes from one of its addresses, as a
        # Director's own connections do: the packet filter knows no other
        netns.run('ip', '-n', self.world.inside.name, 'route', 'replace',
                  '172.16.20.0/24', 'dev', 'edge0', 'src',
                  netns.DIRECTORS[0])
        made = Director(self.world, self.folder / 'director', self.ca)
        self.units.note('director', made.process, 'tcp', *(
            f'{address}:5061' for address in made.addresses))
        return made

    def _partner(self):
        made = Partner(self.world, self.folder / 'partner', self.ca)
        self.units.note('partner', made.process, 'tcp',
                        f'{netns.PARTNER}:5061')
        return made

    def _import(self):
        self.host.furnish(self.ca)
        for kind in ('route', 'psom'):
            self.host.edgectl('secrets', 'new', f'--{kind}')
        self.host.load(*lab_topology(), operator_key(self.folder))
        self.host.webconf.export_keys()

    def service(self, name, host=None, suffix=''):
        """Start a service of an edge host for the first time."""
        host = host or self.host
        service = host.services[name]
        service.start()
        self.units.note(name + suffix, service.process, 'admin',
                        host.folder / 'run' / f'{name}.sock')

    def _mcus(self):
        for name in MCUS:
            self.data_mcu(name, self.host.webconf.keys)

    def data_mcu(self, name, keys):
        """Start that Data MCU for the first time."""
        self.mcus[name] = made = DataMcu(
            self.world, self.folder / f'mcu-{name}', self.ca, keys, name)
        self.units.note(f'mcu-{name}', made.process, 'order', made.control)

    @property
    def mcu(self):
        """The one that conferences are held at."""
        return self.mcus['fe02']

    def mcus_up(self):
        """Every Data MCU that runs is registered at each edge that it dials,
        with legs parked."""
        def is_up(name):
            edges = ask(self.folder / f'mcu-{name}' / 'control.sock',
                        'status')['edges'].values()
            return all(edge['state'] == 'up' and edge['parked'] >= 1
                       for edge in edges)
        for name in MCUS:
            if self.units.pid(f'mcu-{name}'):
                until(lambda n=name: is_up(n), 10, f'{name} does not register')

    def user(self, name, number):
        """A remote user."""
        return RemoteUser(self.world, self.ca, name, netns.CLIENTS[number])

    def member(self):
        """The host of the pool's second member, once it is there."""
        return EdgeHost(self.world.edge2, self.folder / 'edge2',
                        self.binaries, member=2)

    def far_end(self, text):
        """The namespace of who has this name or address, not of the edge."""
        return self.world.inet if text.startswith('192.0.2.') else \
            self.world.inside

    def environment(self):
        """What a shell in the lab has beside its own."""
        return {'PATH': f'{BIN}:{self.binaries}:{os.environ["PATH"]}',
                'LYNC_LAB': str(self.folder)}

    def shell(self, line):
        """(exit status, output) of a line that root types at the edge."""
        return self.host.shell(line, **self.environment())

    def place(self, name):
        """The words before a command that runs at edge, inet or inside."""
        space = getattr(self.world, name)
        space.view = space.view if name == 'edge' else self.host.space.view \
            if name == 'inet' else ()
        return space.words('env', *(f'{key}={value}' for key, value in
                                    self.environment().items()))

    def reload(self, *names):
        """Services of the edge read settings and store again."""
        for name in names:
            status, said = self.host.services[name].call('POST', '/v1/reload')
            assert status < 500, (name, status, said)

    def doctor(self, *words):
        """What it finds, as JSON."""
        done = subprocess.run(
            self.world.edge.words(str(self.binaries / 'edgectl'), 'doctor',
                                  '--json', *words),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **self.environment()}, check=False)
        assert done.returncode in (0, 1), \
            f'doctor: {done.returncode}\n{done.stdout}{done.stderr}'
        return json.loads(done.stdout)

    def stop(self):
        """Stop all parts in reverse order; what ours said must be clean."""
        for name in self.units.names():
            self.units.signal(name, signal.SIGCONT)
        self.units.stop(*SERVICES)
        self.units.stop(*self.units.names())
        for service in self.host.services.values():
            service.clean()
