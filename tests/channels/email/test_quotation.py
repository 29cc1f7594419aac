"""New text, apart from quotation and signature."""

import pytest

from channels.email.quotation import split


@pytest.mark.parametrize(
    "quotation",
    [
        "Le mar. 24 nov. 2026 à 09:30, Mairie <mairie@demo.example> a écrit :\n> Bonjour,\n> oui",
        "Le 24/11/2026 à 09:30, Mairie a écrit\xa0:\n> Bonjour",
        "Le mar. 24 nov. 2026 à 09:30, Mairie de la Ville\n<mairie@demo.example> a écrit :\n\n> A",
        "Le mar. 24 nov. 2026 à 09:30, Ville de Brie le Vieux\n<m@demo.example> a écrit :\n> A",
        "On Tue, Nov 24, 2026 at 9:30 AM The Town Hall\n<town@demo.example>\nwrote:\n\n> Hello",
        "Le 24 nov. 2026 à 09:30, Mairie a écrit :\n\nBonjour, oui.",
        "De: Mairie <mairie@demo.example>\nEnvoyé: mardi 24 novembre 2026 09:30\n"
        "À: Zoé\nObjet: RE: trou\n\nBonjour, oui.",
        "*De :* Mairie <mairie@demo.example>\n*Envoyé :* mardi 24 novembre 2026 09:30\n"
        "*À :* Zoé\n*Objet :* RE: trou\n\nBonjour, oui.",
        "On Tue, Nov 24, 2026 at 9:30 AM Town <town@demo.example> wrote:\n> Hello",
        "De : Mairie <mairie@demo.example>\nEnvoyé : mardi 24 novembre 2026 09:30\n"
        "À : Zoé\nObjet : RE: trou\n\nBonjour, oui.",
        "De\xa0: Mairie <mairie@demo.example>\nEnvoyé\xa0: mardi 24 novembre 2026 09:30\n"
        "À\xa0: Zoé\nObjet\xa0: RE: trou\n\nBonjour, oui.",
        "________________________________\nDe : Mairie <mairie@demo.example>\n"
        "Envoyé : mardi 24 novembre 2026 09:30\nÀ : Zoé\nObjet : RE: trou\n\nBonjour, oui.",
        "-----Original Message-----\nFrom: Town <town@demo.example>\nSent: Tuesday\n"
        "To: Zoe\nSubject: hole\n\nHello, yes.",
        "-----Message d'origine-----\nDe : Mairie <mairie@demo.example>\nEnvoyé : mardi\n"
        "À : Zoé\nObjet : trou\n\nBonjour",
        "Am 24.11.2026 um 09:30 schrieb Rathaus <rathaus@demo.example>:\n> Guten Tag",
        "> Bonjour,\n> oui",
    ],
)
def test_a_quotation_is_set_apart(quotation: str) -> None:
    new, quoted = split(f"Merci bien.\n\nEt demain ?\n\n{quotation}")
    assert new == "Merci bien.\n\nEt demain ?"
    assert quoted == quotation


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nZoé Müller\n06 12 34 56 78",
        "--\nZoé",
        "Cordialement,\nZoé Müller",
        "Best regards,\nZoe",
        "Envoyé depuis mon iPhone",
        "Sent from my iPhone",
        "Envoyé de mon iPhone",
        "Envoyé à partir de Outlook pour Android",
        "Obtenez Outlook pour iOS",
        "Bien cordialement,\n\nZoé Müller\n12 rue de l'Église",
        "Kind regards\nZoe",
    ],
)
def test_a_signature_is_set_apart(signature: str) -> None:
    assert split(f"Il y a un trou.\n\n{signature}") == ("Il y a un trou.", signature)


def test_signature_and_quotation_are_both_set_apart() -> None:
    rest = "Cordialement,\nZoé\n\nLe 24/11/2026 à 09:30, Mairie a écrit :\n> Bonjour"
    assert split(f"Merci.\n\n{rest}") == ("Merci.", rest)


def test_answers_between_the_quoted_lines_are_new() -> None:
    new, quoted = split(
        "Bonjour,\n\nLe 24/11/2026 à 09:30, Mairie a écrit :\n> Quelle rue ?\n\n"
        "Rue de l'Église.\n\n> Quel numéro ?\n\nLe 4."
    )
    assert new == "Bonjour,\n\nRue de l'Église.\n\nLe 4."
    assert "> Quelle rue ?" in quoted


def test_an_answer_below_the_quotation_is_new() -> None:
    new, _ = split("Le 24/11/2026 à 09:30, Mairie a écrit :\n> Quelle rue ?\n\nRue de l'Église.")
    assert new == "Rue de l'Église."


@pytest.mark.parametrize(
    "text",
    [
        "Le chat est perdu.\nLe chien aussi, depuis 2024, rue X.",
        "Ma liste :\n- un trou\n- un arbre\n\nVoilà.",
        "On Monday the street was dark.",
        "De la rue de l'Église : un trou.\nMerci",
        "> tout est cité\n> vraiment",
        "Cordialement,\nZoé",
        "Oui.\nThanks, but the hole is still there.\nPlease come.",
        "Oui.\nBonne journée de pluie hier, et le trou est plein d'eau.\nVenez.",
        "Le maire m'a écrit :\nVenez demain à la mairie.",
        "Bonjour,\n\nLe syndic de l'immeuble\nm'a écrit :\n« il y a un trou »",
        "On the door somebody wrote:\nclosed",
        "  retrait gardé\n    deux",
    ],
)
def test_a_text_without_either_is_left_whole(text: str) -> None:
    assert split(text) == (text.strip(), "")


def test_a_long_text_below_a_closing_word_is_no_signature() -> None:
    text = "Objet : trou.\n\nCordialement,\n" + "\n".join(f"point {n}" for n in range(40))
    assert split(text) == (text, "")
