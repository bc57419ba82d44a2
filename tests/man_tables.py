#!/usr/bin/env python3
"""The tables of the man pages against the .def files they come from.

Every row of a .def file is one .It line of its page, between
    .\\" from FILE
and the next ".\\" end"; no line more, none less, in the same order.
--write puts missing lines in and takes surplus ones out; what a line says
below it (a limit's meaning) is written by hand and must be there."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
MARK = '.\\" '


def rows(path, macro):
    """The arguments of each MACRO(...) of a .def file, strings unquoted."""
    text = re.sub(r'/\*.*?\*/', ' ', (ROOT / path).read_text(), flags=re.S)
    found = re.compile(rf'^{macro}\(((?:"(?:[^"\\]|\\.)*"|[^")])*)\)', re.M)
    if len(found.findall(text)) != len(re.findall(rf'^{macro}\(', text, re.M)):
        sys.exit(f'{path}: a row of {macro} is not understood')
    for match in found.finditer(text):
        parts = re.findall(r'"(?:[^"\\]|\\.)*"|[^\s,]+', match.group(1))
        yield [STRING.sub(r'\1', part) for part in parts]


def words(text):
    """Text in which mdoc sees no macro."""
    return ' '.join('\\&' + word if re.fullmatch(r'[A-Z][a-z0-9]{1,2}', word)
                    else word for word in text.split())


def reason(row):
    """ACC_REASON(id, name, status, errid, text)"""
    return ' Ta '.join([row[1], row[2], row[3], words(row[4])])


def av_reason(row):
    """AVE_REASON(id, label, words)"""
    return ' Ta '.join([row[1], words(row[2])])


def webconf_reason(row):
    """WCE_REASON(id, label, code, retry_after_s, text, detail)"""
    return ' Ta '.join([row[1], row[2], row[3], row[5]])


def xmpp_reason(row):
    """XMPP_REASON(id, name, stream, stanza, wait, text)"""
    return ' Ta '.join([row[1], row[2] or '-', row[3] or '-', words(row[5])])


def event(row):
    """EVENT(name, id, level, text)"""
    return ' Ta '.join([row[0], row[1], row[2].removeprefix('EDGE_'),
                        words(row[3])])


def limit(row):
    """LIMIT(id, name, min, default, max, unit, source)"""
    unit = '/s' if row[5] == '1/s' else f' {row[5]}' if row[5] else ''
    return f'Cm {row[1]} No = {row[3]}{unit} Pq {row[2]} to {row[4]}'


def option(row):
    """OPTION(id, name, default, source)"""
    return f'Cm {row[1]} No = ' + ('' if row[2] == 'NULL' else row[2])


TABLES = [  # page, .def, macro, line of a row, does text stand below it
    ('access-edge/access-edge.8', 'access-edge/acc_reason.def', 'ACC_REASON',
     reason, False),
    ('access-edge/access-edge.8', 'access-edge/xmpp_reason.def',
     'XMPP_REASON', xmpp_reason, False),
    ('access-edge/access-edge.8', 'access-edge/acc_events.def', 'EVENT',
     event, False),
    ('access-edge/access-edge.8', 'common/events.def', 'EVENT', event, False),
    ('common/edge.ini.5', 'access-edge/acc_limits.def', 'LIMIT', limit, True),
    ('common/edge.ini.5', 'access-edge/acc_options.def', 'OPTION', option,
     True),
    ('av-edge/av-edge.8', 'av-edge/ave_reason.def', 'AVE_REASON', av_reason,
     False),
    ('av-edge/av-edge.8', 'av-edge/ave_events.def', 'EVENT', event, False),
    ('webconf-edge/webconf-edge.8', 'webconf-edge/wce_reason.def',
     'WCE_REASON', webconf_reason, False),
    ('webconf-edge/webconf-edge.8', 'webconf-edge/wce_events.def', 'EVENT',
     event, False),
    ('common/edge.ini.5', 'webconf-edge/wce_limits.def', 'LIMIT', limit,
     True),
    ('common/edge.ini.5', 'webconf-edge/wce_options.def', 'OPTION', option,
     True),
    ('common/edge.ini.5', 'av-edge/ave_limits.def', 'LIMIT', limit, True),
    ('common/edge.ini.5', 'av-edge/ave_options.def', 'OPTION', option, True),
]


def part(lines, source):
    """(first, last) line of the part between the marks."""
    first = lines.index(f'{MARK}from {source}') + 1
    return first, lines.index(f'{MARK}end', first)


def entries(lines):
    """[[.It line, text below...]...] of a part."""
    found = []
    for line in lines:
        if line.startswith('.It '):
            found.append([line.rstrip()])
        elif found:
            found[-1].append(line)
    return found


def faults(source, wanted, found, has_text):
    """What is wrong with one table, a line each."""
    have = [entry[0] for entry in found]
    for line in wanted:
        if line not in have:
            yield f'{source}: no line "{line}"'
    for line in have:
        if line not in wanted:
            yield f'{source}: no row for "{line}"'
    if sorted(have) == sorted(wanted) and have != wanted:
        yield f'{source}: lines in another order'
    for entry in found:
        if has_text and not ''.join(entry[1:]).strip():
            yield f'{source}: nothing is said about "{entry[0]}"'


def mended(wanted, found):
    """The part with exactly the wanted lines; texts go by the name."""
    texts = {entry[0].split(' No =')[0]: entry[1:] for entry in found}
    for line in wanted:
        yield line
        yield from texts.get(line.split(' No =')[0], [])


def main():
    """Exit 1 when a table differs."""
    bad = 0
    for page, source, macro, line_of, has_text in TABLES:
        path = ROOT / page
        lines = path.read_text().splitlines()
        wanted = [f'.It {line_of(row)}'.rstrip()
                  for row in rows(source, macro)]
        if not wanted:
            sys.exit(f'{source}: no row of {macro}')
        first, last = part(lines, source)
        found = entries(lines[first:last])
        if '--write' in sys.argv[1:]:
            lines[first:last] = mended(wanted, found)
            path.write_text('\n'.join(lines) + '\n')
            continue
        for fault in faults(source, wanted, found, has_text):
            print(f'{page}: {fault}')
            bad = 1
    sys.exit(bad)


if __name__ == '__main__':
    main()
