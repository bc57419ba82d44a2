"""Each row of the error table (WC 4.6) and each limit of 4.7 on the wire: what
the client is told, when it may come again, and the reason that is counted."""
import asyncio
import time

from support import journey, netns, psom, wc
from support.mcu import conference
from support.meeting import Refused
from support.tls_link import connect
from support.wait import until

SHARDS = 'once'

RETRY = {400: 0, 401: 0, 408: 0, 413: 0, 426: 0, 429: 10, 503: 5}


class Table:
    """Runs rows: each has its own limits and leaves nothing behind."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.count = 0

    def told(self, got, code, reason, before):
        """That answer, for that reason."""
        assert getattr(got, 'kind', None) == 'REJECT', (reason, got)
        assert got['code'] == code, (reason, got)
        assert got.get('retry') == RETRY[code], (reason, got)
        wc.wait_reason(self.rooms.edge, 'reject', reason,
                       before.get(reason, 0) + 1)
        self.count += 1

    def knock(self, data, code, reason, **how):
        """First bytes, and what they meet."""
        before = self.rooms.edge.rejected()
        self.told(self.rooms.knock(data, **how), code, reason, before)

    def join(self, code, reason, one=None, **other):
        """A join that would be good."""
        before = self.rooms.edge.rejected()
        one = one or self.rooms.client(user='refused')
        self.told(self.rooms.refused(one, **other).frame, code, reason, before)


def hello(rooms, number=1, **other):
    """A good HELLO, but for other."""
    return psom.hello(rooms.mcu.add_user(number, 'hello'), **other)


def openings(table, rooms):
    """Rows 400, 408, 413, 426, and what is not ours."""
    for data in (b'GET / HTTP/1.1\r\n\r\n', b'WCE2' + bytes(4), b'\0'):
        assert rooms.knock(data) in ('notify', 'cut', 'reset'), data
    wc.wait_reason(rooms.edge, 'reject', 'not_ours', 3)
    good = hello(rooms)
    body = good[8:]
    for bad in (psom.raw(1, body, flags=1), psom.raw(0x10, body),
                psom.raw(0x7f, body), psom.raw(1, body + b'\0'),
                psom.raw(1, body + psom.tlv(0x0777, b'x')),
                psom.raw(1, body + psom.tlv(5, b'x')),
                psom.raw(1, b''), hello(rooms, inner=''),
                hello(rooms, inner=bytes(1025)), hello(rooms, mcu='a' * 256),
                hello(rooms, conference='a' * 513), hello(rooms, mcu='a\x7f'),
                hello(rooms, mcu=b'\xff\xfe'), hello(rooms, token=bytes(83))):
        table.knock(bad, 400, 'malformed')
    table.knock(hello(rooms, version=2), 426, 'version')
    table.knock(b'WCE1\1\0' + (4097).to_bytes(2, 'big'), 413, 'too_large')
    # exactly so much is not too much: it is read, and then malformed
    table.knock(psom.raw(1, bytes(4096)), 400, 'malformed')
    wc.relimit(rooms.edge, opening_ms=300)
    table.knock(good[:-1], 408, 'slow')
    table.knock(good[:3], 408, 'slow')
    wc.relimit(rooms.edge)


def tokens(table, rooms):
    """Row 401, one text for all; the reason is in the counters alone."""
    kid, key = psom.Ring(rooms.edge.keys).newest()
    name, uri, now = rooms.mcu.name, conference(1), int(time.time())

    def token(**how):
        return psom.mint(how.pop('key', key), how.pop('name', name),
                         how.pop('uri', uri), **{'kid': kid, **how})
    for made, reason in (
            (token(version=2), 'token_version'), (token(flags=1),
                                                  'token_version'),
            (token(kid=99), 'unknown_key'), (token(key=bytes(32)), 'bad_mac'),
            (token(issued=now - 500, expires=now - 61), 'expired'),
            (token(issued=now + 90), 'not_yet_valid'),
            (token(life=3601), 'lifetime'), (token(name='x'), 'mcu_mismatch'),
            (token(uri='sip:x'), 'conf_mismatch')):
        before = rooms.edge.rejected()
        got = rooms.knock(hello(rooms, token=made))
        table.told(got, 401, reason, before)
        assert got['text'] == 'not authorized', got
    # the skew is allowed for
    for made in (token(issued=now - 90, expires=now - 30),
                 token(issued=now + 30), token(life=3600)):
        got = rooms.knock(hello(rooms, token=made))
        assert got.kind == 'HELLO_OK', got
    table.knock(hello(rooms, inner='123'), 401, 'mcu_refused')
    wc.relimit(rooms.edge, nonce_uses=1)
    one = rooms.client(user='twice')
    rooms.run(one.connect())
    rooms.run(one.leave())
    table.join(401, 'reused', one)
    wc.relimit(rooms.edge)
    ended = rooms.client(99)
    rooms.mcu.order('end-conference', conference=conference(99))
    table.join(401, 'conf_ended', ended)


def pairing(table, rooms):
    """Row 503: whatever the MCU does not do."""
    for name in ('fe03.corp.contoso.com', 'sql01.corp.contoso.com',
                 '127.0.0.1', 'evil.example.com'):
        kid, key = psom.Ring(rooms.edge.keys).newest()
        table.knock(psom.encode(
            'HELLO', version=1, token=psom.mint(key, name, 'sip:c', kid=kid),
            mcu=name, conference='sip:c', inner='1'), 503, 'not_registered')
    # who answers has the time that a busy machine takes
    wc.relimit(rooms.edge, assign_ms=1000)
    for answer, reason in (('refuse 404', 'assign_refused'),
                           ('refuse 503', 'assign_refused'),
                           ('never', 'assign_timeout')):
        rooms.mcu.order('set', answer=answer)
        table.join(503, reason)
    rooms.mcu.order('set', answer='dies')
    before = rooms.edge.counters()['lync_edge_webconf_assign_retried_total']
    assert rooms.refused(rooms.client()).code == 503
    assert rooms.edge.counters()[
        'lync_edge_webconf_assign_retried_total'] > before
    # one leg dies, or says nothing: the next serves
    rooms.mcu.order('set', answer=None)
    for once in ('dies', 'never'):
        rooms.mcu.order('set', once=once)
        rooms.run(rooms.raw('echo').leave())
    rooms.mcu.order('set', dials_legs=False)
    until(lambda: use_up(rooms), 10, 'legs do not end')
    wc.relimit(rooms.edge, pair_ms=300)
    table.join(503, 'pair_timeout')
    dies_waiting(rooms)
    wc.relimit(rooms.edge, pair_queue=1, pair_ms=2000)
    first = rooms.loop.start(rooms.client().connect())
    until(lambda: waiting(rooms) == 1, 5, 'nobody waits')
    table.join(503, 'pair_queue_full')
    try:
        first.result(20)
        raise AssertionError('served without a leg')
    except Refused as fault:
        assert fault.code == 503, fault
    rooms.mcu.order('set', dials_legs=True)
    wc.relimit(rooms.edge)
    rooms.mcu.wait_up()
    rooms.mcu.order('load', capacity=0)
    until(lambda: rooms.refused(rooms.client()).code == 503, 5, 'not full')
    wc.wait_reason(rooms.edge, 'reject', 'mcu_full')
    rooms.mcu.order('load', capacity=2000)


def waiting(rooms):
    """How many clients wait for a leg."""
    return sum(mcu.get('waiting', 0) for mcu in rooms.edge.call(
        'GET', '/v1/status')[1]['upstreams'])


def dies_waiting(rooms):
    """Who goes before its turn takes no leg."""
    wc.relimit(rooms.edge, pair_ms=20000)
    gone, stays = rooms.client(user='gone'), rooms.client(user='stays')
    before = rooms.edge.rejected().get('client_gone', 0)
    for one in (gone, stays):
        until(lambda: not waiting(rooms), 5, 'who has gone waits still')
        join = rooms.loop.start(one.connect())
        until(lambda: waiting(rooms) == 1, 5, 'nobody waits')
        if one is gone:
            rooms.run(one.link.abort())
            wc.wait_reason(rooms.edge, 'reject', 'client_gone', before + 1)
    used = rooms.edge.counters()['lync_edge_webconf_legs_total'
                                 '{reason="used"}']
    rooms.mcu.order('set', dials_legs=True)
    join.result(20)
    assert rooms.edge.counters()['lync_edge_webconf_legs_total'
                                 '{reason="used"}'] == used + 1
    assert not rooms.mcu.events('assigned', user='gone')
    rooms.run(stays.leave())
    rooms.mcu.order('set', dials_legs=False)
    until(lambda: use_up(rooms), 10, 'legs do not end')


def use_up(rooms):
    """Take a parked leg; true when there is none, and none is to come."""
    legs = rooms.mcu.edge()
    if not legs['parked']:
        return not legs['dialling']
    one = rooms.client()
    rooms.run(one.connect())
    rooms.run(one.leave())
    return False


def limits(table, rooms):
    """Rows 429 and the limits of 4.7."""
    wc.relimit(rooms.edge, sessions_per_source=2)
    two = [rooms.joined(source=5) for _ in '12']
    table.join(429, 'address_limit', rooms.client(source=5))
    rooms.run(rooms.joined(source=6).leave())
    wc.relimit(rooms.edge, sessions_per_conference=2)
    table.join(429, 'conference_limit', rooms.client(1, source=7))
    rooms.run(rooms.joined(2).leave())
    wc.relimit(rooms.edge, sessions_per_mcu=2)
    table.join(503, 'mcu_full')
    wc.relimit(rooms.edge)
    rooms.all([one.leave() for one in two])
    rooms.wait_empty()
    rooms.run(rooms.joined(source=5).leave())


def waits(rooms, code):
    """Nobody is accepted for now: a join is not answered till code() has
    made room, and then it is good."""
    paused = 'lync_edge_webconf_accept_paused_total'
    before = rooms.edge.counters()[paused]
    late = rooms.client(3, source=15)
    join = rooms.loop.start(late.connect())
    until(lambda: rooms.edge.counters()[paused] > before, 5,
          'accepting is not paused')
    assert not join.done()
    code()
    join.result(30)
    rooms.run(late.leave())
    rooms.wait_empty()


def full(rooms):
    """The whole edge: sessions, handshakes."""
    one = rooms.joined(2)
    wc.relimit(rooms.edge, sessions=1)
    waits(rooms, lambda: rooms.run(one.leave()))
    wc.relimit(rooms.edge, handshakes=1)
    silent = rooms.run(connect((wc.OUTSIDE, 443), netns.CLIENTS[14],
                               rooms.j.world.inet))[1]
    until(lambda: wc.load(rooms.edge)['handshakes'] == 1, 5, 'not there')
    waits(rooms, lambda: rooms.loop.loop.call_soon_threadsafe(silent.close))
    wc.relimit(rooms.edge)


def parked(rooms):
    """No more legs than that wait for an MCU."""
    wc.relimit(rooms.edge, parked_per_mcu=2)
    name = 'fe03.corp.contoso.com'
    server = wc.Server(rooms, 'fe03', source=netns.SECOND_MCU).dial()
    assert server.register(name=name)['parked_max'] == 2
    assert server.expect('WANT')['legs'] <= 2
    legs = [wc.Server(rooms, 'fe03', source=netns.SECOND_MCU).dial()
            for _ in '123']
    for leg in legs:
        leg.send(psom.encode('OFFER', version=1, name=name,
                             instance=b'i' * 16))
    until(lambda: [e for number in (wc.MCU_REFUSED, wc.LEG_REFUSED) for e in
                   wc.events(rooms.edge, number, reason='leg_limit')], 5,
          'the third leg is not refused for that')
    waiting = {u['member']: u.get('parked') for u in
               rooms.edge.call('GET', '/v1/status')[1]['upstreams']}
    assert waiting[name] == 2, waiting
    for one in (server, *legs):
        one.close()
    wc.relimit(rooms.edge)


def before_tls(rooms):
    """Slots and rates: closed without a word, others come in."""
    edge = rooms.edge

    async def is_closed(source):
        try:
            link = await rooms.outside.dial(
                source=netns.CLIENTS[source], timeout=20)
            await link.abort()
            return False
        except OSError:
            return True

    def closed(source):
        return rooms.run(is_closed(source))

    async def hold(count, source):
        return [await rooms.outside.dial(source=netns.CLIENTS[source])
                for _ in range(count)]
    wc.relimit(edge, preauth_per_source=3)
    held = rooms.run(hold(3, 8))
    assert closed(8) and not closed(9)
    # all slots: nobody is accepted, so whoever comes waits
    paused = edge.counters()['lync_edge_webconf_accept_paused_total']
    wc.relimit(edge, preauth=4)
    held += rooms.run(hold(1, 9))
    waits = rooms.loop.start(hold(1, 10))
    until(lambda: edge.counters()['lync_edge_webconf_accept_paused_total'] >
          paused, 5, 'accepting is not paused')
    assert not waits.done()
    rooms.all([link.abort() for link in held])
    rooms.all([link.abort() for link in waits.result(20)])
    wc.relimit(edge)
    until(lambda: not closed(8), 5, 'slots are not given back')
    wc.relimit(edge, accept_rate=1, accept_burst=3)
    assert any(rooms.all([is_closed(11) for _ in range(20)])), 'no rate'
    assert not closed(12)
    wc.relimit(edge, handshake_ms=300)

    async def silent():
        reader, _ = await connect((wc.OUTSIDE, 443), netns.CLIENTS[13],
                                  rooms.j.world.inet)
        return await asyncio.wait_for(reader.read(), 20)
    assert rooms.run(silent()) == b''
    wc.wait_event(edge, wc.REFUSED, words='"handshake not finished"')
    wc.relimit(edge)
    found = edge.reasons('connection_rejected')
    assert {'preauth', 'rate'} <= set(found), found


def tables(table, rooms):
    """What is given at the start alone: the edge's own tables."""
    rooms.edge.stop()
    wc.write_limits(rooms.edge, nonces=16, sessions=24, controls=1)
    rooms.edge.start()
    rooms.mcu.wait_up()
    for _ in range(16):
        rooms.run(rooms.raw('echo').leave())
    table.join(503, 'nonce_table_full')
    other = wc.Server(rooms, 'fe03', source=netns.SECOND_MCU).dial()
    got = other.register(name='fe03.corp.contoso.com')
    assert getattr(got, 'kind', 'REJECT') == 'REJECT', got
    other.close()


def body(j):
    rooms = wc.Rooms(j, mcu={'legs': 64, 'tempo': 0.2})
    table = Table(rooms)
    openings(table, rooms)
    tokens(table, rooms)
    pairing(table, rooms)
    limits(table, rooms)
    full(rooms)
    parked(rooms)
    before_tls(rooms)
    tables(table, rooms)
    assert table.count > 40, table.count


journey.main(body, limit=60)
