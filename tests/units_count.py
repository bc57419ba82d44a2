#!/usr/bin/env python3
"""Counts the checks in a ctest JUnit file: units_count.py PRESET FILE."""
import re
import sys
import xml.etree.ElementTree as tree

SUMMARY = re.compile(r'^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$',
                     re.M)


def lines(preset, path):
    """One line a check; a program without check's summary is one check."""
    for case in tree.parse(path).getroot().iter('testcase'):
        name = f"{preset}/{case.get('name')}"
        output = case.findtext('system-out') or ''
        good = case.get('status') == 'run'
        found = SUMMARY.search(output)
        if not found:
            yield f"{'ok' if good else 'FAIL'} {name}"
            continue
        total, failures, errors = map(int, found.groups())
        bad = failures + errors
        for number in range(total):
            yield f"{'ok' if number >= bad else 'FAIL'} {name}#{number + 1}"
        if not good and not bad:
            yield f'FAIL {name} (exit status)'


def main():
    preset, path = sys.argv[1:]
    try:
        for line in lines(preset, path):
            print(line)
    except (OSError, tree.ParseError) as err:
        print(f'FAIL {preset}/units: {err}')


main()
