"""Two remote users send each other a MESSAGE; every hop is looked at."""
from support import hop, journey, sip

TYPE = ('Content-Type', 'text/plain; charset=UTF-8')
ODD = [TYPE, ('X-Unknown', '  kept   as it is  '), ('ms-text-format', 'x;y=1'),
       ('P-Preferred-Identity', '<sip:alice@contoso.com>')]


def exchange(director, one, other, text):
    """One MESSAGE, its challenge, and the answer back."""
    first = one.request('MESSAGE', other.aor, extra=ODD, body=text)
    one.wire.send(first)
    challenge = one.wire.expect(407)
    call_id = challenge.value('Call-ID')
    second = one.request('MESSAGE', other.aor, call_id=call_id, cseq=2,
                         extra=[*ODD, one.credentials(
                             challenge, 'MESSAGE', other.aor)], body=text)
    one.wire.send(second)
    got = other.wire.expect('MESSAGE')
    assert got.body == text, got.raw
    said = other.answer(got, 200, extra=[('X-Answer', 'yes')])
    final = one.wire.expect(200)

    sent = [sip.Message(first), sip.Message(second)]
    for number in (0, 1):
        hop.inward(one, sent[number],
                   director.wait_received(call_id, 'MESSAGE', number + 1))
    hop.outward(director.wait_sent(call_id, 'MESSAGE'), got)
    hop.answer_inward(said, director.wait_received(call_id, 200))
    hop.answer_outward(director.wait_sent(call_id, 200), final)


def body(j):
    director = j.director()
    edge = j.edge()
    alice, bob = j.user('alice', 0), j.user('bob', 1)
    for user in (alice, bob):
        assert user.sign_in()[1][1].status == 200
    exchange(director, alice, bob, 'Grüße'.encode() + b'\r\n\r\n\xff end')
    exchange(director, bob, alice, b'')
    assert edge.refused() == {}, edge.refused()


journey.main(body)
