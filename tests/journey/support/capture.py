"""Packets on a device of a namespace, while something happens."""
import subprocess
import time

from support.wait import until


class Capture:
    """tcpdump into a file; packets() reads it back as lines."""

    def __init__(self, space, device, expression, file):
        self.file = file
        self.error = open(f'{file}.err', 'wb')
        self.process = space.start(
            'tcpdump', '-n', '-U', '--immediate-mode', '-Z', 'root', '-s',
            '16384', '-B', '32768', '-i', device, '-w', str(file), expression,
            stdout=subprocess.DEVNULL, stderr=self.error)
        until(lambda: file.exists() and b'listening' in
              open(f'{file}.err', 'rb').read(), 5, 'tcpdump does not start')

    def packets(self, expression=None):
        """One line a packet seen so far."""
        time.sleep(0.1)

        def read():
            # while it is written its last packet may be there by half
            done = subprocess.run(
                ['tcpdump', '-n', '-t', '-r', str(self.file)] +
                ([expression] if expression else []), text=True, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return None if 'truncated dump file' in done.stderr else done

        done = until(read, 5, f'{self.file} ends in half a packet')
        done.check_returncode()
        return done.stdout.splitlines()

    def stop(self):
        """End the capture."""
        self.process.terminate()
        self.process.wait()
        self.error.close()
