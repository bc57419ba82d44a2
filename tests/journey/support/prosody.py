"""Prosody: as a partner outside, and inside behind the gateway stand-in."""
import pathlib

from support import netns
from support.xmpp_server import XmppServer

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
SECRET = 'gateway-secret'


class Prosody(XmppServer):
    """One process with its own configuration and data."""

    PROGRAM = 'Prosody'
    LOGS = ('out.log', 'prosody.log')

    def __init__(self, space, folder, config, users, **words):
        super().__init__(space, words['ADDRESS'], pathlib.Path(folder))
        self.folder.mkdir(parents=True)
        self.domain = words['DOMAIN']
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
        if 'COMPONENTS' in words:
            self.ports = (5222, 5347)
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

    def launch(self, log):
        """In the foreground."""
        return self.space.start(
            'prosody', '--config', str(self.config), '-F', stdout=log,
            stderr=log, cwd=self.folder)

    def log(self):
        """All of its log; a letter that is being written is not whole."""
        return (self.folder / 'prosody.log').read_text(errors='replace')
