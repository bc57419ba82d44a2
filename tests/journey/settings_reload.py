"""SIGHUP takes new limits, options and certificates; who is connected
stays."""
import signal
import sys

from support import gate, journey
from support.edge import LAB
from support.wait import until

sys.path.append(str(LAB.parent))
from lab import pki  # noqa: E402

ENDING = (('access', 'public', ['sip.contoso.com']),
          ('edge01', 'internal', ['edgepool01.corp.contoso.com',
                                  'edge01.corp.contoso.com']))
SLOW = 1033  # event


def shown(wire):
    """The certificate the edge shows on that connection."""
    return wire.connection.getpeercert(binary_form=True)


def offered(user):
    """The keep-alive that a sign-in promises."""
    answer = user.sign_in()[1][1]
    return answer.value('ms-keep-alive').split()[-1]


def asks(user, tag):
    """What becomes of a request with that Proxy-Require."""
    return user.exchange('MESSAGE', 'sip:nobody@contoso.com', extra=[
        ('Proxy-Require', tag)])[1].status


def body(j):
    for name, side, names in ENDING:
        pki.issue(j.ca, side, (j.ca / f'{name}-chain.pem',
                               j.ca / f'{name}.key'), names, '-days', '10')
    j.director()
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    before = shown(alice.wire)
    # these have ten days: said once each, not at every look
    assert len(gate.events(edge, 16, use='access', state='ending')) == 1
    assert len(gate.events(edge, 16, use='internal', state='ending')) == 1

    # another certificate, and less patience with silent clients
    text = edge.ini.read_text()
    edge.ini.write_text(text.replace('/access-chain.pem', '/edge01-chain.pem')
                        .replace('/access.key', '/edge01.key'))
    gate.write(edge, {'first_message_ms': 300})
    edge.process.send_signal(signal.SIGHUP)

    def is_new():
        wire = gate.wire(j, 2)
        fresh = shown(wire) != before
        wire.close()
        return fresh

    until(is_new, 5, 'new connections still see the old certificate')
    silent = gate.wire(j, 3)
    who = '%s:%d' % silent.local
    assert silent.closed(), 'the new limit is not taken'
    # who only looked at the certificate may have been slow as well
    assert len(gate.events(edge, SLOW, client=who,
                           reason='first_message')) == 1
    assert gate.count(edge, 'slow', 'first_message') >= 1

    # options, and what a limit says to clients
    assert offered(alice) == 'timeout=300'
    assert asks(alice, 'privacy') == 420
    gate.write(edge, {'first_message_ms': 300, 'keep_alive_s': 200})
    edge.ini.write_text(edge.ini.read_text() + '\n[options]\n'
                        'access.proxy_require = sec-agree, privacy\n')
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: offered(alice) == 'timeout=200', 5,
          'the new limit is not offered')
    assert asks(alice, 'privacy') == 404
    assert asks(alice, 'foo') == 420

    # nobody was cut off, and what cannot be read changes nothing
    assert alice.sign_in()[1][1].status == 200
    edge.ini.write_text(edge.ini.read_text().replace(
        '/edge01-chain.pem', '/no-such-chain.pem'))
    edge.process.send_signal(signal.SIGHUP)
    until(lambda: gate.events(edge, 5), 5, 'the failed reload is not told')
    assert is_new()
    assert alice.sign_in()[1][1].status == 200


journey.main(body, limit=60)
