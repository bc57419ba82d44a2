"""An import killed at any step leaves the old version or the new one, never
a mix; the next import works."""
import shutil
import subprocess

from support import journey
from support.edge import LAB, Edge

# what changes the store, or comes between two changes
STEPS = ('openat', 'write', 'fsync', 'fdatasync', 'mkdirat', 'renameat',
         'renameat2', 'symlinkat', 'unlinkat', 'linkat', 'fchmod', 'fchmodat',
         'ftruncate', 'flock', 'close')


def facts(edge):
    """What the store says now; empty when it says nothing."""
    return edge.edgectl('topology', 'show', '--facts')


def killed(edge, topology, hosts, call, number):
    """Import and kill at the number-th such call; False when it ended
    before."""
    done = subprocess.run(
        ['strace', '-qq', '-o', '/dev/null', '-e', f'trace={call}', '-e',
         f'inject={call}:signal=KILL:when={number}',
         str(edge.binaries / 'edgectl'), 'topology', 'import', str(topology),
         '--hosts', str(hosts), '--unsigned', '--config', str(edge.ini)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode in (-9, 137, 0, 1), done.stdout
    return done.returncode in (-9, 137)


def library_files(edge):
    """How many files the loader opens before edgectl runs."""
    log = edge.folder / 'strace.log'
    subprocess.run(
        ['strace', '-qq', '-o', str(log), '-e', 'trace=openat',
         str(edge.binaries / 'edgectl'), 'topology', 'show', '--config',
         str(edge.ini)], stdout=subprocess.DEVNULL, check=False)
    for number, line in enumerate(log.read_text().splitlines(), 1):
        if 'edge.ini' in line:
            return number
    raise AssertionError('edgectl does not read edge.ini')


def body(j):
    edge = Edge(j.world, j.folder / 'edge', j.ca, j.binaries)
    store, saved = edge.folder / 'state', edge.folder / 'saved'
    shutil.copytree(store, saved, symlinks=True)
    text = (LAB / 'topology' / 'contoso.xml').read_text()
    changed = j.folder / 'changed.xml'
    changed.write_text(text.replace('Name="contoso.com" Authoritative="false"',
                                    'Name="contoso.com" Authoritative="true"'))
    hosts = j.folder / 'hosts'
    hosts.write_text((LAB / 'topology' / 'hosts').read_text() +
                     '10.20.30.99 fe09.corp.contoso.com\n')
    old = facts(edge)
    edge.load(changed, hosts)
    new = facts(edge)
    assert old != new

    seen = {old: 0, new: 0}
    skipped = library_files(edge)
    for call in STEPS:
        number = skipped if call in ('openat', 'close') else 1
        while True:
            shutil.rmtree(store)
            shutil.copytree(saved, store, symlinks=True)
            if not killed(edge, changed, hosts, call, number):
                break
            now = facts(edge)
            assert now in seen, f'{call} {number}: neither old nor new:\n{now}'
            seen[now] += 1
            if number % 5 == 0:  # what is left does not stop the next one
                edge.load(changed, hosts)
                assert facts(edge) == new, f'after {call} {number}'
            number += 1
        assert facts(edge) == new
    assert seen[old] > 20 and seen[new] > 0, list(seen.values())


journey.main(body, limit=150)
