"""Presence across the border: SUBSCRIBE, NOTIFY with a body, BENOTIFY, refresh
and end, in both directions."""
from support import federated, journey, sip
from support.dialog import Dialog

EVENT = ('Event', 'presence')
PIDF = ('Content-Type', 'application/pidf+xml')
DOCUMENT = ('<?xml version="1.0"?>\r\n<presence xmlns="urn:ietf:params:xml:ns:'
            'pidf" entity="sip:{0}"><note>Grüße, ö</note></presence>')


def send(one, other):
    """A SUBSCRIBE; who is challenged proves who it is."""
    extra = [EVENT, ('Expires', 600)]
    raw = one.request('SUBSCRIBE', other.aor, extra=extra)
    one.wire.send(raw)
    if not one.challenged:
        return sip.Message(raw)
    asked = one.wire.expect(407)
    raw = one.request('SUBSCRIBE', other.aor, cseq=2,
                      call_id=asked.value('Call-ID'),
                      extra=[*extra, one.credentials(asked, 'SUBSCRIBE',
                                                     other.aor)])
    one.wire.send(raw)
    return sip.Message(raw)


def subscribe(lab, one, other):
    """A subscription; both its ends, and who looks on at the border."""
    sent = send(one, other)
    number = sent.value('CSeq')
    crossing = federated.Crossing(lab, sent.value('Call-ID'))
    got = other.wire.expect('SUBSCRIBE')
    crossing.request(one, 'SUBSCRIBE', number, count=2)
    said = other.answer(got, 200, extra=[('Contact', f'<{other.contact}>'),
                                         ('Expires', 600)])
    final = one.wire.expect(200)
    crossing.answer(other, 200, number)
    return (Dialog(one, sent, final, True), Dialog(other, got, said, False),
            crossing)


def inside(crossing, one, other, method, extra, body=b''):
    """A request in the subscription, and its answer unless it wants none."""
    sent = one.send(method, extra=[*extra, ('Contact',
                                            f'<{one.user.contact}>')],
                    body=body)
    got = other.user.wire.expect(method)
    assert got.body == body, (got.body, body)
    crossing.request(one.user, method, sent.value('CSeq'), verified=level(one))
    if method == 'BENOTIFY':
        one.user.wire.silent(0.2)
        return
    other.user.answer(got, 200, extra=[('Contact',
                                        f'<{other.user.contact}>')])
    one.user.wire.expect(200)
    crossing.answer(other.user, 200, sent.value('CSeq'))


def level(end):
    """Kamailio asserts the level of what begins a dialog, and of no other."""
    return 'verified' if end.user.domain == 'contoso.com' else 'unverified'


def presence(lab, one, other):
    """The life of a subscription."""
    watcher, watched, crossing = subscribe(lab, one, other)
    document = DOCUMENT.format(other.aor).encode()
    active = [EVENT, PIDF, ('Subscription-State', 'active;expires=600')]
    inside(crossing, watched, watcher, 'NOTIFY', active, document)
    inside(crossing, watched, watcher, 'BENOTIFY', active, document)
    inside(crossing, watcher, watched, 'SUBSCRIBE', [EVENT, ('Expires', 0)])
    inside(crossing, watched, watcher, 'NOTIFY', [
        EVENT, ('Subscription-State', 'terminated;reason=timeout')])


def body(j):
    lab = federated.Lab(j, allowed=federated.ALLOWED)
    alice, ivan, carol = lab.people()
    for one, other in ((carol, ivan), (ivan, carol), (carol, alice),
                       (alice, carol)):
        try:
            presence(lab, one, other)
        except AssertionError as err:
            raise AssertionError(f'{one.name} watches {other.name}: {err}\n'
                                 + lab.edge.tail()[-1000:]) from err
    assert lab.edge.refused() == {}, lab.edge.refused()

    # polling is a switch of the topology, off unless it says so
    carol.wire.send(carol.request('SUBSCRIBE', ivan.aor, extra=[
        EVENT, ('Expires', 0)]))
    federated.refused(carol.wire.receive(),
                      *federated.expected('partner_polling'))
    lab.reload(allowed=federated.ALLOWED,
               proxy={'AllowPartnerPollingSubscribes': True})
    carol.wire.send(carol.request('SUBSCRIBE', ivan.aor, extra=[
        EVENT, ('Expires', 0)]))
    ivan.answer(ivan.wire.expect('SUBSCRIBE'), 200,
                extra=[('Contact', f'<{ivan.contact}>'), ('Expires', 0)])
    carol.wire.expect(200)


journey.main(body, limit=60)
