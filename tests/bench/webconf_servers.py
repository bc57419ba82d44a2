"""The proxies under test in `./dev bench webconf`, and what loads them."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / 'journey'))
from support import netns, psom  # noqa: E402
from support.edge import WebconfEdge  # noqa: E402
from support.wait import until  # noqa: E402
from support.wc import put_keys  # noqa: E402
from av_servers import Pinned, Relay, cores  # noqa: E402

BINARIES = ROOT / 'build' / 'release'
LOAD = BINARIES / 'tests' / 'bench' / 'bench_wc_load'
OUTSIDE, CLIENT = netns.EDGE_OUTSIDE[1], netns.CLIENTS[0]
INSIDE, MCU = netns.EDGE_INSIDE, netns.MCU
NAME, MCU_NAME = 'webconf.contoso.com', 'fe02.corp.contoso.com'
EDGE_NAME = 'edge01.corp.contoso.com'
KEY = os.urandom(32)
# [limits] opened: one source that does nothing but load
LIMITS = {
    'webconf.sessions': 30000, 'webconf.preauth': 30000,
    'webconf.preauth_per_source': 30000, 'webconf.handshakes': 30000,
    'webconf.accept_rate': 100000, 'webconf.accept_burst': 100000,
    'webconf.sessions_per_source': 30000, 'webconf.sessions_per_mcu': 30000,
    'webconf.sessions_per_conference': 30000,
    'webconf.inside_connections': 60000, 'webconf.nonces': 1048576,
    'webconf.parked': 4096, 'webconf.parked_per_mcu': 4096,
    'webconf.parked_target': 64, 'webconf.parked_low': 48,
    'webconf.pair_queue': 16384, 'webconf.want_ms': 10,
}
# as Debian ships them but for what is said here; their buffers are of 16 KiB
HAPROXY = '''\
global
    nbthread 1
    maxconn 8000
    ssl-default-bind-options ssl-min-ver TLSv1.3
    ssl-default-bind-ciphersuites TLS_AES_256_GCM_SHA384
    ssl-default-server-ciphersuites TLS_AES_256_GCM_SHA384
{more_global}
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
frontend outside
    bind {outside}:443 ssl crt {folder}/outside.pem curves X25519
    default_backend inside
backend inside
    server mcu {mcu}:8057 ssl crt {folder}/inside.pem ca-file \
{ca}/internal-ca.pem verify required verifyhost {mcu_name} sni str({mcu_name}) \
no-ssl-reuse source {inside}
'''
NGINX = '''\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 16000; }}
stream {{
    server {{
        listen {outside}:443 ssl backlog=4096;
        ssl_certificate {ca}/webconf-chain.pem;
        ssl_certificate_key {ca}/webconf.key;
        ssl_protocols TLSv1.3;
        ssl_ecdh_curve X25519;
        proxy_pass {mcu}:8057;
        proxy_bind {inside};
        proxy_timeout 1h;
        proxy_ssl on;
        proxy_ssl_protocols TLSv1.3;
        proxy_ssl_certificate {ca}/edge01-chain.pem;
        proxy_ssl_certificate_key {ca}/edge01.key;
        proxy_ssl_trusted_certificate {ca}/internal-ca.pem;
        proxy_ssl_verify on;
        proxy_ssl_name {mcu_name};
        proxy_ssl_server_name on;
        proxy_ssl_session_reuse off;
{more}
    }}
}}
'''
PACKAGES = (('haproxy', 'haproxy'), ('nginx', 'nginx-light'),
            ('ip', 'iproute2'), ('taskset', 'util-linux'))


def missing():
    """What this bench needs and does not find, one line each."""
    found = [f'{program}: apt-get install {package}'
             for program, package in PACKAGES if not shutil.which(program)]
    if not pathlib.Path(
            '/usr/lib/nginx/modules/ngx_stream_module.so').exists():
        found.append("nginx's stream module: apt-get install "
                     'libnginx-mod-stream')
    for file in (BINARIES / 'bin/webconf-edge', BINARIES / 'bin/edgectl',
                 LOAD):
        if not file.exists():
            found.append(f'{file}: ./dev build release')
    if len(cores()) < 2:
        found.append('two cores: one for the proxy, one for the load')
    return found


class World(netns.Namespace):
    """One namespace, all addresses on lo; proxy and load on a core each."""

    def __init__(self, name, nice):
        netns.remove(name)
        super().__init__(name)
        server, load = cores()[:2]
        self.edge = Pinned(self, server, nice)
        self.load = Pinned(self, load, nice)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for address in (OUTSIDE, INSIDE, CLIENT, MCU):
            netns.run('ip', '-n', name, 'address', 'add', address + '/32',
                      'dev', 'lo')
        # sessions come and go faster than TIME-WAIT gives ports back
        self.exec('sysctl', '-qw', 'net.ipv4.tcp_tw_reuse=1',
                  'net.ipv4.ip_local_port_range=10000 65000')


def _answers(world, process, said):
    """Wait until something listens where clients go."""
    until(lambda: process.poll() is not None or
          f'{OUTSIDE}:443 ' in world.exec('ss', '-Hltn'), 15,
          'the proxy does not come up')
    assert process.poll() is None, said.read_text()


def webconf_edge(world, folder, ca, limits=None, tuned=False):
    """webconf-edge in the release preset; tuned: queues of 256 KiB."""
    edge = WebconfEdge(world, folder / 'edge', ca, BINARIES / 'bin', 1,
                       {**LIMITS, **({'webconf.queue': 262144} if tuned
                                     else {}), **(limits or {})},
                       space=world.edge)
    put_keys(edge, psom.ring_line(7, key=KEY, word=''))
    edge.start()
    server = Relay('edge', edge.process, [
        '-i', MCU, '-q', '8057', '-e', INSIDE, '-N', EDGE_NAME, '-m', MCU_NAME,
        '-k', KEY.hex()])
    server.edge = edge
    return server


INSIDE_SERVER = ['-i', MCU, '-q', '8057']


def haproxy(world, folder, ca, limits=None, tuned=False):
    """Debian's HAProxy, one thread; tuned: 64 KiB buffers."""
    del limits
    for name, parts in (('outside', 'webconf'), ('inside', 'edge01')):
        pem = folder / f'{name}.pem'
        pem.write_text((ca / f'{parts}-chain.pem').read_text() +
                       (ca / f'{parts}.key').read_text())
        pem.chmod(0o600)
    conf = folder / 'haproxy.cfg'
    conf.write_text(HAPROXY.format(
        folder=folder, ca=ca, outside=OUTSIDE, inside=INSIDE, mcu=MCU,
        mcu_name=MCU_NAME,
        more_global='    tune.bufsize 65536' if tuned else ''))
    with open(folder / 'log', 'wb') as log:
        process = world.edge.start('haproxy', '-db', '-f', str(conf),
                                   stdout=log, stderr=log)
    _answers(world, process, folder / 'log')
    return Relay('haproxy', process, INSIDE_SERVER)


