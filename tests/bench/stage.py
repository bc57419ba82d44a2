"""What every bench has around its figures: its command line, its folder."""
import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def command_line(doc, seconds, figures, usual=None):
    """A parser with what all of them take."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--seconds', type=type(seconds), default=seconds,
                        help='length of each measurement')
    parser.add_argument('--realtime', action='store_true',
                        help='servers and load go before all others on the '
                             'machine: for latencies on a busy one')
    parser.add_argument('--figures', nargs='+', choices=list(figures),
                        default=list(usual or figures))
    parser.add_argument('--keep', action='store_true',
                        help='leave the folder with the logs')
    return parser


def take_turns_of(parser, servers):
    """Servers side by side, which share the machine with others."""
    parser.add_argument('--quick', action='store_true',
                        help='one short run: does it work at all?')
    parser.add_argument('--nice', type=int, default=-5,
                        help='of servers and load')
    parser.add_argument('--servers', nargs='+', choices=list(servers),
                        default=list(servers))


def read(parser):
    """The options; a quick run is one short one."""
    options = parser.parse_args()
    if getattr(options, 'quick', False):
        options.runs, options.seconds = 1, 0.3
    return options


def preflight(missing):
    """Say what is missing, and stop."""
    for line in missing:
        print(f'missing: {line}', file=sys.stderr)
    if missing:
        sys.exit(1)


@contextlib.contextmanager
def folder(options, key):
    """A folder with an authority and its certificates of that kind of key in
    "ca"; away again at the end, whatever ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    if options.realtime:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    path = pathlib.Path(tempfile.mkdtemp(prefix='lync-edge-bench-'))
    path.chmod(0o755)
    try:
        subprocess.run([HERE.parent / 'lab/ca.sh', path / 'ca', key],
                       check=True)
        yield path
    finally:
        if not options.keep:
            shutil.rmtree(path, ignore_errors=True)
