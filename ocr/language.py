"""Which language a text is in, by ``py3langid``; its model is loaded once a process."""

from collections.abc import Sequence
from functools import cache
from typing import Any

LANGUAGES = ("fr", "en", "de", "es", "it", "pt", "nl", "pl", "ro", "tr", "ar")
TESSERACT = {
    "fr": "fra",
    "en": "eng",
    "de": "deu",
    "es": "spa",
    "it": "ita",
    "pt": "por",
    "nl": "nld",
    "pl": "pol",
    "ro": "ron",
    "tr": "tur",
    "ar": "ara",
}
"""As Tesseract names them (ISO 639-2)."""
LEAST = 40  # characters that tell a language
MOST = 3_000  # that are looked at
SURE = 95  # per cent, from which a page is read once more in its own language


def language_of(text: str) -> tuple[str, int] | None:
    """ISO 639-1, and how sure that is (0 to 100); None for a few words."""
    if len(text.strip()) < LEAST:
        return None
    language, probability = _identifier().classify(text[:MOST])
    return language, round(100 * probability)


def spoken(text: str, among: Sequence[str]) -> str | None:
    """The one of these languages, named as Tesseract does, that the text surely is in."""
    found = language_of(text)
    if found is None or found[1] < SURE:
        return None
    name = TESSERACT[found[0]]
    return name if name in among else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
