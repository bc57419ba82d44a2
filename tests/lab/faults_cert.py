"""Faults of certificates and keys."""
from lab import pki
from lab.fault import Fault, both, corp, pair, settings
from lab.host import EdgeHost, operator_key
from support import export, netns, pool

ACCESS = ['sip.contoso.com', 'webconf.contoso.com', 'av.contoso.com',
          'sip.edge.contoso.com']
INTERNAL = corp('edgepool01', 'edge01')
PAST = ('-startdate', '20200101000000Z', '-enddate', '20200201000000Z')
SOON = ('-days', '5')


def other_key(lab):
    """A key that is not the certificate's."""
    pki.write_request(lab.host.pair('access')[1], lab.folder / 'other.csr',
                      ACCESS[0], ACCESS)
    lab.reload('access-edge')


def second_member(lab, has_other_key=True):
    """edge02 joins the pool, with another key of A/V authentication."""
    paths = pool.two_members(lab)
    topology = export.text(allowed=[('fabrikam.com', 'sip.fabrikam.com')],
                           blocked=['adatum.com'],
                           topology=paths['topology'].read_text())
    hosts = paths['hosts'].read_text()
    other = EdgeHost(lab.world.second_edge(), lab.folder / 'edge2',
                     lab.binaries, member=2)
    other.furnish(lab.ca)
    if has_other_key:
        pki.issue(lab.ca, 'internal', [
            other.etc / 'certs' / f'av-auth{end}' for end in ('-chain.pem',
                                                              '.key')],
            corp('edgepool01'))
    for one in (other, lab.host):
        one.load(topology, hosts, operator_key(lab.folder))
    lab.service('av-edge', other, '-edge02')
    lab.zone.publish(f'av.contoso.com. 3600 IN A {netns.SECOND_OUTSIDE[2]}')


def ended_token_key(lab):
    """The key of meeting tokens has ended."""
    file = lab.host.folder / 'state' / 'secrets' / 'psom.keys'
    rows = [line.split() for line in file.read_text().splitlines()]
    file.write_text(''.join(
        f'{" ".join(row[:2])} 2020-01-01T00:00:00Z 2020-01-02T00:00:00Z\n'
        if len(row) == 4 else ' '.join(row) + '\n' for row in rows))
    lab.reload('webconf-edge')


FAULTS = (
    Fault('certificate-expired', 'the Access Edge certificate has expired',
          'CERT-009', 'edge ca', pair('access', 'public', ACCESS, *PAST,
                                      reloaded=['access-edge'])),
    Fault('certificate-ends-soon', 'the Web Conferencing certificate ends in '
          'five days', 'CERT-009', 'edge ca',
          pair('webconf', 'public', ['webconf.contoso.com'], *SOON,
               reloaded=['webconf-edge'])),
    Fault('certificate-wrong-name', 'the Web Conferencing certificate has '
          'another name', 'CERT-003', 'edge ca',
          pair('webconf', 'public', ['meet.contoso.com'],
               reloaded=['webconf-edge'])),
    Fault('certificate-foreign', 'the Access Edge certificate ends at a root '
          'nobody trusts', 'CERT-011', 'edge ca',
          pair('access', 'foreign', ACCESS, reloaded=['access-edge'])),
    Fault('key-mismatch', 'the key is not the one of the certificate',
          'CERT-002', 'edge ca', other_key),
    Fault('internal-certificate-without-san', 'the internal certificate has '
          'no subjectAltName', 'CERT-010', 'edge ca',
          pair('internal', 'internal', corp('edgepool01'), is_bare=True,
               reloaded=['access-edge', 'av-edge', 'webconf-edge'])),
    Fault('internal-certificate-foreign', 'the internal certificate is not '
          'of the inside authority', 'CERT-011', 'edge ca',
          pair('internal', 'foreign', INTERNAL,
               reloaded=['access-edge', 'av-edge', 'webconf-edge'])),
    Fault('not-reloaded', 'the disk has a newer certificate than is shown',
          'TLS-002', 'edge', pair('access', 'public', ACCESS)),
    Fault('tls-weakened', 'TLS 1.0 is let in', 'CTL-018', 'edge',
          both(settings('[trust]\n', '[tls]\nprofile.access-client = lync2013'
                        '\n\n[trust]\n', 'access-edge'))),
    Fault('pool-av-keys-differ', 'edge02 of the pool has another A/V key',
          'CERT-004', 'member', second_member, is_another_world=True),
    Fault('token-key-ended', 'the key of meeting tokens has ended', 'CTL-022',
          'edge inside', ended_token_key),
)
