"""edgectl test av-edge and test p2p-av, as an operator outside runs them."""
import json

from support import av, journey, netns

SHARDS = 'once'

BOTH = ['--sender-sip-address', 'sip:alice@contoso.com',
        '--receiver-sip-address', 'bob@contoso.com']


class Tool:
    """edgectl in a namespace, with the edge's own edge.ini."""

    def __init__(self, j, edge):
        self.j, self.edge, self.space = j, edge, j.world.inet

    def run(self, *words):
        """(exit status, what it said)."""
        return av.Program(
            self.space, str(self.j.binaries / 'edgectl'), 'test',
            *words, '--config', str(self.edge.ini)).wait()

    def good(self, *words):
        """What it said; the test must pass."""
        status, said = self.run(*words)
        assert status == 0 and 'Result        : Success' in said, said
        return said

    def password(self, name, text):
        """--NAME-password-file FILE."""
        file = self.j.folder / f'{name}.password'
        file.write_text(text + '\n')
        return [f'--{name}-password-file', str(file)]


def body(j):
    j.resolver()
    j.director()
    j.edge()
    edge = j.av_edge(limits=av.CROWD)
    empty = av.Empty(edge)
    tool = Tool(j, edge)
    alice = ['--user-sip-address', 'sip:alice@contoso.com',
             *tool.password('user', 'alice-secret')]
    both = BOTH + tool.password('sender', 'alice-secret') + \
        tool.password('receiver', 'bob-secret')

    said = tool.good('av-edge', *alice)
    assert 'over UDP (internet) gives 192.0.2.41:' in said, said
    assert 'over TCP with pseudo-TLS (internet) gives' in said, said
    for protocol in ('udp', 'tcp'):
        said = tool.good('p2p-av', *both, '--packets', '50', '--protocol',
                         protocol)
        assert said.count('sent 50 received 50 bad 0, loss 0.0 %') == 2, said
    empty.wait()

    status, said = tool.run('p2p-av', *both, '--packets', '5', '--json')
    told = json.loads(said)
    assert status == told['exit'] == 0 and told['result'] == 'Success', said
    assert [step['step'] for step in told['steps']] == [
        'sign-in', 'credentials'] * 2 + ['allocation'] * 2 + [
            'connection', 'media', 'media'], said

    # on the edge itself both sides are within reach
    tool.space = j.world.edge
    said = tool.good('av-edge', *alice, '--location', 'both')
    assert said.count('(internet) gives 192.0.2.41:') == 2, said
    assert said.count('(intranet) gives 192.0.2.41:') == 2, said
    # one user inside, one outside, each by their own side
    for protocol in ('udp', 'tcp'):
        said = tool.good('p2p-av', *both, '--packets', '50', '--protocol',
                         protocol, '--sender-location', 'intranet')
        for side in ('intranet', 'internet'):
            assert said.count(f'({side}) gives 192.0.2.41:') == 1, said
        assert f'{netns.EDGE_INSIDE}:' in said, said
        assert said.count('sent 50 received 50 bad 0, loss 0.0 %') == 2, said
    tool.space = j.world.inet
    empty.wait()

    # what fails says where
    wrong = alice[:2] + tool.password('user', 'wrong')
    status, said = tool.run('av-edge', *wrong)
    assert status == 1 and 'TEST-001' in said and \
        'REGISTER answered with 401' in said, said
    status, said = tool.run('av-edge', '--user-sip-address', 'sip:alice')
    assert status == 2, said
    tool.password('user', 'alice-secret')
    edge.stop()
    status, said = tool.run('av-edge', *alice)
    assert status == 1 and 'TEST-002' in said and \
        'Result        : Failure' in said, said


journey.main(body, limit=60)
