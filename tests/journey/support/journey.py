"""One journey: a world, a time limit, one line of result, no remains."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from support import export, netns
from support.capture import Capture
from support.director import Director
from support.edge import AvEdge, Edge, WebconfEdge
from support.mcu import DataMcu
from support.org import CONTOSO
from support.partner import Partner, PartnerUser
from support.resolver import Resolver
from support.user import InsideUser, RemoteUser

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAB = ROOT / 'tests' / 'lab'
SLOWER = {'asan': 3, 'tsan': 4}
BUSY = 3  # a busy machine takes so much longer than an idle one


class Late(Exception):
    """The time limit has passed."""


def _interrupted(number, _frame):
    raise Late(f'ended by {signal.Signals(number).name}')


class Journey:
    """What a journey's body is given; parts are made when first asked for."""

    def __init__(self, name):
        self.name = name
        self.said = ''  # what else stands in the line of result
        self.preset = os.environ.get('JOURNEY_PRESET', 'dev')
        self.shards = int(os.environ.get('JOURNEY_SHARDS', '1'))
        self.binaries = ROOT / 'build' / self.preset / 'bin'
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='lync-edge-'))
        self.folder.chmod(0o755)
        self.parts = []
        self.world = None
        self.ca = self.folder / 'ca'
        ready = os.environ.get('JOURNEY_CA')
        if ready:
            shutil.copytree(ready, self.ca)
            self.ca.chmod(0o755)
        else:
            netns.run(str(LAB / 'ca.sh'), str(self.ca))
        self.world = netns.World(f'j{os.getpid()}-')

    def use(self, one, instead_of):
        """That certificate of the lab in another's place, from now on."""
        for end in ('-chain.pem', '.key'):
            shutil.copy(self.ca / (one + end), self.ca / (instead_of + end))

    def director(self, **how):
        """A Director in the inside; see Director for how."""
        made = Director(self.world, self.folder / f'director{len(self.parts)}',
                        self.ca, **how)
        self.parts.append(made)
        return made

    def edge(self, **how):
        """An edge with the lab's topology, running; see Edge for how."""
        folder = self.folder / how.get('org', CONTOSO).edge
        if folder.exists():
            folder = folder.with_name(f'{folder.name}-{len(self.parts)}')
        made = Edge(self.world, folder, self.ca, self.binaries,
                    shards=self.shards, **how)
        self.parts.append(made)
        made.start()
        return made

    def _service(self, kind, start=True, **how):
        count = len(list(self.folder.glob(f'{kind.PROGRAM}*')))
        made = kind(self.world, self.folder / f'{kind.PROGRAM}{count}',
                    self.ca, self.binaries, shards=self.shards, **how)
        self.parts.append(made)
        if start:
            made.start()
        return made

    def av_edge(self, **how):
        """An A/V edge with the lab's topology, running; see Edge for how."""
        return self._service(AvEdge, **how)

    def webconf_edge(self, **how):
        """A Web Conferencing edge, without a key yet; see Edge for how."""
        return self._service(WebconfEdge, start=False, **how)

    def mcu(self, keys, host='fe02', **how):
        """A Data MCU inside; see DataMcu for how."""
        count = len(list(self.folder.glob('mcu*')))
        made = DataMcu(self.world, self.folder / f'mcu{count}-{host}', self.ca,
                       keys, host, **how)
        self.parts.append(made)
        return made

    def user(self, name, client=0, address=None, **how):
        """A remote user on that address, or the client's of that number."""
        made = RemoteUser(self.world, self.ca, name,
                          address or netns.CLIENTS[client], **how)
        self.parts.append(made)
        return made

    def export(self, **how):
        """The file of a topology with settings; see export.text for how."""
        count = len(list(self.folder.glob('export*.xml')))
        made = self.folder / f'export{count}.xml'
        made.write_text(export.text(**how))
        return made

    def partner(self, **how):
        """Kamailio as the edge of fabrikam.com."""
        made = Partner(self.world, self.folder / f'partner{len(self.parts)}',
                       self.ca, **how)
        self.parts.append(made)
        return made

    def partner_user(self, name, client=40):
        """A user of that Kamailio."""
        made = PartnerUser(self.world, name, netns.CLIENTS[client])
        self.parts.append(made)
        return made

    def inside_user(self, name, **how):
        """A user inside, registered straight at the Director."""
        made = InsideUser(self.world, name, **how)
        self.parts.append(made)
        return made

    def resolver(self, *records, **how):
        """The DNS server outside; see Resolver for records."""
        made = Resolver(self.world, self.folder, *records, **how)
        self.parts.append(made)
        return made

    def capture(self, space, device, expression=''):
        """Packets seen on a device from now on."""
        made = Capture(space, device, expression,
                       self.folder / f'capture{len(self.parts)}.pcap')
        self.parts.append(made)
        return made

    def end(self):
        """Stop everything in reverse order; the edge must end cleanly."""
        failure = None
        for part in reversed(self.parts):
            try:
                part.stop()
            except AssertionError as err:
                failure = err
        self.parts = []
        if failure:
            raise failure

    def remove(self, keep_to=None):
        """Remove the world and the folder, keeping a copy of a failure."""
        if self.world:
            self.world.remove()
        if keep_to:
            shutil.rmtree(keep_to, ignore_errors=True)
            shutil.copytree(self.folder, keep_to, symlinks=True,
                            ignore=lambda folder, names:
                            [n for n in names if n.endswith('.sock')])
        shutil.rmtree(self.folder, ignore_errors=True)


def main(body, limit=40):
    """Run body(journey) and exit with its result; it ends within limit seconds
    on an idle machine."""
    name = pathlib.Path(sys.argv[0]).stem
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    preset = os.environ.get('JOURNEY_PRESET', 'dev')
    signal.alarm(limit * BUSY * SLOWER.get(preset, 1))
    begun = time.monotonic()
    journey, failure = None, None
    try:
        journey = Journey(name)
        body(journey)
        journey.end()
    except BaseException:  # pylint: disable=broad-except
        failure = traceback.format_exc()
    signal.alarm(0)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if journey:
        for part in journey.parts:
            try:
                part.stop()
            except Exception:  # pylint: disable=broad-except
                pass
        kept = ROOT / 'build' / preset / 'failed' / name
        journey.remove(kept if failure else None)
        if failure:
            failure += f'what it left: {kept}\n'
    if failure:
        sys.stderr.write(failure)
    verdict = 'FAIL' if failure else 'ok'
    said = f' ({journey.said})' if journey and journey.said else ''
    print(f'{verdict} {name} {time.monotonic() - begun:.1f}{said}', flush=True)
    sys.exit(1 if failure else 0)


def output(*command):
    """A command's output, whatever its exit status."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False).stdout
