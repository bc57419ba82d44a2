"""A unit file read, and its service started as systemd would: its own command,
user, groups, limits and environment, no capability, the file system read-only
but for what the unit names. systemd itself does not run in tests."""
import collections
import functools
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess

from debian_root import run
from support.wait import until

# what the services try before they know better; EPERM is as good an answer
TRIED = {'chown'}


class Unit:
    """Settings of a unit file: section and name to a list of values."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.value = collections.defaultdict(list)
        section = ''
        for line in self.path.read_text(encoding='utf-8').splitlines():
            if line.startswith('['):
                section = line.strip('[]')
            elif line and line[0] not in '#;':
                name, value = line.split('=', 1)
                self.value[section, name].append(value)

    def one(self, name, section='Service'):
        """A setting that is there once."""
        values = self.value[section, name]
        assert len(values) == 1, (self.path.name, name, values)
        return values[0]

    def words(self, name):
        """The words of all its values."""
        return ' '.join(self.value['Service', name]).split()

    def allowed_calls(self):
        """System calls that its filter lets through."""
        found = set()
        for value in self.value['Service', 'SystemCallFilter']:
            calls = expand(value.lstrip('~').split())
            found = found - calls if value[0] == '~' else found | calls
        return found


@functools.cache
def groups():
    """Every group of system calls that systemd knows: its words."""
    found, name = {}, ''
    for line in run('systemd-analyze', '--no-pager',
                    'syscall-filter').splitlines():
        if line.startswith('@'):
            name = line.strip()
            found[name] = []
        elif line.startswith('    ') and not line.strip().startswith('#'):
            found[name].append(line.strip())
    return found


def expand(words):
    """Groups become their members."""
    found = set()
    for word in words:
        found |= expand(groups()[word]) if word[0] == '@' else {word}
    return found


class Service:
    """One of the daemons of an installed root, in a network namespace."""

    def __init__(self, root, unit, space):
        self.root, self.unit, self.space = root, unit, space
        self.process, self.pid = None, None
        self.log = root.home / f'{unit.name}.log'
        self.calls = root.home / f'{unit.name}.calls'

    def _groups(self):
        user = self.unit.one('User')
        return set(self.root.run('id', '-nG', user).split()) | set(
            self.unit.words('SupplementaryGroups'))

    def _command(self):
        user, at = self.unit.one('User'), self.root.at
        writable = [path.lstrip('-') for path in
                    self.unit.words('ReadWritePaths')]
        view = [f'mount --bind {at}{path} {at}{path}' for path in writable]
        view += [f'mount -o remount,bind,ro {at}', 'exec "$@"']
        mounts = ['unshare', '-m', 'sh', '-ec', '\n'.join(view), 'sh'] \
            if self.root.mounts else []
        return [
            'strace', '-f', '-qq', '-e', 'signal=none', '-s', '64', '-o',
            str(self.calls), 'ip', 'netns', 'exec', self.space.name, *mounts,
            'chroot', str(at), 'setpriv', f'--reuid={user}',
            f'--regid={user}', f"--groups={','.join(sorted(self._groups()))}",
            '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs',
            *self.unit.one('ExecStart').split()]

    def _limits(self):
        most = min(int(self.unit.one('LimitNOFILE')), int(pathlib.Path(
            '/proc/sys/fs/nr_open').read_text(encoding='ascii')),
            resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def start(self, credentials=None):
        """Start and wait for READY=1; credentials: the folder in there."""
        notify = self.root.at / 'run' / f'{self.unit.name}.notify'
        notify.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(notify))
        notify.chmod(0o777)
        environment = {
            'PATH': os.environ['PATH'],
            'NOTIFY_SOCKET': f'/run/{notify.name}',
            'WATCHDOG_USEC': str(1000000 * int(self.unit.one('WatchdogSec'))),
        }
        if credentials:
            environment['CREDENTIALS_DIRECTORY'] = credentials
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, env=environment,
                umask=int(self.unit.one('UMask'), 8), start_new_session=True,
                stdin=subprocess.DEVNULL, preexec_fn=self._limits)
        listener.setblocking(False)
        told = []

        def is_ready():
            assert self.process.poll() is None, self.tail()
            try:
                while True:
                    told.append(listener.recv(4096).decode())
            except BlockingIOError:
                return any('READY=1' in text for text in told)
        until(is_ready, 30, f'{self.unit.name} does not say READY=1')
        listener.close()
        self.pid = self.status()['pid']

    def status(self, *who):
        """What it says of itself; who: words of setpriv before edgectl."""
        answer = json.loads(self.root.run(*who, 'edgectl', 'status', '--json',
                                          good=(0, 1)))
        return answer['daemons'].get(self.unit.name)

    def tail(self):
        """The end of its log."""
        return self.log.read_text(errors='replace')[-2000:]

    def facts(self):
        """/proc/PID/status by name."""
        text = pathlib.Path(f'/proc/{self.pid}/status').read_text(
            encoding='ascii')
        return dict(re.findall(r'^(\w+):\s+(.*)$', text, re.M))

    def called(self):
        """The system calls made since the program itself began."""
        text = self.calls.read_text(errors='replace')
        begin = text.index(f'execve("{self.unit.one("ExecStart").split()[0]}')
        pid = text[:begin].rsplit('\n', 1)[-1].split()[0]
        assert pid == str(self.pid), (pid, self.pid)
        return set(re.findall(r'^\d+ +(?:<\.\.\. )?(\w+)[ (]', text[begin:],
                              re.M)) - {'exited', 'resumed'}

    def stop(self):
        """SIGTERM: it ends by itself and well."""
        os.kill(self.pid, signal.SIGTERM)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            raise AssertionError(f'does not end: {self.tail()}') from None
        assert status == 0, f'exit status {status}: {self.tail()}'

    def kill(self):
        """Whatever is left."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
