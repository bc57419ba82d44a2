"""Certificates are renewed without a restart: who is connected stays and is
served, who comes sees the new one at each listener of its use; a pair that
does not do is refused, and what a service refuses is undone. And thousands of
reloads leave nothing behind."""
import configparser
import hashlib
import json
import os
import ssl
import sys

from support import gate, journey, netns, reloads
from support.edge import LAB, AvEdge, WebconfEdge
from support.meeting import Loop, Outside, Participant
from support.sip import Wire

sys.path.append(str(LAB.parent))
from lab import pki  # noqa: E402

SHARDS = 'once'
CORP = 'corp.contoso.com'
INSIDE = netns.EDGE_INSIDE
LISTENERS = {
    'access': [(netns.ACCESS, 443)],
    'webconf': [(netns.EDGE_OUTSIDE[1], 443)],
    'turn': [(netns.EDGE_OUTSIDE[2], 443)],
    'internal': [(INSIDE, 5061), (INSIDE, 8057), (INSIDE, 5062)]}
NAMES = {
    'access': ['sip.contoso.com'], 'webconf': ['webconf.contoso.com'],
    'turn': ['av.contoso.com'], 'av-auth': [f'edgepool01.{CORP}'],
    'internal': [f'edgepool01.{CORP}', f'edge01.{CORP}']}
# a fifth of what ./dev bench reload makes; more when memory has not settled
TIMES = int(os.environ.get('CERT_RENEW_TIMES', '1'))
RELOADS = {'access-edge': 1200, 'webconf-edge': 500, 'av-edge': 300}
WARM = 100
BOUND = 300  # KiB, as the README says; see reloads.stays


class Renewal:
    """New pairs, and cert assign on the edge."""

    def __init__(self, j, edge):
        self.j, self.edge, self.count = j, edge, 0

    def pair(self, use, names=None):
        """(chain, key) of a new key."""
        self.count += 1
        found = [self.j.folder / f'renewed{self.count}.{end}'
                 for end in ('pem', 'key')]
        side = 'public' if use in ('access', 'webconf', 'turn') else 'internal'
        pki.issue(self.j.ca, side, found, names or NAMES[use])
        return found

    def assign(self, use, pair=None, *more, exits=(0, 1)):
        """What it says."""
        words = ['--chain', pair[0], '--key', pair[1]] if pair else []
        return json.loads(self.edge.edgectl(
            'cert', 'assign', use, *map(str, words), *more, '--json',
            good=exits))

    def shown(self, use):
        """Fingerprints of what its listeners show to who comes."""
        found = set()
        for place in LISTENERS[use]:
            space = self.j.world.inside if place[0] == INSIDE \
                else self.j.world.inet
            wire = Wire.tls(space, place)
            found.add(hashlib.sha256(
                wire.connection.getpeercert(True)).hexdigest())
            wire.close()
        return found


def of_file(path):
    """Fingerprint of the first certificate in it."""
    text, end = path.read_text(), '-----END CERTIFICATE-----\n'
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(
        text[:text.index(end) + len(end)])).hexdigest()


def ids(said):
    """Of the errors."""
    return [f['id'] for f in said['findings'] if f['level'] == 'error']


def still(people, loop, mcu):
    """They came before, and are served."""
    alice, dora = people
    assert alice.sign_in()[1][1].status == 200
    title = f'slide {len(dora.contents)}'
    loop.run(dora.upload(title, b'x' * 4000))
    loop.run(dora.present(title))
    assert mcu.order('status')['sessions'] == 1


def renew(new, people, loop, mcu):
    """Each use; old sessions live, new ones see it."""
    for use in ('access', 'webconf', 'turn', 'internal'):
        before, pair = new.shown(use), new.pair(use)
        said = new.assign(use, pair)
        assert said['change'] == 'assigned' and not ids(said), said
        assert new.shown(use) == {of_file(pair[0])} != before, use
        still(people, loop, mcu)
    # and back, and once more the same
    said = new.assign('access', None, '--previous')
    assert said['change'] == 'assigned', said
    assert new.assign('access', None, '--previous')['change'] == 'assigned'
    # who makes tokens: not outright, unless asked to
    pair = new.pair('av-auth')
    said = new.assign('av-auth', pair, exits=(7,))
    assert ids(said) == ['CERT-021'], said
    assert 'cert stage' in said['findings'][-1]['cure'][0]['run'], said
    assert not ids(new.assign('av-auth', pair, '--now'))


def refuse(new, people, loop, mcu):
    """By the rules of cert check; and by the service itself."""
    kept, text = new.shown('access'), new.edge.ini.read_text()
    said = new.assign('access', new.pair('access', ['sip.fabrikam.com']),
                      exits=(7,))
    assert ids(said) == ['CERT-003'], said
    said = new.assign('access', (new.pair('access')[0],
                                 new.pair('access')[1]), exits=(7,))
    assert ids(said) == ['CERT-002'], said
    short = [new.j.folder / f'short.{end}' for end in ('key', 'csr', 'pem')]
    netns.run('openssl', 'req', '-new', '-newkey', 'rsa:1024', '-nodes',
              '-keyout', str(short[0]), '-subj', '/CN=sip.contoso.com',
              '-addext', 'subjectAltName=DNS:sip.contoso.com', '-out',
              str(short[1]))
    pki.sign(new.j.ca, 'public', short[1], short[2])
    said = new.assign('access', (short[2], short[0]), exits=(3,))
    assert ids(said) == ['CTL-030'], said
    assert 'key too small' in said['findings'][-1]['saw'], said
    assert new.shown('access') == kept
    assert new.edge.ini.read_text() == text
    # what was before is still there to go back to, and is not the refused one
    for _ in range(2):
        assert not ids(new.assign('access', None, '--previous'))
    assert new.shown('access') == kept
    still(people, loop, mcu)


def again_and_again(new, services):
    """Nothing stays of a reload but the newest pair."""
    names, said = configparser.ConfigParser(strict=False), []
    names.read(new.edge.ini)
    for edge, use in zip(services, ('access', 'webconf', 'internal'),
                         strict=True):
        pair = names[f'certificate.{use}']
        turns = reloads.Turns(pair['chain'], pair['key'],
                              [new.pair(use), new.pair(use)])
        said.append(reloads.stays(edge, turns, WARM,
                                  TIMES * RELOADS[edge.PROGRAM], BOUND))
        assert new.shown(use) & {of_file(turns.names[0])}, edge.PROGRAM
    return said


def body(j):
    j.director()
    access = j.edge()
    services = [access, WebconfEdge.beside(access), AvEdge.beside(access)]
    services[1].new_keys()
    for one in services[1:]:
        j.parts.append(one)
        one.start()
    mcu = j.mcu(services[1].keys)
    mcu.wait_up()
    loop = Loop()
    j.parts.append(loop)
    alice = j.user('alice')
    dora = Participant(Outside(j.world, j.ca), mcu.add_user(1, 'dora'),
                       netns.CLIENTS[1], 'dora')
    loop.run(dora.join())
    people, new = (alice, dora), Renewal(j, access)
    still(people, loop, mcu)
    pids = [gate.pid(one) for one in services]
    renew(new, people, loop, mcu)
    refuse(new, people, loop, mcu)
    said = again_and_again(new, services)
    still(people, loop, mcu)
    assert [gate.pid(one) for one in services] == pids
    loop.run(dora.leave())
    j.said = ', '.join(said)


journey.main(body, limit=60 + 15 * TIMES)
