"""av-edge starts from the topology, says so, answers strangers and no more,
takes settings while it runs, and drains."""
import os
import signal
import subprocess

from support import journey, msturn, netns, stun
from support.ticket import INTRANET, Mint
from support.wait import until

OUTSIDE = netns.EDGE_OUTSIDE[2]
LISTENERS = {'outside udp': f'{OUTSIDE}:3478', 'outside tcp': f'{OUTSIDE}:443',
             'inside udp': f'{netns.EDGE_INSIDE}:3478',
             'inside tcp': f'{netns.EDGE_INSIDE}:443',
             'avauth-inside': f'{netns.EDGE_INSIDE}:5062'}


def descriptors(edge):
    """How many files the process has open."""
    return len(os.listdir(f'/proc/{edge.process.pid}/fd'))


def lines(edge, name):
    """Log lines of that event."""
    return [line for line in edge.log.read_text(errors='replace').splitlines()
            if f' {name} ' in line]


def look_at_status(j, edge):
    """Everything it says is what the topology and the lab are."""
    status = edge.call('GET', '/v1/status')[1]
    assert status['state'] == 'ready' and status['daemon'] == 'av-edge'
    assert {row['name']: row['address']
            for row in status['listeners']} == LISTENERS, status['listeners']
    relay = status['relay']
    assert relay['address'] == relay['public'] == OUTSIDE, relay
    assert relay['range'] == '50000-59999', relay
    assert relay['ports'] == {'udp': 0, 'tcp': 0, 'of': 10000}, relay
    assert (relay['allocations'], relay['streams'], relay['peers']) == \
        (0, 0, 0), relay
    assert len(relay['workers']) == j.shards, relay
    assert relay['batch'] in ('ring', 'epoll'), relay
    assert relay['has_tls'] and relay['has_rfc'], relay
    # the internal network and the route to what is behind it
    assert relay['inside'] == {'device': 'int', 'networks': 2,
                               'default_route': False}, relay
    assert relay['warnings'] == [], relay
    mint = Mint(j.ca / 'av-auth.key')
    assert [(key['kid'], key['mints']) for key in relay['keys']] == \
        [(mint.kid.hex(), True)], relay
    assert relay['spki_sha256'] == relay['keys'][0]['spki_sha256'], relay
    text = edge.edgectl('status', '--limits')
    assert 'av-edge' in text and 'av.allocations ' in text, text
    assert f'{OUTSIDE} 50000-59999' in text, text


def look_at_strangers(j, edge):
    """Each dialect says the least that is right."""
    client = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[0])
    challenge = client.challenge()
    assert challenge[msturn.REALM] == b'rtcmedia', challenge
    assert len(challenge.raw) <= 3 * 36, challenge
    client.silent(b'\xff\x10' + bytes(40))
    client.silent(bytes(28))
    client.close()
    tcp = msturn.Tcp(j.world.inet, (OUTSIDE, 443), netns.CLIENTS[0])
    tcp.challenge()
    tcp.close()
    inside = msturn.Udp(j.world.inside, (netns.EDGE_INSIDE, 3478),
                        netns.FRONT_END)
    inside.challenge()
    inside.close()
    until(lambda: edge.dropped().get('no_integrity', 0) >= 3, 5,
          'challenges are not counted')
    if edge.relay()['has_rfc']:
        plain = stun.Client(j.world.inet, 'udp', (OUTSIDE, 3478),
                            netns.CLIENTS[1])
        got = plain.answer(stun.build(stun.BINDING, []))
        assert got.kind == stun.BINDING | stun.OK, got
        assert stun.unaddress(got[stun.XOR_MAPPED]) == \
            plain.socket.getsockname(), got
        plain.close()


def look_at_allocation(j, edge):
    """One allocation, seen in status, gone with its port."""
    ticket = Mint(j.ca / 'av-auth.key').ticket()
    client = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[0],
                        ticket)
    host, port = client.must_allocate()
    assert host == OUTSIDE and 50000 <= port <= 59999, (host, port)
    until(lambda: edge.relay()['allocations'] == 1, 5, 'not in status')
    assert edge.relay()['ports']['udp'] == 1, edge.relay()
    client.end()
    until(lambda: edge.relay()['allocations'] == 0, 5, 'still in status')


