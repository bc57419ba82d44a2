#!/usr/bin/env python3
"""The pages of docs/ that come from tables and manuals.

docs/findings/ID.md and its README from edgectl's tables of findings,
docs/reference/ from manuals and tables of limits. --write writes them;
without it a page that differs, is missing or is one too many is told."""
import pathlib
import re
import subprocess
import sys

import man_tables

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests' / 'journey')]
from lab.faults import TABLE as FAULTS  # noqa: E402

DOCS = ROOT / 'docs'
TABLES = ['edgectl/doctor.def', 'edgectl/finding.def']
MANUALS = {  # page: manuals, one after the other
    'reference/cli.md': ['edgectl/edgectl.1', 'edgectl/edge-probe.1'],
    'reference/edge-ini.md': ['common/edge.ini.5'],
}
LIMITS = {'access-edge': 'acc', 'webconf-edge': 'wce', 'av-edge': 'ave'}
FAMILIES = {  # prefix of an id: family, what it is about, where to look, pages
    'NET': ('NET', 'routes, addresses, forwarding',
            ['ip address', 'ip route', 'ip rule', 'edgectl net plan'],
            ['first-edge', 'behind-nat']),
    'FW': ('FW', 'the packet filter and what listens',
           ['nft list ruleset', 'ss -tulpn', 'edgectl topology render ports'],
           ['behind-nat']),
    'DNS': ('DNS', 'names, inside and outside',
            ['edgectl topology render dns', 'edgectl topology show'],
            ['first-edge', 'behind-nat']),
    'HOSTS': ('DNS', 'the HOSTS that came with the topology',
              ['edgectl topology show'], ['first-edge', 'add-a-pool-member']),
    'TLS': ('TLS', 'what our listeners show',
            ['edgectl status', 'edgectl cert list'], ['renew-a-certificate']),
    'CERT': ('CRT', 'certificates on disk',
             ['edgectl cert list', 'edgectl cert check access'],
             ['renew-a-certificate', 'roll-the-av-key', 'add-a-pool-member']),
    'TOPO': ('TOP', 'the topology document',
             ['edgectl topology check bundle/export.zip'], ['first-edge']),
    'NOTE': ('-', 'what a topology brings with it',
             ['edgectl topology check bundle/export.zip'], ['first-edge']),
    'TOP': ('TOP', 'the topology in the store and in the services',
            ['edgectl topology list', 'edgectl status'], ['first-edge']),
    'SYS': ('SYS', 'limits, buffers, the clock',
            ['edgectl status --limits', 'timedatectl'], ['first-edge']),
    'SVC': ('SVC', 'the services and whom they work with',
            ['edgectl status', 'journalctl -u access-edge'], ['first-edge']),
    'PROBE': ('-', 'what somebody outside sees',
              ['edge-probe external contoso.com'], ['first-edge', 'behind-nat']),
    'SETUP': ('-', 'the steps of edgectl setup', ['edgectl setup'],
              ['first-edge']),
    'TEST': ('-', 'tests that do what a client does',
             ['edgectl status'], ['first-edge']),
    'CTL': ('-', 'edgectl itself', ['edgectl help'], ['first-edge']),
}
# a file, a setting, a program: written as they are wherever they stand
NAME = re.compile(r'`|edgectl\b|\S+-edge\b|edge-|\S*[=_]|\S+[.]\w|\S+ = ')
PAGES = {
    'first-edge': ('../tutorial.md', 'Your first edge'),
    'behind-nat': ('../how-to/behind-nat.md', 'An edge behind NAT'),
    'renew-a-certificate': ('../how-to/renew-a-certificate.md',
                            'Renew a certificate'),
    'roll-the-av-key': ('../how-to/roll-the-av-key.md', 'Roll the A/V key'),
    'add-a-pool-member': ('../how-to/add-a-pool-member.md',
                          'Add a pool member'),
}


def advices():
    """(id, want, why, fix) of every finding, in the tables' order."""
    for table in TABLES:
        if (ROOT / table).exists():
            for row in man_tables.rows(table, 'FINDING'):
                yield [part.replace('\\"', '"') for part in row]


def faults():
    """Finding's id: names of the lab's faults that lead to it."""
    found = {}
    for fault in FAULTS.values():
        for one in fault.ids.split():
            found.setdefault(one.strip(','), []).append(fault.name)
    return found


def capital(text):
    """With a capital, unless a name comes first that has none."""
    return text if NAME.match(text) else text[0].upper() + text[1:]


def sentence(text):
    """With a capital and a full stop."""
    return capital(text).rstrip('.') + '.'


def family(ident):
    """The row of FAMILIES for an id."""
    prefix = ident.split('-', 1)[0]
    if prefix not in FAMILIES:
        sys.exit(f'{ident}: no family of that prefix')
    return FAMILIES[prefix]


def look_block(commands):
    """Commands of root, or of who is named."""
    place = 'admin' if 'probe' in commands[0] else ''
    return [f'```console {place}'.rstrip(),
            *(f"{'$' if place else '#'} {command}" for command in commands),
            '```', '']


