"""What was provoked, and that answer, log, counters and list tell the same."""
import json
import pathlib
import re

from support import gate
from support.wait import until

SOURCE = pathlib.Path(__file__).resolve().parents[3] / \
    'access-edge' / 'acc_reason.def'
ROW = re.compile(r'ACC_REASON\(\w+,\s*"(\w+)",\s*(\d+),\s*(\d+),\s*"([^"]*)"\)')
TABLE = {m.group(1): (int(m.group(2)), int(m.group(3)), m.group(4))
         for m in ROW.finditer(SOURCE.read_text())}


class Book:
    """What was provoked, and that all four tell the same."""

    def __init__(self, edge, inside):
        self.edge, self.inside = edge, inside
        self.seen = set()
        self.before = {}

    def open(self):
        """From here on."""
        self.before = self.edge.refused()
        self.edge.log.write_text('')
        self.inside.forget()

    def _listed(self, reason):
        """The last of the list, when it has that reason."""
        rows = self.edge.call('GET', '/v1/refusals')[1]['refusals']
        return rows and rows[-1]['reason'] == reason and rows[-1]

    def close(self, reason, answer=None, quiet=True):
        """Compare answer, log, counter and list."""
        status, errid, text = TABLE[reason]
        until(lambda: self.edge.refused().get(reason, 0) ==
              self.before.get(reason, 0) + 1, 5,
              f'{reason} is not counted once: {self.edge.refused()}')
        others = {name: value for name, value in self.edge.refused().items()
                  if value != self.before.get(name, 0)}
        assert list(others) == [reason], (reason, others)
        number = 1010 if status else 1011
        # counted first, then told, then listed: another thread looks on
        last = until(lambda: self._listed(reason), 5,
                     f'{reason} is not the last of the list')
        lines = gate.events(self.edge, number, reason=reason, errid=errid,
                            status=status)
        assert len(lines) == 1, (reason, self.edge.tail())
        assert (last['reason'], last['errid'], last['status'], last['text']) \
            == (reason, errid, status, text), (reason, json.dumps(last))
        if answer:
            assert answer.status == status, (reason, answer.raw)
            told = answer.values('ms-diagnostics-public') + \
                answer.values('ms-diagnostics')
            assert len(told) == 1 and \
                told[0].startswith(f'{errid};reason="{text}"'), told
        assert (answer is None) == (status == 0), (reason, answer)
        if quiet:
            self.inside.quiet(None, 0.05)
        self.seen.add(reason)
        return lines[0]