def look_at_reload(j, edge):
    """SIGHUP: limits and options are taken, a bad file changes nothing."""
    ticket = Mint(j.ca / 'av-auth.key').ticket()
    client = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[2],
                        ticket)
    client.must_allocate()
    good = edge.ini.read_text()
    edge.ini.write_text(good + '[options]\nav.realm = contoso1\n'
                               '[limits]\nav.lifetime_s = 700\n')
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: lines(edge, 'EDGE_EV_RELOADED'), 5, 'the reload is not told')
    # by the worker that this one speaks to: each takes it for itself
    other = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[4], ticket)
    until(lambda: other.challenge()[msturn.REALM] == b'contoso1', 5,
          'the new realm is not taken')
    assert other.allocate().lifetime == 700
    # who has an allocation keeps it, under the realm it was made with
    assert client.allocate().kind == msturn.ALLOCATED
    edge.ini.write_text(good + '[options]\nav.realm = two words\n')
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: lines(edge, 'EDGE_EV_RELOAD_FAILED'), 5,
          'the failed reload is not told')
    edge.ini.write_text(good.replace('/av-auth.key', '/turn.key'))
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: len(lines(edge, 'EDGE_EV_RELOAD_FAILED')) == 2, 5,
          'the second is not told')
    assert edge.call('GET', '/v1/status')[1]['state'] == 'ready'
    edge.ini.write_text(good)
    other.end()
    client.end()


def look_at_second(j, edge):
    """The same addresses are held: another one says so and ends."""
    done = subprocess.run(
        ['ip', 'netns', 'exec', j.world.edge.name,
         str(edge.binaries / 'av-edge'), '--config', str(edge.ini)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, timeout=30)
    assert done.returncode == 6 and 'another one runs' in done.stdout, done


def look_at_drain(j, edge):
    """SIGTERM: no new allocation; it ends with the last one."""
    ticket = Mint(j.ca / 'av-auth.key').ticket()
    client = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[0],
                        ticket)
    client.must_allocate()
    until(lambda: edge.relay()['allocations'] == 1, 5, 'not in status')
    edge.process.send_signal(signal.SIGTERM)
    until(lambda: edge.call('GET', '/v1/status')[1]['state'] == 'draining', 5,
          'it does not say that it drains')
    late = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[1], ticket)
    until(lambda: late.allocate().kind == msturn.REFUSED, 5,
          'a draining edge makes allocations')
    assert edge.process.poll() is None
    left = edge.call('GET', '/v1/status')[1]['draining']
    assert left['left'] == {'allocations': 1, 'streams': 0} and \
        3500 < left['ends_in_s'] <= 3600, left
    client.end()
    assert edge.process.wait(15) == 0, edge.tail()


def look_at_epoll(j):
    """Without a ring it works as well; a drain ends at its time."""
    edge = j.av_edge(options={'av.batch': 'epoll', 'av.rfc': 'no'},
                     limits={'av.drain_ms': 300})
    relay = edge.relay()
    assert relay['batch'] == 'epoll' and not relay['has_rfc'], relay
    client = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[0],
                        Mint(j.ca / 'av-auth.key').ticket())
    client.must_allocate()
    client.silent(stun.build(stun.BINDING, []))
    edge.process.send_signal(signal.SIGTERM)
    assert edge.process.wait(15) == 0, edge.tail()
    assert lines(edge, 'AVE_EV_ALLOC_ENDED'), edge.tail()


def body(j):
    edge = j.av_edge()
    look_at_status(j, edge)
    idle = descriptors(edge)
    look_at_strangers(j, edge)
    look_at_allocation(j, edge)
    look_at_reload(j, edge)
    look_at_second(j, edge)
    # a token for the other side is none
    wrong = msturn.Udp(j.world.inet, (OUTSIDE, 3478), netns.CLIENTS[5],
                       Mint(j.ca / 'av-auth.key').ticket(flags=INTRANET))
    assert wrong.allocate().code == 436
    wrong.close()
    until(lambda: descriptors(edge) <= idle, 10,
          lambda: f'{descriptors(edge)} files open, {idle} at first')
    look_at_drain(j, edge)
    look_at_epoll(j)


journey.main(body, limit=60)