def nginx(world, folder, ca, limits=None, tuned=False):
    """Debian's nginx, one worker, its stream module; tuned: as HAProxy."""
    del limits
    conf = folder / 'nginx.conf'
    conf.write_text(NGINX.format(
        folder=folder, ca=ca, outside=OUTSIDE, inside=INSIDE, mcu=MCU,
        mcu_name=MCU_NAME,
        more='        proxy_buffer_size 64k;' if tuned else ''))
    with open(folder / 'log', 'wb') as log:
        process = world.edge.start('nginx', '-p', str(folder), '-c', str(conf),
                                   stdout=log, stderr=log)
    _answers(world, process, folder / 'log')
    until(lambda: len(Relay('nginx', process, []).pids) > 1, 5, 'no worker')
    return Relay('nginx', process, INSIDE_SERVER)


SERVERS = {'edge': webconf_edge, 'haproxy': haproxy, 'nginx': nginx}


class Load:
    """Both ends of the sessions; figures on demand."""

    def __init__(self, world, server, ca):
        words = ['-P', ','.join(map(str, server.pids)), '-A',
                 ca / 'public-ca.pem', '-b', CLIENT, '-t', OUTSIDE, '-p', 443,
                 '-n', NAME, '-I', ca / 'internal-ca.pem', '-C',
                 ca / 'fe02-chain.pem', '-K', ca / 'fe02.key', *server.login]
        self.process = world.load.start(
            str(LOAD), *map(str, words), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self._said()

    def _said(self):
        line = self.process.stdout.readline()
        assert line, 'the load ended early'
        return json.loads(line)

    def order(self, *words):
        """Do it; what was measured."""
        self.process.stdin.write(' '.join(map(str, words)) + '\n')
        self.process.stdin.flush()
        return self._said()

    def open(self, count):
        """So many more sessions."""
        got = self.order('open', count)
        assert got['came'] == count, f'{count} sessions wanted, got {got}'
        return got

    def end(self):
        """It goes."""
        self.process.stdin.close()
        self.process.wait()
