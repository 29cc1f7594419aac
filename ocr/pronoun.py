"""The English "I", which Tesseract takes for an upright rule ("|") or a small "l" where it stands
alone: in an English text neither is a word."""

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from ocr.found import Found

HIGHEST = 1.5  # times as high as the page's words, from which it is a rule indeed

_ALONE = re.compile(r"[|l](?=$|[,.;:?!]+$|['’](?:m|d|ll|ve)\b)")


def with_pronoun(words: Sequence[Found]) -> list[Found]:
    """The words of an English page."""
    highest = HIGHEST * median([word.height for word in words] or [0])
    return [
        replace(word, text=f"I{word.text[1:]}")
        if word.height <= highest and _ALONE.match(word.text)
        else word
        for word in words
    ]