def finding(row, breaks):
    """The page of one finding."""
    ident, want, why, fix = row
    name, about, look, pages = family(ident)
    lines = [f'# {ident}', '', f'*{capital(about)}*' +
             (f', family `{name}` of `edgectl doctor`.' if name != '-'
              else '.'), '',
             '**What is wanted.** ' + sentence(want), '',
             ('**What users notice.** ' if ident.startswith('PROBE') else
              '**Why.** ') + sentence(why), '',
             '**How to mend it.** ' + sentence(fix), '']
    if name != '-':
        lines += ['`edgectl doctor` names the steps with their values, and '
                  'whose hands they take.', '']
    lines += ['**Look for yourself:**', '', *look_block(look)]
    if ident in breaks:
        lines += ['**See it in the lab:**', '', '```console dev',
                  *(f'$ ./dev lab break {one}' for one in breaks[ident]),
                  '```', '']
    lines += ['**Pages:** ' + ', '.join(
        f'[{PAGES[page][1]}]({PAGES[page][0]})' for page in pages) +
        '; [all findings](README.md).', '']
    return '\n'.join(lines)


def index(rows):
    """The list of all findings."""
    lines = ['# Findings', '', 'Every finding of `edgectl` has a stable id and '
             'a page that says what is wanted, why, and how to mend it. Ids '
             'are never used again for something else.', '',
             '| id | what is wanted |', '|---|---|']
    lines += [f'| [{ident}]({ident}.md) | {want} |'
              for ident, want, _, _ in rows]
    return '\n'.join(lines) + '\n'


def manual(files):
    """Manuals as Markdown."""
    parts = [subprocess.run(['mandoc', '-T', 'markdown', str(ROOT / name)],
                            stdout=subprocess.PIPE, text=True, check=True,
                            ).stdout.strip()
             for name in files if (ROOT / name).exists()]
    return '\n\n'.join(parts) + '\n'


def limits():
    """Numbers and words of edge.ini, a table a service."""
    lines = ['# Limits and options', '', 'What `[limits]` and `[options]` of '
             '`edge.ini` may set. `edgectl status --limits` shows the values '
             'in force; edge.ini(5) says what each means.']
    for service, prefix in LIMITS.items():
        lines += ['', f'## {service}', '',
                  '| limit | default | least | most | unit | source |',
                  '|---|---|---|---|---|---|']
        lines += [f'| `{r[1]}` | {r[3]} | {r[2]} | {r[4]} | {r[5]} | {r[6]} |'
                  for r in man_tables.rows(
                      f'{service}/{prefix}_limits.def', 'LIMIT')]
        options = [f'| `{r[1]}` | {"" if r[2] == "NULL" else r[2]} | {r[3]} |'
                   for r in man_tables.rows(
                       f'{service}/{prefix}_options.def', 'OPTION')]
        if options:
            lines += ['', '| option | default | source |', '|---|---|---|',
                      *options]
    return '\n'.join(lines) + '\n'


def ports():
    """The rows of port.def, a table a side."""
    lines = ['# Ports', '', 'What passes the packet filters outside and inside '
             'of the edge. Numbers are those of the topology: `edgectl '
             'topology render ports` prints this table with the addresses and '
             'ports of your own, `render nftables` the filter that lets '
             'through exactly this, and who manages the host. Closed are 4443 '
             '(the push of the central management) and 50001-50003 (its '
             'logging controller): nothing listens there.']
    for side, title in (('OUTSIDE', 'Outside'), ('INSIDE', 'Inside')):
        lines += ['', f'## {title}', '',
                  '| row | way | protocol | own port of | far port | for | '
                  'when it is blocked |', '|---|---|---|---|---|---|---|']
        for row in man_tables.rows('edgectl/port.def', 'CTL_PORT'):
            ident, where, way, protocol, own, port, count = row[:7]
            if where != side:
                continue
            far = {'OWN': '', 'HOP': "the next hop's"}.get(port, port)
            if count not in ('0', '1'):
                far = f'{port}-{int(port) + int(count) - 1}'
            lines.append(
                f'| {ident} | {way.lower()} | {protocol.lower()} | '
                f'{own.lower().replace("_", " ")} | {far} | {row[8]} | '
                f'{row[9]} |')
    return '\n'.join(lines) + '\n'


def wanted():
    """Path to text of every page that is made."""
    rows, breaks = list(advices()), faults()
    pages = {f'findings/{row[0]}.md': finding(row, breaks) for row in rows}
    pages['findings/README.md'] = index(rows)
    pages['reference/limits.md'] = limits()
    pages['reference/ports.md'] = ports()
    for page, files in MANUALS.items():
        pages[page] = manual(files)
    return pages


def links(docs=DOCS):
    """Links of such a folder that lead to no file in it: it is installed
    without what lies around it."""
    for page in sorted(docs.rglob('*.md')):
        for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)',
                                 page.read_text()):
            there = (page.parent / target).resolve()
            if not there.exists() or docs.resolve() not in there.parents:
                yield f'{page.relative_to(docs.parent)}: no {target}'


def main():
    """Exit 1 when a page is not as it should be."""
    pages = wanted()
    surplus = [path for path in (DOCS / 'findings').glob('*.md')
               if f'findings/{path.name}' not in pages]
    if sys.argv[1:] == ['--write']:
        for name, text in pages.items():
            (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
            (DOCS / name).write_text(text)
        for path in surplus:
            path.unlink()
        surplus = []
    bad = [f'{path.relative_to(ROOT)}: no such finding' for path in surplus]
    for name, text in pages.items():
        path = DOCS / name
        if not path.exists() or path.read_text() != text:
            bad.append(f'docs/{name}: differs from its source; '
                       'tests/docs_pages.py --write')
    bad += links()
    print('\n'.join(bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
