"""The edge opens no connection inward and asks nobody where a host is, whatever
a client names; and what it writes down holds no token, no inner blob and no
byte of a meeting."""
import base64
import re

from support import journey, psom, wc
from support.edge import SANITIZER

NAMES = ['sql01.corp.contoso.com', 'fe03.corp.contoso.com', 'localhost',
         '10.20.30.31', 'evil.example.com', 'fe02.corp.contoso.com.evil.com']
MARK = b'the secret of the third slide '
COUNTER = '''
table inet wc {
  counter inward { }
  counter asked { }
  chain out {
    type filter hook output priority 0;
    oifname "int" tcp flags & (syn | ack) == syn counter name inward
    meta l4proto { tcp, udp } th dport 53 counter name asked
  }
}
'''


def counted(j, name):
    """Packets of a counter."""
    said = j.world.edge.exec('nft', 'list', 'counter', 'inet', 'wc', name)
    return int(re.search(r'packets (\d+)', said).group(1))


def names(rooms):
    """Signed well, for hosts that are none of ours."""
    kid, key = psom.Ring(rooms.edge.keys).newest()
    for name in NAMES:
        uri = f'sip:alice@{name};opaque=app:conf:data-conf:id:1'
        got = rooms.knock(psom.encode(
            'HELLO', version=1, token=psom.mint(key, name, uri, kid=kid),
            mcu=name, conference=uri, inner='1234567890'))
        assert got['code'] == 503, (name, got)


def secrets_of(entries):
    """What must not be written down, as text."""
    token = psom.of_text(entries['wceToken'])
    yield entries['wceToken']
    yield token.hex()
    yield token[52:].hex()
    yield base64.b64encode(token).decode()
    yield entries['sAuthId']
    yield entries['sAuthId'].encode().hex()


def written(rooms):
    """All that the edge and the MCU have written and say."""
    found = {}
    for part in (rooms.edge, rooms.mcu):
        for path in part.folder.rglob('*'):
            if path.is_file() and 'psom' not in path.name:
                found[str(path)] = path.read_bytes().decode('latin-1')
    for path in ('status', 'counters', 'refusals'):
        found[path] = str(rooms.edge.call('GET', f'/v1/{path}')[1])
    return found


def body(j):
    resolver = j.resolver()
    j.world.edge.exec('sh', '-c', f"echo '{COUNTER}' | nft -f -")
    rooms = wc.Rooms(j)
    alice, bob = rooms.joined(user='alice'), rooms.joined(user='bob')
    rooms.run(alice.upload('slide', MARK * 3000))
    rooms.run(bob.got('slide', MARK * 3000))
    names(rooms)
    refused = rooms.client(user='mallory')
    bad = rooms.refused(refused, inner=alice.join_entries['sAuthId'] + 'x')
    assert bad.code == 401, bad
    rooms.knock(psom.hello(refused.join_entries)[:-1] + b'\xff')
    rooms.mcu.order('drop-control')
    rooms.mcu.wait_event('edge_connected', 2)
    rooms.mcu.wait_up()
    rooms.all([alice.leave(), bob.leave()])
    rooms.wait_empty()
    wc.wait_event(rooms.edge, wc.SESSION, 2, end='eof')

    # the counter counts: our own connection is seen
    assert counted(j, 'inward') == 0, 'the edge has dialled inward'
    assert counted(j, 'asked') == 0, 'the edge has asked a resolver'
    assert not resolver.questions(), resolver.questions()
    j.world.edge.exec('sh', '-c', 'timeout 1 bash -c '
                      '"echo >/dev/tcp/172.16.20.1/9" || true')
    assert counted(j, 'inward') > 0, 'the counter does not count'

    found = written(rooms)
    assert any('webconf-edge.log' in name for name in found), list(found)
    keys = [key.hex() for key in psom.Ring(rooms.edge.keys).keys().values()]
    for one in (alice, bob, refused):
        for secret in secrets_of(one.join_entries):
            for name, text in found.items():
                assert secret not in text, f'{name} tells {secret}'
    for name, text in found.items():
        assert MARK.decode() not in text, f'{name} has a slide'
        assert not any(key in text for key in keys), f'{name} has a key'
        uri = alice.join_entries['Mcu-Conference-Uri']
        assert 'mcu' in name or uri not in text, f'{name} has the URI'
        assert not SANITIZER.search(text), name


journey.main(body)
