"""Prosody: as a partner outside, and inside behind the gateway stand-in."""
import pathlib
import signal
import subprocess

from support import netns
from support.wait import until

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
SECRET = 'gateway-secret'


class Prosody:
    """One process with its own configuration and data."""

    def __init__(self, space, folder, config, users, **words):
        self.space, self.folder = space, pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.address, self.domain = words['ADDRESS'], words['DOMAIN']
        words['FOLDER'] = self.folder
        text = (LAB / 'prosody' / config).read_text()
        for name, value in words.items():
            text = text.replace(f'@{name}@', str(value))
        self.config = self.folder / 'prosody.cfg.lua'
        self.config.write_text(text)
        accounts = (self.folder / 'data' /
                    self.domain.replace('.', '%2e') / 'accounts')
        accounts.mkdir(parents=True)
        for user in users:
            (accounts / f'{user}.dat').write_text(
                'return { ["password"] = "secret"; };\n')
        self.process = None
        self.start()

    @classmethod
    def outside(cls, journey, domain, users=('bob',), modules=(), secure=True,
                tls=True, certificate=None, address=netns.PARTNER):
        """A partner; certificate names one of the lab's. Again: in place of
        one that has ended."""
        ca = journey.ca
        name = certificate or 'xmpp-' + domain.split('.', maxsplit=1)[0]
        count = len(list(journey.folder.glob('prosody-*')))
        made = cls(journey.world.inet,
                   journey.folder / f'prosody-{domain}-{count}',
                   'outside.cfg.lua', users, DOMAIN=domain, ADDRESS=address,
                   MODULES=', '.join(f'"{m}"' for m in modules),
                   TLS=str(tls).lower(), SECURE=str(secure).lower(),
                   CA=ca / 'public-ca.pem', KEY=ca / f'{name}.key',
                   CHAIN=ca / f'{name}-chain.pem')
        journey.parts.append(made)
        return made

    @classmethod
    def inside(cls, journey, partners, users=('alice',)):
        """Our users, and partners' domains as components."""
        made = cls(journey.world.inside, journey.folder / 'prosody-inside',
                   'inside.cfg.lua', users, DOMAIN='contoso.com',
                   ADDRESS=netns.FRONT_END,
                   COMPONENTS='\n'.join(
                       f'Component "{p}"\n\tcomponent_secret = "{SECRET}"'
                       for p in partners))
        journey.parts.append(made)
        return made

    def start(self):
        """Start and wait until clients may come."""
        with open(self.folder / 'out.log', 'ab') as log:
            self.process = self.space.start(
                'prosody', '--config', str(self.config), '-F', stdout=log,
                stderr=log, cwd=self.folder)
        until(self._answers, 15, lambda: 'Prosody does not come up: ' +
              self.tail())

    def _answers(self):
        assert self.process.poll() is None, 'Prosody ended: ' + self.tail()
        done = subprocess.run(
            ['ip', 'netns', 'exec', self.space.name, 'ss', '-Hltn',
             'sport', '=', ':5222'], stdout=subprocess.PIPE, text=True,
            check=False)
        return self.address in done.stdout

    def tail(self):
        """The end of what it said."""
        said = ''
        for name in ('out.log', 'prosody.log'):
            path = self.folder / name
            said += path.read_text()[-3000:] if path.exists() else ''
        return said

    def log(self):
        """All of its log."""
        return (self.folder / 'prosody.log').read_text()

    def stop(self):
        """An orderly end, or none."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
