"""The keys by which a citizen is found although a name is spelled another way.

A name's words without accents and capitals, and each with one letter left out: two words have a
key in common when one slip of the pen makes one of the other (symmetric deletion,
https://wolfgarbe.medium.com/1000x-faster-spelling-correction-algorithm-2012-8701fcd87a5f). Every
look-up is then one of plain index ranges, the same on both databases. Addresses are keys as they
are.
"""

import re
import unicodedata
from collections.abc import Iterator

MAX_WORDS = 8  # of one name
MAX_WORD = 24  # characters of a word that count
MAX_KEY = 128  # characters, of an address
MIN_FUZZY = 4  # letters; with one left out, a shorter word is like too many others

_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def words_of(name: str) -> list[str]:
    """``D’Almeida-Nuñez`` to ``d``, ``almeida``, ``nunez``."""
    folded = unicodedata.normalize("NFKD", name[:500].casefold().translate(_LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return [word[:MAX_WORD] for word in _WORD.findall(plain)][:MAX_WORDS]


def spellings(word: str) -> set[str]:
    """The word, and where it is long enough with each of its letters left out."""
    if len(word) < MIN_FUZZY:
        return {word}
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def keys_of(name: str, *addresses: str) -> Iterator[str]:
    """Every key, each once."""
    found = set().union(
        *map(spellings, words_of(name)), (one[:MAX_KEY] for one in addresses if one)
    )
    yield from sorted(found)
