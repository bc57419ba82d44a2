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


def body(j):
    """The tutorial, then page by page."""
    lab = BareLab(j.folder / 'lab', j.world.prefix, j.binaries)
    j.parts.append(lab)
    lab.up(ca=j.ca, world=j.world)
    count = documents.run(lab, FIRST)
    heal.keep(lab)
    for page in sorted(DOCS.rglob('*.md')):
        if page != FIRST and documents.read(page.read_text()):
            lab.desk()
            count += documents.run(lab, page, pages.BY_HAND.get(page.stem, ()))
            heal.mend(lab)
    j.said = f'{count} commands'


journey.main(body, limit=60)
