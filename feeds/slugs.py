"""Words in the addresses of pages."""

import re
import unicodedata
from uuid import UUID

MAX_SLUG = 64  # characters of a topic's
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_MAX_WORDS = 60  # characters of a title in an address
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})


def slug_of(words: str) -> str:
    """``Fête de l’été`` is ``fete-de-l-ete``; empty when nothing can be written so."""
    folded = unicodedata.normalize("NFKD", words.lower().translate(_LIGATURES))
    plain = "".join(one for one in folded if not unicodedata.combining(one))
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) <= _MAX_WORDS:
        return slug
    return slug[:_MAX_WORDS].rsplit("-", 1)[0].strip("-")


def entry_slug(title: str, entry_id: UUID) -> str:
    """Of an entry: its title, and enough of its id that no two have the same."""
    return f"{slug_of(title) or 'entry'}-{entry_id.hex[-8:]}"
