"""Figures side by side: av-edge, Debian's coturn, a bare forwarder; in turn.

One packet counts once, as it arrives behind the relay. CPU is time on a core of
all threads of the server, from /proc/PID/task/*/schedstat: what to compare on a
busy machine. It includes the way through the kernel to the receiver's socket,
which a virtual cable makes the sender's work; and the way in, too: the server's
end of the cable is polled as a card is that interrupts every 50 us at most, by
a thread of the kernel on the server's core, as urgent as interrupts are, and
its time is the server's, whichever server that is. That is where "xdp" works:
av-edge with av.fast_path = xdp. The server has one core, clients and peers the
other; 200 flows take turns packet by packet, so that no two of a flow follow
each other. Each figure is the median of its runs, and the servers take turns
within each run. "full" is the highest rate that coturn carried in that run with
less than 0.1 % lost, "half" the half of it, "own most" the highest rate that
the server itself carried, "busy" is full while another program takes turns on
the server's core, so that packets always wait: what a packet costs without the
price of waking up, which a virtual machine makes higher than that of
forwarding. "together" is all there is to pay: server, clients, peers and the
kernel on one core, 64 packets in flight, nobody spins and no thread of the
kernel's has a part of its own; "direct" is the same without any server and over
loopback, the cheapest way there is, so that what is more is the price of
relaying, wherever it was paid. A ratio is the median of those of the runs. The
forwarder is av-edge's own packet I/O with nothing decided: the ceiling in user
space.
"""
import contextlib
import statistics
import sys
import time

import av_servers
from av_servers import Load
import stage
from notes import Notes

SERVERS = {'edge': av_servers.av_edge, 'xdp': av_servers.av_edge_xdp,
           'coturn': av_servers.coturn, 'forwarder': av_servers.forwarder,
           'direct': av_servers.direct}
OURS = 'edge', 'xdp'
# what each server speaks: our dialect's figure stands beside coturn's row
DIALECTS = {
    'ChannelData': {'edge': 'channel', 'xdp': 'channel', 'coturn': 'channel',
                    'forwarder': 'forward', 'direct': 'direct'},
    'Send/Data': {'edge': 'send', 'coturn': 'send'},
    'MS Send/Data': {'edge': 'mst-send', 'coturn': 'send'},
    'MS active': {'edge': 'mst-raw', 'xdp': 'mst-raw', 'coturn': 'channel'},
}
SIZES, WAYS = (172, 1200), ('up', 'down', 'both')
ALLOCATIONS, WINDOW = 10000, 64
LOST = 0.001


class Bench(Notes):
    """What the figures share."""

    def __init__(self, world, folder, ca, options):
        super().__init__()
        self.world, self.folder, self.ca = world, folder, ca
        self.options = options
        self.full = 0  # packets/s of coturn in this run
        self.count = 0

    def server(self, name, **how):
        """A fresh server in a fresh folder."""
        self.count += 1
        folder = self.folder / f'{name}{self.count}'
        folder.mkdir()
        return SERVERS[name](self.world, folder, self.ca, **how)


def carries(bench, load, rate):
    """Is less than LOST lost at that rate; the best of a few tries, as the
    machine may be busy. None: the generator cannot."""
    lost = 0
    for _ in range(3 * bench.options.tries):
        got = load.run(rate, seconds=bench.options.seconds / 2)
        if got['sent'] < 0.98 * got['asked']:
            continue
        if got['lost'] < LOST:
            return True
        lost += 1
        if lost == bench.options.tries:
            return False
    return False if lost else None


def highest(bench, load, low=20000):
    """The highest rate it carries, and whether the generator ended it."""
    good, bad, bound = 0, 0, False
    rate = low
    while not bad or bad / good > 1.05:
        verdict = carries(bench, load, rate)
        if verdict:
            good = rate
        elif not good:
            assert rate > 1000, 'nothing gets through'
            rate /= 2
            continue
        else:
            bad, bound = rate, verdict is None
        rate = good * 1.3 if not bad else (good + bad) / 2
    return good, bound


def maximum(bench, name, words='ChannelData'):
    """Packets/s in 172 bytes, both ways, and what one costs there."""
    relay = bench.server(name)
    load = Load(bench.world, relay, DIALECTS[words][name])
    rate, bound = highest(bench, load)
    got = load.run(rate, seconds=bench.options.seconds)
    bench.note(f'CPU per packet, 172 B {words}, both, own most [us]', name,
               got['each_us'])
    load.leave()
    relay.stop()
    figure = f'packets/s at under 0.1 % lost, {words}'
    bench.note(figure, name, rate)
    if bound:
        bench.doubt(f'{name}, {figure}: more than {rate:.0f} the load cannot '
                    'send')
    return rate


def speaks(name, words):
    """Does that server have a figure of its own there?"""
    return name in DIALECTS[words] and \
        not (name == 'coturn' and words.startswith('MS'))


def maxima(bench, name):
    """Those of the other dialects."""
    for words in DIALECTS:
        if words != 'ChannelData' and speaks(name, words):
            maximum(bench, name, words)


