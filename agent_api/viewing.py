"""What is marked on a page: the words that were searched for, and those that are doubtful."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from agent_api.viewer import Mark, Piece
from core.references import find_references, parse_reference

DOUBTFUL = 60  # per cent of confidence below which a word is
MAX_MARKS = 1_000  # on one page
MAX_WORDS = 20  # of a query

_WORD = re.compile(r"[^\W_]+")

Words = Sequence[Sequence[Any]]
"""Of a page, as the store has them."""


class Sought:
    """A query as a person types it: its words count as beginnings, without capitals and accents,
    as they do for the search."""

    def __init__(self, query: str) -> None:
        self._reference = parse_reference(query)
        self._beginnings = () if self._reference else tuple(_words(query)[:MAX_WORDS])

    def __bool__(self) -> bool:
        return bool(self._reference or self._beginnings)

    def is_in(self, word: str) -> bool:
        """Whether a word, with whatever punctuation hangs on it, was searched for."""
        if self._reference:
            return self._reference in find_references(word)
        return any(part.startswith(self._beginnings) for part in _words(word))

    def count(self, text: str) -> int:
        """How many words of the text were searched for."""
        if self._reference:
            return int(self._reference in find_references(text))
        if not self._beginnings:
            return 0
        return sum(part.startswith(self._beginnings) for part in _words(text))

    def marks(self, words: Words) -> list[Mark]:
        return [_mark(word) for word in words if self and self.is_in(word[0])][:MAX_MARKS]

    def pieces(self, text: str) -> list[Piece]:
        """The text, cut where hits begin and end."""
        pieces, end = [], 0
        for found in (re.compile(r"\S+") if self._reference else _WORD).finditer(text):
            if self and self.is_in(found[0]):
                pieces += [Piece(text[end : found.start()]), Piece(found[0], hit=True)]
                end = found.end()
        return [piece for piece in (*pieces, Piece(text[end:])) if piece.text]


def doubtful(words: Words) -> list[Mark]:
    return [_mark(word) for word in words if word[1] < DOUBTFUL][:MAX_MARKS]


def _words(text: str) -> list[str]:
    """Without accents, in small letters."""
    text = text.casefold()
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return _WORD.findall(text)


def _mark(word: Sequence[Any]) -> Mark:
    text, confidence, left, top, width, height = word
    return Mark(text, confidence, left, top, width, height)
