"""A lab whose edge host has nothing yet but the product's programs: where a
tutorial begins."""
import shutil
import zipfile

from lab.host import EdgeHost, lab_topology
from lab.world import MCUS, SERVICES, Lab
from support import netns

PLACES = ('admin', 'ca', 'signer')  # machines of administrators
FIRST = ('export.zip', 'hosts', 'operator.key', 'operator.pem', 'bundle',
         'alice.password', 'bob.password', 'public-ca.pem', 'public-ca.key',
         'internal-ca.pem', 'internal-ca.key')
MEMBER = '-edge02'
INSTALLED = ('lync-edge.target', 'lync-edge-net', *SERVICES)
UNIT = '{program}\n--config\n/etc/lync-edge/edge.ini\n'


def write_export(path, text):
    """As Export-CsConfiguration writes it."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('DocItemSet.xml', text)


class BareLab(Lab):
    """The neighbours run. The administrator's folder has what the inside gave:
    the export, HOSTS, the roots of both authorities."""

    @property
    def admin(self):
        """Where the administrator works."""
        return self.folder / 'admin'

    @property
    def home(self):
        """Where root works at the edge."""
        return self.folder / 'edge' / 'home'

    def _edge_up(self, _done):
        self.admin.mkdir()
        export, hosts = lab_topology()
        write_export(self.admin / 'export.zip', export)
        (self.admin / 'hosts').write_text(hosts)
        for name in ('public-ca', 'internal-ca'):
            for end in ('pem', 'key'):
                shutil.copy(self.ca / f'{name}.{end}', self.admin)
        for name in ('alice', 'bob'):
            (self.admin / f'{name}.password').write_text(f'{name}-secret\n')
        self.host.furnish_bare()
        self._trust_public()
        self.home.mkdir()
        self._note(self.host, '')

    def _trust_public(self):
        """The public authority is one that every machine outside knows."""
        root = self.ca / 'public-ca.pem'
        name = netns.run('openssl', 'x509', '-in', str(root), '-noout',
                         '-hash').strip()
        known = self.host.folder / 'etc' / 'ssl' / 'certs'
        shutil.copy(root, known / f'{name}.0')
        with open(known / 'ca-certificates.crt', 'a', encoding='ascii') as all_:
            all_.write(root.read_text())

    def _note(self, host, suffix):
        """The units that a package brings; it enables all but that of the
        network."""
        for name in INSTALLED:
            self.units.install(name + suffix, state='disabled' if
                               name == 'lync-edge-net' else 'enabled')
        for program in SERVICES:
            for what, text in (
                    ('argv', '\n'.join([*host.space.view, UNIT.format(
                        program=self.binaries / program)])),
                    ('space', host.space.name + '\n'),
                    ('log', f'{host.folder / program}.log\n'),
                    ('ready', 'admin\n'
                     f'{host.folder / "run" / program}.sock\n')):
                (self.units.folder / f'{program}{suffix}.{what}').write_text(
                    text)

    def start_inside(self):
        """The Data MCUs, with the key that was carried to them."""
        keys = self.folder / 'inside' / 'psom.export'
        for name in MCUS:
            if f'mcu-{name}' in self.units.names():
                self.units.restart(f'mcu-{name}')
            else:
                self.data_mcu(name, keys)
        self.mcus_up()

    def words(self, prompt, place=''):
        """(words before a command, folder) for who has that prompt, or is at
        that place."""
        if place in PLACES:
            return self.place('inet'), self.admin
        if place:
            return self.second(), self.member().folder / 'home'
        where, folder = {'#': ('edge', self.home),
                         '$': ('inet', self.admin)}[prompt]
        return self.place(where), folder

    def desk(self):
        """From now on files need not be carried: everybody works in one
        folder, which has what the administrator had at first."""
        if not (self.folder / 'admin.before').exists():
            self.admin.rename(self.folder / 'admin.before')
        self._clear_home()
        self.home.symlink_to(self.admin)
        shutil.rmtree(self.admin, ignore_errors=True)
        self.admin.mkdir()
        for name in FIRST:
            netns.run('cp', '-a', str(self.folder / 'admin.before' / name),
                      str(self.admin))

    def _clear_home(self):
        if self.home.is_symlink():
            self.home.unlink()
        else:
            shutil.rmtree(self.home)

    def new_host(self):
        """Another machine in the place of the edge host: it has nothing but
        the product's programs, and whatever it needs is carried to it."""
        host = self.host
        self.units.stop(*host.services)
        host.space.exec('nft', 'flush', 'ruleset')
        shutil.rmtree(host.folder / 'state')
        (host.folder / 'state').mkdir()
        shutil.rmtree(host.etc)
        host.furnish_settings()
        self._clear_home()
        self.home.mkdir()

    def second(self):
        """The words before a command at edge02, which has nothing yet."""
        name = 'edge2'
        if not self.world.edge2:
            self.world.second_edge()
            host = EdgeHost(self.world.edge2, self.folder / name,
                            self.binaries, member=2)
            host.furnish_bare()
            (host.folder / 'home').mkdir()
            self._note(host, MEMBER)
        host = self.member()
        return host.space.words('env', *(
            f'{key}={value}' for key, value in
            {**self.environment(), 'LYNC_MEMBER': MEMBER}.items()))
