"""A next-hop pool behind a hardware balancer: HOSTS gives the pool's name an
address that no member has, and that one is dialled."""
from support import hop, journey, netns, sip
from support import sink as director
from support.edge import LAB

BALANCER = '10.20.30.30'
POOL = 'dirpool01.corp.contoso.com'


def body(j):
    netns.run('ip', '-n', j.world.inside.name, 'address', 'add',
              f'{BALANCER}/32', 'dev', 'lo')
    inside = director.Sink(j.world, j.ca, addresses=[BALANCER])
    j.parts.append(inside)
    hosts = j.folder / 'hosts'
    hosts.write_text(
        '\n'.join(line.replace(netns.DIRECTORS[0], BALANCER)
                  if POOL in line else line for line in
                  (LAB / 'topology' / 'hosts').read_text().splitlines()
                  if not (POOL in line and netns.DIRECTORS[1] in line)) + '\n')
    edge = j.edge(hosts=hosts)
    status = edge.call('GET', '/v1/status')[1]
    assert [(u['member'], u['state']) for u in status['upstreams']] == \
        [(POOL, 'up')], status['upstreams']

    user = j.user('bob')
    call_id = sip.token()
    sent = user.registration(call_id=call_id)
    user.wire.send(sent)
    user.wire.expect(200)
    arrived = inside.wait(call_id)
    hop.inward(user, sip.Message(sent), arrived)
    # a Route that names a machine behind it leads to the balancer too
    call_id = sip.token()
    user.wire.send(user.request(
        'INFO', 'sip:carol@contoso.com', call_id=call_id, extra=[
            ('Route', f'<sip:{POOL}:5061;transport=tls;'
             'ms-fe=dir02.corp.contoso.com;lr>')]))
    user.wire.expect(200)
    assert inside.wait(call_id)


journey.main(body)
