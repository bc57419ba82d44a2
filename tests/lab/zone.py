"""The public DNS of a lab: a zone as lines of a zone file, held by dnsmasq."""
import pathlib
import re

from support import netns

LINES = f'''\
sip.contoso.com. 3600 IN A {netns.ACCESS}
webconf.contoso.com. 3600 IN A {netns.EDGE_OUTSIDE[1]}
av.contoso.com. 3600 IN A {netns.EDGE_OUTSIDE[2]}
_sip._tls.contoso.com. 3600 IN SRV 0 0 443 sip.contoso.com.
_sipfederationtls._tcp.contoso.com. 3600 IN SRV 0 0 5061 sip.contoso.com.
sip.fabrikam.com. 3600 IN A {netns.PARTNER}
_sipfederationtls._tcp.fabrikam.com. 3600 IN SRV 0 0 5061 sip.fabrikam.com.
'''
RECORD = re.compile(r'(\S+?)\.?\s+(?:\d+\s+)?(?:IN\s+)?(A|SRV)\s+(.*\S)', re.I)
DELETE = 'delete '


def option(line):
    """A record as dnsmasq is told of it."""
    name, kind, value = RECORD.fullmatch(line.strip()).groups()
    if kind.upper() == 'A':
        return f'host-record={name},{value}'
    priority, weight, port, target = value.split()
    return f'srv-host={name},{target.rstrip(".")},{port},{priority},{weight}'


def _set_of(line):
    """Name and type: what a line to publish takes the place of."""
    name, kind, _ = RECORD.fullmatch(line.strip()).groups()
    return name.lower(), kind.upper()


class Zone:
    """The records and the server; units starts it again with others."""

    def __init__(self, folder, units):
        self.folder, self.units = pathlib.Path(folder), units
        self.file = self.folder / 'zone'
        self.settings = self.folder / 'dnsmasq.conf'

    def start(self, world):
        """For the first time."""
        self.folder.mkdir()
        self.write(LINES.splitlines())
        with open(self.folder / 'log', 'ab') as log:
            process = world.inet.start(
                'dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts',
                '--user=root', '--bind-interfaces', '--log-queries',
                f'--listen-address={netns.INET}', '--pid-file=',
                f'--log-facility={self.folder / "queries"}', '--local=/#/',
                '--local-ttl=60', f'--conf-file={self.settings}',
                stdout=log, stderr=log)
        self.units.note('dns', process, 'tcp', f'{netns.INET}:53')
        self.units.wait_ready('dns')

    def lines(self):
        """What is published."""
        return self.file.read_text().splitlines()

    def write(self, lines):
        """Have exactly these."""
        self.file.write_text(''.join(f'{line}\n' for line in lines))
        self.settings.write_text(''.join(f'{option(line)}\n'
                                         for line in lines))

    def load(self, lines):
        """Publish exactly these."""
        self.write(lines)
        self.units.restart('dns')

    def publish(self, *lines):
        """Each record beside the others; `delete RECORD` takes one away."""
        have = self.lines()
        for line in lines:
            record = option(line.removeprefix(DELETE))
            here = [one for one in have if option(one) == record]
            if line.startswith(DELETE):
                assert here, f'no record for "{line}" in {have}'
                have = [one for one in have if one not in here]
            elif not here:
                have.append(line)
        self.load(have)

    def replace(self, *lines):
        """Each in the place of what its name and type had."""
        fresh = {_set_of(line) for line in lines}
        self.load([line for line in self.lines()
                   if _set_of(line) not in fresh] + list(lines))

    def take_away(self, name, kind):
        """No record of that name and type any more."""
        self.load([line for line in self.lines()
                   if _set_of(line) != (name, kind)])
