"""A lab whose edge host has nothing yet but the product's programs: where a
tutorial begins."""
import shutil

from lab.host import lab_topology
from lab.world import SERVICES, Lab

UNIT = '{program}\n--config\n/etc/lync-edge/edge.ini\n'


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
        (self.admin / 'export.xml').write_text(export)
        (self.admin / 'hosts').write_text(hosts)
        for name in ('public-ca', 'internal-ca'):
            for end in ('pem', 'key'):
                shutil.copy(self.ca / f'{name}.{end}', self.admin)
        for name in ('alice', 'bob'):
            (self.admin / f'{name}.password').write_text(f'{name}-secret\n')
        self.host.furnish_bare()
        self.home.mkdir()
        for program in SERVICES:
            for what, text in (
                    ('argv', '\n'.join([*self.host.space.view, UNIT.format(
                        program=self.binaries / program)])),
                    ('space', self.host.space.name + '\n'),
                    ('log', f'{self.host.folder / program}.log\n'),
                    ('ready', 'admin\n'
                     f'{self.host.folder / "run" / program}.sock\n')):
                (self.units.folder / f'{program}.{what}').write_text(text)

    def start_inside(self):
        """The Data MCUs, with the key that was carried to them."""
        keys = self.folder / 'inside' / 'psom.export'
        for name in ('fe01', 'fe02', 'fe03'):
            self.data_mcu(name, keys)
        self.mcus_up()

    def words(self, prompt):
        """(words before a command, folder) for who has that prompt."""
        where, folder = {'#': ('edge', self.home),
                         '$': ('inet', self.admin)}[prompt]
        return self.place(where), folder

