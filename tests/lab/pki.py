"""The lab's authorities: what they sign, and what they should not have."""
import pathlib
import subprocess
import tempfile

from support import netns

CONFIG = '''\
[ca]
default_ca = lab
[lab]
dir = {dir}
database = {dir}/index
serial = {dir}/serial
new_certs_dir = {dir}
default_md = sha256
policy = any
email_in_dn = no
copy_extensions = copy
unique_subject = no
[any]
commonName = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
'''


def write_request(key, csr, name, names):
    """A request of a new key; names may be empty."""
    extensions = ['-addext', 'extendedKeyUsage=serverAuth,clientAuth']
    if names:
        extensions += ['-addext', 'subjectAltName=' + ','.join(
            f'DNS:{one}' for one in names)]
    netns.run('openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt',
              'ec_paramgen_curve:P-256', '-nodes', '-keyout', str(key),
              '-subj', f'/CN={name}', *extensions, '-out', str(csr))


def sign(ca, authority, csr, chain, *dates):
    """The authority signs what is asked; chain: its answer with itself behind.
    dates: openssl ca's words for other days than the next ninety."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / 'index').write_text('')
        (work / 'ca.cnf').write_text(CONFIG.format(dir=work))
        netns.run('openssl', 'ca', '-batch', '-notext', '-config',
                  str(work / 'ca.cnf'), '-extensions', 'leaf', '-rand_serial',
                  '-cert', str(ca / f'{authority}-ca.pem'), '-keyfile',
                  str(ca / f'{authority}-ca.key'), '-in', str(csr), '-out',
                  str(work / 'leaf.pem'), *(dates or ('-days', '90')))
        pathlib.Path(chain).write_text(
            (work / 'leaf.pem').read_text() +
            (ca / f'{authority}-ca.pem').read_text())


def issue(ca, authority, pair, names, *dates, is_bare=False):
    """A pair (chain, key) of a new key in one go; the first name is the
    subject's, and is_bare: it has no other."""
    with tempfile.TemporaryDirectory() as folder:
        csr = pathlib.Path(folder) / 'csr'
        write_request(pair[1], csr, names[0], () if is_bare else names)
        sign(ca, authority, csr, pair[0], *dates)


def names_of(chain):
    """DNS names of a certificate or a request."""
    kind = 'req' if 'REQUEST' in pathlib.Path(chain).read_text() else 'x509'
    said = subprocess.run(
        ['openssl', kind, '-in', str(chain), '-noout', '-text'], text=True,
        stdout=subprocess.PIPE, check=True).stdout
    return [word.strip().removeprefix('DNS:') for line in said.splitlines()
            if 'DNS:' in line for word in line.split(',')]
