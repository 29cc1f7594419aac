import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core.i18n import CATALOGUES, DOMAIN, LOCALES, N_, Formats, pick_locale, translator

ROOT = CATALOGUES.parents[1]
SKIPPED = {"node_modules", "var", "build", "__pycache__"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
MAIL_PREFIX = "Re:"
"""Mail programs know it, whatever the language."""

NOW = datetime(2026, 3, 12, 13, 5, tzinfo=UTC)
LATE_AT_NIGHT = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
"""In Paris, the tenth of March has begun."""


def texts_in_use() -> set[str | tuple[str, ...]]:
    """What ``docs/translating.md`` extracts."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]

    def wanted(folder: str) -> bool:
        name = Path(folder).name
        return name not in SKIPPED and not name.startswith(".")

    found = extract_from_dir(ROOT, methods, options, directory_filter=wanted)
    return {message for _file, _line, message, _comments, _context in found}


def catalogue(locale: str) -> Catalog:
    with (CATALOGUES / locale / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def messages(locale: str) -> list[Message]:
    return [message for message in catalogue(locale) if message.id]


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The text, or its singular and plural."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def french() -> list[str]:
    return [text for message in messages("fr") for text in forms(message.string)]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_has_every_text_in_use_and_no_other(locale: str) -> None:
    """Mended as ``docs/translating.md`` says."""
    assert {message.id for message in messages(locale)} == texts_in_use()
    assert not catalogue(locale).obsolete


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_names_no_lines_which_would_change_with_every_edit(locale: str) -> None:
    path = CATALOGUES / locale / "LC_MESSAGES" / f"{DOMAIN}.po"
    assert not re.findall(r"^#:.*:\d.*$", path.read_text("utf-8"), re.MULTILINE)


def test_every_text_is_translated_for_good() -> None:
    assert not [
        message.id
        for message in messages("fr")
        if message.fuzzy
        or not all(forms(message.string))
        or len(forms(message.string)) != len(forms(message.id))
    ]


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    def placeholders(text: str | Sequence[str] | None) -> list[list[str]]:
        return [sorted(PLACEHOLDER.findall(form)) for form in forms(text)]

    assert not [
        message.id
        for message in messages("fr")
        if placeholders(message.id) != placeholders(message.string)
    ]


def test_a_lone_percent_sign_never_stops_a_page() -> None:
    """Templates fill in every text, whether it has placeholders or not."""
    english = [text for message in messages("en") for text in forms(message.id)]
    for text in (*english, *french()):
        text % dict.fromkeys(re.findall(r"%\((\w+)\)", text), 1)


def test_a_translation_is_text_and_never_markup() -> None:
    """Jinja2 takes what the catalogue says for safe HTML, in attributes too."""
    assert not [text for text in french() if set(text) & set('<>&"')]


def test_french_has_its_own_apostrophes_and_spaces() -> None:
    wrong = re.compile(r"'|\.\.\.|(?<!\N{NO-BREAK SPACE})[:;?!](?=\s|$)|«(?!\s)|(?<!\s)»")
    assert not [text for text in french() if wrong.search(text.removeprefix(MAIL_PREFIX))]


def test_plural_forms_are_those_of_the_language() -> None:
    assert catalogue("fr").plural_expr == "(n > 1)"
    assert catalogue("en").plural_expr == "(n != 1)"


def test_a_text_that_no_catalogue_has_stays_as_it_is() -> None:
    assert translator("fr")(N_("not in any catalogue: %(name)s")) == (
        "not in any catalogue: %(name)s"
    )
    assert translator("eo")("Inbox") == "Inbox"


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("fr-CA, en;q=0.9", "fr"),
        ("de, en;q=0.8, fr;q=0.5", "en"),
        ("fr;q=0.5, en;q=0.8", "en"),
        ("en;q=0", "fr"),
        ("en;q=often", "fr"),
        ("en;level=1", "fr"),
        ("*", "fr"),
        (";;,=,", "fr"),
    ],
)
def test_the_browser_says_which_language_is_spoken(accepted: str, locale: str) -> None:
    assert pick_locale(accepted) == locale


def test_a_language_that_was_chosen_goes_before_the_browsers() -> None:
    assert pick_locale("fr", "en") == "en"
    assert pick_locale("fr", "tlh") == "fr"


def test_the_towns_language_is_spoken_to_whoever_speaks_none_of_ours() -> None:
    assert pick_locale("de, nl;q=0.5", default="en") == "en"


def formats(language: str) -> Formats:
    return Formats(language, ZoneInfo("Europe/Paris"), lambda: NOW)


def test_days_are_the_towns_days() -> None:
    french, english = formats("fr"), formats("en")
    assert french.day(LATE_AT_NIGHT) == "10 mars 2026"
    assert english.day(LATE_AT_NIGHT) == "10 March 2026"
    assert french.weekday(LATE_AT_NIGHT) == "mardi 10 mars 2026"
    assert french.days_left(LATE_AT_NIGHT) == -2
    assert french.days_left(NOW) == 0
    assert french.days_left(NOW + timedelta(hours=12)) == 1


def test_moments_are_written_in_the_towns_time() -> None:
    french, english = formats("fr"), formats("en")
    assert french.moment(LATE_AT_NIGHT) == "10 mars 2026 à 00:30"
    assert english.moment(LATE_AT_NIGHT) == "10 March 2026, 00:30"
    assert french.ago(NOW - timedelta(minutes=5)) == "il y a 5 minutes"
    assert french.ago(NOW + timedelta(days=2)) == "dans 2 jours"


def test_lists_say_only_as_much_of_a_date_as_is_needed() -> None:
    french = formats("fr")
    assert french.brief(NOW) == "14:05"
    assert french.brief(LATE_AT_NIGHT) == "10 mars"
    assert french.brief(LATE_AT_NIGHT - timedelta(days=365)) == "10/03/2025"


def test_amounts_are_written_as_people_write_them() -> None:
    french, english = formats("fr"), formats("en")
    narrow = "\N{NARROW NO-BREAK SPACE}"
    assert french.number(12345.5) == f"12{narrow}345,5"
    assert english.number(12345.5) == "12,345.5"
    assert french.size(999) == f"999{narrow}o"
    assert french.size(1_234_567) == f"1,2{narrow}Mo"
    assert french.size(45_600_000) == f"46{narrow}Mo"
