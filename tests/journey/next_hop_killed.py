"""A Director dies under traffic: what was in flight gets 504, the next
transaction goes to the other member."""
import signal
import os
import time

from support import gate, hop, journey, netns, sip
from support.wait import until


def body(j):
    members = [j.director(addresses=[netns.DIRECTORS[n]],
                          certificate=f'dir0{n + 1}') for n in (0, 1)]
    edge = j.edge()
    alice = j.user('alice')
    assert alice.sign_in()[1][1].status == 200
    requests, _ = alice.sign_in()
    call_id = requests[0].value('Call-ID')
    until(lambda: any(m.received(call_id) for m in members), 5,
          'REGISTER is not recorded')
    first = members[0] if members[0].received(call_id) else members[1]
    other = members[1 - members.index(first)]
    assert first.received(call_id) and not other.received(call_id), \
        'one user, one member'

    # freeze it, so that a REGISTER is written but not answered; then kill
    os.killpg(first.process.pid, signal.SIGSTOP)
    late_id = sip.token()
    late = alice.registration(call_id=late_id)
    alice.wire.send(late)
    until(lambda: gate.connections(edge)[1], 5, 'REGISTER is not written')
    first.kill()
    hop.refusal(alice.wire.expect(504), 504)
    # AE 2.9: what was written once is never replayed on another server
    assert not other.received(late_id), 'replayed'

    # REGISTER again: the other member takes it, with no wait for the dead one
    begun = time.monotonic()
    requests, answers = alice.sign_in()
    assert answers[1].status == 200, answers[1].raw
    assert time.monotonic() - begun < 3
    call_id = requests[0].value('Call-ID')
    hop.inward(alice, requests[0], other.wait_received(call_id, 'REGISTER'))

    # with none left: 504 for REGISTER, once, and never silence
    other.kill()
    time.sleep(0.2)
    alice.wire.send(alice.registration(call_id=sip.token()))
    hop.refusal(alice.wire.expect(504), 504)

    # and back: the dead one returns and is found again by the retry
    other.start()
    for _ in range(20):
        answer = alice.exchange('REGISTER', 'sip:contoso.com', to=alice.aor,
                                contact=alice.client_contact())[1]
        if answer.status == 200:
            break
        assert answer.status == 504, answer.raw
        time.sleep(1)
    assert answer.status == 200, answer.raw
    for member in members:
        assert len(member.received(late_id)) <= (member is first), 'replayed'
    assert edge.counters()


journey.main(body, limit=90)
