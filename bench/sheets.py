"""Pages of letters whose words are known: printed, then faxed, bent and soiled as offices do it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[Any]

FONTS = Path("/usr/share/fonts/truetype/dejavu")
FACES = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansCondensed.ttf", "DejaVuSerif-Bold.ttf")
DPI = 300
WIDTH, HEIGHT = int(8.27 * DPI), int(11.69 * DPI)
MARGIN = 260
SKEW = 2.0  # degrees

FRENCH = (
    "Je me permets de vous écrire au sujet de la facture d'eau que j'ai reçue la semaine dernière.",
    "Le montant de 184,60 € me paraît bien trop élevé pour un logement de deux personnes.",
    "Pourriez-vous vérifier le compteur et m'indiquer la date du prochain relevé ?",
    "Notre fille Zoé entrera à l'école maternelle au mois de septembre prochain.",
    "Nous habitons au 47 bis, boulevard Gambetta, depuis le 15 novembre 2024.",
    "Un arbre est tombé sur le trottoir pendant la tempête et gêne le passage des piétons.",
    "Les services techniques sont déjà venus, mais les branches n'ont pas été enlevées.",
    "Je souhaite obtenir une copie intégrale de mon acte de naissance pour un passeport.",
    "Veuillez trouver ci-joint la photocopie de ma carte d'identité et un justificatif.",
    "La collecte des encombrants prévue mardi n'a pas eu lieu dans notre rue.",
    "Plusieurs voisins se plaignent du bruit que fait le chantier avant sept heures.",
    "Je vous serais reconnaissant de bien vouloir me répondre avant la fin du mois.",
    "Le club de judo demande à utiliser le gymnase Pasteur le samedi de 9 h à 12 h.",
    "Ma demande porte le numéro 2026-0457 et date du 8 janvier.",
    "Dans l'attente de votre réponse, je vous prie d'agréer mes salutations distinguées.",
    "Vous pouvez me joindre au 03 87 55 12 40 ou par courriel après dix-huit heures.",
)
ACCENTS = (
    "Où êtes-vous né ? À Nîmes, près de l'hôpital, là où la forêt dévale jusqu'à la grève.",
    "L'élève zélé a été reçu à l'école élémentaire Émile-Zola dès la fin du goûter.",
    "Ça, c'est sûr : la maïeuticienne naïve haïssait le bœuf, les œufs et l'œillet.",
    "Noël approche ; le maître d'œuvre a chômé, pâle et gêné, jusqu'au dîner du conseil.",
    "Le curé âgé prêche : « Bénéficiez de l'été, récoltez les mûres, fêtez la Pentecôte ! »",
    "Le château de Châlons, bâti à côté du marché, fut brûlé après l'Épiphanie.",
    "Goûtez les pâtés, les crêpes, les bêtises et la brioche : un régal bientôt épuisé.",
    "François, Anaïs, Loïc, Hélène, Gaëlle et Jérôme ont aperçu l'abbé à l'évêché.",
)
ENGLISH = (
    "I have lived in your town for three years and would like to register as a voter.",
    "The street light in front of our house has been broken since the beginning of March.",
    "Please send me the form that I need for a residents' parking permit.",
    "My landlord says that the chimney must be inspected before the winter.",
    "I enclose a copy of my passport and the last two electricity bills.",
    "Could you tell me when the office is open and whether I need an appointment?",
)
FIELDS = (
    ("Nom", "LEFEBVRE"),
    ("Prénom", "Marguerite"),
    ("Né(e) le", "23 juin 1987"),
    ("À", "Thionville"),
    ("Adresse", "9 impasse des Tilleuls"),
    ("Code postal", "57100"),
    ("Ville", "Thionville"),
    ("Téléphone", "06 12 98 45 77"),
    ("Courriel", "m.lefebvre@example.org"),
    ("Nombre d'enfants", "3"),
    ("Objet", "Inscription au périscolaire"),
    ("Quotient familial", "812 €"),
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the letters say."""

    french: Sequence[str] = FRENCH
    accents: Sequence[str] = ACCENTS
    english: Sequence[str] = ENGLISH
    fields: Sequence[tuple[str, str]] = FIELDS
    faces: Sequence[str] = FACES


@dataclass(frozen=True, slots=True)
class Sheet:
    kind: str
    path: Path
    text: str
    """What a reader should find, in reading order."""


def make_sheets(folder: Path, each: int, *, seed: int, texts: Texts | None = None) -> list[Sheet]:
    """``each`` pages of every kind, as image files."""
    chance = random.Random(seed)
    texts = texts or Texts()
    return [_sheet(folder, kind, number, chance, texts) for kind in KINDS for number in range(each)]


def _sheet(folder: Path, kind: str, number: int, chance: random.Random, texts: Texts) -> Sheet:
    draw, spoil = KINDS[kind]
    page, text = draw(chance, texts, number)
    name = f"{kind.replace(' ', '-')}-{number}"
    if kind == "fax":
        path = folder / f"{name}.tif"
        image = Image.fromarray(spoil(page, chance)).convert("1")
        image.save(path, compression="group4", dpi=(204, 98))
    else:
        path = folder / f"{name}.png"
        Image.fromarray(spoil(page, chance)).save(path, dpi=(DPI, DPI), compress_level=1)
    return Sheet(kind, path, text)


