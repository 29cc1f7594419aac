"""Which text layers are somebody's words."""

from pathlib import Path

from ocr.text_layer import is_real, read_text_layer
from tests.ocr.pages import drawn, printed, scanned_pdf

FRENCH = "Le lampadaire de notre rue ne fonctionne plus depuis mardi, à gauche."
NOISE = "l; .~ _|i jl1t ¬¦ 1|l rn; =-_ vv\\ ~~ ft] xzq |_| ¢¢ kjh; }{ wrt ,.;"


def test_sentences_are_real() -> None:
    assert is_real(FRENCH.split(), over_picture=False)
    assert is_real(FRENCH.split(), over_picture=True)


def test_what_a_scanner_made_of_specks_is_not() -> None:
    assert not is_real(NOISE.split(), over_picture=True)


def test_a_page_number_is_not_the_text_of_a_page() -> None:
    assert not is_real(["Page", "3"], over_picture=True)


def test_glyphs_without_letters_are_not() -> None:
    assert not is_real(["(cid:12)(cid:4)(cid:99)"] * 12, over_picture=False)
    assert not is_real(["\ue012\ue034bonjour\ue055"] * 12, over_picture=False)


def test_words_are_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(printed("Bonjour Madame, voici ma demande de logement."))
    page = read_text_layer(path, 0)
    assert page is not None
    assert page.words[0].text == "Bonjour"
    assert abs(page.words[0].left - 72 / 595) < 0.005
    assert abs(page.words[0].top - (842 - 760 - 10) / 842) < 0.01


def test_a_picture_has_none(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(scanned_pdf(drawn()))
    assert read_text_layer(path, 0) is None
