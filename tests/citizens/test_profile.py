from datetime import date

import pytest

from cases.procedures import CITIZEN
from citizens import Category, Name, PostalAddress, Profile, variables_of
from core.rules import compile_rule

TODAY = date(2026, 3, 9)
JEANNE = Profile(
    name=Name("Jeanne", "Dupont"),
    email="jeanne@citizens.example",
    phone="",
    language="fr",
    category=Category.PERSON,
    birth_date=date(2008, 3, 10),
    addresses=[
        PostalAddress(
            label="Chez moi", street="4 rue", postal_code="57000", city="Metz", residence=True
        )
    ],
)


@pytest.mark.parametrize(
    ("born", "age"),
    [(date(2008, 3, 9), 18), (date(2008, 3, 10), 17), (date(2004, 2, 29), 22), (None, None)],
)
def test_an_age_is_in_whole_years(born: date | None, age: int | None) -> None:
    profile = Profile(
        name=Name("", ""),
        email="",
        phone="",
        language="",
        category=Category.PERSON,
        birth_date=born,
        addresses=(),
    )
    assert profile.age(TODAY) == age


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ('citizen.city == "Metz"', True),
        ("citizen.age < 18", True),
        ('citizen.categories.exists(one, one in ["association", "business"])', False),
        ("citizen.signed_in", True),
    ],
)
def test_rules_ask_about_a_citizen(rule: str, holds: bool) -> None:
    assert compile_rule(rule).holds({"citizen": variables_of(JEANNE, TODAY)}) == holds


def test_expressions_know_the_citizen_in_the_words_of_procedures() -> None:
    assert variables_of(JEANNE, TODAY).keys() == CITIZEN.keys()
