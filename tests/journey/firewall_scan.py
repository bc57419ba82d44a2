"""The packet filter that the topology gives, loaded on an edge with all three
services: a scan from the Internet and from the inside finds the ports of the
tables and no other, people do all they did without it, and doctor knows each
way to spoil it."""
import json

from support import av, journey, netns, psom, scan
from support.edge import AvEdge, WebconfEdge

SHARDS = 'once'

SCANNER = netns.CLIENTS[49]
ACCESS, WEBCONF, AV = netns.EDGE_OUTSIDE
RANGE = set(range(50000, 60000))
SEND = {'tcp': scan.tcp, 'udp': scan.udp}
AGAIN = 3  # times that lost packets are sent again
FEW = [*range(1, 65536, 97), 22, 53, 443, 3478, 5061, 5062, 8057]
# rows E1 to E11, as anybody outside finds them
OUTSIDE = {'tcp': {ACCESS: {443, 5061}, WEBCONF: {443}, AV: {443} | RANGE},
           'udp': {AV: {3478} | RANGE}}
# rows I1 to I6, by who asks; and who manages the host
INSIDE = {
    netns.MCU: {'tcp': {443, 5061, 5062, 8057}, 'udp': {3478}},
    netns.DIRECTORS[0]: {'tcp': {443, 5061, 5062}, 'udp': {3478}},
    netns.INSIDE: {'tcp': {22, 443}, 'udp': {3478}},
}


class Host:
    """The edge host, its services and its filter."""

    def __init__(self, j):
        self.j, self.edge = j, j.edge()
        self.space = self.edge.space
        self.services = [kind.beside(self.edge)
                         for kind in (AvEdge, WebconfEdge)]
        self.services[1].new_keys()
        for service in self.services:
            service.start()
            j.parts.append(service)

    def render(self, kind, *words):
        """What topology render says."""
        return self.edge.edgectl('topology', 'render', kind, *words,
                                 good=(0,))

    def load(self):
        """Plan and filter in force; the filter's text."""
        self.edge.edgectl('net', 'plan', '--apply', good=(0,))
        file = self.edge.folder / 'lync-edge.nft'
        wanted = ('nftables', '--manage', f'22 from {netns.INSIDE}')
        for _ in range(2):  # the same bytes, and loading again is fine
            self.render(*wanted, '--out', str(file))
            said = json.loads(self.render(*wanted, '--json'))
            assert file.read_text() == said['text']
            self.space.exec('nft', '-f', str(file))

    def refused(self):
        """Without anybody who manages the host there is no filter."""
        file = self.edge.folder / 'nobody.nft'
        said = self.edge.edgectl('topology', 'render', 'nftables', '--out',
                                 str(file), '--json', good=(2,))
        assert json.loads(said)['findings'][0]['id'] == 'FW-007', said
        assert not file.exists()

    def sh(self, lines):
        """As root on the host; what doctor says to run, too."""
        tool, folder = self.j.binaries / 'edgectl', self.edge.folder
        text = '\n'.join([
            f'edgectl() {{ {tool} "$@"; }}', 'systemctl() { :; }',
            *lines]).replace('/etc/nftables.', f'{folder}/nft.')
        self.space.exec('sh', '-ec', text)

    def doctor(self):
        """Findings of NET and FW; what boots is that of the machine."""
        found = json.loads(self.edge.edgectl('doctor', '--family', 'net,fw',
                                             '--json'))['findings']
        return [f for f in found if f['id'] != 'FW-008']


def from_outside(j, behind):
    """All ports of all addresses; the inside one is not reached at all."""
    netns.run('ip', '-n', j.world.inet.name, 'route', 'add',
              netns.EDGE_INSIDE, 'via', ACCESS)
    who = Scanner(behind, j.world.inet, SCANNER)
    for own in netns.EDGE_OUTSIDE:
        who.scan(own, scan.ALL)
    who.scan(netns.EDGE_INSIDE, FEW)
    who.compare(OUTSIDE)


def from_inside(j, behind):
    """Who may what depends on who asks; the outside is not reached."""
    netns.run('ip', '-n', j.world.inside.name, 'route', 'add', '192.0.2.0/24',
              'via', netns.EDGE_INSIDE)
    for source, found in INSIDE.items():
        ports = scan.ALL if source == netns.MCU else FEW
        who = Scanner(behind, j.world.inside, source)
        who.scan(netns.EDGE_INSIDE, ports)
        who.scan(ACCESS, FEW)
        who.compare({name: {netns.EDGE_INSIDE: open_ports & set(ports)}
                     for name, open_ports in found.items()})


