import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.references import (
    ALPHABET,
    find_references,
    new_reference,
    parse_reference,
    tracking_key,
    tracking_key_matches,
)

REFERENCE = "GU-7K3M-9QX1"

payloads = st.lists(st.sampled_from(ALPHABET), min_size=7, max_size=7)


def reference_of(payload: list[str]) -> str:
    letters = iter(payload)
    return new_reference(lambda _alphabet: next(letters))


@given(payloads)
def test_a_reference_is_read_back_as_itself(payload: list[str]) -> None:
    reference = reference_of(payload)
    assert parse_reference(reference) == reference


@given(payloads, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(payload: list[str], place: int, wrong: str) -> None:
    reference = reference_of(payload)
    code = list(reference.replace("GU-", "").replace("-", ""))
    if code[place] != wrong:
        code[place] = wrong
        assert parse_reference("".join(code)) is None


@pytest.mark.parametrize(
    "text",
    [
        "GU-7K3M-9QX1",
        "gu-7k3m-9qx1",
        "GU 7K3M 9QX1",
        "GU7K3M9QX1",
        "7K3M-9QX1",
        "GU\u20117K3M\u20119QX1",
        "GU-7K3M-9QXI",  # the one was read as an I
        "GU-7K3M-9QXl",
    ],
)
def test_a_reference_survives_how_people_write_it(text: str) -> None:
    assert parse_reference(text) == REFERENCE


def test_references_are_found_inside_text_each_once_and_in_order() -> None:
    other = new_reference(secrets.choice)
    text = f"Re: [{REFERENCE}] my request (see {other}), again gu 7k3m 9qx1. Not GU-7K3M-9QX2."
    assert find_references(text) == [REFERENCE, other]


def test_a_message_id_of_ours_carries_the_reference() -> None:
    assert find_references(f"<{REFERENCE}.0190a5e4@guichet.example>") == [REFERENCE]


def test_the_tracking_key_opens_its_own_reference_alone() -> None:
    key = tracking_key(b"secret", REFERENCE)
    assert tracking_key_matches(b"secret", REFERENCE, key.lower().replace("-", " "))
    assert not tracking_key_matches(b"secret", "GU-0000-0000", key)
    assert not tracking_key_matches(b"other town", REFERENCE, key)
    assert not tracking_key_matches(b"secret", REFERENCE, "")
