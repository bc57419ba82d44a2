"""Ten thousand reloads with certificates that take turns: what one costs, and
that nothing stays of it. The journey cert_renew makes a fifth of them."""
import os
import pathlib
import subprocess
import sys

RUN = pathlib.Path(__file__).resolve().parents[1] / 'journey' / 'run'


def main():
    """One line of result; 0 when memory and descriptors are flat."""
    if len(sys.argv) > 1:
        print(f'usage: {sys.argv[0]}: {__doc__}', file=sys.stderr)
        return 0 if sys.argv[1] in ('-h', '--help') else 2
    return subprocess.run(
        [str(RUN), '--preset', 'release', 'cert_renew'], check=False,
        env=dict(os.environ, CERT_RENEW_TIMES='5')).returncode
