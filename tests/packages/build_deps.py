"""Whether a machine that has the packages of Build-Depends alone could build
the tree: whose headers and whose programs a build has used."""
import pathlib
import re
import subprocess

from debian_root import run

ALWAYS = ('build-essential', 'libc6-dev', 'gcc', 'g++', 'make', 'dpkg-dev')
PROVIDED = {'debhelper-compat': 'debhelper',
            'dh-sequence-installsysusers': 'debhelper'}
PROGRAMS = ('cmake', 'ninja', 'clang', 'pkg-config')


def _names(field):
    """Package names of a field of dependencies."""
    for part in re.sub(r'\([^)]*\)', '', field).split(','):
        for one in part.split('|'):
            if one.strip():
                yield one.strip().split(':')[0]


def declared(control):
    """What Build-Depends names."""
    text = control.read_text()
    field = re.search(r'^Build-Depends:(.*?)^\S', text, re.M | re.S)[1]
    return {PROVIDED.get(name, name) for name in _names(field)}


def _with_all(names):
    """These and what they depend on, of what is installed here."""
    depends = {}
    for row in run('dpkg-query', '-W', '-f', '${Package}\t${Depends}, '
                   '${Pre-Depends}\n').splitlines():
        name, _, field = row.partition('\t')
        depends[name] = set(_names(field))
    found, new = set(), set(names)
    while new:
        found |= new
        new = {far for name in new for far in depends.get(name, ())} - found
    return found


def _used(build):
    """Headers of the system that objects of the product were made from, and
    programs that made them."""
    deps = run('ninja', '-C', str(build), '-t', 'deps')
    files = set()
    for block in deps.split('\n\n'):
        if not re.match(r'(?:ninja: .*\n)?tests/', block):
            files |= set(re.findall(r'^    (/usr/\S+)$', block, re.M))
    assert len(files) > 100, 'nothing was built there'
    for program in PROGRAMS:
        files.add(str(pathlib.Path(run('which', program).strip()).resolve()))
    return files


def missing(build, control):
    """Packages that a build has used and that Build-Depends does not bring;
    the tree has its own where dpkg knows of none."""
    done = subprocess.run(['dpkg', '-S', *sorted(_used(build))],
                          stdout=subprocess.PIPE, text=True, check=False,
                          stderr=subprocess.DEVNULL)
    owners = {owner.split(':')[0] for line in done.stdout.splitlines()
              for owner in line.split(': ')[0].split(', ')}
    assert 'libssl-dev' in owners, owners
    return owners - _with_all(declared(control) | set(ALWAYS))
