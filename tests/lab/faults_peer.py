"""Faults of services and of those that they speak to."""
import copy
import shutil

from lab import between
from lab.fault import Fault, stopped
from lab.host import lab_topology, operator_key
from support import netns


def one_director(lab):
    """The Kamailio stands for dir01 alone."""
    file = lab.folder / 'director' / 'listen.cfg'
    file.write_text(''.join(
        line for line in file.read_text().splitlines(keepends=True)
        if 'dir02' not in line))
    argv = lab.units.folder / 'director.ready'
    kept = argv.read_text()
    argv.write_text('\n'.join(kept.split('\n')[:2]) + '\n')
    lab.units.restart('director')
    argv.write_text(kept)


def wrong_certificate(lab):
    """The Director shows the certificate of a laptop."""
    for end, name in (('-chain.pem', 'machine.pem'), ('.key', 'machine.key')):
        shutil.copy(lab.ca / f'bad-name{end}', lab.folder / 'director' / name)
    lab.units.restart('director')


def stale(lab):
    """Two services took a version, the third was not told."""
    deaf = lab.host.etc / 'deaf.ini'
    deaf.write_text((lab.host.etc / 'edge.ini').read_text().replace(
        f'run = {lab.host.folder}/run', f'run = {lab.folder}/nowhere'))
    export, hosts = lab_topology(limit_contacts=True)
    alone = copy.copy(lab.host)
    alone.ini = '/etc/lync-edge/deaf.ini'
    alone.load(export, hosts, operator_key(lab.folder))
    deaf.unlink()
    lab.reload('access-edge', 'av-edge')


# what goes to dir02 alone
TO_ONE = ('ip', 'daddr', netns.DIRECTORS[1], 'tcp', 'dport', '5061')

FAULTS = (
    Fault('access-edge-down', 'access-edge does not run', 'SVC-001', 'edge',
          stopped('access-edge')),
    Fault('av-edge-down', 'av-edge does not run', 'SVC-001', 'edge',
          stopped('av-edge')),
    Fault('webconf-edge-down', 'webconf-edge does not run', 'SVC-001', 'edge',
          stopped('webconf-edge')),
    Fault('next-hop-down', 'no member of the next hop runs', 'SVC-004',
          'inside', stopped('director')),
    Fault('firewall-drops-next-hop', 'a firewall inside drops what goes to '
          'the next hop', 'SVC-004', 'firewall inside',
          between.drops('inside', 'input', 'iifname', 'edge0', 'tcp', 'dport',
                        '5061')),
    Fault('next-hop-member-down', 'one member of the next hop does not run',
          'SVC-005', 'inside', one_director),
    Fault('next-hop-filtered', 'a filter inside drops what goes to a member '
          'of the next hop', 'SVC-005', 'firewall inside',
          between.drops('inside', 'input', *TO_ONE)),
    Fault('next-hop-prohibited', 'a filter inside refuses what goes to a '
          'member of the next hop', 'SVC-005', 'firewall',
          between.refuses('inside', 'input', *TO_ONE)),
    Fault('next-hop-wrong-certificate', 'the next hop shows the certificate '
          'of another machine', 'SVC-004', 'inside', wrong_certificate),
    Fault('mcu-absent', 'the Data MCU fe02 does not run', 'SVC-010',
          'firewall inside', stopped('mcu-fe02')),
    Fault('stale-topology', 'webconf-edge has an older topology than the '
          'store', 'TOP-002', 'edge', stale),
)
