"""Checks of the packages: what lync-edge does to the host that it is installed
on, its kernel settings and its routes."""
import re

import man_tables
from debian_root import run
from support import netns


def kernel_settings(p):
    """What the package asks of the kernel, by name."""
    file = p.root.at / 'usr/lib/sysctl.d/50-lync-edge.conf'
    return dict(re.findall(r'^(net\.\S+) = (\d+)$', file.read_text(), re.M))


def buffers(p):
    """The kernel gives av-edge the buffers that it asks for by default."""
    default = [int(row[3]) for row in man_tables.rows(
        'av-edge/ave_limits.def', 'LIMIT') if row[1] == 'av.socket_buffer']
    for name in ('net.core.rmem_max', 'net.core.wmem_max'):
        assert [int(kernel_settings(p).get(name, 0))] >= default, name


def sets_kernel(p):
    """What the installation does where systemd runs, before it starts
    anything: our settings are in force, or the operator's instead."""
    said = (p.root.at / 'var/lib/dpkg/info/lync-edge.postinst').read_text()
    tool = re.search(r'^tool=(.*)$', said, re.M)[0]
    command = re.search(r'^\s*(\$tool --prefix=.*)$', said, re.M)
    assert command.end() < said.index('deb-systemd-invoke'), said
    names = {name.replace('/', '.') for name in re.findall(
        r'--prefix=/(\S+)', command[1])}
    assert names == set(kernel_settings(p)), names
    mine = p.root.at / 'etc/sysctl.d/60-mine.conf'
    name = 'net.ipv4.ip_unprivileged_port_start'
    inside = ('ip', 'netns', 'exec', p.world.edge.name, 'chroot',
              str(p.root.at), 'sh', '-c')
    foreign = 'net.ipv4.ip_default_ttl'
    before = int(p.world.edge.exec('sysctl', '-n', foreign))
    for text, wanted in ((f'{name} = 442\n{foreign} = {before + 1}\n', '442'),
                         ('', kernel_settings(p)[name])):
        mine.write_text(text)
        run(*inside, f'{tool}; {command[1]}')
        assert p.world.edge.exec('sysctl', '-n', name).strip() == wanted
    assert int(p.world.edge.exec('sysctl', '-n', foreign)) == before, \
        'more was set than is ours'
    mine.unlink()


def network(p):
    """What lync-edge-net does, with the one right that its unit leaves it:
    each address outside has its rule; and once more, which changes nothing."""
    unit = p.units['lync-edge-net']
    kept = unit.one('CapabilityBoundingSet').removeprefix('CAP_').lower()
    command = [
        'ip', 'netns', 'exec', p.world.edge.name, 'chroot', str(p.root.at),
        'setpriv', '--inh-caps=-all', f'--bounding-set=-all,+{kept}',
        '--no-new-privs', *unit.one('ExecStart').split()]
    before = p.world.edge.exec('ip', 'rule')
    run(*command)
    after = p.world.edge.exec('ip', 'rule')
    for address in netns.EDGE_OUTSIDE:
        assert f'from {address} ' in after and address not in before, after
    run(*command)
    assert p.world.edge.exec('ip', 'rule') == after
