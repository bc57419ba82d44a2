"""What a fault is, and the common ways to break something."""
import dataclasses
import typing

from lab import heal, host, pki
from support import netns
from support.edge import LAB

HOSTS = LAB / 'topology' / 'hosts'


@dataclasses.dataclass(frozen=True)
class Fault:
    """One row of the table."""
    name: str
    text: str  # what is wrong then
    ids: str  # findings of doctor, with a space between
    hands: str  # who can mend it
    breaks: typing.Callable  # of a lab
    is_another_world: bool = False  # once healed it is not what it was


def typed(*lines):
    """Root types it at the edge."""
    def breaks(lab):
        for line in lines:
            status, said = lab.shell(line)
            assert status == 0, f'{line}: {status}\n{said}'
    return breaks


def published(*lines):
    """The zone has these records, and no others of their names."""
    return lambda lab: lab.zone.replace(*lines)


def unpublished(name, kind):
    """The zone has no record of that name and type."""
    return lambda lab: lab.zone.take_away(name, kind)


def settings(old, new, *reloaded):
    """edge.ini with other words; the services named are told."""
    def breaks(lab):
        file = lab.host.etc / 'edge.ini'
        text = file.read_text()
        assert old in text, f'no "{old}" in {file}'
        file.write_text(text.replace(old, new))
        lab.reload(*reloaded)
    return breaks


def hosts(*names):
    """HOSTS of the store without the lines of these names."""
    def breaks(lab):
        short = lab.folder / 'short-hosts'
        short.write_text('\n'.join(
            line for line in HOSTS.read_text().splitlines()
            if not any(f' {name}.' in line for name in names)) + '\n')
        lab.host.edgectl('hosts', 'load', str(short))
    return breaks


def pair(use, authority, names, *dates, reloaded=(), **how):
    """Another certificate and key in the place of what the edge has."""
    def breaks(lab):
        pki.issue(lab.ca, authority, lab.host.pair(use), names, *dates, **how)
        lab.reload(*reloaded)
    return breaks


def stopped(*units):
    """They have ended."""
    return lambda lab: lab.units.stop(*units)


def both(*ways):
    """One after the other."""
    def breaks(lab):
        for way in ways:
            way(lab)
    return breaks


def corp(*names):
    """Names inside."""
    return [f'{name}.{host.CORP}' for name in names]


