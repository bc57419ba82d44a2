"""Every vector of EP1 over the wire, with the result that the manifest names;
the signed tokens moved into the present, nothing else changed. Also cut in
two. What is emitted is compared byte for byte where it is not of the day."""
import hashlib
import json
import os
import pathlib
import time

from support import journey, netns, psom, psom_do, wc
from support.edge import LAB
from support.wait import until

SHARDS = 'once'

VECTORS = pathlib.Path(__file__).resolve().parents[1] / 'vectors'
MANIFEST = json.loads((VECTORS / 'psom-manifest.json').read_text())
KEYS = {number: bytes.fromhex(MANIFEST[f'key_{number}']) for number in (1, 2)}
NAME = MANIFEST['mcu']
CUTS = (1, 4, 7, 8, 9, -1)
BEHIND = 96  # bytes pipelined behind HELLO
TOKEN = b'\0\2\0\x54'


def vector(name):
    """Its bytes."""
    return bytes.fromhex((VECTORS / f'psom-{name}.hex').read_text())


def rows(leg):
    """(name, bytes, expectation, note) of a leg."""
    return [(row['file'][5:-4], vector(row['file'][5:-4]), row['expect'],
             row['note']) for row in MANIFEST['vectors'] if row['leg'] == leg]


def codec():
    """Our own codec agrees first, or nothing below means anything."""
    for row in MANIFEST['vectors']:
        data = vector(row['file'][5:-4])
        assert len(data) == row['bytes'], row
        assert hashlib.sha256(data).hexdigest() == row['sha256'], row
    assert psom.mint(KEYS[1], NAME, MANIFEST['conf'], issued=1700000000,
                     nonce=bytes(range(0xa0, 0xb0))) == vector('token-valid')
    assert psom.text_of(vector('token-valid')) == MANIFEST['token_b64url']
    assert psom_do.connect() + psom_do.invoke(4, 'Slides', 77) + \
        psom_do.frame(4, 0) + psom_do.frame(2, 1) == vector('do-stream')
    for leg in ('client-out', 'any', 'control', 'data'):
        for name, data, _, _ in rows(leg):
            frame, used = psom.decode(data, psom.CONTROL_MAX)
            assert used == len(data) and bytes(frame) == data, name


def today(data):
    """A client vector with its token signed for now."""
    at = data.find(TOKEN) + len(TOKEN)
    if at < len(TOKEN):
        return data
    token = data[at:at + 84]
    if len(token) < 84:
        return data
    return data[:at] + psom.renewed(
        token, KEYS, int(time.time()) - MANIFEST['clock']) + data[at + 84:]


def topology(j):
    """The lab's, with a machine of the vectors' name for fe01."""
    found = {}
    for name, file in (('topology', 'contoso.xml'), ('hosts', 'hosts')):
        found[name] = j.folder / f'vectors-{name}'
        text = (LAB / 'topology' / file).read_text()
        assert 'fe01.corp.contoso.com' in text
        found[name].write_text(text.replace('fe01.corp.contoso.com', NAME))
    return found


