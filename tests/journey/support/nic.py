"""Interfaces of a namespace: how their packets are brought in."""
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import time

SIOCETHTOOL = 0x8946
ETHTOOL_SGRO = 0x2c
ETHTOOL_STXCSUM = 0x17
ETHTOOL_STSO = 0x1f


def _set(space, device, what, value):
    order = ctypes.create_string_buffer(struct.pack('II', what, value))
    with space.inside(), socket.socket(socket.AF_INET,
                                       socket.SOCK_DGRAM) as link:
        fcntl.ioctl(link, SIOCETHTOOL, struct.pack(
            '16sQ16x', device.encode(), ctypes.addressof(order)))


def poll(space, device):
    """By NAPI, as a card's driver does: a virtual cable takes what XDP sends
    from its other end only then."""
    _set(space, device, ETHTOOL_SGRO, 1)


def as_card(space, device, far_space, far_device):
    """All that comes in by a virtual cable comes by NAPI at that end."""
    poll(space, device)
    _set(far_space, far_device, ETHTOOL_STSO, 0)


def moderate(space, device, every_us):
    """Bring packets in that often at most, as a card does with its
    interrupts; 0: at once."""
    folder = f'/sys/class/net/{device}'
    space.exec('sh', '-c',
               f'echo {1000 * every_us} > {folder}/gro_flush_timeout && '
               f'echo {int(every_us > 0)} > {folder}/napi_defer_hard_irqs')


def sum_here(space, device, on):
    """Checksums of what is sent: made before it leaves, or left to a card."""
    _set(space, device, ETHTOOL_STXCSUM, 0 if on else 1)


def kernel_threads():
    """Pid to name of all processes: the kernel's threads have no more."""
    found = {}
    for folder in pathlib.Path('/proc').iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (folder / 'comm').read_text().strip()
            except OSError:
                pass  # it has ended
    return found


def threaded(space, device, on):
    """Bring packets in by threads of the kernel or by whoever sends; pids of
    the threads."""
    def found():
        return {pid for pid, name in kernel_threads().items()
                if name.startswith(f'napi/{device}-')}
    file = f'/sys/class/net/{device}/threaded'
    space.exec('sh', '-c', f'echo 0 > {file}')
    others = found()
    if not on:
        return []
    space.exec('sh', '-c', f'echo 1 > {file}')
    for _ in range(100):
        if found() - others:
            break
        time.sleep(0.02)
    made = sorted(found() - others)
    assert made, f'no thread for {device} at {os.uname().release}'
    return made
