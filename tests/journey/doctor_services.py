"""edgectl doctor, the families of services, names and certificates: a host in
order is clean; each of several faults is found alone, by its id."""
import json
import os
import sys

from support import journey, netns
from support.edge import AvEdge, WebconfEdge
from support.mcu import PLACES

# the lab's live for ten days, which is a finding
LEAVES = (('access', 'public'), ('webconf', 'public'), ('turn', 'public'),
          ('edge01', 'internal'), ('av-auth', 'internal'))
FAMILIES = "TOP,CRT,SVC"


def sign(j, request, authority, out, *how):
    """What the authority makes of a request: a certificate and its chain."""
    netns.run('openssl', 'x509', '-req', '-in', str(request), '-CA',
              f'{j.ca}/{authority}-ca.pem', '-CAkey',
              f'{j.ca}/{authority}-ca.key', '-CAcreateserial', '-sha256',
              '-copy_extensions', 'copyall', '-out', f'{j.ca}/{out}.pem',
              *(how or ('-days', '60')))
    (j.ca / f'{out}-chain.pem').write_text(''.join(
        (j.ca / f'{part}.pem').read_text()
        for part in (out, f'{authority}-ca')))


def renew(j, name, authority):
    """The same certificate again, for longer."""
    netns.run('openssl', 'x509', '-x509toreq', '-in', f'{j.ca}/{name}.pem',
              '-signkey', f'{j.ca}/{name}.key', '-copy_extensions', 'copyall',
              '-out', f'{j.ca}/{name}.csr')
    sign(j, j.ca / f'{name}.csr', authority, name)


class Doctor:
    """edgectl doctor, and what it is to find."""

    def __init__(self, edge):
        self.edge = edge

    def ask(self, families=FAMILIES):
        """(findings that are more than a note, the whole answer)."""
        said = json.loads(self.edge.edgectl(
            'doctor', '--family', families, '--json', good=(0, 1)))
        return [f for f in said['findings'] if f['level'] != 'info'], said


def services(j):
    """The three of them on one host, and the conferencing servers inside."""
    for name, authority in LEAVES:
        renew(j, name, authority)
    j.resolver()
    j.director()
    edge = j.edge()
    av, webconf = AvEdge.beside(edge), WebconfEdge.beside(edge)
    j.parts += [av, webconf]
    webconf.new_keys()
    av.start()
    webconf.start()
    for host in PLACES:
        j.mcu(webconf.keys, host).wait_up()
    return edge, av, webconf


def body(j):
    edge, av, webconf = services(j)
    doctor = Doctor(edge)
    print(edge.edgectl('doctor', '--family', FAMILIES), file=sys.stderr)
    if os.environ.get('POKE'):
        print(edge.ini, j.world.edge.name, file=sys.stderr, flush=True)
        import signal, time; signal.alarm(0)
        time.sleep(3600)


journey.main(body)
