"""Doctor's cures, done: each step on the machine whose hands it takes."""
import re
import shutil

from lab import between, heal, pki
from support.mcu import CORP

SIGN = re.compile(r'sign (\S+) as (\S+) \((public authority|authority of the '
                  r'inside).*')
COPY = re.compile(r'scp -3 -p (\S+):(\S+) \1:(\S+) edge02\.\S+:/root/ # .*')
INSIDE = re.compile(rf'(?:on )?(\w+)\.{re.escape(CORP)}: (.*)')
ALLOW = re.compile(r'allow (tcp|udp|udp and tcp) (\S.*) -> (\S+?)'
                   r'(?: port |:)(\d+) (in|out)')


class Unknown(AssertionError):
    """A line that nobody could carry out."""


def on_edge(lab, line):
    """Root types it."""
    status, said = lab.shell(line)
    warned = status == 1 and line.startswith('edgectl ')
    assert status == 0 or warned, f'{line}: {status}\n{said}'


def _director(lab, _server, _found):
    """The service of the Directors runs, one process for both of them; for
    who runs already it is nothing to do."""
    if heal.listens_again(lab):
        lab.units.stop('director')
    lab.units.start('director')


def _director_anew(lab, _server, _found):
    """It ends, and runs."""
    lab.units.restart('director')


def _mcu(lab, server, _found):
    """The Data MCU of that server runs."""
    lab.units.start(f'mcu-{server}')
    lab.mcus_up()


def _carried(lab, server, found):
    """The same, with a key that is carried to it."""
    shutil.copy(lab.host.path(found[1]), lab.host.webconf.keys)
    lab.units.stop(f'mcu-{server}')
    _mcu(lab, server, found)


def _certificate(lab, _server, found):
    """The Director gets a certificate with exactly these names."""
    pair = [lab.folder / 'director' / f'machine.{end}'
            for end in ('pem', 'key')]
    pki.issue(lab.ca, 'internal', pair, list(found.group(1, 2)))
    lab.units.restart('director')


# what an administrator types or reads on a server inside: what is done
ORDERS = (
    (re.compile('Start-CsWindowsService RTCSRV'), _director),
    (re.compile('Stop-CsWindowsService RTCSRV; Start-CsWindowsService RTCSRV'),
     _director_anew),
    (re.compile('Start-CsWindowsService RTCDATAMCU'), _mcu),
    (re.compile(r'scp \S+?:(\S+) \.; Stop-CsWindowsService RTCDATAMCU; '
                'Start-CsWindowsService RTCDATAMCU'), _carried),
    (re.compile(r'Set-CsCertificate -Type Default, one that names (\S+) and '
                r'(\S+), of the authority that both sides trust'),
     _certificate),
)


def on_inside(lab, line):
    """The administrator of that server does what is said there."""
    found = INSIDE.fullmatch(line)
    for pattern, deed in ORDERS if found else ():
        order = pattern.fullmatch(found[2])
        if order:
            deed(lab, found[1], order)
            return
    raise Unknown(f'no server, or no order, in "{line}"')


def on_firewall(lab, line):
    """What lies between lets that pass: in the lab the far end's own filter
    stands for it."""
    found = ALLOW.fullmatch(line)
    if not found:
        raise Unknown(f'no rule in "{line}"')
    where = lab.far_end(found[2] if found[5] == 'in' else found[3])
    between.allow(where, found[1].split(' and '), found[3], found[4],
                  found[5] == 'out')


def on_ca(lab, line):
    """The authority signs, and gives its answer with its chain."""
    found = SIGN.fullmatch(line)
    if not found:
        raise Unknown(f'nothing to sign in "{line}"')
    csr, answer = map(lab.host.path, found.group(1, 2))
    pki.sign(lab.ca, 'public' if found[3].startswith('public') else 'internal',
             csr, answer)


def on_member(lab, line):
    """Root types it on the other member."""
    other, found = lab.member(), COPY.fullmatch(line)
    home = other.folder / 'root'
    home.mkdir(exist_ok=True)
    if found:
        for file in found.group(2, 3):
            shutil.copy(lab.host.path(file), home)
        return
    status, said = other.shell(line.replace('/root/', f'{home}/'),
                               **lab.environment(), LYNC_MEMBER='-edge02')
    assert status in (0, 1), f'{line}: {status}\n{said}'


HANDS = {'edge': on_edge, 'inside': on_inside, 'firewall': on_firewall,
         'ca': on_ca, 'member': on_member}


def run(lab, steps):
    """Steps as doctor's JSON has them, in order."""
    records = [step['run'] for step in steps if step['on'] == 'dns']
    if records:
        lab.zone.publish(*records)
    for step in steps:
        if step['on'] != 'dns':
            HANDS[step['on']](lab, step['run'])
