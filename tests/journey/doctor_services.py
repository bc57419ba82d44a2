"""edgectl doctor, all families but those of the network: a host in order is
clean; each of several faults is found alone, by its id, and where the fix can
be made here it makes doctor clean again."""
import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

from support import journey, netns, resolver
from support.edge import AdminLink, AvEdge, WebconfEdge
from support.mcu import PLACES
from support.wait import until

SHARDS = 'once'

FAMILIES = 'TOP,SYS,DNS,CRT,TLS,SVC'
LAB = 'CTL-015'  # lab = yes: true, and a warning, all the time
DIR02 = 'dir02.corp.contoso.com'
# the lab's live for ten days, which is a finding
LEAVES = (('access', 'public'), ('webconf', 'public'), ('turn', 'public'),
          ('edge01', 'internal'), ('av-auth', 'internal'))
# little enough for what every machine's kernel gives: files, buffers; and
# doctor is asked many times a second here
LIMITS = {'access.connections': 2000, 'av.allocations': 2000,
          'webconf.sessions': 1000, 'av.socket_buffer': 212992,
          'av.handshake_rate': 1000}
MOST_BUFFER = 67108864  # that av.socket_buffer may be


def sign(j, request, authority, out):
    """What the authority makes of a request: a certificate and its chain."""
    netns.run('openssl', 'x509', '-req', '-in', str(request), '-CA',
              f'{j.ca}/{authority}-ca.pem', '-CAkey',
              f'{j.ca}/{authority}-ca.key', '-CAcreateserial', '-sha256',
              '-copy_extensions', 'copyall', '-out', f'{out}.new', '-days',
              '60')
    pathlib.Path(out).write_text(
        pathlib.Path(f'{out}.new').read_text() +
        (j.ca / f'{authority}-ca.pem').read_text())


def renew(j, name, authority):
    """The same certificate again, for longer."""
    netns.run('openssl', 'x509', '-x509toreq', '-in', f'{j.ca}/{name}.pem',
              '-signkey', f'{j.ca}/{name}.key', '-copy_extensions', 'copyall',
              '-out', f'{j.ca}/{name}.csr')
    sign(j, f'{j.ca}/{name}.csr', authority, f'{j.ca}/{name}-chain.pem')


