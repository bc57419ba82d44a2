"""edgectl killed at each system call of a verb that could change a file."""
import collections
import os
import shutil
import subprocess

# every call that makes, fills, names or removes something
CALLS = ('openat mkdirat mkdir write pwrite64 fchmod fchmodat chmod fsync '
         'fdatasync rename renameat renameat2 symlink symlinkat linkat unlink '
         'unlinkat rmdir ftruncate flock fchown fchownat chown').split()
# the leak checker cannot work beside a tracer
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')


def can_trace():
    """Why strace may not trace here; false: it may."""
    if not shutil.which('strace'):
        return 'strace is not installed'
    done = subprocess.run(['strace', '-f', '-qq', '-o', '/dev/null', 'true'],
                          capture_output=True, check=False)
    return done.returncode and f'strace cannot trace: {done.stderr.decode()}'


def killed(words, call, number):
    """Run it, killed when it begins that call for the number-th time; whether
    it came that far."""
    done = subprocess.run(
        ['strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={call}',
         '-e', f'inject={call}:signal=KILL:when={number}', *words],
        capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    if done.returncode in (-9, 137):
        return True
    assert done.returncode in (0, 1), (call, number, done.returncode,
                                       done.stderr.decode())
    return False


def steps(words, place, log):
    """(call, its number) of each of these calls that could change something at
    the place; the others are the program's own."""
    subprocess.run(['strace', '-f', '-y', '-qq', '-o', str(log), '-e',
                    f'trace={",".join(CALLS)}', *words],
                   capture_output=True, env=ENVIRONMENT, timeout=60,
                   check=False)
    count, found = collections.Counter(), []
    for line in log.read_text().splitlines():
        call = line.split('(')[0].split()[-1]
        count[call] += 1
        if str(place) in line and 'O_RDONLY' not in line:
            found.append((call, count[call]))
    return found


def each(words, place, log, furnish):
    """Killed at each of these calls in turn, in a world that is furnished
    before; yields what call and which one it was."""
    furnish()
    for call, number in steps(words, place, log):
        furnish()
        assert killed(words, call, number), f'{call} {number}: not reached'
        yield f'{call} number {number}'
