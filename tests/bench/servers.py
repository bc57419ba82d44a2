"""The proxies under test, the sink behind them, the clients in front."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / 'journey'))
from support import export, netns  # noqa: E402
from support.edge import Edge  # noqa: E402
from support.wait import until  # noqa: E402

BINARIES = ROOT / 'build' / 'release'
HOP = netns.DIRECTORS[0]
CLIENT = netns.CLIENTS[0]
# [limits] opened: the bench is one source that does nothing but load
LIMITS = {
    'access.accept_rate': 100000, 'access.connections': 60000,
    'access.per_source': 60000, 'access.handshakes_per_source': 60000,
    'access.first_message_ms': 120000, 'access.unsigned_ms': 3600000,
    'access.unsigned_requests': 1000000, 'access.unsigned_rate': 1000000,
    'access.unsigned_burst': 1000000, 'access.signed_rate': 1000000,
    'access.signed_burst': 1000000, 'access.next_hop_rate': 1000000,
    'access.next_hop_window': 65000, 'access.unsigned_share': 100,
    'access.link_transactions': 65000, 'access.partner_accept_rate': 100000,
    'access.partner_connections': 60000, 'access.partner_per_source': 60000,
}


class World(netns.Namespace):
    """One namespace, all addresses on lo; programs start on chosen cores."""

    def __init__(self, name):
        netns.remove(name)
        super().__init__(name)
        self.cores = '0'
        for address in (netns.INET, netns.ACCESS, netns.EDGE_INSIDE, CLIENT,
                        HOP, netns.PARTNER):
            netns.run('ip', '-n', name, 'address', 'add', address + '/32',
                      'dev', 'lo')

    def space(self, _name):
        """What support.edge asks of its world."""
        return self

    def start(self, *command, **popen):
        return super().start('taskset', '-c', self.cores, *command, **popen)

    def start_on(self, cores, *command, **popen):
        """Start pinned elsewhere than the server under test."""
        return subprocess.Popen(
            ['ip', 'netns', 'exec', self.name, 'taskset', '-c', cores,
             *command], preexec_fn=netns.die_with_parent, **popen)


class Server:
    """A proxy that runs; pids are all its processes."""

    def __init__(self, process):
        self.process = process

    @property
    def pids(self):
        """The process and all below it."""
        found, rest = [], [self.process.pid]
        while rest:
            pid = rest.pop()
            found.append(pid)
            for file in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
                rest += [int(p) for p in file.read_text().split()]
        return found

    def memory(self):
        """Proportional set size of all processes [bytes]: what is shared
        among them counts once."""
        total = 0
        for pid in self.pids:
            text = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text()
            total += int(re.search(r'^Pss: +(\d+) kB', text, re.M).group(1))
        return total * 1024

    def stop(self):
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _answers(world, port):
    """Something listens where clients or partners go."""
    return f'{netns.ACCESS}:{port} ' in world.exec('ss', '-Hltn')


def access_edge(world, folder, ca, shards=1, topology=None):
    """access-edge in the release preset."""
    hosts = folder / 'hosts'
    hosts.write_text(''.join(  # one next hop, as Kamailio has
        line for line in (HERE.parent / 'lab/topology/hosts').open()
        if netns.DIRECTORS[1] not in line))
    edge = Edge(world, folder, ca, BINARIES / 'bin', shards, LIMITS,
                hosts=hosts, topology=topology)
    edge.start()
    return Server(edge.process)


def federated_edge(world, folder, ca):
    """The same with a partner on its list."""
    topology = folder / 'export.xml'
    topology.write_text(export.text(
        allowed=[('fabrikam.com', 'sip.fabrikam.com'), 'litwareinc.com']))
    return access_edge(world, folder, ca, topology=topology)


def _settled(server):
    """Wait until no more processes are added."""
    count, seen = 0, server.pids
    while count < 5:
        time.sleep(0.1)
        assert server.process.poll() is None, 'it has ended'
        count = count + 1 if seen == server.pids and len(seen) > 2 else 0
        seen = server.pids
    return server


def _kamailio(world, folder, ca, *defines, config='proxy.cfg', port=443):
    for file in (HERE / 'kamailio').iterdir():
        shutil.copy(file, folder)
    for name in ('access-chain.pem', 'access.key', 'edge01-chain.pem',
                 'edge01.key', 'internal-ca.pem', 'public-ca.pem'):
        shutil.copy(ca / name, folder)
    words = []
    for define in (f'OUTSIDE={netns.ACCESS}', f'INSIDE={netns.EDGE_INSIDE}',
                   f'HOP="sip:{HOP}:5061;transport=tls"',
                   f'PARTNER="sip:{netns.PARTNER}:5061;transport=tls"',
                   *defines):
        words += ['-A', define]
    with open(folder / 'kamailio.log', 'wb') as log:
        process = world.start(
            'kamailio', '-DD', '-m', '4096', '-M', '32', '-w', str(folder),
            '-Y', str(folder), '-f', str(folder / config), *words,
            stdout=log, stderr=log, cwd=folder)
    until(lambda: process.poll() is not None or _answers(world, port), 15,
          'kamailio does not come up')
    assert process.poll() is None, (folder / 'kamailio.log').read_text()
    return _settled(Server(process))


def kamailio_tm(world, folder, ca):
    """Kamailio with transactions."""
    return _kamailio(world, folder, ca)


def kamailio_stateless(world, folder, ca):
    """Kamailio that only forwards."""
    return _kamailio(world, folder, ca, 'STATELESS=1')


def federated_tm(world, folder, ca):
    """Kamailio with transactions and a list of allowed domains."""
    return _kamailio(world, folder, ca, config='federated.cfg', port=5061)


def federated_stateless(world, folder, ca):
    """Kamailio that only forwards, with the same list."""
    return _kamailio(world, folder, ca, 'STATELESS=1', config='federated.cfg',
                     port=5061)


def sink(world, cores, ca, address=HOP, authority='internal',
         certificate='dirpool01'):
    """The server behind them, or a partner."""
    process = world.start_on(
        cores, str(BINARIES / 'tests/bench/bench_sip_sink'), address, '5061',
        str(ca / f'{authority}-ca.pem'), str(ca / f'{certificate}-chain.pem'),
        str(ca / f'{certificate}.key'))
    until(lambda: process.poll() is not None or
          f'{address}:5061 ' in world.exec('ss', '-Hltn'), 10,
          'the sink does not come up')
    assert process.poll() is None
    return process


def partner_sink(world, cores, ca):
    """The edge of fabrikam.com."""
    return sink(world, cores, ca, netns.PARTNER, 'public', 'partner')


def resolver(world, cores):
    """DNS outside: where the partner's proxy is."""
    return world.start_on(
        cores, 'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null',
        '--no-resolv', '--no-hosts', '--user=root', '--bind-interfaces',
        f'--listen-address={netns.INET}', '--pid-file=', '--local=/#/',
        f'--host-record=sip.fabrikam.com,{netns.PARTNER}')


class Clients:
    """The load generator; ready when this returns."""

    SIDES = {  # who asks: address, target, port, name of the proxy
        'user': (CLIENT, netns.ACCESS, 443, 'sip.contoso.com'),
        'partner': (netns.PARTNER, netns.ACCESS, 5061, 'sip.contoso.com'),
        'inside': (HOP, netns.EDGE_INSIDE, 5061,
                   'edgepool01.corp.contoso.com')}

    def __init__(self, world, cores, server, *words, side='user'):
        address, target, port, name = self.SIDES[side]
        self.process = world.start_on(
            cores, str(BINARIES / 'tests/bench/bench_sip_load'), '-b', address,
            '-t', target, '-p', str(port), '-n', name, '-P',
            ','.join(map(str, server.pids)), *map(str, words),
            stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        word = self.process.stdout.readline().strip()
        assert word == 'ready', 'the clients did not get in'

    def go(self):
        """Let them work; what they measured."""
        self.process.stdin.write('go\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, 'the clients ended early'
        self.process.wait()
        return json.loads(line)

    def stop(self):
        """They leave."""
        self.process.stdin.close()
        self.process.wait()
