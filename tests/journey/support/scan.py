"""A scan of ports: packets to all of them, and what of it comes through a host's
packet filter, noted there behind it."""
import ipaddress
import json
import socket
import struct

TABLE = '''\
table inet scan
delete table inet scan
table inet scan {
    set seen_tcp { type ipv4_addr . ipv4_addr . inet_service; size 262144;
              flags dynamic; }
    set seen_udp { type ipv4_addr . ipv4_addr . inet_service; size 262144;
              flags dynamic; }
    chain input {
        type filter hook input priority 300; policy accept;
        ct state != new accept
        meta l4proto tcp add @seen_tcp { ip saddr . ip daddr . tcp dport }
        meta l4proto udp add @seen_udp { ip saddr . ip daddr . udp dport }
    }
}
'''
ALL = range(1, 65536)


def _sum(data):
    return sum(struct.unpack(f'>{len(data) // 2}H', data))


def _syns(source, target, ports):
    """TCP headers with SYN, checksums right."""
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack('>HHIIBBHHH', 0, 0, 1, 0, 5 << 4, 2, 1024, 0, 0)
    for port in ports:
        # one client port for each: nothing is taken for a repetition
        mine = 1024 + port % 60000
        total = _sum(ends) + 6 + 20 + _sum(head) + mine + port
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        yield struct.pack('>HHIIBBHHH', mine, port, 1, 0, 5 << 4, 2, 1024,
                          ~total & 0xffff, 0)


def tcp(space, source, target, ports):
    """A SYN to each."""
    with space.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                       socket.IPPROTO_TCP) as link:
        link.bind((source, 0))
        for packet in _syns(source, target, ports):
            link.sendto(packet, (target, 0))


def udp(space, source, target, ports):
    """A datagram to each."""
    with space.inside(), socket.socket(socket.AF_INET,
                                       socket.SOCK_DGRAM) as link:
        link.bind((source, 0))
        for port in ports:
            try:
                link.sendto(b'scan', (target, port))
            except ConnectionRefusedError:
                link.sendto(b'scan', (target, port))


class Behind:
    """What has come through the filter of a host since the last question."""

    def __init__(self, space, folder):
        self.space, self.file = space, folder / 'scan.nft'
        self.file.write_text(TABLE)
        self.clear()

    def clear(self):
        """Forget."""
        self.space.exec('nft', '-f', str(self.file))

    def remove(self):
        """Nothing is left of it."""
        self.space.exec('nft', 'delete', 'table', 'inet', 'scan')

    def seen(self, name, source):
        """Of tcp or udp, from that address: own address to ports."""
        said = json.loads(self.space.exec('nft', '-j', 'list', 'set', 'inet',
                                          'scan', f'seen_{name}'))
        found = {}
        for row in said['nftables']:
            for element in row.get('set', {}).get('elem', []):
                element = element.get('elem', element)
                sender, own, port = element.get('val', element)['concat']
                if sender == source:
                    found.setdefault(str(ipaddress.ip_address(own)),
                                     set()).add(port)
        return found
