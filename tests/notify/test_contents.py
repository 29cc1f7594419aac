import gettext
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.exceptions import SecurityError

from core.i18n import CATALOGUES
from notify.contents import Contents, View, environment, quoted_subject
from notify.models import Kind
from notify.wrapping import WIDTH

PARIS = ZoneInfo("Europe/Paris")
REFERENCE = "GU-1234-5678"


def catalogue(language: str) -> gettext.NullTranslations:
    """What the catalogue's source says, whether it is compiled or not."""
    if language == "en":
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / language / "LC_MESSAGES" / "guichet.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def view(kind: Kind, language: str = "fr", **values: object) -> View:
    defaults: dict[str, object] = {
        "town": "Ville de Démo",
        "reference": REFERENCE,
        "subject": "Lampadaire",
        "tracking_key": "AAAA-BBBB-CCCC",
        "tracking_url": f"https://demo.example/tracking?reference={REFERENCE}",
        "due_at": datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
    }
    return View(kind=kind, language=language, **(defaults | values))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents(PARIS, catalogue)


@pytest.mark.parametrize(
    ("kind", "subject", "opening"),
    [
        (Kind.RECEIPT, "Bien reçu : Lampadaire", "nous avons bien reçu votre demande"),
        (Kind.CLOSED, "Clôturée : Lampadaire", "votre demande « Lampadaire » est clôturée."),
        (Kind.REOPENED, "Rouverte : Lampadaire", "votre demande « Lampadaire » est rouverte"),
    ],
)
def test_it_speaks_french(contents: Contents, kind: Kind, subject: str, opening: str) -> None:
    words = contents.render(view(kind))
    assert words.subject == f"{subject} [{REFERENCE}]"
    assert opening in words.text
    assert opening in words.html
    assert "Bonjour," in words.text
    assert "automatiquement" in words.text
    assert 'lang="fr"' in words.html


def test_dates_are_the_towns_days(contents: Contents) -> None:
    assert "mardi 10 mars 2026" in contents.render(view(Kind.RECEIPT)).text
    assert "Tuesday, March 10, 2026" in contents.render(view(Kind.RECEIPT, "en")).text


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_can_do_without_subject_text_and_due_date(
    contents: Contents, kind: Kind, language: str
) -> None:
    words = contents.render(view(kind, language, subject="", due_at=None))
    assert REFERENCE in words.subject
    assert "None" not in words.text
    assert "\n" not in words.subject


@pytest.mark.parametrize("kind", list(Kind))
def test_hostile_values_stay_values(contents: Contents, kind: Kind) -> None:
    hostile = "{{ 7*7 }}<img src=x onerror=alert(1)>\r\nBcc: x@y.example\x00%(town)s"
    words = contents.render(view(kind, town=hostile, subject=hostile, text=hostile, agent=hostile))
    assert "<img src=x" not in words.html
    assert "49" not in words.subject + words.text
    assert not {"\r", "\n", "\x00"} & set(words.subject)


def test_links_in_an_agents_text_can_be_followed_and_scripts_cannot(contents: Contents) -> None:
    text = "Voir https://demo.example/a?b=1&c=2 et javascript:alert(1)"
    html = contents.render(view(Kind.REPLY, text=text)).html
    assert '<a href="https://demo.example/a?b=1&amp;c=2" rel="noopener noreferrer">' in html
    assert 'href="javascript' not in html


def test_long_lines_are_wrapped_but_links_and_quotations_stay_whole(contents: Contents) -> None:
    link = "https://demo.example/" + "a" * 100
    quotation = "> " + "mot " * 40
    words = contents.render(view(Kind.REPLY, text=f"{'mot ' * 60}\n{quotation}\nVoir {link}"))
    lines = words.text.split("\n")
    assert link in lines
    assert quotation.rstrip() in lines
    assert all(len(line) <= WIDTH for line in lines if link not in line and line[:1] != ">")
    assert "-- " in lines


@pytest.mark.parametrize(
    ("subject", "quoted"),
    [
        ("Re: RE : Tr: Fwd: Lampadaire", "Lampadaire"),
        (f"Re: Bien reçu : X [{REFERENCE}]", "Bien reçu : X"),
        ("  deux \r\n lignes ", "deux lignes"),
        ("Réparation", "Réparation"),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_a_subject_is_quoted_on_one_line_without_its_prefixes(subject: str, quoted: str) -> None:
    assert quoted_subject(subject, REFERENCE) == quoted


def test_templates_cannot_reach_out_of_their_sandbox() -> None:
    sandbox: Environment = environment("en", PARIS, gettext.NullTranslations())
    hostile = sandbox.from_string("{{ view.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(SecurityError):
        hostile.render(view=view(Kind.RECEIPT))
