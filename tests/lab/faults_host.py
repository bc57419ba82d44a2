"""Faults of the host: routes, addresses, filter, clock, limits."""
import signal

from lab import between
from lab.fault import Fault, both, settings, typed
from support import netns

INSIDE, INET = netns.INSIDE, netns.INET
ACCESS, WEBCONF, MEDIA = netns.EDGE_OUTSIDE
FILTER = 'nft insert rule inet lync_edge input'


def stray(lab):
    """Something listens that nobody asked for, and is let in."""
    with open(lab.folder / 'stray.log', 'ab') as log:
        process = lab.world.edge.start(
            'socat', f'TCP-LISTEN:8080,bind={ACCESS},fork,reuseaddr',
            'SYSTEM:true', stdout=log, stderr=log, start_new_session=True)
    lab.units.note('stray', process, 'tcp', f'{ACCESS}:8080')
    lab.units.wait_ready('stray')


def clock(seconds):
    """The edge's clock differs from the one outside."""
    return lambda lab: (lab.folder / 'clock').write_text(f'{seconds}\n')


def hung(unit):
    """It runs, and answers nothing."""
    return lambda lab: lab.units.signal(unit, signal.SIGSTOP)


FAULTS = (
    Fault('default-route-inside', 'the only default route leaves inside',
          'NET-001', 'edge',
          typed(f'ip route replace default via {INSIDE} dev int')),
    Fault('second-default-route', 'there is a default route inside, too',
          'NET-001', 'edge',
          typed(f'ip route add default via {INSIDE} dev int metric 200')),
    Fault('no-default-route', 'there is no default route', 'NET-001', 'edge',
          typed('ip route del default')),
    Fault('internet-blackholed', 'a route that leads nowhere is before the '
          'default route', 'NET-001', 'edge',
          typed('ip route add blackhole 128.0.0.0/1')),
    Fault('both-sides-on-one-nic', 'the inside address is on the outside NIC',
          'NET-007', 'edge',
          typed('ip address del 172.16.20.21/24 dev int',
                'ip address add 172.16.20.21/24 dev ext')),
    Fault('inside-route-missing', 'no route leads to the inside', 'NET-002',
          'edge', typed('ip route del 10.20.30.0/24')),
    Fault('source-rule-missing', 'answers of an outside address have no rule',
          'NET-003', 'edge', typed(f'ip rule del from {WEBCONF}')),
    Fault('routes-not-kept', 'routes and rules do not outlive a restart',
          'NET-011', 'edge', typed('systemctl disable lync-edge-net.service')),
    Fault('rp-filter-off', 'forged sources are let in', 'NET-004', 'edge',
          typed('sysctl -qw net.ipv4.conf.ext.rp_filter=0')),
    Fault('rp-filter-loose', 'a sender counts when any route leads to it',
          'NET-004', 'edge',
          typed('sysctl -qw net.ipv4.conf.all.rp_filter=2')),
    Fault('device-down', 'the inside NIC is down', 'NET-009', 'edge',
          typed('ip link set int down')),
    Fault('outside-device-down', 'the outside NIC is down', 'NET-009', 'edge',
          typed('ip link set ext down')),
    Fault('forwarding-on', 'the host routes between its sides', 'NET-005',
          'edge', typed('sysctl -qw net.ipv4.ip_forward=1')),
    Fault('forwarding-on-v6', 'the host routes IPv6 between its sides',
          'NET-005', 'edge',
          typed('sysctl -qw net.ipv6.conf.all.forwarding=1')),
    Fault('forwarding-on-of-device', 'one NIC forwards what comes in by it',
          'NET-005', 'edge', typed('sysctl -qw net.ipv4.conf.ext.forwarding=1')),
    Fault('address-missing', 'an outside address is on no NIC', 'NET-006',
          'edge', typed(f'ip address del {WEBCONF}/24 dev ext')),
    Fault('address-on-wrong-nic', 'an outside address is on the inside NIC',
          'NET-007', 'edge',
          typed(f'ip address del {WEBCONF}/24 dev ext',
                f'ip address add {WEBCONF}/32 dev int')),
    Fault('no-packet-filter', 'no packet filter is in force', 'FW-001', 'edge',
          typed('nft flush ruleset')),
    Fault('filter-off-at-boot', 'nobody loads the packet filter at boot',
          'FW-008', 'edge', typed('systemctl disable nftables')),
    Fault('filter-not-included', 'what boots includes no packet filter of ours',
          'FW-008', 'edge',
          typed('sed -i /nftables.d/d /etc/nftables.conf')),
    Fault('port-blocked', 'the filter drops sign-in', 'FW-003', 'edge',
          typed(f'{FILTER} ip daddr {ACCESS} tcp dport 443 drop')),
    Fault('port-blocked-udp', 'the filter drops media over UDP', 'FW-003',
          'edge', typed(f'{FILTER} ip daddr {MEDIA} udp dport 3478 drop')),
    Fault('port-blocked-elsewhere', 'another table drops meetings', 'FW-003',
          'edge',
          typed('nft add table inet other',
                "nft 'add chain inet other input { type filter hook input "
                "priority -10; policy accept; }'",
                f'nft add rule inet other input ip daddr {WEBCONF} '
                'tcp dport 443 drop')),
    Fault('dns-blocked', 'the filter drops what the host asks DNS', 'FW-003',
          'edge',
          typed('nft insert rule inet lync_edge output udp dport 53 drop',
                'nft insert rule inet lync_edge output tcp dport 53 drop')),
    Fault('time-blocked', 'the filter drops what asks for the time', 'FW-003',
          'edge',
          typed('nft insert rule inet lync_edge output udp dport 123 drop')),
    Fault('next-hop-blocked', 'the filter drops what goes to the next hop',
          'FW-003', 'edge',
          typed('nft insert rule inet lync_edge output ip daddr 10.20.30.0/24 '
                'tcp dport 5061 drop')),
    Fault('answers-blocked', 'another table lets no answers out', 'FW-003', 'edge',
          typed('nft add table inet other',
                "nft 'add chain inet other output { type filter hook output "
                "priority -10; policy drop; }'",
                'nft add rule inet other output oifname lo accept',
                'nft add rule inet other output oifname int accept',
                'nft add rule inet other output ct state new accept')),
    Fault('firewall-drops-dns', 'a firewall outside drops what the host asks '
          'DNS', 'DNS-012', 'firewall',
          between.drops('inet', 'input', 'meta', 'l4proto', '{', 'tcp', ',',
                        'udp', '}', 'th', 'dport', '53')),
    Fault('firewall-drops-time', 'a firewall outside drops what asks for the '
          'time', 'SYS-004', 'firewall',
          between.drops('inet', 'input', 'udp', 'dport', '123')),
    Fault('port-open', 'the filter lets in what nobody serves', 'FW-002',
          'edge', typed(f'{FILTER} ip daddr {ACCESS} tcp dport 22 accept')),
    Fault('stray-listener', 'something else listens outside, and is let in',
          'FW-002', 'edge',
          both(stray, typed(f'{FILTER} ip daddr {ACCESS} tcp dport 8080 '
                            'accept'))),
    Fault('clock-off', 'the clock is an hour behind', 'SYS-003', 'edge',
          clock(3600)),
    Fault('clock-ahead', 'the clock is an hour ahead', 'SYS-003', 'edge',
          clock(-3600)),
    Fault('file-limit-low', 'access-edge may open few files', 'SYS-001',
          'edge',
          typed('mkdir -p /etc/systemd/system/access-edge.service.d',
                "printf '[Service]\\nLimitNOFILE=512\\n' "
                '>/etc/systemd/system/access-edge.service.d/access.conf',
                'systemctl restart access-edge')),
    Fault('lab-switch-on', 'the host has the rules of laboratories',
          'CTL-015', 'edge', settings('[local]\n', '[local]\nlab = yes\n',
                                      'access-edge', 'av-edge',
                                      'webconf-edge')),
    Fault('service-hung', 'access-edge runs and answers nothing', 'SVC-002',
          'edge', hung('access-edge')),
)
