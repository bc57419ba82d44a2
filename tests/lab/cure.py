"""Doctor's cures, done: each step on the machine whose hands it takes."""
import re
import shutil

from lab import heal, pki
from support.mcu import CORP

SIGN = re.compile(r'sign (\S+) as (\S+) \((public authority|authority of the '
                  r'inside).*')
COPY = re.compile(r'scp -p (?:(\S+):(\S+) )(?:\1:(\S+) )?/root/')
SERVER = re.compile(rf'(?:on )?(\w+)\.{re.escape(CORP)}:? .*')
ALLOW = re.compile(r'allow (tcp|udp) .* -> .* (in|out)')
UNITS = {'dir01': 'director', 'dir02': 'director'}


class Unknown(AssertionError):
    """A line that nobody could carry out."""


def on_edge(lab, line):
    """Root types it."""
    status, said = lab.shell(line)
    warned = status == 1 and line.startswith('edgectl ')
    assert status == 0 or warned, f'{line}: {status}\n{said}'


def on_inside(lab, line):
    """The administrator of that server does what is said there: here the
    server is put back as it was, and runs."""
    found = SERVER.match(line)
    if not found:
        raise Unknown(f'no server in "{line}"')
    heal.heal_inside(lab, UNITS.get(found[1], f'mcu-{found[1]}'))


def on_firewall(lab, line):
    """Whatever lies between the edge and the others in this lab goes."""
    if not ALLOW.fullmatch(line):
        raise Unknown(f'no rule in "{line}"')
    heal.clear_way(lab)


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
        for file in filter(None, found.group(2, 3)):
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
