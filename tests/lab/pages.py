"""What people do by hand between the commands of a page, and what they have
before the first of them."""
import shutil
import subprocess

from lab import pki
from lab.host import CORP
from support import export, pool


def pool_bundle(lab):
    """The export with a second member, HOSTS and the pool's secrets in one
    folder."""
    paths = pool.two_members(lab)
    bundle = lab.admin / 'bundle'
    (bundle / 'export.xml').write_text(export.text(
        allowed=[('fabrikam.com', 'sip.fabrikam.com')],
        blocked=['adatum.com'], topology=paths['topology'].read_text()))
    (bundle / 'hosts').write_text(paths['hosts'].read_text())
    shutil.copy(lab.admin / 'secrets', bundle)


def second_host(lab):
    """edge02 is given what every edge is given: settings beside its own name,
    the operator's key, roots."""
    lab.second()
    other, here = lab.member(), lab.host
    for name in ('operators', 'trust'):
        shutil.copytree(here.etc / name, other.etc / name, dirs_exist_ok=True)
    with open(other.etc / 'edge.ini', 'a', encoding='ascii') as file:
        text = (here.etc / 'edge.ini').read_text()
        file.write(text[text.index('[trust]'):].split('\n\n')[0] + '\n')


def answers(lab):
    """The authorities sign what edge02 asks for, but for the A/V key, which
    comes from edge01."""
    asked = lab.member().etc / 'requests'
    for csr in asked.glob('*.csr'):
        if csr.stem == 'av-auth':
            csr.unlink()
            csr.with_suffix('.key').unlink()
            continue
        pki.sign(lab.ca, 'internal' if csr.stem == 'internal' else 'public',
                 csr, csr.with_suffix('.pem'))
    for end in ('-chain.pem', '.key'):
        shutil.copy(lab.host.etc / 'certs' / f'av-auth{end}', lab.admin)


def windows_keys(lab):
    """The PFX of the Access Edge, and its password."""
    (lab.admin / 'pfx.password').write_text('not a secret\n')
    certs = lab.host.etc / 'certs'
    subprocess.run(
        ['openssl', 'pkcs12', '-export', '-in', str(certs /
         'access-chain.pem'), '-inkey', str(certs / 'access.key'), '-passout',
         f'file:{lab.admin / "pfx.password"}', '-out',
         str(lab.admin / 'access.pfx')], check=True)


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
    'add-a-pool-member': (
        ('topology sign', pool_bundle), ('edgectl up bundle --out',
                                         second_host),
        ('cert assign av-auth', answers), ('edgectl doctor', conferencing_of_both)),
    'replace-a-windows-edge': (('pkcs12 -in access.pfx -nocerts',
                                windows_keys),),
}
