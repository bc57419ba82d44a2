"""Two baresip phones: sign-in over TLS and a call with SRTP, media direct."""
import re

from support import journey, netns
from support.phone import Phone
from support.wait import until


def flows(director, media):
    """Packets to and from the ports that the phones have told each other."""
    ports = {int(p) for r in director.records() if b'm=audio' in r.message.body
             for p in re.findall(rb'm=audio (\d+)', r.message.body)}
    return [p for p in media.packets()
            if any(f'.{port}:' in p or f'.{port} >' in p for port in ports)]


def body(j):
    j.resolver()
    director = j.director()
    edge = j.edge()
    media = j.capture(j.world.inet, 'lo', 'udp')
    phones = []
    for number, name in enumerate(('alice', 'bob')):
        phone = Phone(j.world, j.folder / name, j.ca, name,
                      netns.CLIENTS[number], 4440 + number)
        j.parts.append(phone)
        phone.wait_registered()
        phones.append(phone)
    alice, bob = phones
    alice.command('dial', 'sip:bob@contoso.com')
    bob.wait_event('CALL_ESTABLISHED')
    alice.wait_event('CALL_ESTABLISHED')
    until(lambda: len(flows(director, media)) > 50, 10,
          lambda: f'{len(flows(director, media))} media packets')
    alice.command('hangup')
    bob.wait_event('CALL_CLOSED')

    offers = [r.message for r in director.records() if r.from_edge and
              r.message.method == 'INVITE']
    assert offers and b'a=crypto:' in offers[-1].body, offers
    assert b'RTP/SAVP' in offers[-1].body
    assert edge.refused() == {}, edge.refused()


journey.main(body, limit=90)
