"""edge-probe, copied away from its machine and with nothing in its environment:
all of an edge in order, then one fault after the other; each is told by its
id, and nothing else is."""
import json
import shutil
import subprocess

from support import journey, netns
from support.resolver import RECORDS, SILENT, host
from support.wait import until

SIGN_IN = ('srv-host', '_sip._tls.contoso.com,sip.contoso.com,443,0,0')
GREEN = ['✓ SIP OPTIONS: answered 200', '✓ mutual TLS: asks for a certificate',
         '✓ PSOM: an unknown version is refused with 426',
         f'it sees us at {netns.INET}:', 'no NAT on the way',
         '✓ MS-TURN Allocate: challenged, realm ',
         '✓ pseudo-TLS: answered as a relay does',
         'chain ends at a trusted root, names webconf.contoso.com (days left ',
         '✓ _sipinternaltls._tcp.contoso.com SRV is not published',
         '✓ lyncdiscoverinternal.contoso.com is not published',
         '✓ SRV records lead to names of contoso.com', ' 0 bad, 0 warnings']


class Probe:
    """The program in a folder of its own, run outside."""

    def __init__(self, j):
        self.j = j
        folder = j.folder / 'elsewhere'
        folder.mkdir()
        self.program = shutil.copy(j.binaries / 'edge-probe', folder)
        self.trust = j.ca / 'public-ca.pem'

    def run(self, *words, program=(), trust=None):
        """(exit status, what it said)."""
        done = subprocess.run(
            ['ip', 'netns', 'exec', self.j.world.inet.name, 'env', '-i',
             *(program or [self.program]), 'external', *words, '--trust',
             str(trust or self.trust)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    def ids(self, *words, **how):
        """What it finds wrong."""
        status, said = self.run('contoso.com', '--timeout', '1', *words,
                                '--json', **how)
        told = json.loads(said)
        found = sorted({f['id'].removeprefix('PROBE-')
                        for f in told['findings']})
        assert status == told['exit'] == (1 if found else 0), said
        assert all(f['saw'] and f['why'] and f['fix']
                   for f in told['findings']), said
        return found

    def finds(self, *wanted, words=(), **how):
        """Soon it finds just these."""
        found = []

        def look():
            found[:] = self.ids(*words, **how)
            return found == sorted(wanted)
        until(look, 5, lambda: f'wanted {wanted}, found {found}')


def other_dns(j, number, without, *records):
    """--dns of a server that lacks some of the lab's records and has others."""
    at = netns.CLIENTS[number]
    j.resolver(*records, at=at,
               lab=[row for row in RECORDS if row not in without])
    return ['--dns', f'{at},{at}:53']


def needs(program):
    """The shared objects that it wants."""
    said = journey.output('readelf', '-d', str(program))
    return {line.split('[')[1].rstrip(']') for line in said.splitlines()
            if '(NEEDED)' in line}


def in_order(j, probe):
    """The whole tree, by both programs; by a sanitizer's build as well."""
    wanted = {'libc.so.6', 'ld-linux-x86-64.so.2'}
    if j.preset == 'dev':
        assert needs(probe.program) <= wanted, needs(probe.program)
    status, said = probe.run('contoso.com')
    assert status == 0 and all(text in said for text in GREEN), said
    assert '✗' not in said and '[PROBE' not in said, said
    status, same = probe.run('contoso.com', program=[
        str(j.binaries / 'edgectl'), 'probe'])
    assert status == 0 and same.count('✓') == said.count('✓'), same
    # by names that were given, from another address
    probe.finds(words=['--sip', 'sip.contoso.com:443', '--webconf',
                       'webconf.contoso.com', '--av', 'av.contoso.com:443',
                       '--address', netns.CLIENTS[7]])


def records(j, probe):
    """What DNS says."""
    access = host('sip.contoso.com', netns.ACCESS)
    assert access in RECORDS and SIGN_IN in RECORDS
    lacks = other_dns(j, 11, [SIGN_IN],
                      host('inside.contoso.com', netns.FRONT_END))
    probe.finds('101', words=lacks)
    # nobody here can say more of it
    probe.finds('007', '101', words=[*lacks, '--webconf',
                                     'inside.contoso.com'])
    status, said = probe.run('contoso.com', *lacks)
    assert status == 1 and said.count('✗') == 1, said
    lines = said.splitlines()
    at = [i for i, line in enumerate(lines) if '✗' in line][0]
    assert '[PROBE-101]' in lines[at] and [
        word in lines[at + n + 1] for n, word in
        enumerate(('saw:   no such record', 'users: clients do not find',
                   'fix:   publish _sip._tls'))] == [True] * 3, said
    nobody = other_dns(j, 12, [access],
                       host('sip.contoso.com', SILENT))
    probe.finds('103', '203', words=nobody)
    leaks = other_dns(
        j, 13, [SIGN_IN],
        ('srv-host', '_sip._tls.contoso.com,sip.elsewhere.com,5061,0,0'),
        host('sip.elsewhere.com', netns.ACCESS),
        ('srv-host', '_sipinternaltls._tcp.contoso.com,'
                     'dirpool01.corp.contoso.com,5061,0,0'),
        host('lyncdiscoverinternal.contoso.com', netns.FRONT_END),
        ('srv-host', '_xmpp-server._tcp.contoso.com,sip.contoso.com,443,0,0'))
    probe.finds('002', '003', '004', '005', '106', '108', '508',
                words=leaks)
    probe.finds('302', '402', words=['--webconf', 'no.contoso.com', '--av',
                                     'none.contoso.com'])
    probe.finds(words=['--without', 'webconf,av', '--webconf', 'no.a'])


def firewall(j, probe, rule, *wanted):
    """With a port shut in the edge's namespace."""
    j.world.edge.exec('nft', f'add table inet shut; add chain inet shut in '
                      f'{{ type filter hook input priority 0; }}; '
                      f'add rule inet shut in {rule} drop')
    probe.finds(*wanted)
    j.world.edge.exec('nft', 'delete table inet shut')


def refusals(probe):
    """What cannot be, and what cannot be done."""
    for words in ([], ['a b'], ['contoso.com', '--without', 'all'],
                  ['contoso.com', '--timeout', '0'],
                  ['contoso.com', '--timeout', '61'],
                  ['contoso.com', '--address', 'here'],
                  ['contoso.com', '--address', SILENT],
                  ['contoso.com', '--dns', 'ns1'],
                  ['contoso.com', '--av', 'av.contoso.com:70000'],
                  ['contoso.com', '--unknown']):
        status, said = probe.run(*words)
        assert status == 2 and 'CTL-001' in said, (words, status, said)
    status, said = probe.run('contoso.com', '--dns', SILENT, '--timeout', '1')
    assert status == 6 and 'no DNS server gave an answer' in said, said
    status, said = probe.run('contoso.com', trust='/nonexistent')
    assert status == 6 and '/nonexistent' in said, said


def body(j):
    j.resolver()
    j.director()
    edge = j.edge()
    webconf = j.webconf_edge()
    webconf.new_keys()
    webconf.start()
    relay = j.av_edge()
    probe = Probe(j)
    in_order(j, probe)
    refusals(probe)
    records(j, probe)
    firewall(j, probe, f'ip daddr {netns.ACCESS} tcp dport 443', '103')
    firewall(j, probe, 'udp dport 3478', '409')

    probe.finds('105', '205', '305', trust=j.ca / 'internal-ca.pem')
    j.use('webconf-ends', instead_of='webconf')
    webconf.call('POST', '/v1/reload')
    probe.finds('006')
    j.use('turn', instead_of='webconf')
    webconf.call('POST', '/v1/reload')
    probe.finds('306')
    j.use('access-expired', instead_of='access')
    edge.call('POST', '/v1/reload')
    probe.finds('107', '207', '306')

    relay.stop()
    probe.finds('107', '207', '306', '403', '409')
    webconf.stop()
    probe.finds('107', '207', '303', '403', '409')


if __name__ == '__main__':
    journey.main(body, 60)
