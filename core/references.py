"""Tracking references: short codes that survive handwriting, OCR and the telephone.

Eight characters of Crockford's base 32 (https://www.crockford.com/base32.html: no I, L, O, U),
the last a Luhn check character over the same alphabet, shown as ``GU-XXXX-XXXX``.
"""

import base64
import hmac
import re
from collections.abc import Callable

from stdnum import luhn

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAYLOAD_LENGTH = 7  # characters: 32^7 = 34 thousand million references
_CONFUSED = str.maketrans("OILoil", "011011")

# A dash of any kind, a dot, a space or nothing may stand where we print a hyphen.
_GAP = r"[\s.\-\u2010-\u2015]{0,3}"
_IN_TEXT = re.compile(
    rf"(?<![0-9A-Za-z])G[UuVv]{_GAP}([0-9A-Za-z]{{4}}){_GAP}([0-9A-Za-z]{{4}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)


def new_reference(choose: Callable[[str], str]) -> str:
    """A fresh reference; ``choose`` picks one character (``secrets.choice``, or a seeded one)."""
    payload = "".join(choose(ALPHABET) for _ in range(PAYLOAD_LENGTH))
    return _shown(payload + luhn.calc_check_digit(payload, ALPHABET))


def parse_reference(text: str) -> str | None:
    """The reference that ``text`` is, in its printed form, or None when it is not one.

    The ``GU`` may be left out, as people do on a form that asks for nothing else.
    """
    found = _IN_TEXT.fullmatch(text.strip()) or _IN_TEXT.fullmatch("GU-" + text.strip())
    return _checked(found.group(1) + found.group(2)) if found else None


def find_references(text: str) -> list[str]:
    """All valid references inside free text, in order, each once."""
    found = (_checked(match.group(1) + match.group(2)) for match in _IN_TEXT.finditer(text))
    return list(dict.fromkeys(reference for reference in found if reference))


def tracking_key(secret: bytes, reference: str) -> str:
    """The second secret of a case: 12 characters (60 bits) derived from the town's own secret.

    Derived rather than stored, so that every receipt can repeat it and a wrong reference costs
    exactly what a wrong key does.
    """
    digest = hmac.digest(secret, b"tracking-key:" + reference.encode(), "sha256")
    key = base64.b32encode(digest).decode()[:12]
    return f"{key[:4]}-{key[4:8]}-{key[8:]}"


def tracking_key_matches(secret: bytes, reference: str, key: str) -> bool:
    """Whether ``key`` opens ``reference``; compares in constant time."""
    given = re.sub(r"[^A-Z0-9]", "", key.upper())
    expected = tracking_key(secret, reference).replace("-", "")
    return hmac.compare_digest(given.encode(), expected.encode())


def _checked(code: str) -> str | None:
    canonical = code.translate(_CONFUSED).upper()
    if any(character not in ALPHABET for character in canonical):
        return None
    return _shown(canonical) if luhn.is_valid(canonical, ALPHABET) else None


def _shown(code: str) -> str:
    return f"GU-{code[:4]}-{code[4:]}"
