"""The relays under test in `./dev bench av`, and what loads them."""
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / 'journey'))
from support import netns, nic  # noqa: E402
from support.edge import AvEdge  # noqa: E402
from support.wait import until  # noqa: E402
from servers import Server  # noqa: E402

BINARIES = ROOT / 'build' / 'release'
BENCH = BINARIES / 'tests' / 'bench'
AV, PORT = netns.EDGE_OUTSIDE[2], 3478
PEERS = netns.PARTNER
LAB = HERE.parent / 'lab' / 'topology'
MODERATION_US = 50  # between interrupts of the server's card
ROOM = 4 << 20  # of socket buffers, for all of them [bytes]
# [limits] opened: one source that does nothing but load
LIMITS = {
    'av.allocations': 60000, 'av.allocations_per_user': 60000,
    'av.allocations_per_source': 60000, 'av.allocate_rate': 1000000,
    'av.allocate_rate_per_user': 1000000,
    'av.challenge_rate': 1000000, 'av.bandwidth_kbit': 10000000,
    'av.bandwidth_burst': 67108864, 'av.port_quarantine_s': 0,
    'av.socket_buffer': ROOM, 'av.relay_buffer': 1 << 20,
    'av.connections': 60000, 'av.connections_per_source': 60000,
    'av.handshake_rate': 1000000,
}
COTURN = '''\
listening-ip={at}
listening-port={port}
relay-ip={at}
min-port=20000
max-port=64999
lt-cred-mech
user=bench:bench
realm=bench.contoso.com
relay-threads=1
sock-buf-size={room}
no-tls
no-dtls
no-tcp
no-tcp-relay
no-cli
no-software-attribute
no-stdout-log
simple-log
log-file={folder}/coturn.log
pidfile={folder}/coturn.pid
userdb={folder}/coturn.db
'''


def missing():
    """What this bench needs and does not find, one line each."""
    found = []
    for program, package in (('turnserver', 'coturn'), ('ip', 'iproute2'),
                             ('taskset', 'util-linux')):
        if not shutil.which(program):
            found.append(f'{program}: apt-get install {package}')
    for file in (BINARIES / 'bin/av-edge', BINARIES / 'bin/edgectl',
                 BENCH / 'bench_av_load', BENCH / 'bench_av_soak',
                 BENCH / 'bench_av_forward', BENCH / 'bench_wake'):
        if not file.exists():
            found.append(f'{file}: ./dev build release')
    if len(cores()) < 2:
        found.append('two cores: one for the server, one for the load')
    return found


def cores():
    """The cores there are, as taskset names them."""
    return [line.split(':')[1].strip() for line in open('/proc/cpuinfo')
            if line.startswith('processor')]


class Pinned:
    """A namespace whose programs start on chosen cores, before others."""

    def __init__(self, space, cores, nice):
        self.space, self.cores, self.nice = space, cores, nice
        self.name, self.exec = space.name, space.exec

    def _ahead(self):
        """In the child: where sessions are groups to the scheduler, what
        counts is the nice of the group."""
        netns.die_with_parent()
        os.setsid()
        os.nice(self.nice)
        group = pathlib.Path('/proc/self/autogroup')
        if group.exists():
            group.write_text(str(self.nice))

    def start(self, *command, **popen):
        """Start a long-running program inside."""
        words = ['ip', 'netns', 'exec', self.name, 'taskset', '-c',
                 self.cores, *command]
        popen.setdefault('stdin', subprocess.DEVNULL)
        return subprocess.Popen(words, preexec_fn=self._ahead, **popen)


class World(netns.World):
    """The lab's three namespaces; server and load on a core each."""

    def __init__(self, prefix, server_core, load_core, nice):
        super().__init__(prefix)
        self.edge = Pinned(self.edge, server_core, nice)
        self.inet = Pinned(self.inet, load_core, nice)
        self.cores = server_core, load_core
        self.load_count = 0
        self.kernel = []  # threads of the kernel that work for the server
        nic.poll(self.inet.space, 'edge0')
        nic.as_card(self.edge.space, 'ext', self.inet.space, 'edge0')
        self.threads(True)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def threads(self, on):
        """What the server's interface brings in is work of a thread of the
        kernel, on the server's core and as urgent as interrupts are, now and
        then; or of whoever sends, at once."""
        nic.moderate(self.edge.space, 'ext', MODERATION_US if on else 0)
        self.kernel = nic.threaded(self.edge.space, 'ext', on)
        for pid in self.kernel:
            os.sched_setaffinity(pid, set(map(int,
                                              self.cores[0].split(','))))
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))

    def soft(self):
        """The threads of the server's cores that do what cannot wait for
        anybody's return from the kernel."""
        names = {f'ksoftirqd/{core}' for core in self.cores[0].split(',')}
        return [pid for pid, said in nic.kernel_threads().items()
                if said in names]

    def client(self):
        """Another address for each load: no 5-tuple comes twice."""
        self.load_count += 1
        return netns.CLIENTS[self.load_count % len(netns.CLIENTS)]


def _listens(world):
    return f'{AV}:{PORT} ' in world.edge.exec('ss', '-Hlun')


