"""edgectl beside a running edge: other HOSTS are taken without a restart, bad
ones by nobody; show and diff say what the services read, policy show in the
words of the cmdlets; the secret of an export stays where it is; a route by the
wrong NIC is found."""
import hashlib
import json
import pathlib

from support import journey, netns
from support import sink as director
from support.edge import LAB
from support.wait import until

SHARDS = 'once'

DIR02 = 'dir02.corp.contoso.com'


class Tool:
    """edgectl with --json."""

    def __init__(self, edge):
        self.edge = edge

    def __call__(self, *words, exits=(0,)):
        return json.loads(self.edge.edgectl(*words, '--json', good=exits))

    def findings(self, *words, exits):
        """Findings by id."""
        said = self(*words, exits=exits)
        return {found['id']: found for found in said['findings']}

    def versions(self):
        """Sequence numbers in the store, the current one."""
        listed = self('topology', 'list')['versions']
        return ([v['seq'] for v in listed],
                [v['seq'] for v in listed if v['current']][0])


def upstreams(edge):
    """Member and state, as the running edge says."""
    return {u['member']: u['state'] for u in
            edge.call('GET', '/v1/status')[1]['upstreams']}


def hosts_load(j, edge, tool):
    """The next hop loses a member, and gets it back."""
    text = (LAB / 'topology' / 'hosts').read_text()
    file = j.folder / 'other-hosts'
    _, first = tool.versions()
    file.write_text('\n'.join(line for line in text.splitlines()
                              if netns.DIRECTORS[1] not in line) + '\n')
    said = tool('hosts', 'load', str(file), exits=(0, 1))
    assert said['change'] == 'taken' and said['seq'] > first, said
    assert DIR02 in {f['id']: f for f in said['findings']
                     }['HOSTS-002']['saw'], said
    until(lambda: upstreams(edge)[DIR02] == 'no address in HOSTS', 5,
          'the edge does not take the new HOSTS')
    assert tool.versions()[1] == said['seq']
    again = tool('hosts', 'load', str(file), exits=(0, 1))
    assert (again['change'], again['seq']) == ('none', said['seq']), again

    file.write_text(text + '10.20.30.256 dir09.corp.contoso.com\n')
    bad = tool.findings('hosts', 'load', str(file), exits=(7,))
    line = str(len(file.read_text().splitlines()))
    assert line in json.dumps(bad['HOSTS-001']), bad
    missing = tool.findings('hosts', 'load', str(j.folder / 'no-such-file'),
                            exits=(6, 7))
    assert 'no-such-file' in json.dumps(missing), missing
    assert tool.versions()[1] == said['seq']
    assert upstreams(edge)[DIR02] == 'no address in HOSTS'

    file.write_text(text)
    last = tool('hosts', 'load', str(file), exits=(0, 1))['seq']
    until(lambda: upstreams(edge)[DIR02] == 'up', 5, 'the member is not back')
    return first, said['seq'], last


def show_and_diff(edge, tool, seqs):
    """What the daemons read, and what changed."""
    first, without, last = seqs
    shown = edge.edgectl('topology', 'show')
    for word in (f'version        {last}', 'signer unsigned', '6f0b1a52-',
                 'dirpool01.corp.contoso.com', netns.ACCESS):
        assert word in shown, (word, shown)
    facts = edge.edgectl('topology', 'show', str(last), '--facts').splitlines()
    snap = edge.folder / 'state' / 'replica' / 'current' / 'topology.snap'
    assert facts == snap.read_text().splitlines()[1:] or \
        facts == snap.read_text().splitlines(), facts[:3]
    changes = tool('topology', 'diff', str(first), str(without))['changes']
    assert changes and all(
        change['before'] and DIR02 in json.dumps(change) or
        netns.DIRECTORS[1] in json.dumps(change) for change in changes), changes
    back = tool('topology', 'diff', str(without))['changes']
    assert {c['key'] for c in back} == {c['key'] for c in changes}, back
    assert all(c['after'] for c in back), back
    text = edge.edgectl('topology', 'diff', str(first), str(without))
    assert netns.DIRECTORS[1] in text, text
    assert tool('topology', 'diff', str(first), str(last))['changes'] == []
    assert 'no difference' in edge.edgectl('topology', 'diff', str(first))
    unknown = tool.findings('topology', 'show', '99', exits=(6, 7))
    assert 'CTL-012' in unknown, unknown


