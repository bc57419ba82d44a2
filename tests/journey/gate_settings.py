"""[limits] outside their range are refused with their line, before a socket
is open; and one refusal of one source makes one log line a second."""
import re
import subprocess
import time

from support import gate, journey
from support import sink as director

SHARDS = 'once'

WRONG = (('access.accept_rate', '0'), ('access.accept_rate', '100001'),
         ('access.head_len', '1023'), ('access.unsigned_share', '101'),
         ('access.memory_mb', '15'), ('access.handshake_ms', '-1'),
         ('access.per_source', '12x'), ('access.per_source', ''),
         ('access.no_such_limit', '1'), ('access.held',
                                         '99999999999999999999'))


def settings(edge):
    """Each is told with the file's line and the program ends."""
    good = edge.ini.read_text()
    for name, value in WRONG:
        edge.ini.write_text(f'{good}\n[limits]\n{name} = {value}\n')
        line = edge.ini.read_text().splitlines().index(f'{name} = {value}') + 1
        done = subprocess.run(
            ['ip', 'netns', 'exec', edge.world.edge.name,
             str(edge.binaries / 'access-edge'), '--config', str(edge.ini)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=10)
        said = done.stdout
        assert done.returncode not in (0, -6, -11), (name, value, said)
        assert f'line {line}: ' in said, (name, value, line, said)
    edge.ini.write_text(good)


def log(j, edge, inside):
    """150 refusals of one kind: counted all, told once a second."""
    gate.relimit(edge, unsigned_burst=10000, unsigned_requests=10000)
    inside.forget()
    users = [j.user('bob', n) for n in (1, 2)]
    begun = time.monotonic()
    for user in users:
        user.wire.send(b''.join(
            user.request('MESSAGE', 'sip:alice@contoso.com')
            for _ in range(150)))
        for _ in range(150):
            user.wire.expect(403)
    passed = time.monotonic() - begun
    assert edge.refused() == {'method_unsigned': 300}
    lines = gate.events(edge, 1010, reason='method_unsigned')
    assert 2 <= len(lines) <= 2 * (1 + passed), lines
    time.sleep(1.1)
    user.wire.send(user.request('MESSAGE', 'sip:alice@contoso.com'))
    user.wire.expect(403)
    last = gate.events(edge, 1010, reason='method_unsigned')[-1]
    held_back = int(re.search(r'suppressed=(\d+)', last).group(1))
    assert 150 - len(lines) <= held_back < 150, last
    inside.quiet()
    for user in users:
        user.stop()


def body(j):
    inside = director.Sink(j.world, j.ca)
    j.parts.append(inside)
    edge = j.edge()
    edge.stop()
    settings(edge)
    edge.start()
    log(j, edge, inside)


journey.main(body, limit=60)
