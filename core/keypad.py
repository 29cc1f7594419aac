"""References and keys on a telephone's keypad, where each digit stands for several letters.

The letters are those of ITU-T E.161, as they are printed on every telephone.
"""

_LETTERS = ("", "", "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ")
_DIGITS = str.maketrans(
    {letter: str(digit) for digit, letters in enumerate(_LETTERS) for letter in letters}
)


def keypad(code: str) -> str:
    """What is pressed for a code; what is neither letter nor digit is left out."""
    return "".join(c for c in code.upper().translate(_DIGITS) if c.isdigit() and c.isascii())


def keypad_of_reference(reference: str) -> str:
    """What is pressed for a reference: its eight characters, without the ``GU``."""
    return keypad(reference.removeprefix("GU-"))
