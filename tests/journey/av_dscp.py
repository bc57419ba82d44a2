"""Datagrams to peers carry the DSCP of what the client says it streams; both
kinds of packet I/O, and none where nothing is said."""
import struct

from support import av, journey, netns
from support.wait import until

SHARDS = 'once'

QUALITY = 0x8055  # MS-Service Quality: stream type, quality
KINDS = {None: 0, 1: 46, 2: 34, 4: 0}  # nothing said, audio, video, data


def look(j, options):
    """What peers are sent, by the kind of stream."""
    edge = j.av_edge(limits=av.CROWD, options=options)
    for number, (kind, dscp) in enumerate(KINDS.items()):
        capture = j.capture(j.world.edge, 'ext',
                            f'udp and dst host {netns.PARTNER}')
        client = av.udp(j, av.mint(j).ticket(), number)
        extra = [] if kind is None else [
            (QUALITY, struct.pack('>HH', kind, 0))]
        client.must_allocate(extra=extra)
        peer = (netns.PARTNER, 40000)
        client.send(peer, b'check')
        assert client.set_active(peer).fits(client.key)
        client.put_data(b'media')
        until(lambda: len(capture.packets()) >= 2, 5, 'nothing reaches a peer')
        marked = f'ip[1] & 0xfc = {dscp << 2}'
        assert len(capture.packets(marked)) == len(capture.packets()), \
            (kind, capture.packets())
        capture.stop()
        client.end()
    edge.kill()


def body(j):
    for batch in ('ring', 'epoll'):
        look(j, {'av.batch': batch})


journey.main(body, limit=90)
