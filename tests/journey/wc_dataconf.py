"""edgectl test dataconf, as an operator outside runs it: two participants of a
meeting, then what each refusal reads like."""
import json

from support import av, journey, psom, wc
from support.wait import until


class Tool:
    """edgectl in the Internet, with the edge's own edge.ini."""

    def __init__(self, rooms):
        self.rooms, self.j = rooms, rooms.j
        self.space = rooms.j.world.inet

    def file(self, user, **changed):
        """connection-info of one more participant."""
        entries = {**self.rooms.mcu.add_user(1, user), **changed}
        path = self.j.folder / f'{user}.xml'
        path.write_text(psom.join_xml(entries))
        return str(path)

    def run(self, *words, sender=None, receiver=None):
        """(exit status, what it said)."""
        return av.Program(
            self.space, str(self.j.binaries / 'edgectl'), 'test', 'dataconf',
            '--sender-join', sender or self.file('alice'),
            '--receiver-join', receiver or self.file('bob'),
            *words, '--config', str(self.rooms.edge.ini)).wait()

    def good(self, *words, **how):
        """What it said; the test must pass."""
        status, said = self.run(*words, **how)
        assert status == 0 and 'Result        : Success' in said, said
        return said

    def bad(self, words, finding, **how):
        """It must fail and say why."""
        status, said = self.run('--json', **how)
        told = json.loads(said)
        assert status == told['exit'] == 1, said
        assert told['result'] == 'Failure', said
        assert [f['id'] for f in told['findings']] == [finding], said
        assert words in told['error_message'], said
        return told


def meetings(tool):
    """Small and large contents; every step is told."""
    said = tool.good('--bytes', '3')
    assert 'content     3 bytes unaltered' in said, said
    assert said.count('webconf.contoso.com:443 (192.0.2.') == 2, said
    tool.good('--bytes', '5000000')
    status, said = tool.run('--json')
    told = json.loads(said)
    assert status == told['exit'] == 0 and told['result'] == 'Success', said
    assert [step['step'] for step in told['steps']] == [
        'join', 'join', 'request', 'request', 'content', 'present'], said
    tool.rooms.wait_empty()


def refusals(tool):
    """Each way to be refused has its words."""
    mcu, rooms = tool.rooms.mcu, tool.rooms
    joined = mcu.add_user(1)['Mcu-Conference-Uri']
    token = psom.mint(b'k' * 32, mcu.name, joined, kid=7)
    tool.bad('REJECT 401', 'TEST-006',
             sender=tool.file('alice', wceToken=psom.text_of(token)))
    tool.bad('the list of proxies is empty', 'TEST-006',
             sender=tool.file('alice', numberOfProxies='0'))
    # its certificate has another name
    tool.bad('its certificate', 'TEST-006', sender=tool.file(
        'alice', **{'numberOfProxies': '1', 'proxy.0': '192.0.2.31:443'}))
    # one of two is not there, or is somebody else: the next one does
    for wrong in ('absent.contoso.com', '192.0.2.31') * 2:
        tool.good(sender=tool.file(
            'alice', **{'numberOfProxies': '2', 'proxy.0': f'{wrong}:443',
                        'proxy.1': 'webconf.contoso.com:443'}))
    mcu.order('set', answer='refuse 403')
    tool.bad('ask for a new addUser', 'TEST-006')
    mcu.order('set', answer='refuse 503')
    tool.bad('REJECT 503', 'TEST-006')
    mcu.order('set', answer=None)
    tool.good()
    joins = {'sender': tool.file('alice'), 'receiver': tool.file('bob')}
    mcu.order('leave')
    until(lambda: not mcu.order('add-user', conference=joined,
                                user='late')['entries'].get('proxy.0'), 10,
          'it is still registered')
    tool.bad('REJECT 503', 'TEST-006', **joins)
    mcu.order('return')
    rooms.mcu.wait_up(rooms.pool)
    tool.good()


def body(j):
    j.resolver()
    rooms = wc.Rooms(j)
    tool = Tool(rooms)
    meetings(tool)
    refusals(tool)
    rooms.wait_empty()


journey.main(body, limit=60)
