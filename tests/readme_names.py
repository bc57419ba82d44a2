#!/usr/bin/env python3
"""README's feature table names tests that exist, and shows what it calls
working by at least one of them."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SPECIAL = {'./dev test'}


def tests():
    """Names of test functions and fuzz targets."""
    for path in (ROOT / 'tests').glob('unit/*/*.c'):
        yield from re.findall(r'^START_TEST\((\w+)\)', path.read_text(), re.M)
    for path in (ROOT / 'tests' / 'fuzz').glob('fuzz_*.c'):
        yield path.stem


def journeys():
    """Names of journeys."""
    for path in (ROOT / 'tests' / 'journey').iterdir():
        if path.is_file() and path.suffix in ('', '.py'):
            yield path.stem


def rows(text):
    """(row, state, shown by) of the tables whose last column says so."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip('|').split(' |')]
        if not line.startswith('|'):
            inside = False
        elif cells[-1] == 'shown by':
            inside = True
        elif inside and not line.startswith('|---'):
            yield cells


def faults(cells, functions, walks):
    """What is wrong with one row."""
    if len(cells) != 3:
        yield f'{len(cells)} columns'
        return
    shown = cells[2]
    if cells[1].startswith('**works**') and not shown:
        yield 'works, but shown by nothing'
    for journey, word in re.findall(r'(journey )?`([^`]+)`', shown):
        if journey and word not in walks:
            yield f'no journey {word}'
        elif not journey and word not in functions | SPECIAL and \
                not ('/' in word and (ROOT / word).exists()):
            yield f'no test {word}'


def main():
    """Exit 1 when a name is not there."""
    functions, walks = set(tests()), set(journeys())
    found, bad = 0, 0
    for cells in rows((ROOT / 'README.md').read_text()):
        found += 1
        for fault in faults(cells, functions, walks):
            print(f'README.md: {cells[0]}: {fault}')
            bad = 1
    if not found:
        sys.exit('README.md: no feature table')
    sys.exit(bad)


if __name__ == '__main__':
    main()
