"""Every command of the documents, done as it stands there: first the tutorial,
on a host that has nothing yet, then the others on the edge that it has made."""
import sys

from support import journey

sys.path.append(str(journey.ROOT / 'tests'))
from lab import documents, heal, pages  # noqa: E402
from lab.bare import BareLab  # noqa: E402

SHARDS = 'once'

DOCS = journey.ROOT / 'docs'
FIRST = DOCS / 'tutorial.md'


def findings(lab):
    """The pages of findings, which have the same commands over and over: each
    is done once."""
    lab.desk()
    done, counts = set(), []
    for page in sorted((DOCS / 'findings').glob('*.md')):
        counts.append(documents.run(lab, page, done=done))
        done |= {step.key for step in documents.read(page.read_text())}
    heal.mend(lab)
    return counts


def body(j):
    """The tutorial, then page by page."""
    lab = BareLab(j.folder / 'lab', j.world.prefix, j.binaries)
    j.parts.append(lab)
    lab.up(ca=j.ca, world=j.world)
    counts = [documents.run(lab, FIRST)]
    heal.keep(lab)
    counts += findings(lab)
    # all but manuals, and the table of contents
    for page in sorted((DOCS / 'how-to').glob('*.md')):
        lab.desk()
        counts.append(documents.run(lab, page,
                                    pages.BY_HAND.get(page.stem, ())))
        heal.mend(lab)
    known = {FIRST, *(DOCS / 'how-to').glob('*'), *(DOCS / 'findings').glob('*'),
             *(DOCS / 'reference').glob('*'), DOCS / 'README.md'}
    assert set(DOCS.rglob('*.md')) <= known, set(DOCS.rglob('*.md')) - known
    here, elsewhere = map(sum, zip(*counts))
    j.said = f'{here} commands, {elsewhere} left to others'


journey.main(body, limit=90)