@contextlib.contextmanager
def crowd(world):
    """Another program takes turns on the server's core."""
    process = world.edge.start(sys.executable, '-c', 'while True: pass')
    try:
        yield
    finally:
        process.kill()
        process.wait()


def packets(bench, name):
    """CPU a packet in every dialect, size and direction, at two rates."""
    relay = bench.server(name)
    for words in DIALECTS:
        if not speaks(name, words):
            continue
        load = Load(bench.world, relay, DIALECTS[words][name])
        for size in SIZES:
            for ways in WAYS:
                at_rates(bench, name, load, (words, size, ways))
        with crowd(bench.world):
            for size in SIZES:
                got = load.run(bench.full, size, 'both', bench.options.seconds)
                bench.note(f'CPU per packet, {size} B {words}, both, busy [us]',
                           name, got['each_us'])
        load.leave()
    relay.stop()


def at_rates(bench, name, load, what):
    """One dialect, size and direction."""
    words, size, ways = what
    for at in ('half', 'full') if ways == 'both' else ('half',):
        rate = bench.full / (1 if at == 'full' else 2)
        got = load.run(rate, size, ways, bench.options.seconds)
        figure = f'{size} B {words}, {ways}, {at}'
        bench.note(f'CPU per packet, {figure} [us]', name, got['each_us'])
        if at == 'half' and ways == 'both':
            bench.note(f'p50, {figure} [us]', name, got['p50_us'])
        if got['lost'] > LOST:
            bench.doubt(f'{name}, {figure}: {100 * got["lost"]:.2f} % lost')
        if got['sent'] < 0.95 * got['asked']:
            bench.doubt(f'{name}, {figure}: {got["sent"]:.0f} of '
                        f'{got["asked"]:.0f} packets sent')


def allocations(bench, name):
    """Challenge and Allocate, and what the allocations take."""
    for dialect in ('channel', 'mst-raw') if name == 'edge' else ('channel',):
        words = 'RFC' if dialect == 'channel' else 'MS-TURN'
        relay = bench.server(name)
        before = relay.memory()
        load = Load(bench.world, relay, dialect, ALLOCATIONS, WINDOW, True)
        time.sleep(1)
        bench.note(f'allocations/s, {words}', name,
                   ALLOCATIONS / load.up['seconds'])
        bench.note(f'CPU per allocation, {words} [us]', name,
                   load.up['cpu_us'] / ALLOCATIONS)
        bench.note(f'memory per allocation, {words} [KB]', name,
                   (relay.memory() - before) / ALLOCATIONS / 1024)
        load.leave()
        relay.stop()


def workers(bench):
    """One worker and two; server, clients and peers share both cores, so that
    two can win no more than what the load leaves."""
    world = bench.world
    pins = world.edge.cores, world.inet.cores
    world.edge.cores = world.inet.cores = ','.join(world.cores)
    for count in (1, 2):
        name = f'{count} workers'
        relay = bench.server('edge', shards=count)
        load = Load(world, relay, 'mst-raw')
        got = load.run(3 * bench.full, seconds=bench.options.seconds)
        load.leave()
        bench.note('packets/s, two cores for all', name, got['rate'])
        bench.note('CPU per packet, two cores for all [us]', name,
                   got['each_us'])
        load = Load(world, relay, 'channel', ALLOCATIONS, WINDOW, True)
        load.leave()
        relay.stop()
        bench.note('allocations/s, two cores for all', name,
                   ALLOCATIONS / load.up['seconds'])
        bench.note('CPU per allocation, two cores for all [us]', name,
                   load.up['cpu_us'] / ALLOCATIONS)
    world.edge.cores, world.inet.cores = pins


def together(bench, name):
    """CPU of all who have a part in a packet, on one core."""
    world = bench.world
    pins = world.edge.cores, world.inet.cores
    world.edge.cores = world.inet.cores = world.cores[0]
    world.threads(False)
    relay = bench.server(name)
    for words in DIALECTS:
        if not speaks(name, words):
            continue
        load = Load(world, relay, DIALECTS[words][name], pids=world.soft())
        for size in SIZES:
            got = load.run(0, size, 'both', bench.options.seconds)
            bench.note(f'{size} B {words}, together [us]', name,
                       got['all_us'])
            if got['lost'] > LOST:
                bench.doubt(f'{name}, {size} B {words}, together: '
                            f'{100 * got["lost"]:.2f} % lost')
        load.leave()
    relay.stop()
    world.edge.cores, world.inet.cores = pins
    world.threads(True)


FIGURES = {'packets': packets, 'together': together,
           'allocations': allocations, 'maxima': maxima}
# servers that a figure has no sense for
WITHOUT = {'packets': {'direct'}, 'together': set(),
           'allocations': {'direct', 'forwarder', 'xdp'},
           'maxima': {'direct', 'forwarder'}}
USUAL = ['packets', 'together', 'allocations', 'workers']


