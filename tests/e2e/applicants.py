"""What five citizens answer to the five procedures that come with Guichet, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

PAPER = {"mimeType": "application/pdf", "buffer": b"%PDF-1.7 " + b"x" * 700_000 + b" %%EOF"}
PHOTO = {"mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + b"x" * 2_000 + b"\xff\xd9"}
ANNE = {"first_name": "Anne", "last_name": "Lambert", "email": "anne@lambert.example"}
HOME = {"street": "3 rue Haute", "postcode": "57000", "city": "Metz"}


def paper(name: str) -> Mapping[str, Any]:
    return {"name": name, **PAPER}


def a_wednesday() -> str:
    today = date.today()  # noqa: DTZ011 - as the town's own clock, a few hours aside
    return (today + timedelta(days=7 + (2 - today.weekday()) % 7)).isoformat()


@dataclass(frozen=True)
class Applicant:
    """``pages`` are answers by field, in the order of the form; what answers call for comes
    behind."""

    slug: str
    search: str
    pages: Sequence[Mapping[str, Any]]
    subject: str
    email: str = ANNE["email"]


BIRTH = Applicant(
    "acte-de-naissance",
    "naissance",
    [
        {"kind": "full", "copies": "2", "purpose": "passport"},
        {
            "relation": "self",
            "born_first_names": "Anne Marie",
            "born_last_name": "Weber",
            "born_on": "1984-05-17",
            "parent_1": "Weber Paul",
            "identity": paper("identite.pdf"),
        },
        {**ANNE, "home": HOME, "truth": "yes"},
    ],
    "Demander un acte de naissance",
)
STALL = Applicant(
    "emplacement-marche",
    "étal",
    [
        {
            "business": "Fromages Lambert",
            "siret": "123 456 789 00012",
            "goods": "food",
            "organic": "yes",
        },
        {
            "market": "saturday",
            "regular": "occasional",
            "start": a_wednesday(),
            "length": "3,5",
            "depth": "2",
            "power": "yes",
            "watts": "900",
            "place": {"address": "1 place"},
        },
        {"register": paper("kbis.pdf"), "insurance": paper("assurance.pdf")},
        {**ANNE, "rules": "yes"},
    ],
    "Demander un emplacement au marché – Fromages Lambert",
)
WASTE = Applicant(
    "encombrants",
    "meubles",
    [
        {
            "things": [
                {"kind": 1, "what": "Canapé", "number": "1"},
                {"kind": 2, "what": "Four", "number": "2"},
            ],
            "volume": "1,5",
            "heavy": "no",
            "photo": {"name": "photo.jpg", **PHOTO},
        },
        {"home": HOME, "floor": "courtyard", "code": "A12", "day": a_wednesday()},
        ANNE,
    ],
    "Faire enlever ses encombrants",
)
SCHOOL = Applicant(
    "inscription-scolaire",
    "école",
    [
        {"role": "other", "role_details": "Grand-mère", "home": HOME, "other_parent": "no"},
        {
            "children": [
                {"first_name": "Léo", "last_name": "Lambert", "born": "2018-04-02", "level": 2},
                {"first_name": "Zoé", "last_name": "Lambert", "born": "2019-09-30", "level": 2},
            ],
            "services": ["canteen", "evening"],
            "diet": "Arachide",
        },
        {"family_book": paper("livret.pdf"), "address_proof": paper("domicile.pdf")},
        {**ANNE, "truth": "yes"},
    ],
    "Inscrire ses enfants à l’école",
)
HOUSING = Applicant(
    "logement-indigne",
    "logement",
    [
        {"where": HOME, "who": "tenant", "people": "4", "children": "yes"},
        {"troubles": ["damp", "wiring"], "danger": "no", "story": "Les murs sont noirs."},
        {"reachable": "yes", "email": "temoin@anonyme.example", "secret": "yes"},
    ],
    "Signaler un logement indigne",
    "temoin@anonyme.example",
)
APPLICANTS = (BIRTH, STALL, WASTE, SCHOOL, HOUSING)
