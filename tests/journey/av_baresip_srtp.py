"""baresip outside calls baresip inside: SRTP through the relay, which hands it
from one relayed address to the other; nobody sees the other's address."""
import re

from support import av, journey, netns, phone
from support.ticket import INTRANET

SHARDS = 'once'

PACKETS = 100  # of RTP each way: two seconds


def body(j):
    j.resolver()
    director = j.director()
    j.edge()
    edge = j.av_edge()
    empty = av.Empty(edge)
    made = av.mint(j)
    outside = j.capture(j.world.edge, 'ext', 'udp')
    inside = j.capture(j.world.edge, 'int', 'udp')
    alice = phone.Phone(
        j.world, j.folder / 'alice', j.ca, 'alice', netns.CLIENTS[0], 4440,
        by_relay=phone.relay(av.UDP, made.ticket()))
    j.parts.append(alice)
    ivan = phone.Phone(
        j.world, j.folder / 'ivan', j.ca, 'ivan', netns.FRONT_END, 4441,
        space=j.world.inside, server=(f'{netns.DIRECTORS[0]}:5060', 'tcp'),
        by_relay=phone.relay(av.INSIDE_UDP, made.ticket(
            'sip:ivan@contoso.com', INTRANET)))
    j.parts.append(ivan)
    for one in (alice, ivan):
        one.wait_registered()
    alice.command('dial', 'sip:ivan@contoso.com')
    ivan.wait_event('CALL_ESTABLISHED')
    alice.wait_event('CALL_ESTABLISHED')
    av.until(lambda: av.count(edge, 'packets', 'to_peer') > 2 * PACKETS and
             av.count(edge, 'packets', 'to_client') > 2 * PACKETS, 20,
             f'no media: {edge.counters()}')
    assert edge.relay()['ports']['udp'] >= 2, edge.relay()
    alice.command('hangup')
    ivan.wait_event('CALL_CLOSED')

    places = set()
    for record in director.records():
        body_ = record.message.body
        if b'm=audio' in body_:
            assert b'a=crypto:' in body_ and b'RTP/SAVP' in body_, body_
            places |= {(m.group(2).decode(), int(m.group(1))) for m in
                       re.finditer(rb'm=audio (\d+).*?c=IN IP4 (\S+)', body_,
                                   re.S)}
    assert len(places) == 2 and \
        {host for host, _ in places} == {av.OUTSIDE}, places
    for capture, door, other_side in (
            (outside, av.UDP, (' 10.20.30.', ' 172.16.20.')),
            (inside, av.INSIDE_UDP, (' 192.0.2.',))):
        seen = capture.packets()
        at = f' {door[0]}.{door[1]}'
        assert len([p for p in seen if at in p]) > PACKETS, seen[:20]
        assert not [p for p in seen for o in other_side if o in p], seen[:20]
    for one in (alice, ivan):
        one.stop()
        j.parts.remove(one)
    empty.wait()


journey.main(body, limit=90)
