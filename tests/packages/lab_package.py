"""Checks of the packages: lync-edge-lab, unpacked and installed."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from debian_root import run
from lab.world import FOLDER

DAEMONS = {'access-edge', 'webconf-edge', 'av-edge'}
PAGE = pathlib.Path(__file__).resolve().parents[2] / 'packaging/lync-edge-lab.8'


def laboratory(p):
    """The other package holds a whole lab, whose verbs are all told."""
    run('dpkg-deb', '-x', str(p.package('lync-edge-lab')), str(p.home / 'lab'))
    at = p.home / 'lab/usr/share/lync-edge-lab'
    done = subprocess.run([sys.executable, str(at / 'tests/lab/lab'), 'x'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE='1'))
    verbs = set(re.findall(r'^lab (\w+)', done.stdout, re.M))
    assert {'up', 'down', 'break'} <= verbs, done.stdout
    file = p.home / 'lab/usr/share/bash-completion/completions/lync-edge-lab'
    said = run('bash', '-euc', f'. {file}; COMP_WORDS=(lync-edge-lab ""); '
               'COMP_CWORD=1; _lync_edge_lab; echo "${COMPREPLY[@]}"')
    assert set(said.split()) == verbs | {'--help'}, said
    page = PAGE.read_text(encoding='ascii')
    assert set(re.findall(r'^\.It Cm (\w+)', page, re.M)) == verbs
    for parent in FOLDER.parents:  # nobody else prepares the lab's folder
        seen = parent.stat()
        assert not seen.st_uid and not seen.st_mode & 0o022, parent
    links = {link.name: os.readlink(link) for link in
             (p.home / 'lab/usr/lib/lync-edge-lab/bin').iterdir()}
    for name, target in links.items():
        where = p.root.at / 'usr/lib/lync-edge-lab/bin' / target
        assert os.path.normpath(where) in map(str, (
            p.root.at / 'usr/sbin' / name, p.root.at / 'usr/bin' / name)), where
    assert DAEMONS | {'edgectl'} <= set(links), links


def lab_runs(p):
    """The lab, installed with what it depends on: it comes up with the
    installed programs, something is broken and found, and it goes."""
    name = pathlib.Path(shutil.copy(p.package('lync-edge-lab'), p.root.at)).name
    p.root.install(f'/{name}')
    lab = '/usr/sbin/lync-edge-lab'
    assert 'usage: ' in p.root.run(lab, '--help')
    assert 'access-edge-down' in p.root.run(lab, 'break', '--list')
    assert 'usage: ' in p.root.run(lab, 'nothing', good=(2,))
    try:
        said = p.root.run(lab, 'up')
        assert 'lync-edge-lab down removes it' in said, said
        doctor = (lab, 'on', 'edge', 'edgectl', 'doctor', '--family', 'svc')
        assert 'all good' in p.root.run(*doctor)
        p.root.run(lab, 'break', 'access-edge-down')
        assert 'SVC-001' in p.root.run(*doctor, good=(1,))
    finally:
        p.root.run(lab, 'down')
    p.root.run('apt-get', '-qy', 'purge', 'lync-edge-lab')
