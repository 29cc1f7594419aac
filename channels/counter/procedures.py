"""A procedure's form, filled in by an agent for a citizen: all of its pages at once.

Nothing is kept until it is filed: there is no draft, what was typed travels with the page.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData, UploadFile

from cases.procedures import (
    Form,
    Published,
    ShownPage,
    Surroundings,
    as_text,
    fill_in,
    prefill,
    published_procedure,
    published_procedures,
    say,
    summary,
)
from cases.procedures.fields import Asked, FilesField, Shown
from channels.web.procedures.controls import (
    Control,
    Reader,
    controls_of,
    errors_of,
    with_labels,
)
from channels.web.procedures.reading import PREFIX, typed_of, without_row
from channels.web.procedures.submission import sender_of, subject_of
from channels.web.procedures.uploads import problem_with, type_of_file
from core.clock import Clock
from core.database import Database
from core.i18n import N_, translator
from core.text import clean_line, file_name
from core.web import FieldError
from ingest.message import Attachment

MORE_ASKED = N_("These answers call for a few more questions: they are in the form now.")
_CITY = re.compile(r"(\d{4,5})\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class FilledPage:
    title: str
    help: str
    controls: Sequence[Control]


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as it is filled in so far, for the desk to show and for :mod:`filing` to keep."""

    procedure: Published
    locale: str
    form: Form
    pages: Sequence[FilledPage]
    shown: str
    """The names of its fields, to be sent back with the answers."""
    errors: Sequence[FieldError]
    notice: str = ""
    """Why it cannot be filed yet, though nothing of it is wrong."""
    files: Sequence[Attachment] = ()

    @property
    def slug(self) -> str:
        return self.procedure.slug

    @property
    def title(self) -> str:
        return self.procedure.definition.called(self.locale)

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing may be kept of who asks but what stands in the form."""
        return self.procedure.definition.anonymous == "required"

    @property
    def queue(self) -> str:
        return self.procedure.definition.queue

    @property
    def subject(self) -> str:
        return subject_of(self.procedure.definition, self.form, self.locale)

    @property
    def text(self) -> str:
        sections = summary(self.procedure.definition, self.form.values, self.locale)
        return as_text(sections, self.locale)

    @property
    def sender(self) -> Mapping[str, str]:
        """``name``, ``email`` and ``phone``, as far as the form asks for them."""
        return sender_of(self.procedure.definition, self.form.values)


@dataclass(frozen=True, slots=True)
class Procedures:
    """``country`` (ISO 3166-1) is whose telephone numbers and postcodes are meant."""

    database: Database
    clock: Clock
    zone: ZoneInfo
    country: str

    async def offered(self, locale: str) -> Sequence[tuple[str, str]]:
        """Slug and title of all that citizens can use, by title."""
        async with self.database.read() as session:
            found = await published_procedures(session)
        named = [(one.slug, one.definition.called(locale)) for one in found]
        return sorted(named, key=lambda one: one[1].casefold())

    async def filled(
        self, slug: str, sent: FormData, known: Mapping[str, str], locale: str
    ) -> FilledForm:
        """The form of a procedure with what was sent of it.

        Parameters
        ----------
        known
            ``name``, ``email``, ``phone`` and ``postal_address`` of the citizen: fields that are
            shown for the first time are filled in with them.

        Raises NotThere when there is no such procedure.
        """
        async with self.database.read() as session:
            procedure = await published_procedure(session, slug)
        around = Surroundings(self.clock(), self.zone, self.country, profile_of(known))
        files = await _files_of(procedure, sent)
        return _fill(procedure, sent, files, prefilled(procedure, around, known), around, locale)


def _fill(
    procedure: Published,
    sent: FormData,
    files: Mapping[str, Sequence[Attachment]],
    known: Mapping[str, Any],
    around: Surroundings,
    locale: str,
) -> FilledForm:
    definition, seen = procedure.definition, str(sent.get("shown", "")).split(",")
    reader = Reader(locale, translator(locale), around.place.today)
    action, _, what = str(sent.get("action", "")).partition(":")
    fields = [one for name, one in definition.fields.items() if name in seen]
    typed = {name: value for name, value in known.items() if name not in seen}
    typed |= typed_of(fields, without_row(sent, what) if action == "less" else sent)
    taken, refused = _checked(fields, files, reader)
    form = fill_in(definition, typed | taken, around)
    asked = {one.name for page in form.pages for one in page.fields if isinstance(one, Asked)}
    pages: list[FilledPage] = []
    errors: list[FieldError] = []
    for page in form.pages:
        found = [*refused, *errors_of(page, reader)]
        # What they have not seen yet is no mistake of theirs.
        mine = [one for one in found if _field_of(one) in seen and _field_of(one) in _names(page)]
        # A browser sends files once: those that came with a page that is shown again are gone.
        controls = controls_of(
            page, form, typed, mine, reader, more_rows=what if action == "more" else ""
        )
        pages.append(
            FilledPage(say(page.page.title, locale), say(page.page.help, locale), controls)
        )
        errors += with_labels(mine, page, reader)
    return FilledForm(
        procedure=procedure,
        locale=locale,
        form=form,
        pages=pages,
        shown=",".join(name for page in form.pages for name in _names(page)),
        errors=errors,
        notice=reader.translate(MORE_ASKED) if seen != [""] and asked - set(seen) else "",
        files=[file for name in taken for file in files[name]],
    )


async def _files_of(procedure: Published, sent: FormData) -> dict[str, list[Attachment]]:
    """By field; nothing has been looked at yet."""
    return {
        name: [
            Attachment(
                name=file_name(clean_line(part.filename), "file"),
                media_type=part.content_type or "",
                content=await part.read(),
            )
            for part in sent.getlist(PREFIX + name)
            if isinstance(part, UploadFile) and part.filename
        ]
        for name, field in procedure.definition.fields.items()
        if isinstance(field, FilesField)
    }


def _checked(
    fields: Sequence[Shown], files: Mapping[str, Sequence[Attachment]], reader: Reader
) -> tuple[dict[str, list[dict[str, Any]]], list[FieldError]]:
    """What was typed, so to say, of the fields whose files are all right; and what is not."""
    taken: dict[str, list[dict[str, Any]]] = {}
    refused: list[FieldError] = []
    for field in fields:
        if not isinstance(field, FilesField):
            continue
        wrong = [
            FieldError(PREFIX + field.name, reader.translate(problem) % _amounts(field, file))
            for file in files[field.name]
            if (problem := problem_with(field, file.name, file.content))
        ]
        refused += wrong
        if not wrong:
            taken[field.name] = [
                _as_typed(number, one) for number, one in enumerate(files[field.name])
            ]
    return taken, refused


def _amounts(field: FilesField, file: Attachment) -> dict[str, str]:
    return {"name": file.name, "kinds": ", ".join(field.accept).upper()}


def _as_typed(number: int, file: Attachment) -> dict[str, Any]:
    """As a draft of the portal has its files."""
    return {
        "id": str(number),
        "name": file.name,
        "media_type": type_of_file(file.name),
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }


def prefilled(
    procedure: Published, around: Surroundings, known: Mapping[str, str]
) -> dict[str, Any]:
    """What the author of the form takes from a profile, and who asks."""
    sender, profile = procedure.definition.sender.model_dump(), around.citizen
    who = {name: profile[role] for role, name in sender.items() if name and profile.get(role)}
    return {**who, **prefill(procedure.definition, around)}


def profile_of(known: Mapping[str, str]) -> dict[str, str]:
    """As far as what the counter knows can be told apart: ``cases.procedures.CITIZEN``."""
    first, _, last = known.get("name", "").partition(" ")
    profile = {"first_name": first, "last_name": last.strip()}
    lines = known.get("postal_address", "").splitlines()
    if len(lines) > 1 and (city := _CITY.fullmatch(lines[-1].strip())):
        profile |= {"street": lines[-2].strip(), "postcode": city[1], "city": city[2]}
    given = profile | {name: known.get(name, "") for name in ("email", "phone")}
    return {name: value for name, value in given.items() if value}


def _names(page: ShownPage) -> list[str]:
    return [one.name for one in page.fields]


def _field_of(error: FieldError) -> str:
    return error.field.removeprefix(PREFIX).partition("-")[0]
