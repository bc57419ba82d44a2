"""Commands of the documents, done as they stand there.

A block fenced as ```console has commands after "# " (root at the edge) and "$ "
(an administrator's machine outside), each with what it prints: the lines shown
occur in that order, a line "..." stands for any number of lines, "..." within
one for anything. "(exit N)" behind a command, or after what it prints, is its
exit status. A word behind ```console is another place. <!-- lab: inside --> has
the Data MCUs started, for what a ```powershell block says is done by hand.
```ini edge is added to the edge's settings.

What is not done here is counted: ```powershell, and ```console dev, which is for
the source tree and may break what the lab can break, for other journeys do."""
import dataclasses
import re
import subprocess

from lab import faults

FENCE = re.compile(r'```(\w*) ?(\w*)')
ORDER = re.compile(r'<!-- lab: (\w+) -->')
EXIT = re.compile(r'\(exit (\d+)\)')
STATUS = re.compile(r'(.*) \(exit (\d+)\)')
ELSEWHERE = re.compile(r'\./dev lab break (\S+)')
KINDS = ('console', 'sh', 'powershell', 'text', 'ini', 'json', 'xml')
INDENTED = re.compile(r' {4,}(?![-*0-9|])\S')
LIMIT = 120  # s a command


@dataclasses.dataclass
class Step:
    """A command, or an order to the lab when it has no prompt; with "+" for a
    prompt it is text for edge.ini, with ">" nothing that is done here."""
    line: int
    prompt: str
    command: str
    place: str = ''
    shown: list = dataclasses.field(default_factory=list)
    status: int = 0

    @property
    def is_elsewhere(self):
        """It is not done here."""
        return self.prompt == '>' or self.place == 'dev'

    @property
    def key(self):
        """The same for what is the same to do."""
        return self.prompt, self.place, self.command


def _in_block(steps, number, line, place):
    if line[:2] in ('# ', '$ '):
        steps.append(Step(number, line[0], line[2:], place))
        ends = STATUS.fullmatch(line[2:])
        if ends:
            steps[-1].command, steps[-1].status = ends[1], int(ends[2])
    elif steps[-1].command.endswith('\\') and not steps[-1].shown:
        steps[-1].command = steps[-1].command[:-1] + line.removeprefix('> ')
    elif EXIT.fullmatch(line):
        steps[-1].status = int(EXIT.fullmatch(line)[1])
    else:
        steps[-1].shown.append(line)


def read(text):
    """Its steps."""
    steps, kind, place = [], None, ''
    for number, line in enumerate(text.splitlines(), 1):
        fence, order = FENCE.match(line), ORDER.fullmatch(line)
        if fence:
            assert kind or fence[1] in KINDS, \
                f'line {number}: a block of "{fence[1]}", not {KINDS}'
            kind, place = (None, '') if kind else fence.groups()
        elif kind in ('console', 'sh'):
            _in_block(steps, number, line, place)
        elif kind == 'powershell':
            steps.append(Step(number, '>', line))
        elif kind == 'ini' and place:
            steps.append(Step(number, '+', line))
        elif not kind and INDENTED.match(line):
            raise AssertionError(f'line {number}: commands stand in blocks, '
                                 f'not indented: "{line}"')
        elif order and not kind:
            steps.append(Step(number, '', order[1]))
    return steps


def _pattern(line):
    return '.*'.join(map(re.escape, line.rstrip().split('...')))


def differs(shown, said):
    """The first shown line that is not said where it should be; None: all
    are."""
    lines = [line.rstrip() for line in said.splitlines()]
    at, may_skip = 0, False
    for line in shown:
        if line.strip() == '...':
            may_skip = True
            continue
        fits = [i for i in range(at, len(lines)) if
                re.fullmatch(_pattern(line), lines[i])]
        if not fits or (not may_skip and fits[0] != at):
            return line
        at, may_skip = fits[0] + 1, False
    return None if may_skip or not shown or at == len(lines) else lines[at]


def do(lab, step):
    """One of them."""
    if not step.prompt:
        {'inside': lab.start_inside}[step.command]()
        return
    if step.prompt == '+':
        with open(lab.host.etc / 'edge.ini', 'a', encoding='utf-8') as file:
            file.write(step.command + '\n')
        return
    if step.is_elsewhere:
        found = ELSEWHERE.fullmatch(step.command)
        assert step.prompt == '>' or found and found[1] in faults.TABLE, \
            f'{step.command}: nobody breaks that'
        return
    words, folder = lab.words(step.prompt, step.place)
    done = subprocess.run(
        words + ['sh', '-c', step.command.replace('/root/', f'{folder}/')],
        cwd=folder, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    assert done.returncode == step.status, \
        f'{step.command}: exit status {done.returncode}\n{done.stdout}'
    other = differs(step.shown, done.stdout)
    assert other is None, f'{step.command}: not as shown: "{other}"\n' \
        f'{done.stdout}'


def run(lab, path, by_hand=(), done=()):
    """All of a document; how many commands, and how many that are not done
    here. by_hand: (words of a command, what people do before it, of a lab);
    done: keys of steps that need no second time."""
    steps = read(path.read_text())
    for step in steps:
        try:
            for words, deed in by_hand:
                if step.prompt in ('#', '$') and words in step.command:
                    deed(lab)
            if step.key not in done:
                do(lab, step)
        except AssertionError as fault:
            raise AssertionError(
                f'{path.name}, line {step.line}: {fault}') from None
    there = [step for step in steps if step.is_elsewhere]
    return (sum(step.prompt in ('#', '$') for step in steps) - sum(
        step.prompt == '$' for step in there), len(there))