class Host:
    """The edge host, its neighbours, and doctor on it."""

    def __init__(self, j):
        self.j = j
        for name, authority in LEAVES:
            renew(j, name, authority)
        self.dns = j.resolver()
        self.directors = [
            j.director(addresses=[address], certificate=f'dir0{i + 1}')
            for i, address in enumerate(netns.DIRECTORS)]
        self.edge = j.edge(limits=LIMITS)
        self.ini = self.edge.ini.read_text()
        self.av = AvEdge.beside(self.edge)
        self.webconf = WebconfEdge.beside(self.edge)
        j.parts += [self.av, self.webconf]
        self.webconf.new_keys()
        self.av.start()
        self.webconf.start()
        self.mcus = [j.mcu(self.webconf.keys, host) for host in PLACES]
        for mcu in self.mcus:
            mcu.wait_up()

    def ask(self, families=FAMILIES):
        """What doctor finds, by id; no notes."""
        said = json.loads(self.edge.edgectl(
            'doctor', '--family', families, '--json', good=(0, 1)))
        assert said['good'] > 0, said
        return [f for f in said['findings']
                if f['level'] != 'info' and f['id'] != LAB]

    def clean(self):
        """Nothing is found."""
        found = self.ask()
        assert not found, found

    def finds(self, name, *words, level=None):
        """That alone, with those words in what it saw."""
        found = self.ask()
        assert [f['id'] for f in found] == [name], (name, found)
        said = found[0]
        assert said['want'] and said['why'] and said['fix'], said
        assert level in (None, said['level']), said
        for word in words:
            assert word in said['saw'] + said['place'], (word, said)
        return said

    def settings(self, old='', new=''):
        """edge.ini with something else in a place, or as it was."""
        assert old in self.ini
        self.edge.ini.write_text(self.ini.replace(old, new) if old
                                 else self.ini)

    def cure(self, said):
        """Run what it says is to be run on this host, in order."""
        for step in said['cure']:
            assert step['on'] == 'edge', step
            done = subprocess.run(
                ['ip', 'netns', 'exec', self.edge.space.name, 'sh', '-c',
                 step['run'].replace('edgectl', str(
                     self.edge.binaries / 'edgectl'), 1)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False)
            assert done.returncode in (0, 1), (step, done.stdout)

    def publish(self, records):
        """Another public zone."""
        self.dns.stop()
        self.j.parts.remove(self.dns)
        self.dns.log.unlink()  # which says that it has started
        self.dns = self.j.resolver(lab=records)


# -- services and their neighbours


def one_member(host):
    """A member of the next hop is not there, then no member."""
    host.directors[1].kill()
    said = host.finds('SVC-005', DIR02, '10.20.30.32:5061', 'refused',
                      level='warning')
    assert said['cure'][0]['run'] == \
        f'on {DIR02}: Start-CsWindowsService RTCSRV', said
    host.directors[0].kill()
    host.finds('SVC-004', 'dir01', 'dir02', level='error')
    for director in host.directors:
        director.start()


def no_service(host):
    """A service is not there: nothing is said of what it would do."""
    host.webconf.kill()
    said = host.finds('SVC-001', 'webconf-edge', level='error')
    assert said['cure'] == [{'on': 'edge',
                             'run': 'systemctl start webconf-edge'}], said
    host.webconf.start()
    for mcu in host.mcus:
        mcu.wait_up()


def no_mcu(host):
    """A Data MCU is not registered."""
    host.mcus[-1].kill()
    until(lambda: any(u['state'] != 'up' for u in host.webconf.call(
        'GET', '/v1/status')[1]['upstreams']), 10, 'the MCU does not go')
    host.finds('SVC-010', 'fe03.corp.contoso.com')
    host.mcus[-1].start()
    host.mcus[-1].wait_up()


# -- names


def hosts(host):
    """An inside name is missing, and its address can be told; a pool lacks a
    member; a name that nobody needs."""
    current = host.edge.folder / 'state' / 'replica' / 'current' / 'hosts'
    file = host.j.folder / 'other-hosts'
    whole = current.read_text()
    for name, change, word in (
            ('HOSTS-002', lambda t: t.replace(
                f'10.20.30.32    {DIR02}\n', ''), DIR02),
            ('HOSTS-006', lambda t: t.replace(
                '10.20.30.23    fepool01.corp.contoso.com\n', ''),
             '10.20.30.23'),
            ('HOSTS-003', lambda t: t.replace(
                '# END', '10.20.30.99 sql01.corp.contoso.com # old\n# END'),
             'sql01')):
        text = change(whole)
        assert text != whole, name
        file.write_text(text)
        host.edge.edgectl('hosts', 'load', str(file))
        host.cure(host.finds(name, word))
    assert not [q for q in host.dns.questions() if 'corp.contoso.com' in q]


def zone(host):
    """Records that are wrong, missing, or should not be there."""
    old, keep = '_sip._tls.contoso.com', resolver.RECORDS
    wrong = [(kind, value.replace(f'sip.contoso.com,{netns.ACCESS}',
                                  'sip.contoso.com,192.0.2.99'))
             for kind, value in keep]
    cases = (
        (wrong, 'DNS-014', '192.0.2.99', [
            'delete sip.contoso.com. IN A 192.0.2.99',
            f'sip.contoso.com. 3600 IN A {netns.ACCESS}']),
        ([r for r in keep if not r[1].startswith(old)], 'DNS-015', old,
         [f'{old}. 3600 IN SRV 0 0 443 sip.contoso.com.']),
        (keep + [('srv-host', '_sipinternaltls._tcp.contoso.com,'
                  'sip.contoso.com,5061,0,0')], 'DNS-017', '5061',
         ['delete _sipinternaltls._tcp.contoso.com. IN SRV 0 0 5061 '
          'sip.contoso.com.']))
    for records, name, word, lines in cases:
        host.publish(records)
        said = host.finds(name, word)
        assert said['cure'] == [{'on': 'dns', 'run': line}
                                for line in lines], said
    host.publish(keep)
    resolv = host.edge.folder / 'resolv.conf'
    text = resolv.read_text()
    resolv.write_text('nameserver 10.20.30.31\n' + text)
    said = host.finds('DNS-011', '10.20.30.31')
    said['cure'] = said['cure'][:1]  # the reload is systemd's
    host.cure(said)
    assert resolv.read_text() == text


# -- certificates


def certificates(host):
    """One on disk that is not shown; a key of another; another's name."""
    ca, good = host.j.ca, host.j.folder / 'good'
    good.mkdir()
    for file in ('access-chain.pem', 'access.key'):
        shutil.copy(ca / file, good / file)
    renew(host.j, 'access', 'public')
    said = host.finds('TLS-002', 'access')
    assert said['cure'][0]['run'] == 'systemctl reload access-edge', said
    assert host.edge.call('POST', '/v1/reload')[0] == 200
    shutil.copy(ca / 'turn.key', ca / 'access.key')
    host.finds('CERT-002', 'access', level='error')
    shutil.copy(good / 'access.key', ca / 'access.key')
    for end in ('-chain.pem', '.key'):
        shutil.copy(ca / f'partner{end}', ca / f'access{end}')
    said = host.finds('CERT-003', 'sip.contoso.com', level='error')
    made = [step['run'] for step in said['cure']]
    csr = re.fullmatch(r'sign (\S+) as (\S+) \(public authority, with its '
                       r'chain\)', made[1])
    host.cure({'cure': said['cure'][:1]})
    sign(host.j, csr.group(1), 'public', csr.group(2))
    assert f'--chain {csr.group(2)} ' in made[2], made
    shutil.copy(csr.group(2), ca / 'access-chain.pem')
    shutil.copy(made[2].split()[-1], ca / 'access.key')
    assert host.edge.call('POST', '/v1/reload')[0] == 200
    host.clean()


def token_key(host):
    """The A/V key on disk is not the one that makes tokens."""
    ca = host.j.ca
    keep = {file: (ca / file).read_bytes()
            for file in ('av-auth-chain.pem', 'av-auth.key')}
    for end in ('-chain.pem', '.key'):
        shutil.copy(ca / f'edge01{end}', ca / f'av-auth{end}')
    said = host.finds('CERT-016', 'av-auth', level='error')
    assert [step['run'] for step in said['cure']] == \
        ['systemctl reload av-edge'], said
    for file, data in keep.items():
        (ca / file).write_bytes(data)


def many_trials(host):
    """Others try A/V authentication, too: what av-edge says of that is no fault
    of it, and nobody is told to restart it."""
    over = threading.Event()

    def trials():
        while not over.is_set():
            link = AdminLink(host.edge.folder / 'run' / 'av-edge.sock')
            link.request('POST', '/v1/mras/try', '{"request": "<request/>"}')
            if link.getresponse().status == 503:
                busy.set()
            link.close()

    def found_of_trials():
        said = json.loads(host.edge.edgectl('doctor', '--family', 'SVC',
                                            '--json'))
        return [f for f in said['findings']
                if f['id'] in ('SVC-008', 'SVC-016')]

    busy = threading.Event()
    crowd = threading.Thread(target=trials)
    crowd.start()
    try:
        assert busy.wait(20)
        # there is room for one trial a second, which may be doctor's
        found = until(found_of_trials, 5, 'doctor is never turned away')
    finally:
        over.set()
        crowd.join()
    assert [(f['id'], f['level'], f['cure']) for f in found] == \
        [('SVC-016', 'info', [])], found


def old_tls(host):
    """A listener that takes TLS 1.0."""
    host.settings('[trust]', '[tls]\nprofile.webconf-client = lync2013\n\n'
                  '[trust]')
    said = host.finds('CTL-018', 'webconf-client')
    host.cure({'cure': said['cure'][:1]})
    host.clean()
    host.settings()


# -- the system


class TimeServer(threading.Thread):
    """Tells the time, and is so many seconds ahead."""

    def __init__(self, space, ahead):
        super().__init__(daemon=True)
        self.ahead = ahead
        with space.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((netns.INET, 123))
        self.start()

    def run(self):
        while True:
            data, who = self.socket.recvfrom(100)
            now = struct.pack('!Q', int(
                (time.time() + 2208988800 + self.ahead) * 2**32))
            self.socket.sendto(bytes([0x24, 2, 6, 0xec]) + bytes(20)
                               + data[40:48] + now + now, who)


def clock(host):
    """An hour ahead of the time server; then in time; then nobody says."""
    host.settings('[trust]', f'[network]\nntp = {netns.INET}\n\n[trust]')
    said = host.finds('SYS-004', netns.INET, level='warning')
    # half a second more: how long an answer takes makes it no other number
    server = TimeServer(host.j.world.inet, -3600.5)
    said = host.finds('SYS-003', '3600 s before', netns.INET, level='error')
    assert [step['run'].rstrip("'0123456789s") for step in said['cure']] == \
        ['timedatectl set-ntp false', "timedatectl set-time -- '-",
         'timedatectl set-ntp true'], said
    server.ahead = 100
    host.finds('SYS-003', 'behind', level='warning')
    server.ahead = 0
    host.clean()
    host.settings()


def files(host):
    """A service that may open too few files."""
    netns.run('prlimit', '--pid', str(host.edge.process.pid), '--nofile=900:')
    host.finds('SYS-001', 'access-edge', '900')
    netns.run('prlimit', '--pid', str(host.edge.process.pid),
              '--nofile=20000:')


def buffers(host):
    """More is asked for than the kernel gives. What it gives is the machine's
    own, which no namespace can change."""
    least = min(int(pathlib.Path(f'/proc/sys/net/core/{way}mem_max').read_text(
        encoding='ascii')) for way in 'rw')
    host.settings('av.socket_buffer = 212992',
                  f'av.socket_buffer = {MOST_BUFFER}')
    host.av.call('POST', '/v1/reload')
    if least < MOST_BUFFER:
        said = host.finds('SYS-002', f'gives {least}', str(MOST_BUFFER),
                          level='warning')
        lines = [step['run'] for step in said['cure']]
        assert f"sysctl -w net.core.rmem_max={MOST_BUFFER}" in lines or \
            f"sysctl -w net.core.wmem_max={MOST_BUFFER}" in lines, lines
    host.settings()
    host.av.call('POST', '/v1/reload')
    host.clean()


def version(host):
    """Another machine's name in edge.ini; a topology that nobody signed."""
    host.settings('lab = yes', 'lab = no')
    host.finds('TOP-004', 'unsigned')
    host.settings('fqdn = edge01.', 'fqdn = edge09.')
    host.cure(host.finds('TOP-005', 'edge09.corp.contoso.com'))
    host.clean()
    host.settings()


def body(j):
    host = Host(j)
    host.clean()
    for part in (one_member, no_service, no_mcu, hosts, zone, certificates,
                 token_key, old_tls, clock, files, buffers, version,
                 many_trials):
        part(host)
    host.clean()


journey.main(body, 60)
