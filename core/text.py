"""Text and names as we store them: NFC, lines that end with a line feed, no control characters.

Everything here takes linear time on hostile input.
"""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_FILE_NAME = 150  # characters
MAX_LINE = 998  # characters of a subject or a name (RFC 5322, section 2.1.1)

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Lone surrogates cannot be stored as UTF-8, PostgreSQL takes no NUL, the rest confuses readers.
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
# Below U+0300 everything is in NFC already, and so is most of French punctuation.
_MAY_NEED_NFC = re.compile("[\u0300-\u1fff\u2000\u2001\u20d0-\U0010ffff]")
# Ordering combining marks takes quadratic time over a run of them, so a run has a bound.
_RUN = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,512}")
_OVERRIDES = re.compile("[\u202d\u202e]")  # write a name backwards; no script needs them
_BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # can hide an extension
_TYPES = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


def clean_text(text: str) -> str:
    """Text of any length, with its lines and its inner white space."""
    text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    return text if text.isascii() else _composed(text)


def clean_line(text: str) -> str:
    """One line with single spaces, cut to what a header may be long."""
    text = _OVERRIDES.sub("", text[: 4 * MAX_LINE])
    return clean_text(" ".join(text.split()))[:MAX_LINE].strip()


def file_name(given: str, otherwise: str) -> str:
    """The last part of what a mail program calls a file, which may be a whole Windows path."""
    line = _BIDI.sub("", clean_line(given)).replace("\\", "/")
    path = PurePosixPath(line.rstrip("/").rpartition("/")[2].strip())
    name = path.name.replace(":", "_")
    if name in ("", ".", ".."):
        return otherwise
    suffix = path.suffix[:20]
    return name if len(name) <= MAX_FILE_NAME else name[: MAX_FILE_NAME - len(suffix)] + suffix


def is_media_type(text: str) -> bool:
    return _TYPES.fullmatch(text) is not None


def _composed(text: str) -> str:
    if not _MAY_NEED_NFC.search(text):
        return text
    return _RUN.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)
