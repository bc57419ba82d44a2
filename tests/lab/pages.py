"""What people do by hand between the commands of a page, and what they have
before the first of them."""
import subprocess

from lab.bare import write_export
from lab.host import CORP
from support import export, pool

WINDOWS = ('access', 'webconf', 'internal', 'av-auth')


def new_member(lab):
    """What Topology Builder and whoever keeps HOSTS make of a second member."""
    paths = pool.two_members(lab)
    write_export(lab.admin / 'export.zip', export.text(
        allowed=[('fabrikam.com', 'sip.fabrikam.com')],
        blocked=['adatum.com'], topology=paths['topology'].read_text()))
    (lab.admin / 'hosts').write_text(paths['hosts'].read_text())


def second_machine(lab):
    """A host with the product's programs and nothing else."""
    lab.second()


def windows_keys(lab):
    """The PFX files of a Windows Edge, with their password; and the host that
    is to take its place."""
    password = lab.admin / 'pfx.password'
    password.write_text('not a secret\n')
    for use in WINDOWS:
        chain, key = lab.host.pair(use)
        subprocess.run(
            ['openssl', 'pkcs12', '-export', '-legacy', '-in', str(chain),
             '-inkey', str(key), '-passout', f'file:{password}', '-out',
             str(lab.admin / f'{use}.pfx')], check=True)
    lab.new_host()


def conferencing_of_both(lab):
    """The Data MCUs dial the new member, too."""
    mcus = [name for name in lab.units.names() if name.startswith('mcu-')]
    for name in mcus:
        lab.units.argv(name, lab.units.argv(name) + ['--edge',
                                                     f'edge02.{CORP}'])
    lab.units.restart(*mcus)
    lab.mcus_up()


# page: (words of a command, what comes before it)
BY_HAND = {
    'add-a-pool-member': (('cp export.zip hosts secrets', new_member),
                          ('scp -r bundle operator.pem', second_machine),
                          ('edgectl doctor', conferencing_of_both)),
    'replace-a-windows-edge': (('openssl pkcs12', windows_keys),),
}
