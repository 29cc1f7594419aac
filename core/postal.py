"""Postal addresses, as many lines as an envelope's window shows.

Six lines with the name, by NF Z 10-011 (La Poste, "Bien rédiger l'adresse") and by DIN 5008.
"""

from core.text import clean_line

MAX_LINES = 5  # below the name
MAX_LINE = 50  # characters; postmen's machines want 38, and a window has room for more


def clean_address(text: str) -> str:
    """Its lines without what is empty; not cut, so that nobody's street is lost unseen."""
    lines = (clean_line(line) for line in text[:2000].splitlines())
    return "\n".join(line for line in lines if line)


def fits_window(address: str) -> bool:
    """Whether a clean address can be read through the window."""
    lines = address.split("\n")
    return len(lines) <= MAX_LINES and all(len(line) <= MAX_LINE for line in lines)
