"""What benches note of their runs, and what is made of it."""
import statistics
import sys


class Notes:
    """Values by figure and server, one a run."""

    def __init__(self):
        self.found = {}  # (figure, server) to values
        self.doubts = []  # what makes a value of a run less than it seems

    def note(self, figure, server, value):
        """One value of one run."""
        self.found.setdefault((figure, server), []).append(value)
        print(f'   {figure}, {server}: {value:.2f}', file=sys.stderr)

    def doubt(self, words):
        """Said again below the table."""
        self.doubts.append(words)
        print(f'   ! {words}', file=sys.stderr)

    def median(self, figure, server):
        """Of all runs; None when there was none."""
        values = self.found.get((figure, server))
        return statistics.median(values) if values else None

    def ratio(self, figure, theirs, their_figure=None):
        """Ours / theirs: the median of what each run gave, as a run's rates
        are its own."""
        pairs = zip(self.found.get((figure, 'edge'), []),
                    self.found.get((their_figure or figure, theirs), []))
        ratios = [ours / other for ours, other in pairs if other]
        return f'{statistics.median(ratios):.2f}' if ratios else '-'

    def spread(self, figure, server):
        """Half the way from the least to the most, in percent of the
        median."""
        values = self.found.get((figure, server))
        middle = statistics.median(values) if values else 0
        return f'{50 * (max(values) - min(values)) / middle:.0f}' if middle \
            else '-'
