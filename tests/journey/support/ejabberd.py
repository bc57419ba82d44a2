"""ejabberd as a partner outside: one Erlang node that is on no network."""
import os
import pathlib
import signal
import subprocess

from support import netns
from support.wait import until

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
LIBRARIES = '/usr/lib/x86_64-linux-gnu'


class Ejabberd:
    """With its own configuration, data and certificate."""

    def __init__(self, journey, domain, certificate=None, dialback=False,
                 starttls='required', address=netns.PARTNER):
        self.space, self.address = journey.world.inet, address
        count = len(list(journey.folder.glob('ejabberd*')))
        self.folder = journey.folder / f'ejabberd{count}-{domain}'
        (self.folder / 'spool').mkdir(parents=True)
        ca = journey.ca
        name = certificate or 'xmpp-' + domain.split('.', maxsplit=1)[0]
        (self.folder / 'machine.pem').write_bytes(
            (ca / f'{name}.key').read_bytes() +
            (ca / f'{name}-chain.pem').read_bytes())
        text = (LAB / 'ejabberd' / 'ejabberd.yml').read_text()
        for word, value in (('FOLDER', self.folder), ('DOMAIN', domain),
                            ('ADDRESS', address), ('STARTTLS', starttls),
                            ('CA', ca / 'public-ca.pem'),
                            ('MORE', '  mod_s2s_dialback: {}' if dialback
                             else '')):
            text = text.replace(f'@{word}@', str(value))
        (self.folder / 'ejabberd.yml').write_text(text)
        journey.parts.append(self)
        self.process = None
        self.start()

    def start(self):
        """Start and wait until clients may come."""
        environment = dict(
            os.environ, HOME=str(self.folder), ERL_LIBS=LIBRARIES,
            EJABBERD_CONFIG_PATH=str(self.folder / 'ejabberd.yml'),
            EJABBERD_LOG_PATH=str(self.folder / 'ejabberd.log'),
            ERL_CRASH_DUMP='/dev/null',
            ERL_INETRC=str(self.folder / 'inetrc'))
        # names are asked of the resolver outside, as anybody there does
        (self.folder / 'inetrc').write_text(
            '{lookup, [dns]}.\n{nameserver, {%s}}.\n' %
            netns.INET.replace('.', ','))
        with open(self.folder / 'out.log', 'ab') as log:
            self.process = self.space.start(
                'erl', '-noinput', '-mnesia', 'dir',
                f'"{self.folder}/spool"', '-s', 'ejabberd', stdout=log,
                stderr=log, cwd=self.folder, env=environment,
                start_new_session=True)
        until(self._answers, 30, lambda: 'ejabberd does not come up: ' +
              self.tail())

    def _answers(self):
        assert self.process.poll() is None, 'ejabberd ended: ' + self.tail()
        done = subprocess.run(
            ['ip', 'netns', 'exec', self.space.name, 'ss', '-Hltn',
             'sport', '=', ':5222'], stdout=subprocess.PIPE, text=True,
            check=False)
        return self.address in done.stdout

    def tail(self):
        """The end of what it said."""
        said = ''
        for name in ('out.log', 'ejabberd.log'):
            path = self.folder / name
            said += path.read_text()[-3000:] if path.exists() else ''
        return said

    def stop(self):
        """End it; it has nothing to lose."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