class Mcu:
    """Our side of 8057, with the vectors' own bytes."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.control = self.server()
        self.control.send(vector('register'))
        got = self.control.expect('REGISTER_OK')
        told = psom.decode(vector('register-ok'))[0]
        assert list(got) == list(told), got  # in that order
        for field in ('version', 'ping_s', 'dead_s', 'parked_max'):
            assert got[field] == told[field], field
        assert (got['edge_fqdn'], got['edge_port']) == (wc.PUBLIC, 443), got
        want = self.control.expect('WANT')
        assert bytes(psom.Frame('WANT', legs=4)) == vector('want')
        assert want['legs'] == 8, want
        self.legs = []

    def server(self):
        """A connection with the certificate of that name."""
        return wc.Server(self.rooms, 'mcu-vector',
                         source=netns.FRONT_END).dial()

    def park(self):
        """One more leg."""
        leg = self.server()
        leg.send(vector('offer'))
        self.legs.append(leg)

    def serve(self, client):
        """ASSIGN for that client, byte for byte, is answered; the leg."""
        leg = self.legs.pop(0)
        got = leg.expect('ASSIGN')
        told = psom.decode(vector('assign'))[0]
        assert bytes(psom.Frame('ASSIGN', **{
            **told, 'session': got['session'], 'nonce': got['nonce'],
            'client': client, 'tls': psom.TLS13})) == bytes(got), got
        leg.send(vector('assign-ok').replace(
            bytes.fromhex(MANIFEST['session_id']), got['session']))
        return leg, got['session']


def accepted(rooms, mcu, name, data, cut):
    """HELLO_OK, and what is behind HELLO arrives."""
    mcu.park()
    behind = data[psom.decode(data)[1]:]
    assert len(behind) == (BEHIND if name == 'hello-pipelined' else 0), name

    async def dial():
        return await rooms.outside.dial(source=netns.CLIENTS[0])
    link = rooms.run(dial())
    if cut:
        rooms.run(link.write(data[:cut]))
    rooms.run(link.write(data[cut:] if cut else data))
    leg, session = mcu.serve(link.local)
    frames = wc.Frames(link, psom.decode, psom.CLIENT_MAX)
    got = rooms.run(frames.next())
    assert bytes(got) == vector('hello-ok').replace(
        bytes.fromhex(MANIFEST['session_id']), session), got
    leg.frames.rest()
    if behind:
        assert rooms.run(leg.link.read_exactly(BEHIND)) == behind
    rooms.run(leg.link.write(vector('do-stream')))
    frames.rest()
    assert rooms.run(link.read_exactly(90)) == vector('do-stream')
    rooms.run(link.abort())
    assert rooms.run(leg.link.end()) == 'reset'


def client(rooms, mcu):
    """The outside."""
    for name, data, expect, note in rows('client'):
        data = today(data)
        if expect == 'HELLO_OK':
            for cut in (0, 8, len(data) // 2, len(data) - 1):
                accepted(rooms, mcu, name, data, cut)
            continue
        before = rooms.edge.rejected()
        for cut in (0, *(c % len(data) for c in CUTS)):
            got = rooms.knock(data, pieces=cut)
            if expect == 'CLOSE':
                assert got in ('notify', 'cut', 'reset'), (name, got)
            else:
                code = int(expect.split()[1])
                assert got.kind == 'REJECT', (name, got)
                assert got['code'] == code, (name, got)
                assert got.get('version') == (1 if code == 426 else None), got
                known = VECTORS / f'psom-reject-{code}.hex'
                assert not known.exists() or bytes(got) == \
                    vector(f'reject-{code}'), (name, got)
        detail = note.split()[1].strip(':').lower() \
            if note.startswith('detail') else {
                'CLOSE': 'not_ours', 'REJECT 413': 'too_large', 'REJECT 426':
                'version', 'REJECT 503': 'not_registered'}.get(
                    expect, 'malformed')
        wc.wait_reason(rooms.edge, 'reject', detail, before.get(detail, 0) + 7)


def control(rooms, mcu):
    """The control connection's."""
    for name, code in (('register-wrong-name', 403),
                       ('register-stale-gen', 409),
                       ('offer-unknown-instance', 404)):
        one = mcu.server()
        one.send(vector(name))
        got = one.expect('REJECT')
        assert got['code'] == code, (name, got)
        assert one.next() in ('notify', 'reset'), name
        one.close()
    mcu.control.send(vector('ping'))
    assert bytes(mcu.control.expect('PONG')) == vector('pong')
    # taken without a word: the ping behind is answered
    for name in ('load', 'pong'):
        mcu.control.send(vector(name) + vector('ping'))
        mcu.control.expect('PONG')

    # the leg that refuses
    mcu.park()
    one = rooms.outside
    answer = rooms.loop.start(one.knock(today(vector('hello-valid'))))
    leg = mcu.legs.pop(0)
    got = leg.expect('ASSIGN')
    leg.send(vector('assign-no').replace(
        bytes.fromhex(MANIFEST['session_id']), got['session']))
    assert bytes(answer.result(20)) == vector('reject-401')
    leg.close()


def ends(rooms, mcu):
    """What changes the edge's mind, last."""
    mcu.control.send(vector('conf-end') + vector('ping'))
    mcu.control.expect('PONG')
    got = rooms.knock(today(vector('hello-valid')))
    assert bytes(got) == vector('reject-401'), got
    wc.wait_reason(rooms.edge, 'reject', 'conf_ended')
    mcu.control.send(vector('drain') + vector('ping'))
    mcu.control.expect('PONG')
    other = psom.encode('HELLO', version=1, token=psom.mint(
        KEYS[1], NAME, 'sip:other', nonce=os.urandom(16)), mcu=NAME,
        conference='sip:other', inner='1')
    assert bytes(rooms.knock(other)) == vector('reject-503')
    wc.wait_reason(rooms.edge, 'reject', 'mcu_draining')
    mcu.control.send(vector('bye'))
    assert mcu.control.next() in ('notify', 'reset')
    until(lambda: wc.events(rooms.edge, wc.MCU_DOWN), 5, 'BYE is not told')


def body(j):
    codec()
    rooms = wc.Rooms(j, mcus=(), keys=''.join(
        psom.ring_line(number, key, word='') for number, key in KEYS.items()),
        limits={'webconf.nonce_uses': 1000}, **topology(j))
    mcu = Mcu(rooms)
    client(rooms, mcu)
    control(rooms, mcu)
    ends(rooms, mcu)


journey.main(body)
