"""The words of campaigns: in both languages, for every mail client, whatever stands in them."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from notify.announcements import Announcements
from notify.campaigns import CampaignKind
from notify.filling import TOKEN, WHY, fill
from notify.senders.contract import Content
from tests.notify.test_contents import catalogue

HOSTILE = "{{ 7*7 }}{% raw %}<script>alert(1)</script>\"' &amp; %(town)s \r\nBcc: all@example"
CAMPAIGN = UUID(int=7)


@dataclass
class Entry:
    title: str = "Rue fermée"
    summary: str = "En bref."
    text: str = "La rue est fermée."
    html: str = "<p>La rue est <strong>fermée</strong>.</p>"
    sms: str = "Rue fermée"
    url: str = "https://demo.example/entries/rue"
    correction: str = ""


@pytest.fixture(scope="module")
def words() -> Announcements:
    return Announcements(ZoneInfo("Europe/Paris"), "Ville", "https://demo.example", catalogue)


@pytest.mark.parametrize("kind", list(CampaignKind))
@pytest.mark.parametrize(
    ("language", "why", "leave"),
    [
        ("fr", "Vous recevez ce courriel car", "Se désabonner"),
        ("en", "You receive this e-mail because", "Unsubscribe"),
    ],
)
def test_each_says_why_it_comes_and_how_to_end_it(
    words: Announcements, kind: CampaignKind, language: str, why: str, leave: str
) -> None:
    view = words.view(kind, language, [Entry()], campaign=CAMPAIGN.hex)
    mail = words.mail(view)
    assert "Rue fermée" in mail.subject
    for part in (mail.text, mail.html):
        assert why in " ".join(part.split())
        assert leave in part
        assert f"https://demo.example/subscriptions/{TOKEN}/unsubscribe/{CAMPAIGN.hex}" in part
        assert WHY in part
        assert "https://demo.example/entries/rue" in part


@pytest.mark.parametrize("kind", list(CampaignKind))
def test_dark_clients_choose_the_colours_and_nothing_is_fetched(
    words: Announcements, kind: CampaignKind
) -> None:
    html = words.mail(words.view(kind, "fr", [Entry(), Entry()], urgent=True)).html
    assert '<meta name="color-scheme" content="light dark">' in html
    theirs = "background-color: Canvas; color: CanvasText"  # of the one who reads, in their mode
    assert theirs in html
    html = html.replace(theirs, "")
    for setter in ("background", "color:", "<img", "src=", "@import"):
        assert setter not in html


@pytest.mark.parametrize("kind", list(CampaignKind))
def test_hostile_words_stay_words(words: Announcements, kind: CampaignKind) -> None:
    entry = Entry(title=HOSTILE, summary=HOSTILE, text=HOSTILE, correction=HOSTILE, sms=HOSTILE)
    view = words.view(kind, "fr", [entry], urgent=True)
    mail = words.mail(view)
    assert "\n" not in mail.subject
    assert "{{ 7*7 }}" in mail.subject
    assert "<script" not in mail.html
    assert "{{ 7*7 }}" in words.sms(view)


def test_no_entry_can_name_what_is_filled_in_for_its_reader(words: Announcements) -> None:
    marked = f"x{TOKEN}y{WHY}z"
    view = words.view(
        CampaignKind.ENTRY, "fr", [Entry(title=marked, text=marked, html=f"<p>{marked}</p>")]
    )
    mail = words.mail(view)
    content = Content(
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        headers={"List-Unsubscribe": f"<{view.unsubscribe}>"},
        personal={"token": "SECRET", "why": "<b>Voirie"},
    )
    filled = fill(content)
    assert "xtokenywhyz" in filled.subject
    assert "xSECRET" not in filled.text + filled.html
    assert "&lt;b&gt;Voirie" in filled.html
    assert "<b>Voirie" in filled.text
    assert "/subscriptions/SECRET/unsubscribe/" in filled.headers["List-Unsubscribe"]


def test_an_sms_is_short_and_of_plain_characters(words: Announcements) -> None:
    view = words.view(CampaignKind.ENTRY, "fr", [Entry(sms="L’eau est coupée – « demain »")])
    text = words.sms(view)
    assert text == 'Ville : L\'eau est coupée - "demain" https://demo.example/entries/rue'
