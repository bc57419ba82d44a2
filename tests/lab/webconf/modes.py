"""How a session behind the edge goes, chosen by add-user (WC 5.12): each mode
is served by one row's function, after ASSIGN_OK or instead of it."""
import asyncio
import re

from webconf.conference import Participant

FILL = bytes(range(256)) * 64
LATE = 3600  # s, longer than anybody waits


class Session:
    """What a mode works on: the raw link, the guest and the argument."""

    def __init__(self, link, guest, book, number):
        self.link, self.guest, self.book = link, guest, book
        self.number = number


async def meeting(s):
    """A participant of the conference."""
    one = Participant(s.book.conference(s.guest.conference), s.link,
                      s.guest.user)
    try:
        await one.serve()
    except asyncio.CancelledError:
        s.book.journal.tell('participant_left', user=s.guest.user,
                            why=one.why)
        raise


async def echo(s):
    """Everything comes back."""
    while data := await s.link.read():
        await s.link.write(data)


async def sink(s):
    """Everything is taken."""
    while await s.link.read():
        pass


async def source(s):
    """So many bytes, then the end."""
    await fill(s.link, s.number)


async def fill(link, count):
    """count bytes of FILL over and over."""
    while count > 0:
        await link.write(FILL[:count])
        count -= len(FILL)


async def slow(s):
    """Takes so many bytes a second."""
    while await s.link.read(max(1, s.number // 10)):
        await asyncio.sleep(0.1)


async def stopped(_):
    """Takes nothing at all."""
    await asyncio.sleep(LATE)


async def half_close(s):
    """Sends so many bytes and close_notify, then takes what comes."""
    await fill(s.link, s.number)
    await s.link.half_close()
    await sink(s)


async def cut(s):
    """Sends so many bytes and FIN without close_notify."""
    await fill(s.link, s.number)
    await s.link.truncate()
    await sink(s)


async def reset(s):
    """Takes so many bytes, then RST."""
    await s.link.read_exactly(s.number)
    await s.link.abort()


MODES = {'meeting': meeting, 'echo': echo, 'sink': sink, 'source': source,
         'slow': slow, 'stopped': stopped, 'half-close': half_close,
         'cut': cut, 'reset': reset}
INSTEAD = {'never', 'refuse', 'dies'}  # of ASSIGN_OK


def parse(text):
    """(mode, number) of a text like "source 1000"."""
    found = re.fullmatch(r'([a-z-]+)(?:[ :](\d+))?', text)
    name = found and found.group(1)
    assert name in MODES or name in INSTEAD, f'no such mode: {text}'
    return name, int(found.group(2) or 0)
