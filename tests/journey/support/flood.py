"""The crowd of tests/bench/sip_flood.c: it goes on until it is stopped."""
import json
import subprocess
import threading

from support.wait import until


class Flood:
    """One crowd; said is the last it told of itself."""

    def __init__(self, j, space, mode, target, first, **words):
        """words: options of bench_sip_flood by their letter."""
        options = [part for letter, value in words.items()
                   for part in (f'-{letter}', str(value))]
        self.errors = j.folder / f'flood{len(j.parts)}-{mode}.log'
        self.process = space.start(
            'nice', str(j.binaries.parent / 'tests/bench/bench_sip_flood'),
            '-m', mode, '-t', target[0], '-p', str(target[1]), '-f', first,
            *options, stdout=subprocess.PIPE,
            stderr=open(self.errors, 'w', encoding='utf-8'))
        self.said = {}
        threading.Thread(target=self._listen, daemon=True).start()
        j.parts.append(self)

    def _listen(self):
        for line in self.process.stdout:
            self.said = json.loads(line)

    def look(self):
        """What it said last: open, opened, lost, sent, s200, s400, s500."""
        assert self.process.poll() is None, \
            f'the crowd has left: {self.errors.read_text()}'
        return self.said

    def wait(self, key, least, limit):
        """Until that number is so high."""
        until(lambda: self.look().get(key, 0) >= least, limit,
              lambda: f'{key} does not reach {least}: {self.said}')

    def stop(self):
        """It goes away."""
        self.process.kill()
        self.process.wait()
