"""Settings read again while a topology is being taken: a reload that fails
leaves what was bound, one that works leaves devices their names; and a partner
without TLS is asked back, whatever its SASL is set to."""
import re

from support import journey, netns, xmpp
from support.edge import LAB


def dial(j, port):
    return xmpp.Stream.dial(j.world.inet, netns.ACCESS, port, netns.PARTNER)


def is_open(j, port):
    try:
        dial(j, port).close()
    except ConnectionRefusedError:
        return False
    return True


def doors(edge):
    return {row['address'].rpartition(':')[2]: row['state']
            for row in edge.call('GET', '/v1/status')[1]['listeners']
            if row['name'].startswith('xmpp-')}


def store(j, edge, name, port):
    """An import that the daemon does not hear of yet."""
    run = edge.folder / 'run'
    text = (j.folder / 'xmpp.xml').read_text()
    assert 'Port="5269"' in text
    (j.folder / name).write_text(text.replace('Port="5269"', f'Port="{port}"'))
    (run / 'access-edge.sock').rename(run / 'aside')
    edge.load(j.folder / name, LAB / 'topology' / 'hosts', good=range(8))
    (run / 'aside').rename(run / 'access-edge.sock')


def post(edge, path, body=None, status=200):
    got = edge.call('POST', path, body)
    assert got[0] == status, (path, got)


def body(j):
    j.use('xmpp-access', 'access')
    j.resolver(*xmpp.records('fabrikam.com'))
    edge = j.edge(topology=xmpp.topology(
        LAB / 'topology' / 'contoso.xml', j.folder / 'xmpp.xml',
        [xmpp.partner('fabrikam.com'),
         xmpp.partner('plain.example', tls='NotSupported')]))
    assert doors(edge) == {'5269': 'open', '23456': 'open'}, doors(edge)
    stream = dial(j, 5269)
    stream.open('contoso.com', 'plain.example')
    stream.expect('features')
    assert b'dialback' in stream.raw and b'starttls' not in stream.raw, \
        stream.raw
    stream.close()

    good = edge.ini.read_text()
    store(j, edge, 'b.xml', 5270)
    post(edge, '/v1/topology/prepare', {'seq': 2})
    edge.ini.write_text(re.sub(r'(\[certificate.internal\]\s*chain = )\S+',
                               r'\1/nonexistent', good))
    post(edge, '/v1/reload', status=409)
    edge.ini.write_text(good)
    post(edge, '/v1/topology/commit', {'seq': 2})
    assert is_open(j, 5270) and not is_open(j, 5269)
    assert doors(edge) == {'5270': 'open', '23456': 'open'}, doors(edge)

    post(edge, '/v1/reload')
    edge.load(j.folder / 'xmpp.xml', LAB / 'topology' / 'hosts')
    assert is_open(j, 5269) and not is_open(j, 5270)
    assert doors(edge) == {'5269': 'open', '23456': 'open'}, doors(edge)


journey.main(body, limit=60)
