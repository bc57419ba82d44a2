"""Faults of names: HOSTS, the resolver, the public zone."""
from lab.fault import Fault, both, hosts, published, unpublished
from lab.faults_cert import second_member
from support import netns

SIP = '_sip._tls.contoso.com'


def resolver_inside(lab):
    """The host asks a DNS server of the inside, too."""
    file = lab.host.folder / 'etc' / 'resolv.conf'
    file.write_text(f'nameserver {netns.DIRECTORS[0]}\n' + file.read_text())


def resolved(link, *more):
    """systemd-resolved runs: /etc/resolv.conf leads to a file of its."""
    def breaks(lab):
        file = lab.host.folder / 'etc' / 'resolv.conf'
        folder = lab.host.folder / 'resolve'
        folder.mkdir()
        (folder / 'resolv.conf').write_text(
            ''.join(f'nameserver {one}\n' for one in more) +
            file.read_text())
        (folder / 'stub-resolv.conf').write_text('nameserver 127.0.0.53\n'
                                                 'options edns0 trust-ad\n')
        file.unlink()
        file.symlink_to(f'/run/systemd/resolve/{link}')
    return breaks


def balanced(lab):
    """A hardware balancer stands before a pool of two."""
    second_member(lab, has_other_key=False)
    lab.zone.replace(*(f'{name}.contoso.com. 3600 IN A 192.0.2.{last}'
                       for name, last in (('sip', 121), ('webconf', 131),
                                          ('av', 141))))


FAULTS = (
    Fault('hosts-line-missing', 'HOSTS lacks a member of the next hop',
          'HOSTS-002', 'edge', hosts('dir02')),
    Fault('hosts-pool-member-missing', "HOSTS lacks a pool's address of a "
          'member', 'HOSTS-002', 'edge', hosts('fe03')),
    Fault('name-by-dns-only', 'the next hop is not in HOSTS, but in DNS',
          'HOSTS-002', 'edge',
          both(published('dir01.corp.contoso.com. 60 IN A 10.20.30.31',
                         'dirpool01.corp.contoso.com. 60 IN A 10.20.30.31'),
               hosts('dir01', 'dir02'))),
    Fault('inside-resolver', 'the host asks DNS inside', 'DNS-011', 'edge',
          resolver_inside),
    Fault('resolver-stub', 'the host asks its own systemd-resolved alone',
          'DNS-010', 'edge', resolved('stub-resolv.conf'),
          is_another_world=True),
    Fault('inside-resolver-made', 'systemd-resolved has a DNS server of the '
          'inside', 'DNS-011', 'edge',
          resolved('resolv.conf', netns.DIRECTORS[0]),
          is_another_world=True),
    Fault('srv-absent', 'no SRV record for sign-in', 'DNS-015', 'dns',
          unpublished(SIP, 'SRV')),
    Fault('srv-wrong-port', 'the SRV record for sign-in has another port',
          'DNS-016', 'dns',
          published(f'{SIP}. 3600 IN SRV 0 0 5061 sip.contoso.com.')),
    Fault('srv-other-domain', 'the SRV record leads into another domain',
          'DNS-016', 'dns',
          published(f'{SIP}. 3600 IN SRV 0 0 443 sip.fabrikam.com.')),
    Fault('federation-srv-absent', 'partners find no SRV record', 'DNS-015',
          'dns', unpublished('_sipfederationtls._tcp.contoso.com', 'SRV')),
    Fault('a-record-wrong', 'sip.contoso.com has another address', 'DNS-014',
          'dns', published('sip.contoso.com. 3600 IN A 192.0.2.99')),
    Fault('a-record-absent', 'webconf.contoso.com has no address', 'DNS-013',
          'dns', unpublished('webconf.contoso.com', 'A')),
    Fault('balancer-not-named', 'a hardware balancer has the addresses of a '
          "pool's names", 'DNS-018', 'dns edge', balanced,
          is_another_world=True),
    Fault('sipinternal-published', 'a record of the inside is published',
          'DNS-017', 'dns',
          published('_sipinternaltls._tcp.contoso.com. 3600 IN SRV 0 0 5061 '
                    'sip.contoso.com.')),
)
