"""Doctor's cures, done: each step on the machine whose hands it takes."""
import pathlib
import re
import shlex

from support import netns
from support.mcu import CORP

SIGN = re.compile(r'sign (\S+\.csr)(?: .*)?')
SERVER = re.compile(rf'(?:on )?(\w+)\.{re.escape(CORP)}:? .*')
ALLOW = re.compile(r'allow (tcp|udp) .* -> (\S+):(\d+)(?:-(\d+))?.*')
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
    lab.heal_inside(UNITS.get(found[1], f'mcu-{found[1]}'))


def on_firewall(lab, line):
    """A rule between the edge and the others."""
    found = ALLOW.match(line)
    if not found:
        raise Unknown(f'no rule in "{line}"')
    lab.heal_between(*found.groups())


def on_ca(lab, line):
    """The authority that the request is for signs it as asked."""
    found = SIGN.match(line)
    if not found:
        raise Unknown(f'nothing to sign in "{line}"')
    lab.sign(found[1])


def on_member(lab, line):
    """Root types it on the other member."""
    raise Unknown(f'no member for "{line}" in {lab.folder}')


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
