"""Figures side by side: access-edge and Kamailio, in turn, in one run.

A "message" is one SIP message forwarded, a request or its 200: an exchange is
two. CPU is time on a core of all threads of all processes of the proxy, from
/proc/PID/task/*/schedstat; it is what to compare on a busy machine. The proxy
has one core, the clients and the sink another; both proxies speak TLS 1.3 with
the same RSA-2048 keys, suite and group. Each figure is the median of its runs,
and the proxies take turns within each run.
"""
import statistics
import sys
import time

import servers
import stage
from servers import Clients, netns

PROXIES = {'edge': servers.access_edge, 'tm': servers.kamailio_tm,
           'stateless': servers.kamailio_stateless}
FEDERATED = {'edge': servers.federated_edge, 'tm': servers.federated_tm,
             'stateless': servers.federated_stateless}
SERVER_CORE, LOAD_CORE = '0', '1'
CLIENTS, WINDOW = 100, 2
PARTNER_CONNECTIONS, PARTNER_WINDOW = 4, 50  # AE 2.11: at most four


class Bench:
    """What the figures share."""

    def __init__(self, world, folder, ca, options):
        self.world, self.folder, self.ca = world, folder, ca
        self.options = options
        self.found = {}  # (figure, proxy) to values
        self.count = 0

    def server(self, proxy, figure='', **how):
        """A fresh proxy for that figure in a fresh folder."""
        self.count += 1
        folder = self.folder / f'{proxy}{self.count}'
        folder.mkdir()
        kinds = FEDERATED if figure.startswith('federated') else PROXIES
        return kinds[proxy](self.world, folder, self.ca, **how)

    def note(self, figure, proxy, value):
        """One value of one run."""
        self.found.setdefault((figure, proxy), []).append(value)
        print(f'   {figure}, {proxy}: {value:.1f}', file=sys.stderr)

    def median(self, figure, proxy):
        """Of all runs; None when there was none."""
        values = self.found.get((figure, proxy))
        return statistics.median(values) if values else None


def messages(bench, proxy, server):
    """CPU a message with as many under way as 200 windows let through."""
    for method in ('OPTIONS', 'MESSAGE'):
        clients = Clients(bench.world, LOAD_CORE, server, '-R', '-c', CLIENTS,
                          '-m', method, '-w', WINDOW, '-s',
                          bench.options.seconds)
        got = clients.go()
        bench.note(f'CPU per {method} forwarded [us]', proxy,
                   got['cpu_us'] / (2 * got['answered']))
        bench.note(f'{method} exchanges/s, one core', proxy,
                   got['answered'] / got['seconds'])


def pace(bench, proxy, server):
    """Latency at a pace that all can keep."""
    clients = Clients(bench.world, LOAD_CORE, server, '-R', '-c', CLIENTS,
                      '-m', 'MESSAGE', '-r', bench.options.pace, '-s',
                      bench.options.seconds)
    got = clients.go()
    at = f'at {bench.options.pace} MESSAGE/s'
    bench.note(f'p50 {at} [us]', proxy, got['p50_us'])
    bench.note(f'p99 {at} [us]', proxy, got['p99_us'])
    bench.note(f'CPU per message {at} [us]', proxy,
               got['cpu_us'] / (2 * got['answered']))
    if got['lost']:
        bench.note(f'lost {at}', proxy, got['lost'])


def handshakes(bench, proxy, server):
    """Full ones, RSA-2048, TLS 1.3."""
    clients = Clients(bench.world, LOAD_CORE, server, '-c', 16, '-k',
                      1000 * bench.options.seconds)
    got = clients.go()
    bench.note('CPU per full handshake [us]', proxy,
               got['cpu_us'] / got['answered'])
    bench.note('full handshakes a CPU second', proxy,
               1e6 * got['answered'] / got['cpu_us'])


def memory_each(bench, proxy, server, what, *words):
    """What 2000 more clients take, once 200 are there."""
    first = Clients(bench.world, LOAD_CORE, server, '-c', 200, *words)
    time.sleep(1)
    before = server.memory()
    second = Clients(bench.world, LOAD_CORE, server, '-c', 2000, *words)
    time.sleep(1)
    bench.note(f'memory per {what} client [KB]', proxy,
               (server.memory() - before) / 2000 / 1024)
    for clients in (second, first):
        clients.stop()


def memory(bench, proxy, server):
    """Clients that have shaken hands, no more."""
    memory_each(bench, proxy, server, 'idle')


def signed_in(bench, proxy, server):
    """Clients that have registered: one request and its 200."""
    memory_each(bench, proxy, server, 'signed-in', '-R')


