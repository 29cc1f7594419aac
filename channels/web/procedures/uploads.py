"""Files that come with a page: looked at, kept with the draft, and only then said to be there."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile

from cases.procedures import FormDraft, ShownPage, add_file
from cases.procedures.fields import FilesField
from cases.procedures.mistakes import Translate
from channels.kinds import kind_of
from channels.web.procedures.reading import PREFIX
from core.blobs import Blob, Blobs
from core.database import Database
from core.i18n import N_
from core.text import clean_line, file_name
from core.web import FieldError

TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "heif": "image/heic",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_SAME = {"jpeg": "jpg", "heif": "heic", "tiff": "tif"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MAX_DRAFT_FILES = 40

EMPTY = N_("%(name)s is empty.")
WRONG_KIND = N_("%(name)s is not of a kind that is taken here: %(kinds)s.")
TOO_LARGE = N_("%(name)s is too large.")
TOO_MANY = N_("%(name)s was not taken: there are enough files here already.")
TOO_MUCH = N_("%(name)s was not taken: the files of this form are too large together.")


async def keep_files(
    database: Database,
    blobs: Blobs,
    draft: FormDraft,
    page: ShownPage,
    sent: FormData,
    translate: Translate,
    *,
    most: int,
) -> list[FieldError]:
    """Keep what was sent, durably; returns what was not, and why.

    ``most`` are the bytes of all files of the form.
    """
    wrong: list[FieldError] = []
    sizes = _sizes(draft)
    for field in page.fields:
        if not isinstance(field, FilesField):
            continue
        count = len(draft.typed.get(field.name, ()))
        for part in sent.getlist(PREFIX + field.name):
            if not isinstance(part, UploadFile) or not part.filename:
                continue
            name, content = file_name(clean_line(part.filename), "file"), await part.read()
            problem = problem_with(field, name, content) or no_room(
                field, count, [*sizes, len(content)], most
            )
            if problem:
                wrong.append(FieldError(PREFIX + field.name, told(problem, field, name, translate)))
                continue
            blob = await blobs.stage_apart(content)
            async with database.begin() as session:
                await keep_file(session, blobs, draft, blob, field=field.name, name=name)
            count += 1
            sizes.append(len(content))
    return wrong


def no_room(field: FilesField, count: int, sizes: Sequence[int], most: int) -> str:
    if count >= field.max_count:
        return TOO_MANY
    return TOO_MUCH if sum(sizes) > most or len(sizes) > MAX_DRAFT_FILES else ""


def _sizes(draft: FormDraft) -> list[int]:
    fields = draft.definition.fields.values()
    return [
        int(file["size"])
        for field in fields
        if isinstance(field, FilesField)
        for file in draft.typed.get(field.name, ())
    ]


def problem_with(field: FilesField, name: str, content: bytes) -> str:
    """A message id, or nothing when the file can be taken."""
    if content and not _is(_ending(name), content):
        return WRONG_KIND
    return problem_ahead(field, name, len(content))


def problem_ahead(field: FilesField, name: str, size: int) -> str:
    """What is wrong before anything of it has arrived."""
    if not size:
        return EMPTY
    if _SAME.get(_ending(name), _ending(name)) not in field.accept:
        return WRONG_KIND
    return TOO_LARGE if size > field.max_size else ""


def told(problem: str, field: FilesField, name: str, translate: Translate) -> str:
    return translate(problem) % {"name": name, "kinds": ", ".join(field.accept).upper()}


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _is(ending: str, content: bytes) -> bool:
    """Whether the content is what the name says: a program called a picture is neither."""
    match ending:
        case "doc" | "xls":
            return content.startswith(_OLE)
        case "docx" | "xlsx" | "odt" | "ods":
            return content.startswith(_ZIP)
        case _:
            return kind_of(content) == TYPES.get(ending, "none")


def type_of_file(name: str) -> str:
    """Of a file that is taken."""
    return TYPES[_ending(name)]


async def keep_file(
    session: AsyncSession, blobs: Blobs, draft: FormDraft, blob: Blob, *, field: str, name: str
) -> None:
    """``blob`` is staged apart; ``name`` has been looked at."""
    media_type = type_of_file(name)
    await add_file(session, blobs, draft.id, blob, field=field, name=name, media_type=media_type)
