"""Waiting for something that will happen soon, or not."""
import time


def until(done, limit, text):
    """Poll done() till it is true; AssertionError with text after limit s."""
    end = time.monotonic() + limit
    while True:
        value = done()
        if value:
            return value
        assert time.monotonic() < end, text
        time.sleep(0.02)
