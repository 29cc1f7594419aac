import hashlib
from pathlib import Path

import pytest

from citizens.passwords import MAX_PASSWORD, Weakness, is_breached, weakness_of


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("trois tortues vertes", None),
        ("kR7#vq2!Lm0z", None),
        ("short", Weakness.TOO_SHORT),
        ("x" * (MAX_PASSWORD + 1), Weakness.TOO_LONG),
        ("123456789012", Weakness.GUESSED),
        ("passwordpassword", Weakness.GUESSED),
        ("azertyuiop123", Weakness.GUESSED),
        ("jeannedupont", Weakness.GUESSED),
    ],
)
def test_what_is_guessed_soon_is_weak(password: str, weakness: Weakness | None) -> None:
    assert weakness_of(password, ("jeanne@citizens.example", "Jeanne Dupont")) == weakness


def test_breached_passwords_are_found_wherever_they_stand(tmp_path: Path) -> None:
    words = [f"mot de passe numéro {n}" for n in range(300)]
    lines = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in words)
    file = tmp_path / "breached.txt"
    file.write_text("".join(f"{line}:{n}\r\n" for n, line in enumerate(lines)))
    assert all(is_breached(file, word) for word in words)
    assert not any(is_breached(file, f"{word}!") for word in words)
    assert weakness_of(words[0], breached=file) == Weakness.BREACHED
    file.write_text("")
    assert not is_breached(file, words[0])
