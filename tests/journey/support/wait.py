"""Waiting for something that will happen soon, or not."""
import time


class NoAnswer(AssertionError):
    """Nothing came back in time."""


PATIENCE = 30  # s: what is waited for happens, however busy the machine is


def until(done, limit, text):
    """Poll done() till it is true; AssertionError with text after limit s,
    or PATIENCE when that is longer. text may be a function: what is so then."""
    end = time.monotonic() + max(limit, PATIENCE)
    while True:
        value = done()
        if value:
            return value
        assert time.monotonic() < end, text() if callable(text) else text
        time.sleep(0.02)
