"""A mail becomes a message: its text, its HTML and its pictures."""

from datetime import UTC, datetime

import pytest

from core.errors import BadInput
from ingest.message import Automatic, ChannelName, Trust
from tests.channels.email.mails import (
    file,
    intake,
    mail,
    multipart,
    of_parts,
    part,
    read,
    text,
)

FRENCH = "Où est passé l’œuvre ? Ça coûte 3 € – merci."
PDF = b"%PDF-1.4\n" + bytes(range(256))
INLINE = "Content-Disposition: inline"


def test_a_plain_mail_becomes_a_message() -> None:
    message = read(text("Bonjour,\nil y a un trou.\n", Content_Language="fr-FR"))
    assert message.channel == ChannelName.EMAIL
    assert message.sender.name == "Zoe"
    assert message.sender.address == "zoe@exemple.example"
    assert message.sender.trust == Trust.UNVERIFIED
    assert message.recipients == ("mairie@demo.example",)
    assert message.subject == "Nid-de-poule"
    assert message.text == "Bonjour,\nil y a un trou."
    assert message.html is None
    assert message.language == "fr"
    assert message.sent_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert message.message_id == "<1@exemple.example>"
    assert message.automatic == Automatic.NO
    assert message.notes == ()


def test_an_html_mail_has_its_text_made_and_its_html_sanitised() -> None:
    html = (
        "<html><head><title>T</title><style>p{}</style></head><body onload=x()>"
        "<p>Bonjour <b>Zoé</b></p><script>alert(1)</script><a href='https://x.example/'>ici</a>"
        "<a href='javascript:alert(1)'>là</a><img src='https://spy.example/1.gif'>"
        "<img src='cid:photo'><form><input></form></body></html>"
    )
    message = read(mail(html, "Content-Type: text/html; charset=utf-8"))
    assert message.text.startswith("Bonjour Zoé")
    assert message.html is not None
    assert '<img src="cid:photo">' in message.html
    assert 'rel="noopener' in message.html
    for bad in ("script", "onload", "spy.example", "style", "<form", "<input", "alert"):
        assert bad not in message.html
        assert bad not in message.text


def test_an_answer_in_html_is_parted_from_what_it_quotes() -> None:
    html = (
        "<div>Merci bien.</div><br><div class='gmail_quote'>Le mar. 24 nov. 2026 à 09:30, Mairie "
        "&lt;<a href='mailto:mairie@demo.example'>mairie@demo.example</a>&gt; a écrit&nbsp;:<br>"
        "<blockquote>Bonjour,<br>quelle rue ?</blockquote></div>"
    )
    message = read(mail(html, "Content-Type: text/html; charset=utf-8"))
    assert message.text == "Merci bien."
    assert message.quoted.startswith("Le mar. 24 nov.")
    assert message.quoted.endswith("quelle rue ?")


def test_images_of_the_html_are_inline_and_others_are_not() -> None:
    related = multipart(
        "multipart/related",
        part('<p>voici</p><img src="cid:a@b">', "text/html"),
        file(b"GIF89a", "image/gif; name=a.gif", "Content-ID: <a@b>", INLINE),
        file(b"GIF89a", "image/gif; name=c.gif", "Content-ID: <c@d>", INLINE),
    )
    shown, other = read(of_parts(related)).attachments
    assert (shown.name, shown.content_id, shown.inline) == ("a.gif", "a@b", True)
    assert (other.name, other.inline) == ("c.gif", False)


def test_alternatives_are_one_text() -> None:
    alternatives = multipart(
        "multipart/alternative", part("texte", "text/plain"), part("<b>html</b>", "text/html")
    )
    message = read(of_parts(alternatives))
    assert message.text == "texte"
    assert message.html == "<b>html</b>"


def test_a_text_around_an_image_is_whole() -> None:
    mixed = multipart(
        "multipart/mixed",
        part("avant", "text/plain"),
        file(b"GIF89a", "image/gif; name=a.gif", INLINE),
        part("<p>après</p>", "text/html"),
    )
    message = read(of_parts(mixed))
    assert message.text == "avant\n\naprès"
    assert message.html == "<div>avant</div>\n<p>après</p>"


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0 \n"])
def test_nothing_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        read(raw)


def test_the_same_mail_gives_the_same_message() -> None:
    raw = of_parts(multipart("multipart/mixed", part(FRENCH, "text/plain"), file(PDF, "image/x")))
    assert read(raw) == read(raw)
    assert intake(raw).raw == raw