def remove_world(prefix):
    """Also what a World that failed has left."""
    for name in netns.World.NAMES:
        netns.remove(prefix + name)


class Relay(Server):
    """A server that runs, and how clients log in there."""

    def __init__(self, name, process, login):
        super().__init__(process)
        self.name, self.login = name, login
        # until flows are served as they will be, with a few packets [s]
        self.settles = 0

    def memory(self):
        """Its own, not of files, which others on the machine share [bytes]."""
        return sum(1024 * int(re.search(
            r'^RssAnon:\s+(\d+) kB', pathlib.Path(f'/proc/{pid}/status')
            .read_text(), re.M).group(1)) for pid in self.pids)


def av_edge(world, folder, ca, shards=1, options=None, limits=None):
    """av-edge in the release preset, with a wide range of ports."""
    topology = folder / 'topology.xml'
    topology.write_text((LAB / 'contoso.xml').read_text().replace(
        'Port="50000" Protocol="TcpOrUdp" UrlPath="/" '
        'AuthorizesRequests="false" Range="10000"',
        'Port="20000" Protocol="TcpOrUdp" UrlPath="/" '
        'AuthorizesRequests="false" Range="45000"'))
    edge = AvEdge(world, folder / 'av-edge', ca, BINARIES / 'bin', shards,
                  {**LIMITS, **(limits or {})}, topology=topology,
                  options=options)
    edge.start()
    relay = Relay('edge', edge.process, ['-k', str(ca / 'av-auth.key')])
    relay.edge = edge
    return relay


def av_edge_xdp(world, folder, ca, **how):
    """The same with established flows below the sockets."""
    relay = av_edge(world, folder, ca, options={'av.fast_path': 'xdp'}, **how)
    assert relay.edge.relay()['fast_path'] == 'xdp', relay.edge.tail()
    relay.name = 'xdp'
    relay.settles = 1  # a look or two of the worker's [s]
    return relay


def coturn(world, folder, _ca):
    """Debian's coturn, one relay thread, one static user, UDP alone."""
    conf = folder / 'turnserver.conf'
    conf.write_text(COTURN.format(at=AV, port=PORT, folder=folder, room=ROOM))
    process = world.edge.start('turnserver', '-c', str(conf),
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    until(lambda: process.poll() is not None or _listens(world), 15,
          'coturn does not come up')
    assert process.poll() is None, 'coturn ended'
    time.sleep(0.5)  # its threads open one after the other
    return Relay('coturn', process, ['-u', 'bench', '-w', 'bench'])


def forwarder(world, _folder, _ca, kind='ring'):
    """Packets moved, nothing decided."""
    process = world.edge.start(str(BENCH / 'bench_av_forward'), kind, AV,
                               str(PORT), '200', stdout=subprocess.PIPE,
                               text=True)
    word = process.stdout.readline().strip()
    assert word == f'ready {kind}', f'the forwarder says {word!r}'
    return Relay('forwarder', process, [])


class Nobody:
    """No server: clients and peers speak to each other."""
    name, pids, login, settles = 'direct', [], [], 0

    def stop(self):
        """Nothing runs."""


def direct(_world, _folder, _ca):
    """The price of the ends."""
    return Nobody()


def wake_price(world):
    """CPU of one sleep and wake-up on the server's core [us]."""
    server, load = world.cores
    said = world.inet.space.exec(
        str(BENCH / 'bench_wake'), server, load, '50', '20000')
    return json.loads(said)['wake_us']


class Load:
    """Flows that are up; figures on demand."""

    def __init__(self, world, relay, dialect, count=200, window=16,
                 only_allocates=False, pids=None):
        words = ['-d', dialect, '-n', count, '-o', world.client(), '-s',
                 f'{AV}:{PORT}', '-W', window, '-P',
                 ','.join(map(str, relay.pids + world.kernel +
                              (pids or []))), *relay.login]
        words += ['-a'] if only_allocates else ['-p', PEERS]
        self.process = world.inet.start(
            str(BENCH / 'bench_av_load'), *map(str, words),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.up = self._said()
        assert self.up['there'] == count, \
            f'{relay.name}, {dialect}: {count} flows wanted, got {self.up}'
        if relay.settles and not only_allocates:
            time.sleep(relay.settles)
            self.run(2 * count * 10, seconds=0.5)

    def _said(self):
        line = self.process.stdout.readline()
        assert line, 'the load ended early'
        return json.loads(line)

    def run(self, rate, size=172, ways='both', seconds=1.0):
        """Packets at that rate; figures with a few derived ones."""
        self.process.stdin.write(
            f'run {rate:.0f} {size} {ways} {1000 * seconds:.0f}\n')
        self.process.stdin.flush()
        got = self._said()
        got['lost'] = 1 - got['came'] / got['sent'] if got['sent'] else 1
        got['each_us'] = got['cpu_us'] / max(got['relayed'], 1)
        got['all_us'] = got['each_us'] + got['own_us'] / max(
            got['relayed'], 1)
        got['rate'] = got['came'] / got['seconds']
        got['asked'] = rate * got['seconds']
        return got

    def leave(self):
        """The allocations are given back."""
        self.process.stdin.write('leave\n')
        self.process.stdin.flush()
        got = self._said()
        self.process.wait()
        return got
