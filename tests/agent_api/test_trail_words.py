"""What the audit trail calls the details of what was done."""

from agent_api.trail_words import details_in_words
from core.i18n import translator


def test_the_details_have_names_of_their_own_and_not_those_of_buttons() -> None:
    details = {"change": "moved", "client": "192.0.2.7", "from": "GU-7777-7777", "pages": 2}
    assert details_in_words(details, translator("fr")) == [
        ("Modification", "moved"),
        ("Depuis l’adresse", "192.0.2.7"),
        ("Venant de la demande", "GU-7777-7777"),
        ("Nombre de pages", "2"),
    ]
