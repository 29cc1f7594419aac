"""From bytes to text, whatever a mail program says about them.

Labels lie: what is called ASCII or Latin-1 is mostly windows-1252 or UTF-8
(https://encoding.spec.whatwg.org/#names-and-labels), and some programs give no label at all.
"""

import codecs
import re
from functools import lru_cache

SAMPLE = 4096  # bytes that are enough for a guess
_LATIN = 0.35  # of the letters are accented at most in a text of Western Europe
_FEW = 8  # bytes that tell nothing
_HIGH = re.compile(rb"[\x80-\xff]+")
_LETTERS = re.compile(rb"[A-Za-z]")
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "iso8859-15"})
# Codecs of Python that no mail is written in; some take quadratic time, some read no bytes.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
_GUESSES = [
    "cp1252", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "cp1250", "cp1251", "koi8_r",
    "cp1253", "cp1254", "cp1255", "cp1256",
]  # fmt: skip
_WIDE_GUESSES = ["utf_16", "utf_16_le", "utf_16_be", "utf_32"]  # they have NULs in between


def decode(data: bytes, label: str) -> tuple[str, str]:
    """The text, and a note for the agent when the label was no help (empty otherwise)."""
    charset = _charset(label.strip()[:60])
    if charset in _WESTERN or charset == "utf-8" or not charset:
        if data.isascii() and (charset or b"\x1b" not in data):
            return data.decode("ascii"), _unknown(label, charset)
        return _eight_bits(data, label, charset)
    try:
        return data.decode(charset), ""
    except (UnicodeError, ValueError):
        text = _utf8(data)
        if text is not None:
            return text, f"labelled {charset}, read as utf-8"
    try:
        return data.decode(charset, "replace"), f"some characters are not {charset}"
    except (UnicodeError, ValueError):
        return data.decode("cp1252", "replace"), f"not {charset}, read as windows-1252"


def _eight_bits(data: bytes, label: str, charset: str) -> tuple[str, str]:
    text = _utf8(data) if charset or not data.isascii() else _escaped_japanese(data)
    if text is not None:
        return text, _unknown(label, charset)
    if charset == "utf-8":
        lenient = data.decode("utf-8", "replace")
        intact = sum(1 for byte in data[: 64 * SAMPLE] if byte >= 0xC0)
        if lenient[: 64 * SAMPLE].count("\ufffd") * 4 < intact:
            return lenient, "some characters are not utf-8"
        return data.decode("cp1252", "replace"), "labelled utf-8, read as windows-1252"
    if charset:
        return data.decode("iso8859-15" if charset == "iso8859-15" else "cp1252", "replace"), ""
    guess = _guessed(data)
    return data.decode(guess, "replace"), f"charset {label or 'not given'}, read as {guess}"


def _unknown(label: str, charset: str) -> str:
    return f"charset {label[:60]} unknown" if label and not charset else ""


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _escaped_japanese(data: bytes) -> str:
    """ISO-2022-JP is all ASCII; its escape sequences tell it."""
    try:
        return data.decode("iso2022_jp")
    except UnicodeDecodeError:
        return data.decode("ascii")


def _guessed(data: bytes) -> str:
    """The likeliest charset; a mail server of a town sees windows-1252 most."""
    found = _HIGH.search(data)
    start = max(0, (found.start() if found else 0) - SAMPLE // 4) & ~1
    sample = data[start : start + SAMPLE]
    wide = sample.count(0) * 8 > len(sample)
    high = sum(map(len, _HIGH.findall(sample)))
    # A guess by statistics needs much text. Where accents are few among Latin letters, the text is
    # of Western Europe; the letters of another script stand together.
    if not wide and high < max(_FEW, _LATIN * (high + len(_LETTERS.findall(sample)))):
        return "cp1252"
    from charset_normalizer import from_bytes

    guesses = _WIDE_GUESSES if wide else _GUESSES
    best = from_bytes(sample, steps=1, cp_isolation=guesses).best()
    return best.encoding if best else "cp1252"


@lru_cache(256)
def _charset(label: str) -> str:
    """Python's name of the charset, or nothing when it knows none by this label."""
    try:
        name = codecs.lookup(label).name
        b"text".decode(name, "replace")  # some codecs make no text, or know no such way
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else name