def runs(bench):
    """All figures, all servers, interleaved."""
    options = bench.options
    for run in range(options.runs):
        print(f'-- run {run + 1}, maxima', file=sys.stderr)
        bench.note('a sleep and wake-up, whoever sleeps [us]', 'machine',
                   av_servers.wake_price(bench.world))
        bench.full = options.rate or maximum(bench, 'coturn')
        if not options.rate:
            for name in options.servers:
                if name not in ('coturn', 'direct'):
                    maximum(bench, name)
        for figure in options.figures:
            if figure == 'workers':
                print(f'-- run {run + 1}, workers', file=sys.stderr)
                workers(bench)
                continue
            for name in options.servers:
                if name in WITHOUT[figure]:
                    continue
                print(f'-- run {run + 1}, {figure}, {name}', file=sys.stderr)
                FIGURES[figure](bench, name)


def theirs_of(figure):
    """coturn's figure that stands beside one of ours."""
    for ours, rfc in (('MS Send/Data', 'Send/Data'), ('MS active',
                      'ChannelData'), ('MS-TURN', 'RFC')):
        if ours in figure:
            figure = figure.replace(ours, rfc)
    return figure


def ratios(bench, figure, name, base=None):
    """Ours / theirs: the median of what each run gave, as a run's rates are
    its own. base: what both have to pay, taken off."""
    theirs_too = bench.found.get((theirs_of(figure), 'coturn'), [])
    pairs = list(zip(bench.found.get((figure, name), []), theirs_too,
                     base or [0] * len(theirs_too)))
    found = [(ours - off) / (theirs - off) for ours, theirs, off in pairs
             if theirs > off]
    return f'{statistics.median(found):.2f}' if found else '-'


def ends_of(figure):
    """The figure of "direct" that is in one of all together."""
    for words in DIALECTS:
        figure = figure.replace(f' {words},', ' ChannelData,')
    return figure


def cell(value):
    """As wide as it must be."""
    if value is None:
        return '-'
    return f'{value:.2f}' if value < 1000 else f'{value:.0f}'


def medians(bench, figure, columns):
    """Of each server, coturn's of what stands beside it."""
    return {name: bench.median(theirs_of(figure) if name == 'coturn'
                               else figure, name) for name in columns}


def table(bench):
    """Medians, their spread, and ours / theirs."""
    figures = dict.fromkeys(f for f, s in bench.found if s in SERVERS)
    columns = [s for s in SERVERS if any(k[1] == s for k in bench.found)]
    print(f'{"median of " + str(bench.options.runs):<50}' +
          ''.join(f'{name:>10}' for name in columns) +
          ''.join(f'{name + "/coturn":>14}' for name in OURS) +
          f'{"+-% e,x,c":>12}')
    for figure in figures:
        values = medians(bench, figure, columns)
        print(f'{figure:<50}' +
              ''.join(f'{cell(values[name]):>10}' for name in columns) +
              ''.join(f'{ratios(bench, figure, name):>14}' for name in OURS) +
              ','.join(bench.spread(figure, name)
                       for name in (*OURS, 'coturn')).rjust(12))
        relaying(bench, figure, columns)


def relaying(bench, figure, columns):
    """What of "together" is not the price of the ends."""
    base = bench.found.get((ends_of(figure), 'direct'))
    if not figure.endswith('together [us]') or not base:
        return
    least = statistics.median(base)
    words = '   of that for relaying'
    values = medians(bench, figure, columns)
    print(f'{words:<50}' +
          ''.join(f'{cell(None if v is None else v - least):>10}'
                  for v in values.values()) +
          ''.join(f'{ratios(bench, figure, name, base):>14}' for name in OURS))


def the_rest(bench):
    """What stands below the table."""
    for figure in dict.fromkeys(f for f, s in bench.found
                                if s.endswith('workers')):
        one, two = (bench.median(figure, f'{n} workers') for n in (1, 2))
        print(f'{figure:<50}1 worker {one:.1f}, 2 workers {two:.1f}, '
              f'2/1 {two / one:.2f}')
    wake = 'a sleep and wake-up, whoever sleeps [us]'
    print(f'{wake:<50}{bench.median(wake, "machine"):.2f}')
    for words in bench.doubts:
        print(f'! {words}')


def read_options():
    """The command line."""
    parser = stage.command_line(__doc__, 1.5, [*FIGURES, 'workers'], USUAL)
    stage.take_turns_of(parser, SERVERS)
    parser.add_argument('--tries', type=int, default=2,
                        help='of a rate, before it counts as too high')
    parser.add_argument('--rate', type=float,
                        help='"full" in packets/s, instead of the search')
    options = stage.read(parser)
    if options.quick:
        options.tries = 1
    return options


def main():
    """World, runs, table."""
    options = read_options()
    stage.preflight(av_servers.missing())
    with stage.folder(options, 'rsa') as folder:
        prefix = f'b{folder.name[-6:]}-'
        try:
            cores = av_servers.cores()
            world = av_servers.World(prefix, cores[0], cores[1], options.nice)
            bench = Bench(world, folder, folder / 'ca', options)
            runs(bench)
            table(bench)
            the_rest(bench)
        finally:
            av_servers.remove_world(prefix)
    return 0
