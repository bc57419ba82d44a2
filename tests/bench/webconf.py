"""Figures side by side: webconf-edge, HAProxy and nginx's stream module; in turn.

All three end TLS 1.3 outside (AES-256-GCM, X25519, ECDSA P-256) and speak mutual
TLS 1.3 inside with the same keys, both handshakes full and verified. HAProxy and
nginx dial the server inside for each client; to webconf-edge the server is a Data
MCU, which registers, dials the legs that are wanted and takes the clients that it
is assigned. CPU is time on a core of all threads of all processes of the proxy,
from /proc/PID/task/*/schedstat: what to compare on a busy machine. The proxy has
one core, clients and server share the other; all is on one loopback device.

  bulk     one session sends as fast as it goes: CPU a megabyte (10^6 bytes)
  trips    a message and its echo: CPU each and latency, 1 and 200 at a time
  setups   sessions come, echo 32 bytes and go; with webconf-edge the legs that
           the Data MCU dials meanwhile are counted in. "joins" are those whose
           legs were parked before, which only webconf-edge can have:
           beside them are the others' set-ups
  memory   what 2000 more sessions take, once 200 are there
  crowd    1000 sessions: idle, and with 20 messages/s of 200 bytes each, half
           of them to the server

A ratio is ours / theirs, the median of those of the runs; the servers take turns
within each run, each figure is the median of its runs.
"""
import sys

import stage
import webconf_servers
from notes import Notes
from support import netns
from webconf_servers import Load

THEIRS = ('haproxy', 'nginx')
# ours that stands beside another one of theirs
JOIN = 'CPU per join, leg parked before [us]'
BESIDE = {JOIN: 'CPU per set-up, full handshakes [us]'}
SETUPS_AT_ONCE, JOINS = 16, 1500


class Bench(Notes):
    """What the figures share."""

    def __init__(self, world, folder, ca, options):
        super().__init__()
        self.world, self.folder, self.ca = world, folder, ca
        self.options = options
        self.ms = int(1000 * options.seconds)
        self.count = 0

    def server(self, name, **how):
        """A fresh server in a fresh folder, and what loads it."""
        self.count += 1
        folder = self.folder / f'{name}{self.count}'
        folder.mkdir()
        server = webconf_servers.SERVERS[name](
            self.world, folder, self.ca, tuned=self.options.tuned, **how)
        return server, Load(self.world, server, self.ca)


def each(got, total, count, what):
    """total for each of count; what says of what there were none."""
    assert count, f'no {what} at all: the machine is too busy, or {got}'
    return total / count


def bulk(bench, name, _server, load):
    """One session, one direction."""
    load.open(1)
    for way, words in (('up', 'to server'), ('down', 'to client')):
        for size in (16384, 65536):
            got = load.order('bulk', way, size, 1, bench.ms)
            figure = f'{words}, {size // 1024} KiB writes'
            megabytes = got[way] / 1e6
            bench.note(f'CPU per MB {figure} [ms]', name,
                       each(got, got['cpu_us'] / 1000, megabytes, 'bytes'))
            bench.note(f'MB a CPU second {figure}', name,
                       megabytes * 1e6 / got['cpu_us'])


def trips(bench, name, _server, load):
    """A message and its echo."""
    for count in (1, 200):
        load.open(count if count == 1 else count - 1)
        for size in (48, 512):
            got = load.order('trips', size, count, bench.ms)
            figure = f'{size} B, {count} session{"s" * (count > 1)}'
            bench.note(f'CPU per round trip, {figure} [us]', name,
                       each(got, got['cpu_us'], got['trips'], 'trips'))
            bench.note(f'p50 {figure} [us]', name, got['p50_us'])
            bench.note(f'p99 {figure} [us]', name, got['p99_us'])


def setups(bench, name, _server, load):
    """Sessions that come and go."""
    load.open(1)
    load.order('leave')
    for how, words in (('full', 'full handshakes'),
                       ('resumed', 'resumed outside')):
        got = load.order('setups', SETUPS_AT_ONCE, 0, bench.ms, how)
        bench.note(f'CPU per set-up, {words} [us]', name,
                   each(got, got['cpu_us'], got['came'], 'set-ups'))
        bench.note(f'set-ups a CPU second, {words}', name,
                   1e6 * got['came'] / got['cpu_us'])
        bench.note(f'p50 set-up, {words} [us]', name, got['p50_us'])
        if got['failed']:
            bench.doubt(f'{name}, {words}: {got["failed"]} failed, '
                        f'{got["came"]} came')
        if how == 'resumed' and got['resumed'] < 0.98 * got['came']:
            bench.doubt(f'{name}: {got["resumed"]} of {got["came"]} resumed')


