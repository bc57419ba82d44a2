"""Doctor's proof as a journey: the lab with some of its faults."""
import sys

from support import journey

sys.path.insert(0, str(journey.ROOT / 'tests'))
from lab import proof  # noqa: E402
from lab.world import Lab  # noqa: E402


def lab(j):
    """The lab in the journey's world."""
    made = Lab(j.folder / 'lab', j.world.prefix, j.binaries)
    j.parts.append(made)
    return made.up(ca=j.ca, world=j.world)


def prove(j, *groups):
    """Each fault of these tables, alone."""
    made = lab(j)
    proof.clean(made)
    faults = [fault for group in groups for fault in group.FAULTS]
    wrong = proof.each(made, faults, tell=lambda line: None)
    assert not wrong, '\n'.join(f'-- {name}\n{text}'
                                for name, text in wrong.items())
    j.said = f'{len(faults)} faults'
