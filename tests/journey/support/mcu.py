"""The stand-in Data MCU of tests/lab as a process inside: orders, events."""
import json
import pathlib
import signal
import socket

from support import netns
from support.wait import until

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / 'lab' / 'data_mcu'
CORP = 'corp.contoso.com'
URI = 'sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:{}'
PLACES = {'fe01': netns.FRONT_END, 'fe02': netns.MCU, 'fe03': netns.SECOND_MCU}


def conference(number):
    """URI of a conference."""
    return URI.format(f'{number:08d}' if isinstance(number, int) else number)


def ask(control, what, **wish):
    """Have the one behind that socket do it; the answer."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(30)
        link.connect(str(control))
        link.sendall(json.dumps({'do': what, **wish}).encode() + b'\n')
        link.shutdown(socket.SHUT_WR)
        data = b''
        while got := link.recv(65536):
            data += got
    answer = json.loads(data)
    assert answer['ok'], answer
    return answer


class DataMcu:
    """data_mcu; how: its options by name, underscores for hyphens."""

    def __init__(self, world, folder, ca, keys, host='fe02', **how):
        self.world, self.folder = world, pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        self.name = f'{host}.{CORP}'
        self.address = PLACES[host]
        certificate = how.pop('certificate', host)
        edges = how.pop('edges', ['edge01.' + CORP])
        self.control = self.folder / 'control.sock'
        self.journal = self.folder / 'events'
        options = {'name': self.name, 'address': self.address,
                   'chain': ca / f'{certificate}-chain.pem',
                   'key': ca / f'{certificate}.key',
                   'ca': ca / 'internal-ca.pem', 'keys': keys,
                   'control': self.control, 'journal': self.journal, **how}
        self.command = [str(PROGRAM), *(
            word for name, value in options.items()
            for word in (f'--{name.replace("_", "-")}', str(value))),
            *(word for edge in edges for word in ('--edge', edge))]
        self.process = None
        self.start()

    def start(self):
        """Start and wait until it takes orders."""
        self.control.unlink(missing_ok=True)
        with open(self.folder / 'log', 'ab') as log:
            self.process = self.world.inside.start(
                *self.command, stdout=log, stderr=log)
        until(self._answers, 10, lambda: f'data_mcu: {self.said()}')

    def said(self):
        """What it printed: tracebacks."""
        return (self.folder / 'log').read_text()[-3000:]

    def _answers(self):
        assert self.process.poll() is None, f'data_mcu ended: {self.said()}'
        try:
            return self.order('status')
        except OSError:
            return None

    def order(self, what, **wish):
        """Do it; the answer."""
        return ask(self.control, what, **wish)

    def add_user(self, number, user='alice', **how):
        """The entries of connection-info; how: mode, life."""
        return self.order('add-user', conference=conference(number),
                          user=user, **how)['entries']

    def edge(self, name='edge01.' + CORP):
        """Its state at an edge."""
        return self.order('status')['edges'][name]

    def wait_up(self, edges=('edge01.' + CORP,), parked=1):
        """Registered on each, with legs parked."""
        until(lambda: all(
            self.edge(e)['state'] == 'up' and self.edge(e)['parked'] >= parked
            for e in edges), 10,
            lambda: f'{self.order("status")} {self.events()[-5:]}')

    def events(self, name=None, **values):
        """What it told, as objects."""
        # the last line may be there in part
        lines = self.journal.read_text().split('\n')[:-1]
        found = [json.loads(line) for line in lines]
        return [e for e in found if name in (None, e['event']) and
                all(e.get(k) == v for k, v in values.items())]

    def wait_event(self, name, count=1, limit=10, **values):
        """The count-th such event."""
        until(lambda: len(self.events(name, **values)) >= count, limit,
              lambda: f'{name} {values} is not told: {self.events()[-5:]}')
        return self.events(name, **values)[count - 1]

    def kill(self):
        """Pull the plug."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """An orderly end; it must not have failed."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
            assert 'Traceback' not in self.said(), self.said()
