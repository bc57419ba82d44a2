"""A service that reads its settings and certificates again and again: what it
costs, and what of it stays."""
import os
import pathlib
import shutil
import socket
import time

from support import gate

SPANS = 4  # a leak grows in each
ASK = (b'POST /v1/reload HTTP/1.1\r\nHost: localhost\r\n'
       b'Content-Length: 2\r\n\r\n{}')


class Turns:
    """Two pairs take turns under the names that edge.ini has; each reload finds
    another one than the last."""

    def __init__(self, chain, key, others):
        self.names = [pathlib.Path(chain), pathlib.Path(key)]
        self.count, self.pairs = 0, []
        for number, pair in enumerate(others):
            kept = [name.with_name(f'{name.name}.turn{number}')
                    for name in self.names]
            for source, copy in zip(pair, kept, strict=True):
                shutil.copy(source, copy)
            self.pairs.append(kept)

    def turn(self):
        """The other one, renamed into place."""
        pair = self.pairs[self.count % len(self.pairs)]
        self.count += 1
        for kept, name in zip(pair, self.names, strict=True):
            fresh = name.with_name(f'{name.name}.fresh')
            os.link(kept, fresh)
            os.replace(fresh, name)


def reload(edge):
    """One POST /v1/reload by hand, since so many are wanted."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(15)
        link.connect(str(edge.folder / 'run' / f'{edge.PROGRAM}.sock'))
        link.sendall(ASK)
        said = b''
        while True:
            more = link.recv(65536)
            if not more:
                break
            said += more
    assert said.startswith(b'HTTP/1.1 200'), said


def cpu(edge):
    """Seconds of processor time so far."""
    with open(f'/proc/{gate.pid(edge)}/stat', encoding='ascii') as file:
        words = file.read().rpartition(')')[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def many(edge, turns, count):
    """So many reloads, another pair each time; (ms each, ms of CPU each)."""
    begun, used = time.monotonic(), cpu(edge)
    for _ in range(count):
        turns.turn()
        reload(edge)
    return (1000 * (time.monotonic() - begun) / count,
            1000 * (cpu(edge) - used) / count)


def stays(edge, turns, warm, count, bound):
    """After so many for warming up memory grows by less than bound [KiB] over
    count reloads, and as many files are open; what one took. Count may be made
    up to SPANS times, and what all of them grew by is shared by all.

    A context of OpenSSL is some 50 KiB, a parsed pair 10, settings 5: what is
    not freed at each reload grows as they do. What malloc's arenas grow by
    while they settle, 40 to 700 KiB, does not."""
    many(edge, turns, warm)
    grown = []
    while not grown or sum(grown) >= bound * len(grown):
        assert len(grown) < SPANS, f'{edge.PROGRAM}: {grown} KiB more each time'
        before = gate.resident(edge), gate.descriptors(edge)
        took = many(edge, turns, count)
        after = gate.resident(edge), gate.descriptors(edge)
        assert after[1] == before[1], f'{edge.PROGRAM}: files {before} {after}'
        grown.append(after[0] - before[0])
    return f'{edge.PROGRAM}: {took[1]:.2f} ms of CPU a reload, ' \
        f'{sum(grown) // len(grown)} KiB more'
