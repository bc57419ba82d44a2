"""RFC 4475's messages at both listeners: refused as AE 9.1 says, or passed on
byte for byte once they come from a user of ours."""
import csv
import itertools
import re

from support import hop, journey, netns, sip
from support.journey import ROOT
from support.wait import until

SHARDS = 'once'

SET = ROOT / 'tests' / 'vectors' / 'rfc4475'
DOMAIN = re.compile(rb'(?<=[@:. ])((?:[\w-]+\.)*example\.(?:com|org|net)|'
                    rb'sip-router|sip\.spectrum\.com)', re.I)
NUMBERS = itertools.cycle(range(2, 45))


def rows():
    """(name, reaction outside, reaction inside, stage) of expected.tsv."""
    with open(SET / 'expected.tsv', encoding='utf-8') as file:
        lines = [line for line in file if not line.startswith('#')]
    for row in csv.reader(lines, delimiter='\t'):
        yield row[0], row[2], row[3], row[5]


def fresh(j):
    """A user on a connection of its own."""
    return j.user('carol', next(NUMBERS))


def refused(j, name, raw, wanted):
    """One status, and the end of the connection where that is the rule."""
    user = fresh(j)
    user.wire.send(raw)
    status, _, close = wanted.partition('+')
    if wanted == 'drop':
        user.wire.silent(0.4)
    else:
        answer = user.wire.receive(8)
        assert answer.status == int(status), (name, answer.raw)
        hop.refusal(answer, int(status))
    if close:
        user.wire.closed(8)
    if name == 'bext01':
        assert answer.value('Unsupported').replace(' ', '') == \
            'noProxiesSupportThis,norDoAnyProxiesSupportThis', answer.raw
    user.stop()


def ours(raw):
    """The same message, as a user of this domain would have sent it; a Route
    to elsewhere is against policy."""
    head, _, body = raw.partition(b'\r\n\r\n')
    first, rest = head.split(b'\r\n', 1)
    lines = []
    for line in [first, *re.split(rb'\r\n(?![ \t])', rest)]:
        if re.match(rb'route\s*:', line, re.I):
            continue
        via = re.match(rb'(?:via|v)\s*:', line, re.I)
        lines.append(line if via else DOMAIN.sub(b'contoso.com', line))
    return b'\r\n'.join(lines) + b'\r\n\r\n' + body


def passed(j, director, name, raw):
    """Policy may say no to a stranger, the parser may not; from a user of
    ours it arrives unchanged."""
    user = fresh(j)
    user.wire.send(raw)
    try:
        answer = user.wire.receive(1)
        assert answer.status in (401, 403, 404, 407, 504), (name, answer.raw)
    except AssertionError as err:
        assert 'no message' in str(err), (name, err)
    user.stop()

    user = fresh(j)
    signed = user.sign_in()[1][1]
    assert signed.status == 200, signed.raw
    raw = ours(raw)
    before = len(director.records())
    user.wire.send(raw)
    sent, _ = sip.cut(raw)

    def arrived():
        return [r.message for r in director.records()[before:]
                if r.from_edge and r.message.start == sent.start and
                r.message.value('Call-ID').encode() in raw]
    until(arrived, 3, f'{name} does not arrive')
    got = arrived()[0]
    if b'\0' not in raw:
        hop.same_rest(sent, got)
    user.stop()


def from_inside(j, name, raw, wanted):
    """A server of the inside sends it; a Director's certificate."""
    wire = sip.Wire.tls(j.world.inside, (netns.EDGE_INSIDE, 5061),
                        netns.DIRECTORS[0], certificate=(
                            j.ca / 'dir01-chain.pem', j.ca / 'dir01.key'))
    wire.send(raw)
    status, _, close = wanted.partition('+')
    if wanted == 'drop':
        wire.silent(0.3)
    elif wanted == 'pass':
        try:
            answer = wire.receive(1)
        except AssertionError:
            answer = None
        assert not answer or answer.status in (403, 404, 480, 504), answer.raw
    else:
        answer = wire.receive(8)
        assert answer.status == int(status), (name, answer.raw)
    if close:
        wire.closed(8)
    wire.close()


def body(j):
    director = j.director()
    edge = j.edge(limits={'access.body_ms': 1500, 'access.accept_rate': 5000})
    told, wrong = list(rows()), []
    assert len(told) > 45, told
    for name, wanted, _, stage in told:
        raw = (SET / f'{name}.msg').read_bytes()
        if wanted == 'pass' and stage == 'txn':
            wanted = 'drop'
        before = len(director.records())
        try:
            if wanted == 'pass':
                passed(j, director, name, raw)
                continue
            refused(j, name, raw, wanted)
        except AssertionError as err:
            wrong.append(f'{name}, wanted {wanted}: {err}')
            continue
        start = raw.lstrip()[:40]
        assert not [r for r in director.records()[before:] if r.from_edge and
                    r.message.raw.startswith(start)], f'the inside saw {name}'
    for name, _, wanted, stage in told:
        raw = (SET / f'{name}.msg').read_bytes()
        try:
            from_inside(j, name, raw, 'drop' if stage == 'txn' else wanted)
        except AssertionError as err:
            wrong.append(f'inside {name}, wanted {wanted}: {err}')
    assert not wrong, '\n'.join(wrong)
    assert edge.refused().get('parse', 0) > 10, edge.refused()


journey.main(body, limit=120)
