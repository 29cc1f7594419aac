"""Cover pages of faxes are told from letters by the words on them."""

import pytest

from ocr.cover import is_cover_page
from tests.ocr.pages import LETTER

FRENCH = """TÉLÉCOPIE

De : Cabinet Martin            À : Mairie, état civil
Fax : 03 87 55 55 55           Date : 25/11/2026
Nombre de pages (y compris celle-ci) : 3
Objet : Acte de naissance
"""
ENGLISH = """FAX COVER SHEET
To: Town hall        From: Martin & Co
Date: 25 Nov 2026    Pages (incl. cover): 3
Re: Birth certificate
"""
BADLY_READ = """TELECOPIE
EXPEDITEUR
: Cabinet Martin
DESTINATAIRE : Mairie
NB DE PAGES  02
"""


@pytest.mark.parametrize("text", [FRENCH, ENGLISH, BADLY_READ])
def test_a_cover_page_is_one(text: str) -> None:
    assert is_cover_page(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        LETTER,
        "Madame,\nje vous ai envoyé une télécopie de deux pages le 3 mars.\nDe : rien",
        FRENCH + "Monsieur, voici notre longue demande. " * 40,
        "Page 1\nDate : 25/11/2026\nObjet : Permis de construire\nMadame, Monsieur,",
    ],
)
def test_a_letter_is_none(text: str) -> None:
    assert not is_cover_page(text)
