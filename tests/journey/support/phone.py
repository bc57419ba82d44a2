"""baresip: a softphone that we did not write."""
import json
import math
import pathlib
import socket
import struct
import time
import wave

from support.wait import until

CONFIG = '''\
poll_method epoll
sip_listen {address}:0
sip_cafile {ca}
audio_path /usr/share/baresip
audio_source aufile,{folder}/tone.wav
audio_player none,none
audio_srate 8000
audio_channels 1
call_max_calls 4
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module srtp.so
module turn.so
module uuid.so
module_tmp account.so
module_app ctrl_tcp.so
module_app menu.so
ctrl_tcp_listen {address}:{port}
rtp_stats yes
'''
ACCOUNT = ('<sip:{name}@contoso.com;transport={transport}>;auth_user={name};'
           'auth_pass={name}-secret;outbound="sip:{server};'
           'transport={transport}";regint=600;answermode=auto;'
           'mediaenc=srtp-mand;audio_codecs=PCMU{relay}\n')
RELAY = (';medianat=turn;stunserver="turn:{host}:{port}";stunuser="{user}";'
         'stunpass="{password}"')
OUTSIDE = ('sip.contoso.com:443', 'tls')


def relay(server, ticket):
    """The part of an account that has media go by a relay."""
    return RELAY.format(host=server[0], port=server[1], user=ticket.user_text,
                        password=ticket.password_text)


def write_tone(path):
    """A minute of 440 Hz, what the phone says."""
    with wave.open(str(path), 'wb') as tone:
        tone.setparams((1, 2, 8000, 0, 'NONE', ''))
        tone.writeframes(b''.join(
            struct.pack('<h', int(8000 * math.sin(n * math.tau * 440 / 8000)))
            for n in range(480000)))


def write_settings(folder, ca, name, address, port, keyboard=False,
                   server=OUTSIDE, by_relay=''):
    """A folder for baresip -f. server: where it registers, and how."""
    folder.mkdir()
    text = CONFIG.format(address=address, folder=folder, port=port,
                         ca=ca / 'public-ca.pem')
    (folder / 'config').write_text(
        text + ('module stdio.so\n' if keyboard else ''))
    (folder / 'accounts').write_text(ACCOUNT.format(
        name=name, server=server[0], transport=server[1], relay=by_relay))
    write_tone(folder / 'tone.wav')


class Phone:
    """One baresip with one account, driven over ctrl_tcp."""

    def __init__(self, world, folder, ca, name, address, port, space=None,
                 **how):
        self.space, self.name, self.port = space or world.inet, name, port
        self.address = address
        self.folder = pathlib.Path(folder)
        write_settings(self.folder, ca, name, address, port, **how)
        self.log = open(self.folder / 'baresip.log', 'wb')
        self.process = self.space.start(
            'stdbuf', '-oL', 'baresip', '-f', str(self.folder), '-v',
            stdout=self.log, stderr=self.log)
        self.control = until(self._connect, 10, 'baresip does not start')
        self.buffer = b''

    def _connect(self):
        with self.space.inside():
            link = socket.socket()
        link.settimeout(5)
        if link.connect_ex((self.address, self.port)):
            link.close()
            return None
        return link

    def command(self, command, parameters=''):
        """Tell it something."""
        text = json.dumps({'command': command, 'params': parameters,
                           'token': '1'}).encode()
        self.control.sendall(b'%d:%s,' % (len(text), text))

    def _next(self, end):
        """The next object it says; None when time is up."""
        while True:
            size, colon, rest = self.buffer.partition(b':')
            if colon and len(rest) > int(size):
                self.buffer = rest[int(size) + 1:]
                return json.loads(rest[:int(size)])
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.control.settimeout(left)
            try:
                data = self.control.recv(65536)
            except socket.timeout:
                return None
            assert data, f'baresip of {self.name} is gone: {self.tail()}'
            self.buffer += data

    def wait_registered(self, limit=30):
        """Its own log says so; the event may be gone before we listen."""
        until(lambda: 'binding]' in self.tail(), limit,
              f'{self.name} is not registered')

    def wait_event(self, kind, limit=45):
        """The next event of that type, e.g. REGISTER_OK."""
        end, seen = time.monotonic() + limit, []
        while True:
            said = self._next(end)
            assert said is not None, \
                f'{self.name}: no {kind}, only {seen}\n{self.tail()}'
            if said.get('event'):
                seen.append(said.get('type'))
                if said.get('type') == kind:
                    return said

    def tail(self):
        """The end of its log."""
        return (self.folder / 'baresip.log').read_text(
            errors='replace')[-3000:]

    def stop(self):
        """Hang up and leave."""
        self.control.close()
        self.process.terminate()
        try:
            self.process.wait(3)
        except Exception:  # pylint: disable=broad-except
            self.process.kill()
            self.process.wait()
        self.log.close()