def letter(chance: random.Random, texts: Texts, number: int) -> tuple[Grey, str]:
    sentences = texts.english if number % 4 == 3 else texts.french
    return _written(chance, texts, sentences, 1)


def accented(chance: random.Random, texts: Texts, number: int) -> tuple[Grey, str]:
    return _written(chance, texts, texts.accents, 1)


def columns(chance: random.Random, texts: Texts, number: int) -> tuple[Grey, str]:
    return _written(chance, texts, texts.french, 2)


def form(chance: random.Random, texts: Texts, number: int) -> tuple[Grey, str]:
    """Labels with ruled boxes that are filled in."""
    page, pen = _paper()
    font = _font(chance, texts, 11)
    fields = chance.sample(list(texts.fields), 10)
    lines = ["Demande d'inscription"]
    pen.text((MARGIN, MARGIN), lines[0], fill=0, font=_font(chance, texts, 16))
    top = MARGIN + 170
    for label, value in fields:
        pen.text((MARGIN, top), label, fill=0, font=font)
        pen.rectangle((MARGIN + 620, top - 24, WIDTH - MARGIN, top + 74), outline=0, width=4)
        pen.text((MARGIN + 650, top), value, fill=0, font=font)
        lines.append(f"{label} {value}")
        top += 150
    return numpy.asarray(page), "\n".join(lines)


def _written(
    chance: random.Random, texts: Texts, sentences: Sequence[str], count: int
) -> tuple[Grey, str]:
    page, pen = _paper()
    font = _font(chance, texts, chance.choice((10, 11, 12)))
    chosen = chance.sample(list(sentences), min(len(sentences), 10))
    gap = 130
    room = (WIDTH - 2 * MARGIN - gap * (count - 1)) // count
    text = []
    share = -(-len(chosen) // count)
    for column in range(count):
        top, left = MARGIN, MARGIN + column * (room + gap)
        for sentence in chosen[column * share : (column + 1) * share]:
            for line in _wrapped(sentence, font, room):
                pen.text((left, top), line, fill=0, font=font)
                text.append(line)
                top += round(font.size * 1.45)
            top += round(font.size * 0.7)
    return numpy.asarray(page), "\n".join(text)


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _paper() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    return page, ImageDraw.Draw(page)


def _font(chance: random.Random, texts: Texts, points: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / chance.choice(texts.faces)), points * DPI // 72)


def scanned(page: Grey, chance: random.Random) -> Grey:
    """Through a scanner's optics: a little soft, a little noise."""
    noise = numpy.random.default_rng(chance.getrandbits(32)).normal(0, 6, page.shape)
    soft = cv2.GaussianBlur(page, (0, 0), 1.0).astype(numpy.float32)
    return numpy.clip(soft * 0.9 + 20 + noise, 0, 255).astype(numpy.uint8)


def faxed(page: Grey, chance: random.Random) -> Grey:
    """ITU-T T.4, standard resolution: 204 × 98 dots an inch, black or white, some line noise."""
    size = (1728, round(HEIGHT * 98 / DPI))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(numpy.float32)
    dice = numpy.random.default_rng(chance.getrandbits(32))
    black = small + dice.normal(0, 14, small.shape) < 165
    black |= dice.random(black.shape) < 0.0004
    return numpy.where(black, 0, 255).astype(numpy.uint8)


def skewed(page: Grey, chance: random.Random) -> Grey:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), chance.choice((-SKEW, SKEW)), 1.0)
    return scanned(cv2.warpAffine(page, matrix, (WIDTH, HEIGHT), borderValue=255), chance)


def speckled(page: Grey, chance: random.Random) -> Grey:
    """Dust of one to three pixels, and the scanner's dark lid at one side."""
    dice = numpy.random.default_rng(chance.getrandbits(32))
    dust = (dice.random(page.shape) < 0.0008).astype(numpy.uint8)
    grains = (dice.random(page.shape) < 0.0002).astype(numpy.uint8)
    dust = numpy.maximum(dust, cv2.dilate(grains, numpy.ones((2, 3), numpy.uint8)))
    soiled = scanned(page, chance)
    soiled[dust > 0] = 30
    soiled[:, : chance.randrange(30, 90)] = 25
    return soiled


def upended(page: Grey, chance: random.Random) -> Grey:
    return numpy.ascontiguousarray(scanned(page, chance)[::-1, ::-1])


Draw = Callable[[random.Random, Texts, int], tuple[Grey, str]]
Spoil = Callable[[Grey, random.Random], Grey]

KINDS: dict[str, tuple[Draw, Spoil]] = {
    "clean print": (letter, scanned),
    "fax": (letter, faxed),
    "skew": (letter, skewed),
    "speckle": (letter, speckled),
    "upside-down": (letter, upended),
    "two columns": (columns, scanned),
    "accents": (accented, scanned),
    "form": (form, scanned),
}