class Scanner:
    """Somebody who tries ports, and what of it came through."""

    def __init__(self, behind, space, source):
        self.behind, self.space, self.source = behind, space, source

    def scan(self, own, ports):
        """Both protocols."""
        for name in SEND:
            SEND[name](self.space, self.source, own, ports)

    def compare(self, wanted):
        """Found is wanted, to the last port. A packet that got lost on its
        way is no closed port: those alone are sent again."""
        for name, by_address in wanted.items():
            for own, ports in by_address.items():
                for _ in range(AGAIN):
                    lost = ports - self.seen(name).get(own, set())
                    if not lost:
                        break
                    SEND[name](self.space, self.source, own, sorted(lost))
            found = self.seen(name)
            assert set(found) == set(by_address), (
                self.source, name, set(found))
            for own, ports in by_address.items():
                more, less = found[own] - ports, ports - found[own]
                assert not more and not less, (
                    self.source, name, own, sorted(more)[:20],
                    sorted(less)[:20])

    def seen(self, name):
        """Own address to ports."""
        return self.behind.seen(name, self.source)


def use(host, mcu):
    """Sign-in, a call's media, a meeting's content."""
    j = host.j
    mcu.wait_up()
    assert j.user('alice').sign_in()[1][1].status == 200

    def run(*words):
        status, said = av.Program(
            j.world.inet, str(j.binaries / 'edgectl'), 'test', *words,
            '--config', str(host.edge.ini)).wait()
        assert status == 0 and 'Result        : Success' in said, said
    both = []
    for role, name in (('sender', 'bob'), ('receiver', 'carol')):
        file = j.folder / f'{name}.password'
        file.write_text(f'{name}-secret\n')
        both += [f'--{role}-sip-address', f'sip:{name}@contoso.com',
                 f'--{role}-password-file', str(file)]
    run('p2p-av', *both, '--packets', '20')
    joins = []
    for role, name in (('sender', 'bob'), ('receiver', 'carol')):
        file = j.folder / f'{name}.xml'
        file.write_text(psom.join_xml(mcu.add_user(1, name)))
        joins += [f'--{role}-join', str(file)]
    run('dataconf', *joins)


FAULTS = {
    'no filter': ('FW-001', 'nft flush ruleset'),
    'a rule of somebody else': ('FW-003', '''
        nft add table inet own
        nft add chain inet own in '{ type filter hook input priority -10; }'
        nft add rule inet own in iifname ext tcp dport 443 drop'''),
    'a port of many': ('FW-003', '''
        nft insert rule inet lync_edge ext_in udp dport 51000-51009 drop'''),
    'the way to the next hop': ('FW-003', '''
        nft insert rule inet lync_edge int_out tcp dport 5061 reject'''),
    'answers': ('FW-003', '''
        nft insert rule inet lync_edge output ct state established drop'''),
    'a port too many': ('FW-002', '''
        nft insert rule inet lync_edge ext_in tcp dport 8080 accept'''),
    'open': ('FW-002', 'nft insert rule inet lync_edge ext_in accept'),
    'no forward chain': ('FW-004',
                         'nft delete chain inet lync_edge forward'),
    'what cannot be judged': ('FW-005', '''
        nft insert rule inet lync_edge int_in meta mark 7 drop'''),
}


def faults(host):
    """Each alone: one finding, and its cure."""
    for name, (wanted, how) in FAULTS.items():
        host.sh([how])
        found = host.doctor()
        assert [f['id'] for f in found] == [wanted], (name, found)
        steps = [step['run'] for step in found[0]['cure']]
        assert steps or wanted == 'FW-005', (name, found)
        host.sh(steps or ['nft flush chain inet lync_edge int_in'])
        if wanted == 'FW-005':
            host.load()
        assert not host.doctor(), (name, found, host.doctor())
    host.sh(['nft add rule inet lync_edge operator_in tcp dport 22 accept'])
    assert not host.doctor()
    host.load()


def body(j):
    # what the Director dials comes from its own address, not the router's
    netns.run('ip', '-n', j.world.inside.name, 'route', 'replace',
              '172.16.20.0/24', 'dev', 'edge0', 'src', netns.DIRECTORS[0])
    j.resolver()
    j.director()
    host = Host(j)
    host.refused()
    host.load()
    assert not host.doctor(), host.doctor()
    mcu = j.mcu(host.services[1].keys)
    use(host, mcu)
    behind = scan.Behind(host.space, host.edge.folder)
    from_outside(j, behind)
    from_inside(j, behind)
    behind.remove()
    faults(host)
    use(host, mcu)


journey.main(body, limit=90)
