"""dnsmasq outside: the public view of the lab, and a log of questions."""
import pathlib

from support import netns
from support.wait import until

SILENT = '192.0.2.254'  # nobody is there
RECORDS = [
    ('host-record', f'sip.contoso.com,{netns.ACCESS}'),
    ('host-record', 'webconf.contoso.com,192.0.2.31'),
    ('host-record', 'av.contoso.com,192.0.2.41'),
    ('srv-host', '_sip._tls.contoso.com,sip.contoso.com,443,0,0'),
    ('srv-host',
     '_sipfederationtls._tcp.contoso.com,sip.contoso.com,5061,0,0'),
    ('srv-host',
     '_sipfederationtls._tcp.fabrikam.com,sip.fabrikam.com,5061,0,0'),
]


def host(name, address):
    """A record for the journey's world."""
    return 'host-record', f'{name},{address}'


def federation(domain, target, port=5061, priority=0, weight=0):
    """The SRV record by which partners find a domain."""
    return 'srv-host', (f'_sipfederationtls._tcp.{domain},{target},{port},'
                        f'{priority},{weight}')


class Resolver:
    """The DNS server that the edge and the clients are told of; records beside
    the lab's own. fabrikam: the address of sip.fabrikam.com; silent: domains
    whose questions lead nowhere. at: another server, for who is told of it;
    lab: the lab's own records there."""

    def __init__(self, world, folder, *records, fabrikam=netns.PARTNER,
                 silent=(), at=netns.INET, lab=tuple(RECORDS)):
        self.log = pathlib.Path(folder) / f'dnsmasq-{at}.log'
        self.log.unlink(missing_ok=True)  # another one has started, not this
        rows = [*lab, host('sip.fabrikam.com', fabrikam), *records]
        self.process = world.inet.start(
            'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null',
            '--no-resolv', '--no-hosts', '--user=root', '--bind-interfaces',
            f'--listen-address={at}', '--log-queries',
            f'--log-facility={self.log}', '--pid-file=',
            *(f'--server=/{name}/{SILENT}' for name in silent),
            '--local=/#/', '--local-ttl=60',
            *(f'--{name}={value}' for name, value in rows))
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
