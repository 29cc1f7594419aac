"""Whether the first page of a fax is a cover page: it names who, to whom and how many pages."""

import re

MAX_WORDS = 200  # a letter has more
ENOUGH = 3  # signs of the five below

_SIGNS = (
    re.compile(r"\b(t[ée]l[ée]copie|fax|facsimil[ée]|bordereau|page de garde|cover)\b", re.I),
    re.compile(r"^\W*(de|from|exp[ée]diteur|[ée]metteur)\b[^\n]{0,20}:", re.I | re.M),
    re.compile(r"^\W*([àa]|to|pour|destinataire|[àa] l.attention)\b[^\n]{0,20}:", re.I | re.M),
    re.compile(r"\b(nombre|nb|number)\b[^\n]{0,12}\bpages?\b|\bpages?\b[^\n]{0,25}:\s*\d", re.I),
    re.compile(r"^\W*(date|objet|subject|re)\b[^\n]{0,10}:", re.I | re.M),
)


def is_cover_page(text: str) -> bool:
    """Told by the words that were read on it."""
    if not text.strip() or len(text.split()) > MAX_WORDS:
        return False
    return sum(bool(sign.search(text)) for sign in _SIGNS) >= ENOUGH
