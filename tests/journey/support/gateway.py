"""The gateway stand-in inside, and what it noted."""
import json
import pathlib
import subprocess

from support import netns
from support.prosody import SECRET
from support.wait import until
from support.xmpp import GATEWAY_PORT

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'


class Gateway:
    """One process on a Front End's address."""

    def __init__(self, journey, domains=(), host='fe01',
                 source=netns.FRONT_END, connects=True):
        self.space, ca = journey.world.inside, journey.ca
        count = len(list(journey.folder.glob('gateway*.journal')))
        self.journal = journey.folder / f'gateway{count}-{host}.journal'
        self.journal.touch()
        self.command = [
            str(LAB / 'xmpp_gateway'), '--edge',
            f'{netns.EDGE_INSIDE}:{GATEWAY_PORT}', '--edge-name',
            'edgepool01.corp.contoso.com', '--chain',
            str(ca / f'{host}-chain.pem'), '--key', str(ca / f'{host}.key'),
            '--ca', str(ca / 'internal-ca.pem'), '--journal',
            str(self.journal), '--source', source, '--component',
            f'{netns.FRONT_END}:5347', '--secret', SECRET]
        for domain in domains:
            self.command += ['--domain', domain]
        self.domains = domains
        journey.parts.append(self)
        self.process = None
        self.start(connects)

    def start(self, connects=True):
        """Start; wait until the edge and the server inside have it."""
        before = len(self.notes('connected'))
        with open(self.journal.with_suffix('.log'), 'ab') as log:
            self.process = self.space.start(*self.command, stdout=log,
                                            stderr=log)
        if connects:
            until(lambda: len(self.notes('connected')) > before, 15,
                  lambda: f'the gateway does not connect: {self.all()[-3:]}')
            for domain in self.domains:
                until(lambda: self.notes('component', domain=domain), 15,
                      f'no component {domain}')

    def all(self):
        """Everything noted; a line that is being written is not yet."""
        whole = self.journal.read_text().rpartition('\n')[0]
        return [json.loads(line) for line in whole.splitlines()]

    def notes(self, what, **wanted):
        """Those of that kind with those words."""
        return [n for n in self.all() if n['what'] == what and
                all(n.get(k) == v for k, v in wanted.items())]

    def stanza(self, **wanted):
        """The first stanza with those words, once it is there."""
        return until(lambda: self.notes('stanza', **wanted), 30,
                     lambda: f'no stanza {wanted}: {self.all()[-5:]}')[0]

    def stop(self):
        """End it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
