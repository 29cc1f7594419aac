"""An entry as it is written, before it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.blobs import Blob
from core.errors import BadInput
from core.i18n import LOCALES, N_
from core.text import clean_line, clean_text
from feeds.richtext import MAX_BODY, plain, rendered, shortened

MAX_TITLE = 150  # characters
MAX_SUMMARY = 300
MAX_SMS = 640
MAX_PLACE = 200

TOO_LONG = N_("This is too long.")
NO_WORDS = N_("Give it a title and a text, in one language at least.")
HALF_A_TEXT = N_("A text needs a title, and a title a text.")
NO_TOPIC = N_("Choose a topic.")
ENDS_BEFORE = N_("It ends before it begins.")
NO_BEGINNING = N_("Say when it begins, too.")
HALF_A_POINT = N_("A point has a latitude (-90 to 90) and a longitude (-180 to 180).")
NO_ALT = N_("Say in words what the picture shows: some readers do not see it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an entry says in one language; ``body`` is Markdown."""

    title: str
    body: str
    summary: str = ""
    sms: str = ""
    image_alt: str = ""
    correction: str = ""

    @property
    def html(self) -> str:
        return rendered(self.body)

    def __bool__(self) -> bool:
        return bool(self.title or self.body)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that is ready to be kept."""

    blob: Blob
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """All that an agent writes of an entry."""

    words: Mapping[str, Words]
    """By language; only those that say something."""
    topic_ids: tuple[UUID, ...] = ()
    urgent: bool = False
    district: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = True
    expires_at: datetime | None = None
    picture: KeptPicture | None = None
    """A new one."""
    without_picture: bool = False
    """Take the one away that it has."""
    source: "Source | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where it comes from, unless an agent wrote it."""

    feed_id: UUID | None = None
    guid: str | None = None
    url: str = ""
    case_id: UUID | None = None


def words_of(
    *, title: str, body: str, summary: str = "", sms: str = "", alt: str = "", correction: str = ""
) -> Words:
    """Cleaned, as a form or a feed gives them. What is too long is told by :func:`mistakes`."""
    return Words(
        title=clean_line(title),
        body=clean_text(body).strip(),
        summary=clean_line(summary),
        sms=clean_text(sms).strip(),
        image_alt=clean_line(alt),
        correction=clean_line(correction),
    )


def summary_of(words: Words) -> str:
    """Its own, else the beginning of its text."""
    return words.summary or shortened(plain(words.html))


def mistakes(writing: Writing, *, pictured: bool) -> list[BadInput]:
    """What has to be put right before it can be kept; ``where`` names the field of the form.

    ``pictured`` says whether it will have a picture.
    """
    found = []
    for language in LOCALES:
        words = writing.words.get(language)
        if words is None:
            continue
        for name, text, most in (
            ("title", words.title, MAX_TITLE),
            ("summary", words.summary, MAX_SUMMARY),
            ("body", words.body, MAX_BODY),
            ("sms", words.sms, MAX_SMS),
            ("alt", words.image_alt, MAX_SUMMARY),
            ("correction", words.correction, MAX_SUMMARY),
        ):
            if len(text) > most:
                found.append(BadInput(TOO_LONG, where=f"{name}-{language}"))
        if not words.title or not words.body:
            missing = "body" if words.title else "title"
            found.append(BadInput(HALF_A_TEXT, where=f"{missing}-{language}"))
        if pictured and not words.image_alt:
            found.append(BadInput(NO_ALT, where=f"alt-{language}"))
    if not writing.words:
        found.append(BadInput(NO_WORDS, where=f"title-{LOCALES[0]}"))
    return found + _mistaken_facts(writing)


def _mistaken_facts(writing: Writing) -> list[BadInput]:
    found = []
    if len(writing.place) > MAX_PLACE:
        found.append(BadInput(TOO_LONG, where="place"))
    latitude, longitude = writing.latitude, writing.longitude
    if (latitude is None) != (longitude is None) or not (
        abs(latitude or 0) <= 90 and abs(longitude or 0) <= 180
    ):
        found.append(BadInput(HALF_A_POINT, where="latitude"))
    if writing.ends_at and not writing.starts_at:
        found.append(BadInput(NO_BEGINNING, where="starts_on"))
    if writing.starts_at and writing.ends_at and writing.ends_at < writing.starts_at:
        found.append(BadInput(ENDS_BEFORE, where="ends_on"))
    return found
