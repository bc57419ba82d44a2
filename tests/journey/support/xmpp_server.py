"""What the XMPP servers that are not ours share: they start when their ports
are free, are there when all of them are open, and say why they ended."""
import os
import signal
import subprocess

from support.wait import until

TRIES = 3  # a machine that is busy may have a start fail


class EndedEarly(AssertionError):
    """It has said why, and is gone."""


class XmppServer:
    """One process of a server; PROGRAM names it, LOGS are in its folder, ports
    are those it opens at its address. A class says launch()."""

    PROGRAM = 'server'
    LOGS = ('out.log',)
    ports = (5222, 5269)
    LIMIT = 30  # seconds, of one try

    def __init__(self, space, address, folder):
        self.space, self.address, self.folder = space, address, folder
        self.process = None

    def launch(self, log):
        """Begin the process, its words into log; Popen."""
        raise NotImplementedError

    def start(self):
        """Start and wait until clients and servers may come."""
        for number in range(TRIES):
            until(lambda: not self._open(), 10,
                  lambda: f'{self.PROGRAM}: ports {self._open()} are taken')
            with open(self.folder / 'out.log', 'ab') as log:
                log.write(f'-- start {number + 1}\n'.encode())
                log.flush()
                self.process = self.launch(log)
            try:
                until(self._answers, self.LIMIT, lambda:
                      f'{self.PROGRAM} does not come up, only '
                      f'{self._open()}: {self.tail()}')
                return
            except EndedEarly:
                if number + 1 == TRIES:
                    raise

    def _open(self):
        """Those of its ports that are open, whoever has them."""
        done = subprocess.run(
            ['ip', 'netns', 'exec', self.space.name, 'ss', '-Hltn'],
            stdout=subprocess.PIPE, text=True, check=True)
        found = {line.split()[3] for line in done.stdout.splitlines()}
        return [p for p in self.ports
                if found & {f'{self.address}:{p}', f'0.0.0.0:{p}', f'*:{p}'}]

    def _answers(self):
        if self.process.poll() is not None:
            raise EndedEarly(f'{self.PROGRAM} ended with '
                             f'{self.process.returncode}: {self.tail()}')
        return len(self._open()) == len(self.ports)

    def tail(self):
        """The end of what it said."""
        said = ''
        for name in self.LOGS:
            path = self.folder / name
            said += path.read_text(errors='replace')[-3000:] \
                if path.exists() else ''
        return said

    def _signal(self, number):
        """To it, and to what it started when it leads a group."""
        if os.getpgid(self.process.pid) == self.process.pid:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def stop(self):
        """An orderly end, or none."""
        if self.process and self.process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self.process.wait()
