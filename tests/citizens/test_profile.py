from datetime import date

import pytest

from citizens import Category, PostalAddress, Profile, variables_of
from core.rules import compile_rule

TODAY = date(2026, 3, 9)
JEANNE = Profile(
    name="Jeanne",
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
        name="",
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
        ('citizen.residence.city == "Metz"', True),
        ("citizen.age < 18", True),
        ('citizen.category in ["association", "business"]', False),
        ("citizen.signed_in", True),
    ],
)
def test_rules_ask_about_a_citizen(rule: str, holds: bool) -> None:
    assert compile_rule(rule).holds({"citizen": variables_of(JEANNE, TODAY)}) == holds


@pytest.mark.parametrize("rule", ["citizen.age < 18", "citizen.age >= 18", "citizen.signed_in"])
def test_of_who_is_not_known_no_rule_holds(rule: str) -> None:
    assert not compile_rule(rule).holds({"citizen": variables_of(None, TODAY)})
