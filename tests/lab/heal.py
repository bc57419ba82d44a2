"""A lab as it was before something was broken: all of it put back, or one part
by whoever is in charge of it."""
import shutil

from lab import between
from support import netns

KEPT = ('etc/lync-edge', 'etc/systemd', 'etc/resolv.conf', 'etc/nftables.conf',
        'etc/nftables.d', 'state')
# the folders that units of others read
NEIGHBOURS = {'director': 'director', 'partner': 'partner',
              **{f'mcu-fe0{n}': 'inside' for n in (1, 2, 3)}}
SYSCTL = ('net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding',
          'net.ipv4.conf.ext.forwarding', 'net.ipv4.conf.int.forwarding',
          'net.ipv4.conf.all.rp_filter', 'net.ipv4.conf.ext.rp_filter',
          'net.ipv4.conf.int.rp_filter')
RULES = ('local', 'main', 'default')


def _copy(source, target):
    """With owners, modes and links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    netns.run('cp', '-a', str(source), str(target))


def keep(lab):
    """Note what is so when nothing is broken."""
    kept = lab.folder / 'kept'
    kept.mkdir()
    for name in KEPT:
        _copy(lab.host.folder / name, kept / name)
    for folder in set(NEIGHBOURS.values()):
        (kept / folder).mkdir()
        for file in (lab.folder / folder).glob('*.*'):
            if file.suffix in ('.cfg', '.pem', '.key', '.export'):
                shutil.copy(file, kept / folder)
    (kept / 'units').mkdir()
    for end in ('argv', 'state'):
        for file in lab.units.folder.glob(f'*.{end}'):
            shutil.copy(file, kept / 'units')
    shutil.copy(lab.zone.file, kept / 'zone')
    (kept / 'sysctl').write_text(lab.world.edge.exec('sysctl', *SYSCTL))
    (kept / 'nft').write_text(lab.world.edge.exec('nft', 'list', 'ruleset'))


def _network(lab, kept):
    """Addresses, routes, rules and filter of the edge host."""
    edge, world = lab.world.edge, lab.world
    here = ('ip', '-n', edge.name)
    edge.exec('nft', 'flush', 'ruleset')
    edge.exec('nft', '-f', str(kept / 'nft'))
    edge.exec('sysctl', '-qp', str(kept / 'sysctl'))
    netns.run(*here, 'rule', 'flush')
    for number, table in zip((32766, 32767), RULES[1:]):
        netns.run(*here, 'rule', 'add', 'pref', str(number), 'table', table)
    for device in ('ext', 'int'):
        netns.run(*here, 'address', 'flush', 'dev', device, 'scope', 'global')
        netns.run(*here, 'link', 'set', device, 'up')
    world.address_edge()
    lab.host.plan()
    open_way(lab)


def open_way(lab):
    """Nobody filters between the edge and the others."""
    for space in (lab.world.inet, lab.world.inside):
        between.clear(space)


def listens_again(lab):
    """The Directors' addresses, as they were; whether that is a change."""
    kept, used = (folder / 'director' / 'listen.cfg' for folder in (
        lab.folder / 'kept', lab.folder))
    is_changed = kept.read_bytes() != used.read_bytes()
    shutil.copy(kept, used)
    return is_changed


def _put_back(lab, unit):
    kept = lab.folder / 'kept'
    shutil.copy(kept / 'units' / f'{unit}.argv', lab.units.folder)
    if unit in NEIGHBOURS:
        for file in (kept / NEIGHBOURS[unit]).iterdir():
            shutil.copy(file, lab.folder / NEIGHBOURS[unit])
    lab.units.restart(unit)


def _is_changed(lab, unit):
    kept = lab.folder / 'kept'
    folder = NEIGHBOURS.get(unit)
    return (kept / 'units' / f'{unit}.argv').read_text() != (
        lab.units.folder / f'{unit}.argv').read_text() or (
        folder and any(
            file.read_bytes() != (lab.folder / folder / file.name).read_bytes()
            for file in (kept / folder).iterdir()))


def mend(lab):
    """Everything as it was; services of the edge start anew."""
    kept = lab.folder / 'kept'
    services = list(lab.host.services)
    extra = [name for name in lab.units.names() if not (
        kept / 'units' / f'{name}.argv').exists()]
    lab.units.stop(*extra, *services)
    for name in extra:
        lab.units.forget(name)
    lab.world.drop_second_edge()
    shutil.rmtree(lab.folder / 'edge2', ignore_errors=True)
    _network(lab, kept)
    shutil.rmtree(lab.host.folder / 'resolve', ignore_errors=True)
    for name in KEPT:
        netns.run('rm', '-rf', str(lab.host.folder / name))
        _copy(kept / name, lab.host.folder / name)
    for file in (kept / 'units').glob('*.state'):
        shutil.copy(file, lab.units.folder)
    (lab.folder / 'clock').write_text('0\n')
    if lab.zone.file.read_text() != (kept / 'zone').read_text():
        lab.zone.load((kept / 'zone').read_text().splitlines())
    for unit in lab.units.names():
        if unit in services:
            shutil.copy(kept / 'units' / f'{unit}.argv', lab.units.folder)
        elif not lab.units.pid(unit) or _is_changed(lab, unit):
            _put_back(lab, unit)
    lab.units.start(*services)
    lab.mcus_up()
