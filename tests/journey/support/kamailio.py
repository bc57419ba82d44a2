"""A Kamailio in a namespace, and what went over its wires."""
import os
import pathlib
import re
import shutil
import signal
import time

from support import sip
from support.wait import until

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab' / 'kamailio'
RECORD = re.compile(
    rb'={20}\ntag: (\w+)\n.*?proto: (\S+) .*?srcip: (\S+)\nsrcport: (\d+)\n'
    rb'dstip: (\S+)\ndstport: (\d+)\n~{20}\n(.*?)\|{20}\n', re.S)


class Record:
    """One message at it: way is rcv or snd."""

    def __init__(self, fields, edge):
        self.edge = edge
        self.way = fields[0].decode()
        self.proto = fields[1].decode()
        self.source = (fields[2].decode(), int(fields[3]))
        self.target = (fields[4].decode(), int(fields[5]))
        self.message = sip.Message(fields[6])

    @property
    def from_edge(self):
        """Received from the edge, on either kind of connection."""
        return self.way == 'rcv' and self.source[0] == self.edge

    @property
    def to_edge(self):
        """Sent to the edge."""
        return self.way == 'snd' and self.target[0] == self.edge


class Kamailio:
    """One process; edge is the address whose messages are looked at."""

    def __init__(self, space, folder, sources, edge, addresses):
        self.space, self.folder = space, pathlib.Path(folder)
        self.main, self.edge_address = sources[0], edge
        self.addresses = addresses
        self.process = None
        (self.folder / 'dump').mkdir(parents=True)
        for source in sources:
            shutil.copy(LAB / source, self.folder)

    def identity(self, ca, certificate, authority):
        """Its certificate, and whom it believes."""
        ca = pathlib.Path(ca)
        shutil.copy(ca / f'{certificate}-chain.pem',
                    self.folder / 'machine.pem')
        shutil.copy(ca / f'{certificate}.key', self.folder / 'machine.key')
        shutil.copy(ca / f'{authority}-ca.pem', self.folder / 'ca.pem')

    def start(self):
        """Start and wait until it answers on every address."""
        self.log = open(self.folder / 'kamailio.log', 'ab')
        self.process = self.space.start(
            'kamailio', '-DD', '-E', '-m', '64', '-M', '8', '-f',
            str(self.folder / self.main), '-w', str(self.folder),
            '-Y', str(self.folder), '-P', str(self.folder / 'pid'),
            stdout=self.log, stderr=self.log, cwd=self.folder,
            start_new_session=True)
        for address in self.addresses:
            until(lambda: self._answers(address), 10,
                  f'the Kamailio at {address} does not come up, see '
                  f'{self.folder}/kamailio.log')

    def _answers(self, address):
        if self.process.poll() is not None:
            raise AssertionError('Kamailio ended: ' + self.tail())
        with self.space.inside():
            return sip.reachable(address, 5061)

    def tail(self):
        """The end of its log, for a failure's text."""
        return (self.folder / 'kamailio.log').read_text()[-2000:]

    def kill(self):
        """Pull the plug: no TLS close, no SIP goodbye."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """An orderly end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except Exception:  # pylint: disable=broad-except
                self.kill()

    def records(self):
        """All messages so far, in order."""
        found = []
        for path in sorted((self.folder / 'dump').glob('sip-*')):
            found += [Record(m.groups(), self.edge_address)
                      for m in RECORD.finditer(path.read_bytes())]
        return found

    def arrived(self):
        """Everything that came from the edge."""
        return [r.message for r in self.records() if r.from_edge]

    def received(self, call_id, what=None):
        """Messages from the edge with this Call-ID, oldest first; what is a
        method or a status."""
        return self._chosen(call_id, what, lambda r: r.from_edge)

    def sent(self, call_id, what=None):
        """Messages to the edge with this Call-ID, oldest first."""
        return self._chosen(call_id, what, lambda r: r.to_edge)

    def _chosen(self, call_id, what, wanted):
        return [r.message for r in self.records() if wanted(r) and
                r.message.value('Call-ID') == call_id and
                what in (None, r.message.method, r.message.status)]

    def wait_received(self, call_id, what, count=1, cseq=None):
        """The count-th such message, once the record has it."""
        return self._wait(self.received, call_id, what, count, cseq, 'reach')

    def wait_sent(self, call_id, what, count=1, cseq=None):
        """The same for what it sent to the edge."""
        return self._wait(self.sent, call_id, what, count, cseq, 'leave')

    def _wait(self, source, call_id, what, count, cseq, text):
        def found():
            return [m for m in source(call_id, what)
                    if cseq in (None, m.value('CSeq'))]
        until(lambda: len(found()) >= count, 5,
              f'{what} {call_id} ({count}, {cseq}) does not {text} the '
              f'Kamailio at {self.addresses[0]}')
        return found()[count - 1]

    def quiet(self, call_id, seconds=0.5):
        """Nothing with this Call-ID has come from the edge."""
        time.sleep(seconds)
        seen = self.received(call_id)
        assert not seen, f'it saw {seen[0].raw!r}'
