"""dnsmasq outside: the public view of contoso.com, and a log of questions."""
import pathlib

from support import netns
from support.wait import until

RECORDS = [
    ('host-record', f'sip.contoso.com,{netns.ACCESS}'),
    ('host-record', 'webconf.contoso.com,192.0.2.31'),
    ('host-record', 'av.contoso.com,192.0.2.41'),
    ('srv-host', '_sip._tls.contoso.com,sip.contoso.com,443,0,0'),
    ('srv-host',
     '_sipfederationtls._tcp.contoso.com,sip.contoso.com,5061,0,0'),
    ('host-record', f'sip.fabrikam.com,{netns.PARTNER}'),
    ('srv-host',
     '_sipfederationtls._tcp.fabrikam.com,sip.fabrikam.com,5061,0,0'),
]


class Resolver:
    """The DNS server that the edge and the clients are told of."""

    def __init__(self, world, folder, more=()):
        self.log = pathlib.Path(folder) / 'dnsmasq.log'
        self.process = world.inet.start(
            'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null',
            '--no-resolv', '--no-hosts', '--user=root', '--bind-interfaces',
            f'--listen-address={netns.INET}', '--log-queries',
            f'--log-facility={self.log}', '--pid-file=',
            '--local=/contoso.com/', '--local=/fabrikam.com/',
            *(f'--{name}={value}' for name, value in [*RECORDS, *more]))
        until(lambda: self.log.exists() and 'started' in
              self.log.read_text(), 5, 'dnsmasq does not start')

    def questions(self):
        """What was asked, one line a question."""
        return [line.split(': ', 1)[1] for line in
                self.log.read_text().splitlines() if ' query[' in line]

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait()
