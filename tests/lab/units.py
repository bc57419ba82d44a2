"""The long-running parts of a lab by name: noted in a folder, so that another
process can stop them and start them again.

FOLDER/units/NAME.argv   the command, a word a line
FOLDER/units/NAME.space  its network namespace
FOLDER/units/NAME.pid    the process, or none
FOLDER/units/NAME.log    where it writes
FOLDER/units/NAME.cwd    where it runs
FOLDER/units/NAME.ready  how it shows that it is up: a kind and its words
FOLDER/units/NAME.state  enabled or disabled: does it start with the host"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from support import netns, sip
from support.edge import AdminLink
from support.mcu import ask
from support.wait import until

SOON = 0.3  # s: who has not ended by then is told again
PATIENT = 15  # s: and then no more


def _admin(_space, socket):
    """A service of ours."""
    link = AdminLink(socket)
    link.request('GET', '/v1/status')
    return json.loads(link.getresponse().read())['state'] == 'ready'


def _tcp(space, *places):
    """Something listens at each address:port."""
    with netns.Namespace.existing(space).inside():
        return all(sip.reachable(host, int(port)) for host, _, port in
                   (place.rpartition(':') for place in places))


def _order(_space, socket):
    """A Data MCU takes orders."""
    return ask(socket, 'status')


def _running(_space):
    """That is all there is to see."""
    return True


READY = {'admin': _admin, 'tcp': _tcp, 'order': _order, 'running': _running}


class Units:
    """All of them; argv and space are enough to note one."""

    GIVEN = {'log': '{}.output', 'cwd': '/', 'ready': 'running'}

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / 'units'
        self.folder.mkdir(exist_ok=True)

    def _file(self, name, what):
        return self.folder / f'{name}.{what}'

    def _read(self, name, what):
        file = self._file(name, what)
        if what in self.GIVEN and not file.exists():
            return self.GIVEN[what].format(self.folder / name)
        return file.read_text().rstrip('\n')

    def names(self):
        """All that were noted."""
        return sorted(path.stem for path in self.folder.glob('*.argv'))

    def note(self, name, process, *ready):
        """A process that Namespace.start() made; ready: a row of READY and its
        words."""
        words = process.args
        assert words[:3] == ['ip', 'netns', 'exec'], words
        logs = [os.readlink(f'/proc/{process.pid}/fd/{n}') for n in (1, 2)]
        for what, text in (
                ('argv', '\n'.join(words[4:])), ('space', words[3]),
                ('pid', process.pid), ('ready', '\n'.join(map(str, ready))),
                ('log', [one for one in logs if one != os.devnull][0]),
                ('cwd', os.readlink(f'/proc/{process.pid}/cwd'))):
            self._file(name, what).write_text(f'{text}\n')

    def install(self, *names, state='disabled'):
        """As a package brings them."""
        for name in names:
            self._file(name, 'state').write_text(f'{state}\n')

    def state(self, name):
        """enabled or disabled; None: nobody knows that unit."""
        file = self._file(name, 'state')
        return file.read_text().rstrip('\n') if file.exists() else None

    def forget(self, name):
        """It is no more."""
        for file in self.folder.glob(f'{name}.*'):
            file.unlink()

    def argv(self, name, words=None):
        """Its command; words: the one from the next start on."""
        if words:
            self._file(name, 'argv').write_text('\n'.join(words) + '\n')
        return self._read(name, 'argv').split('\n')

    def space(self, name):
        """Name of its namespace."""
        return self._read(name, 'space')

    def _living(self, name):
        """Its process, wherever it is by now."""
        try:
            number = int(self._read(name, 'pid'))
            state = pathlib.Path(f'/proc/{number}/stat').read_text(
                encoding='ascii', errors='replace').rpartition(')')[2].split()
        except (OSError, ValueError):
            return None
        return number if state[0] not in 'ZX' else None

    def pid(self, name):
        """Its process; None when it does not run."""
        number = self._living(name)
        try:
            there = os.stat(f'/run/netns/{self.space(name)}')
        except OSError:
            return None
        try:
            here = os.stat(f'/proc/{number}/ns/net')
        except OSError:  # who ends leaves its network before its sockets
            return self._living(name)
        is_it = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
        return number if is_it else None

    def log(self, name):
        """What it wrote."""
        return pathlib.Path(self._read(name, 'log')).read_text(
            errors='replace')

    def _limits(self, name):
        """What drop-ins of the edge host say of its unit; the last one wins,
        as in systemd."""
        said = [line.partition('=') for file in sorted(
            self.folder.parent.glob(f'edge/etc/systemd/system/{name}.service.d'
                                    '/*.conf'))
                for line in file.read_text().splitlines()]
        return {'LIMIT_NOFILE': value for key, _, value in said
                if key == 'LimitNOFILE'}

    def launch(self, name):
        """Start it, if it does not run; wait_ready() is another matter."""
        if self.pid(name):
            return
        with open(self._read(name, 'log'), 'ab') as log:
            child = subprocess.Popen(
                ['ip', 'netns', 'exec', self.space(name), *self.argv(name)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._read(name, 'cwd'), start_new_session=True,
                env={**os.environ, **self._limits(name)})
        self._file(name, 'pid').write_text(f'{child.pid}\n')

    def is_ready(self, name):
        """It runs and has come up."""
        kind, *words = self._read(name, 'ready').split('\n')
        with contextlib.suppress(OSError, KeyError, ValueError):
            return bool(self.pid(name) and
                        READY[kind](self.space(name), *words))
        return False

    def wait_ready(self, *names):
        """All of them have come up."""
        for name in names:
            until(lambda n=name: self.is_ready(n) or not self._living(n),
                  PATIENT,
                  lambda n=name: f'{n} does not come up: {self.log(n)[-2000:]}')
            assert self._living(name), \
                f'{name} has ended: {self.log(name)[-2000:]}'

    def start(self, *names):
        """Start what does not run, and wait."""
        for name in names:
            self.launch(name)
        self.wait_ready(*names)

    def signal(self, name, number):
        """To the process, and to its group when it leads one."""
        pid = self.pid(name)
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == pid and number == signal.SIGKILL:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)

    def stop(self, *names):
        """An orderly end; who does not hurry is told again, then killed."""
        for name in names:
            self.signal(name, signal.SIGCONT)
            self.signal(name, signal.SIGTERM)
        begun = time.monotonic()
        told = [(SOON, signal.SIGTERM), (PATIENT, signal.SIGKILL)]
        while any(self.pid(name) for name in names):
            if told and time.monotonic() - begun > told[0][0]:
                number = told.pop(0)[1]
                for name in names:
                    self.signal(name, number)
            time.sleep(0.01)

    def kill(self, *names):
        """Pull the plug."""
        for name in names:
            self.signal(name, signal.SIGKILL)
        until(lambda: not any(self.pid(name) for name in names), PATIENT,
              f'{names} cannot be killed')

    def restart(self, *names):
        """Stop and start."""
        self.stop(*names)
        self.start(*names)

    def reload(self, *names):
        """Read settings and store again."""
        for name in names:
            self.signal(name, signal.SIGHUP)