def joins(bench):
    """With legs parked before: the CPU of the way of a client alone."""
    server, load = bench.server('edge')
    load.order('park', JOINS)
    got = load.order('setups', SETUPS_AT_ONCE, JOINS - 100, 20000, 'full')
    bench.note(JOIN, 'edge', each(got, got['cpu_us'], got['came'], 'joins'))
    if got['came'] < JOINS - 100:
        bench.doubt(f'joins: {got}')
    load.end()
    server.stop()


def memory(bench, name, server, load):
    """What an idle session takes."""
    load.open(200)
    load.order('idle', 500)
    before = server.memory()
    load.open(2000)
    load.order('idle', 500)
    bench.note('memory per idle session [KB]', name,
               (server.memory() - before) / 2000 / 1024)


def crowd(bench, name, _server, load):
    """1000 that are there."""
    count, each, size = 1000, 20, 200
    load.open(count)
    load.order('idle', 500)
    got = load.order('idle', 2 * bench.ms)
    bench.note('CPU of 1000 idle sessions [% of a core]', name,
               got['cpu_us'] / got['seconds'] / 1e4)
    got = load.order('pace', size, count * each, 2 * bench.ms)
    carried = (got['up'] + got['down']) / size
    share = carried / got['seconds'] / (count * each)
    bench.note(f'CPU of 1000 sessions x {each}/s x {size} B [% of a core]',
               name, got['cpu_us'] / got['seconds'] / 1e4 / share)
    bench.note(f'CPU per {size} B message [us]', name, got['cpu_us'] / carried)
    if share < 0.95:
        bench.doubt(f'{name}: {100 * share:.0f} % of the messages were sent; '
                    'the share is scaled to all')


FIGURES = {'bulk': bulk, 'trips': trips, 'setups': setups, 'memory': memory,
           'crowd': crowd}


def runs(bench):
    """All figures, all servers, interleaved."""
    options = bench.options
    for run in range(options.runs):
        for figure in options.figures:
            # who comes first changes from run to run
            turn = run % len(options.servers)
            for name in options.servers[turn:] + options.servers[:turn]:
                print(f'-- run {run + 1}, {figure}, {name}', file=sys.stderr)
                server, load = bench.server(name)
                FIGURES[figure](bench, name, server, load)
                load.end()
                server.stop()
            if figure == 'setups' and 'edge' in options.servers:
                joins(bench)


def cell(value):
    """A figure in nine characters."""
    if value is None:
        return '-'
    return f'{value:.0f}' if value >= 1000 else \
        f'{value:.3f}' if value < 10 else f'{value:.1f}'


def table(bench):
    """Medians, ours / theirs, their spread."""
    print(f'{"median of " + str(bench.options.runs):<50}{"edge":>9}'
          f'{"haproxy":>9}{"ours/ha":>9}{"nginx":>9}{"ours/ng":>9}'
          f'{"+-% e,h,n":>13}')
    for figure in dict.fromkeys(f for f, _ in bench.found):
        beside = BESIDE.get(figure, figure)
        others = [cell(bench.median(beside, s)) for s in THEIRS]
        parts = ','.join(bench.spread(figure, s) for s in ('edge', *THEIRS))
        print(f'{figure:<50}{cell(bench.median(figure, "edge")):>9}' + ''.join(
            f'{value:>9}{bench.ratio(figure, theirs, beside):>9}'
            for value, theirs in zip(others, THEIRS)) + f'{parts:>13}')
    for words in bench.doubts:
        print(f'! {words}')


def read_options():
    """The command line."""
    parser = stage.command_line(__doc__, 1.5, FIGURES)
    stage.take_turns_of(parser, webconf_servers.SERVERS)
    parser.add_argument('--tuned', action='store_true',
                        help='queues of 256 KiB for webconf-edge, buffers of '
                             '64 KiB for the others, instead of the 64 and 16 '
                             'that they have by themselves')
    return stage.read(parser)


def main():
    """World, runs, table."""
    options = read_options()
    stage.preflight(webconf_servers.missing())
    with stage.folder(options, 'ec') as folder:
        name = f'bench{folder.name[-6:]}'
        try:
            world = webconf_servers.World(name, options.nice)
            bench = Bench(world, folder, folder / 'ca', options)
            runs(bench)
            table(bench)
        finally:
            netns.remove(name)
    return 0
