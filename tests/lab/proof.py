"""Doctor's proof: each fault alone is found by its id and no other, and what
doctor says to run mends it."""
import time

from lab import cure, heal
from support.wait import PATIENCE

BAD = ('error', 'warning', 'fatal')


def found(lab):
    """Findings that are more than information."""
    return [f for f in lab.doctor()['findings'] if f['level'] in BAD]


def ids(findings):
    """Their ids, each once."""
    return sorted({f['id'] for f in findings})


def _until(lab, wanted):
    """Findings once they are those, or what they are at last: what happens
    elsewhere, as servers that dial again, has to arrive here first."""
    seen, end = found(lab), time.monotonic() + PATIENCE
    while ids(seen) != wanted and time.monotonic() < end:
        time.sleep(0.3)
        seen = found(lab)
    return seen


def clean(lab):
    """Nothing is found."""
    seen = _until(lab, [])
    assert not seen, '\n'.join(f"{f['id']} at {f['place']}: {f['saw']}"
                               for f in seen)


def _told(findings):
    return '; '.join(f"{f['id']} at {f['place']}: {f['saw']} {f['cure']}"
                     for f in findings)


def prove(lab, fault):
    """This one alone."""
    fault.breaks(lab)
    seen = _until(lab, sorted(fault.ids.split()))
    assert ids(seen) == sorted(fault.ids.split()), \
        f'wants {fault.ids}, finds {_told(seen)}'
    for finding in seen:
        for word in ('saw', 'want', 'why', 'fix', 'cure', 'page'):
            assert finding.get(word), f"{finding['id']} without {word}"
    hands = {step['on'] for finding in seen for step in finding['cure']}
    assert hands == set(fault.hands.split()), \
        f'{fault.hands} shall mend it, the cure is of {sorted(hands)}: ' \
        f'{_told(seen)}'
    for finding in seen:
        cure.run(lab, finding['cure'])
    try:
        clean(lab)
    except AssertionError as still:
        raise AssertionError(f'{_told(seen)}\nafter that: {still}') from None


def each(lab, faults, tell=print):
    """All of them; what went wrong, by name."""
    wrong = {}
    for fault in faults:
        begun = time.monotonic()
        try:
            prove(lab, fault)
            heal.open_way(lab)  # a cure lets one thing pass, not the rest
            if fault.is_another_world:
                heal.mend(lab)
        except (AssertionError, RuntimeError, OSError) as failure:
            wrong[fault.name] = str(failure)
            heal.mend(lab)
        tell(f"{'FAIL' if fault.name in wrong else 'ok'} {fault.name} "
             f'{time.monotonic() - begun:.1f}')
    return wrong
