"""Text survives wrong and missing labels."""

import pytest

from tests.channels.email.mails import (
    mail,
    read,
    text,
)

FRENCH = "Où est passé l’œuvre ? Ça coûte 3 € – merci."


@pytest.mark.parametrize(
    ("label", "really"),
    [
        ("utf-8", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("utf-8", "cp1252"),
        ("iso-8859-1", "utf-8"),
        ("x-unknown", "utf-8"),
        ("x-unknown", "cp1252"),
        ("unicode_escape", "utf-8"),
        ("utf-16", "utf-16"),
        ('"', "utf-8"),
    ],
)
def test_french_survives_a_wrong_charset(label: str, really: str) -> None:
    assert read(text(FRENCH * 3, label, written_in=really)).text == FRENCH * 3


def test_french_survives_without_any_label() -> None:
    assert read(mail(FRENCH.encode("cp1252"))).text == FRENCH
    assert read(mail(FRENCH)).text == FRENCH


@pytest.mark.parametrize("words", ["Noël", "à", "Hôtel de ville", "ÉTÉ", "ça va ? Oui, même très."])
def test_a_few_words_of_french_survive_without_any_label(words: str) -> None:
    assert read(mail(words.encode("cp1252"))).text == words


def test_french_in_utf8_with_a_broken_byte_stays_readable() -> None:
    broken = FRENCH.encode() * 3 + b"\xe9 fin"
    message = read(mail(broken, "Content-Type: text/plain; charset=utf-8"))
    assert message.text == FRENCH * 3 + "\ufffd fin"
    assert message.notes == ("part 1: some characters are not utf-8",)


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("Добрый день, улица не освещена, и это уже третья неделя. Спасибо.", "koi8-r"),
        ("Добрый день, улица не освещена, и это уже третья неделя. Спасибо.", "cp1251"),
        ("道路に穴があります。早く直してください。", "iso-2022-jp"),
        ("道路に穴があります。早く直してください。よろしくお願いします。", "shift_jis"),
        ("道路上有一个很大的洞，请尽快修理，谢谢你们的帮助。", "gb18030"),
        ("Καλημέρα σας, ο δρόμος είναι σκοτεινός εδώ και μια εβδομάδα.", "cp1253"),
        ("Bonjour à tous, il fait nuit", "utf-16"),
    ],
)
def test_other_scripts_are_guessed_without_any_label(words: str, charset: str) -> None:
    assert read(mail(words.encode(charset))).text == words


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("Добрый день, улица не освещена", "koi8-r"),
        ("صباح الخير، الشارع مظلم", "utf-8"),
        ("道路に穴があります", "iso-2022-jp"),
        ("שלום, הרחוב חשוך", "windows-1255"),
        ("道路上有一个洞", "gb18030"),
        ("Merhaba, sokak karanlık", "iso-8859-9"),
    ],
)
def test_other_scripts_stay_intact(words: str, charset: str) -> None:
    assert read(text(words, charset)).text == words


def test_text_is_composed_and_without_control_characters() -> None:
    assert (
        read(text("e\u0301te\u0301\x00 \x1b[31mfin\ttab\x0bligne")).text
        == "été [31mfin\ttab\nligne"
    )


def test_html_with_half_a_character_is_shown_without_it() -> None:
    html = "<p>Bonjour +2AA- Zoe</p>"  # half of a pair of surrogates, in UTF-7
    message = read(mail(html, "Content-Type: text/html; charset=utf-7"))
    assert message.html == "<p>Bonjour  Zoe</p>"