FEDERATION = (pathlib.Path(__file__).resolve().parents[1] / 'vectors' /
              'topology' / '07-docitemset-federation.xml')
PASSPHRASE = 's3cr3tf0rd14lb4ck'
KEY = hashlib.sha256(PASSPHRASE.encode()).hexdigest()


def policy(edge, tool):
    """In force, of a file, and in force again once it is imported."""
    now = edge.edgectl('policy', 'show')
    for word in (f'version {tool.versions()[1]}\n',
                 'RoutingMethod                          : UseDnsSrvRouting',
                 'XMPP partners (Get-CsXmppAllowedPartner)\n\n(none)\n'):
        assert word in now, (word, now)
    there = tool('policy', 'show', '--topology', str(FEDERATION), exits=(1,))
    assert there['findings'][0]['id'] == 'TOPO-XMPP-002', there
    there = there['policy']
    assert [p['Identity'] for p in there['CsHostingProvider']] == \
        ['Consolidated', 'Exchange UM', 'Not Yet'], there
    assert not there['CsHostingProvider'][2]['Enabled'], there
    before = tool.versions()[1]
    edge.load(FEDERATION, LAB / 'topology' / 'hosts')
    assert tool.versions()[1] > before
    assert tool('policy', 'show')['policy'] == there
    secret(edge, tool, before)
    tool('topology', 'rollback', exits=(0, 1))
    assert edge.edgectl('policy', 'show').splitlines()[2:] == \
        now.splitlines()[2:]


def secret(edge, tool, before):
    """Of the passphrase the hash is kept, in a file that the services may
    read, and never shown; the export itself is for its owner."""
    files = edge.folder / 'state' / 'replica' / 'current'
    modes = {name: (files / name).stat().st_mode & 0o7777
             for name in ('source', 'topology.snap', 'hosts', 'meta')}
    assert modes == {'source': 0o600, 'topology.snap': 0o640,
                     'hosts': 0o644, 'meta': 0o644}, modes
    snap = (files / 'topology.snap').read_text()
    assert f'xmpp.dialbackkey\t{KEY}\n' in snap and PASSPHRASE not in snap
    for words in (('topology', 'show'), ('topology', 'show', '--facts'),
                  ('topology', 'diff', str(before)), ('policy', 'show')):
        for said in (edge.edgectl(*words), json.dumps(tool(*words))):
            assert '(secret)' in said, (words, said)
            assert KEY not in said and PASSPHRASE not in said, words


def wrong_side(j, edge, tool):
    """HOSTS-005: an inside name whose route leaves by the outside NIC; a
    warning in a lab, else the end."""
    file = j.folder / 'wrong-side'
    file.write_text((LAB / 'topology' / 'hosts').read_text().replace(
        netns.DIRECTORS[1], '192.0.2.77'))
    ini = edge.ini.read_text()
    before = tool.versions()[1]
    edge.ini.write_text(ini.replace('lab = yes', 'lab = no'))
    found = tool.findings('hosts', 'load', str(file), exits=(7,))['HOSTS-005']
    assert found['level'] == 'error', found
    for word in (DIR02, '192.0.2.77', netns.EDGE_INSIDE):
        assert word in found['saw'], found
    assert found['fix'] and found['why'] and found['want'], found
    assert tool.versions()[1] == before
    edge.ini.write_text(ini)
    # no route at all is another sentence
    netns.run('ip', '-n', j.world.edge.name, 'route', 'del', 'default')
    file.write_text(file.read_text().replace('192.0.2.77', '203.0.113.7'))
    found = tool.findings('hosts', 'load', str(file), exits=(1,))['HOSTS-005']
    assert found['level'] == 'warning', found
    assert 'no route to' in found['saw'], found


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    tool = Tool(edge)
    seqs = hosts_load(j, edge, tool)
    show_and_diff(edge, tool, seqs)
    policy(edge, tool)
    wrong_side(j, edge, tool)


journey.main(body)