def across(bench, proxy, server, side, words):
    """MESSAGE across the border on four connections: as many as go, then at a
    pace that all can keep."""
    what, *words = words
    got = Clients(bench.world, LOAD_CORE, server, *words, '-w', PARTNER_WINDOW,
                  side=side).go()
    bench.note(f'CPU per MESSAGE {what} [us]', proxy,
               got['cpu_us'] / (2 * got['answered']))
    bench.note(f'MESSAGE exchanges/s {what}', proxy,
               got['answered'] / got['seconds'])
    got = Clients(bench.world, LOAD_CORE, server, *words, '-r',
                  bench.options.pace, side=side).go()
    at = f'{what} at {bench.options.pace}/s [us]'
    bench.note(f'p50 {at}', proxy, got['p50_us'])
    bench.note(f'p99 {at}', proxy, got['p99_us'])
    if got['lost']:
        bench.note(f'lost {at}', proxy, got['lost'])


def _words(bench, what, certificate, authority, domains):
    ca = bench.ca
    return (what, '-c', PARTNER_CONNECTIONS, '-m', 'MESSAGE', '-s',
            bench.options.seconds, '-C', ca / f'{certificate}-chain.pem', '-K',
            ca / f'{certificate}.key', '-A', ca / f'{authority}-ca.pem', '-d',
            domains[0], '-D', domains[1])


def federated_in(bench, proxy, server):
    """From a partner of the list to the next hop."""
    across(bench, proxy, server, 'partner', _words(
        bench, 'from partner', 'partner', 'public',
        ('fabrikam.com', 'contoso.com')))


def federated_out(bench, proxy, server):
    """From the inside to that partner."""
    across(bench, proxy, server, 'inside', _words(
        bench, 'to partner', 'dirpool01', 'internal',
        ('contoso.com', 'fabrikam.com')))


FIGURES = {'messages': messages, 'pace': pace, 'handshakes': handshakes,
           'memory': memory, 'signed_in': signed_in,
           'federated_in': federated_in, 'federated_out': federated_out}


def shards(bench):
    """One shard and two, with both cores for proxy, clients and sink."""
    for count in (1, 2):
        bench.world.cores = f'{SERVER_CORE},{LOAD_CORE}'
        server = bench.server('edge', shards=count)
        got = Clients(bench.world, bench.world.cores, server, '-R', '-c',
                      CLIENTS, '-m', 'MESSAGE', '-w', WINDOW, '-s',
                      bench.options.seconds).go()
        server.stop()
        bench.world.cores = SERVER_CORE
        bench.note('MESSAGE exchanges/s, two cores for all', f'{count} shards',
                   got['answered'] / got['seconds'])
        bench.note('CPU per message, two cores for all [us]',
                   f'{count} shards', got['cpu_us'] / (2 * got['answered']))


def access(bench):
    """All figures, all proxies, interleaved."""
    for run in range(bench.options.runs):
        for proxy in bench.options.proxies:
            print(f'-- run {run + 1}, {proxy}', file=sys.stderr)
            for name in bench.options.figures:
                if name in FIGURES:
                    server = bench.server(proxy, name)
                    FIGURES[name](bench, proxy, server)
                    server.stop()
        if 'shards' in bench.options.figures:
            print(f'-- run {run + 1}, shards', file=sys.stderr)
            shards(bench)


def table(bench):
    """Medians and ours / theirs."""
    figures = list(dict.fromkeys(f for f, p in bench.found if p in PROXIES))
    print(f'{"median of " + str(bench.options.runs):<42}{"edge":>9}{"tm":>9}'
          f'{"ours/tm":>9}{"stateless":>11}{"ours/s.less":>12}')
    for figure in figures:
        ours, tm, plain = (bench.median(figure, p) for p in PROXIES)
        cells = [f'{v:.1f}' if v is not None else '-' for v in
                 (ours, tm, plain)]
        ratios = [f'{ours / v:.2f}' if ours and v else '-' for v in (tm, plain)]
        print(f'{figure:<42}{cells[0]:>9}{cells[1]:>9}{ratios[0]:>9}'
              f'{cells[2]:>11}{ratios[1]:>12}')
    for figure in dict.fromkeys(f for f, p in bench.found
                                if p.endswith('shards')):
        one, two = (bench.median(figure, f'{n} shards') for n in (1, 2))
        print(f'{figure:<42}shards=1 {one:.1f}, shards=2 {two:.1f}, '
              f'2/1 {two / one:.2f}')


def read_options():
    """The command line."""
    parser = stage.command_line(__doc__, 3, [*FIGURES, 'shards'])
    parser.add_argument('--pace', type=int, default=1500)
    parser.add_argument('--proxies', nargs='+', default=list(PROXIES),
                        choices=list(PROXIES))
    return stage.read(parser)


def main():
    """World, runs, table."""
    options = read_options()
    with stage.folder(options, 'rsa') as folder:
        ca = folder / 'ca'
        world = servers.World(f'bench{folder.name[-6:]}')
        try:
            servers.sink(world, LOAD_CORE, ca)
            servers.partner_sink(world, LOAD_CORE, ca)
            servers.resolver(world, LOAD_CORE)
            bench = Bench(world, folder, ca, options)
            access(bench)
            table(bench)
        finally:
            netns.remove(world.name)
    return 0
