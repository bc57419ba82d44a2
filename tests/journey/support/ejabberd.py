"""ejabberd as a partner outside: one Erlang node that is on no network."""
import os
import pathlib

from support import netns
from support.xmpp_server import XmppServer

LAB = pathlib.Path(__file__).resolve().parents[2] / 'lab'
LIBRARIES = '/usr/lib/x86_64-linux-gnu'


class Ejabberd(XmppServer):
    """With its own configuration, data and certificate."""

    PROGRAM = 'ejabberd'
    LOGS = ('out.log', 'ejabberd.log')
    LIMIT = 60

    def __init__(self, journey, domain, certificate=None, dialback=False,
                 starttls='required', address=netns.PARTNER):
        count = len(list(journey.folder.glob('ejabberd*')))
        super().__init__(journey.world.inet, address,
                         journey.folder / f'ejabberd{count}-{domain}')
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
        self.start()

    def launch(self, log):
        """One node, which leads its own group."""
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
        return self.space.start(
            'erl', '-noinput', '-mnesia', 'dir', f'"{self.folder}/spool"',
            '-s', 'ejabberd', stdout=log, stderr=log, cwd=self.folder,
            env=environment, start_new_session=True)
