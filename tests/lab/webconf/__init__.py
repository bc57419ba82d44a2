"""Parts of the stand-in Data MCU."""
