"""An edge host without routes: the plan says what it needs, does it, and then
has nothing left to do; a user signs in. Each fault of the network is found by
doctor alone, and what doctor prints mends it."""
import json

from support import journey, netns

SHARDS = 'once'

FRESH = 12  # commands at least, on a host that has nothing


class Host:
    """The edge host's network, and edgectl on it."""

    def __init__(self, edge):
        self.edge, self.space = edge, edge.space

    def sh(self, line):
        """As root there."""
        return self.space.exec('sh', '-ec', line)

    def plan(self, *words, exits=(0,)):
        """State to commands."""
        said = json.loads(self.edge.edgectl('net', 'plan', '--json', *words,
                                            good=exits))
        found = {}
        for step in said['steps']:
            found.setdefault(step['state'], []).append(step['run'])
        return found, [f['id'] for f in said['findings']]

    def doctor(self):
        """Findings of NET."""
        said = json.loads(self.edge.edgectl('doctor', '--family', 'net',
                                            '--json'))
        return said['findings']


def fresh(host):
    """Nothing there, not even the routers' addresses."""
    host.sh('ip route flush proto boot; ip route flush proto static;'
            'sysctl -qw net.ipv4.ip_forward=1')
    _, ids = host.plan(exits=(7,))
    assert ids == ['NET-008', 'NET-008'], ids
    where = ('--outside-gateway', netns.INET, '--inside-gateway', netns.INSIDE)
    todo, ids = host.plan(*where)
    assert not ids and len(todo['to do']) >= FRESH, (todo, ids)
    assert host.plan(*where)[0] == todo  # nothing has been done yet
    done, ids = host.plan('--apply', *where)
    assert not ids and done['done'] == todo['to do'], (done, ids)
    again, ids = host.plan('--apply')
    assert not ids and set(again) == {'already'}, (again, ids)
    assert len(again['already']) == len(done['done']) + len(
        done.get('already', []))
    assert not host.doctor()


FAULTS = {
    'default route inside': ('NET-001', f'''
        ip route del default
        ip route add default via {netns.INSIDE} dev int'''),
    'second default route': ('NET-001', f'''
        ip route add default via {netns.INSIDE} dev int metric 50'''),
    'no default route': ('NET-001', 'ip route del default'),
    'no route inward': ('NET-002', 'ip route del 10.20.30.0/24'),
    'a server by the outside': ('NET-002', f'''
        ip route add 10.20.30.31/32 via {netns.INET} dev ext'''),
    'a part of the inside by the outside': ('NET-002', f'''
        ip route add 10.20.30.128/25 via {netns.INET} dev ext'''),
    'no rule': ('NET-003', f'ip rule del from {netns.ACCESS}'),
    'rule that leads inside': ('NET-003', f'''
        ip route add default via {netns.INSIDE} dev int table 77
        ip rule add from {netns.ACCESS} lookup 77 priority 100'''),
    'empty table': ('NET-003', 'ip route flush table 5202'),
    'loose': ('NET-004', 'sysctl -qw net.ipv4.conf.ext.rp_filter=2'),
    'all loose': ('NET-004', 'sysctl -qw net.ipv4.conf.all.rp_filter=2'),
    'forwarding': ('NET-005', 'sysctl -qw net.ipv4.ip_forward=1'),
    'a device forwards': ('NET-005',
                          'sysctl -qw net.ipv4.conf.ext.forwarding=1'),
    'a device forwards IPv6': ('NET-005',
                               'sysctl -qw net.ipv6.conf.int.forwarding=1'),
    'no address': ('NET-006', f'ip address del {netns.EDGE_OUTSIDE[1]}/24 '
                              'dev ext'),
    'other device': ('NET-007', f'''
        ip address del {netns.EDGE_OUTSIDE[2]}/24 dev ext
        ip address add {netns.EDGE_OUTSIDE[2]}/24 dev int'''),
}


def faults(host):
    """Each alone: one finding, and its cure."""
    for name, (wanted, how) in FAULTS.items():
        host.sh(how)
        found = host.doctor()
        assert [f['id'] for f in found] == [wanted], (name, found)
        assert all(step['on'] == 'edge' for step in found[0]['cure'])
        assert found[0]['cure'], (name, found)
        for step in found[0]['cure']:
            host.sh(step['run'])
        assert not host.doctor(), (name, found, host.doctor())
        if 'table 77' in how:
            host.sh('ip route flush table 77')


def body(j):
    j.director()
    edge = j.edge()
    host = Host(edge)
    edge.ini.write_text(edge.ini.read_text().replace(
        'lab = yes', 'lab = yes\ndevice_internal = int'))
    fresh(host)
    assert j.user('alice').sign_in()[1][1].status == 200
    faults(host)
    assert j.user('bob', 1).sign_in()[1][1].status == 200
    text = edge.edgectl('net', 'plan')
    assert 'already  ip rule add from 192.0.2.21 lookup 5201' in text, text
    edge.edgectl('net', 'plan', 'now', good=(2,))
    bad = edge.edgectl('net', 'plan', '--inside', '10.20.30.1/24', good=(2,))
    assert '10.20.30.1/24' in bad, bad


journey.main(body)
