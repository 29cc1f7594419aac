"""What the words of a letter suggest."""

import pytest

from ocr.letter import Suggestion, read_letter

FRENCH = """Jeanne Dupont
12 rue des Lilas
57000 Metz

Mairie de Démo
1 place de la Mairie
57100 Démo

Metz, le 12 mars 2026

Objet : Lampadaire en panne rue des Lilas
N/Réf : 2026-AB-12

Madame, Monsieur,

Le lampadaire situé devant le 12 rue des Lilas ne fonctionne plus depuis le 3 mars 2026.
Je vous remercie de le faire réparer.
"""


def test_a_french_letter_is_read() -> None:
    letter = read_letter(FRENCH, 95)
    assert letter.sender == Suggestion("Jeanne Dupont\n12 rue des Lilas\n57000 Metz", 70)
    assert letter.date == Suggestion("2026-03-12", 90)
    assert letter.subject == Suggestion("Lampadaire en panne rue des Lilas", 90)
    assert letter.references == Suggestion("2026-AB-12", 70)
    assert letter.language is not None
    assert letter.language.value == "fr"


def test_an_english_letter_is_read() -> None:
    letter = read_letter(
        "March 4, 2026\n\nSubject: Street light\n\nDear Sir or Madam,\n"
        "the street light in front of my house has been broken for weeks.",
        90,
    )
    assert letter.date == Suggestion("2026-03-04", 90)
    assert letter.subject == Suggestion("Street light", 90)
    assert letter.language is not None
    assert letter.language.value == "en"


def test_nothing_is_surer_than_its_words() -> None:
    letter = read_letter(FRENCH, 40)
    assert letter.subject == Suggestion("Lampadaire en panne rue des Lilas", 40)
    assert letter.sender is not None
    assert letter.sender.confidence == 40


def test_the_town_hall_is_not_the_sender() -> None:
    letter = read_letter("Mairie de Démo\n1 place de la Mairie\n57100 Démo\n\nBonjour,", 90)
    assert letter.sender is None


def test_a_date_in_the_text_is_less_sure() -> None:
    letter = read_letter("Bonjour,\nDepuis le 3 mars 2026 rien ne marche.", 95)
    assert letter.date == Suggestion("2026-03-03", 50)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Fait à Metz, le 1er août 2026", "2026-08-01"),
        ("Metz le 01/08/2026", "2026-08-01"),
        ("Date : 1.8.2026", "2026-08-01"),
    ],
)
def test_dates_are_written_in_many_ways(line: str, day: str) -> None:
    letter = read_letter(line, 95)
    assert letter.date is not None
    assert letter.date.value == day


@pytest.mark.parametrize("line", ["31/02/2026", "le 45 mars 2026", "12 fructidor 2026"])
def test_what_is_no_date_is_none(line: str) -> None:
    assert read_letter(line, 95).date is None


def test_our_own_reference_comes_first() -> None:
    letter = read_letter("V/Réf : AB/12\nVotre dossier GU-0000-0000", 60)
    assert letter.references == Suggestion("GU-0000-0000\nAB/12", 95)


def test_an_empty_page_suggests_nothing() -> None:
    assert read_letter("", 0).record() == {}
