"""What a citizen writes in a case of theirs: an intake like any other.

The case that it belongs to goes along as a fact, so that the router need not find it.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from cases import CaseRow
from cases.wanted import WantedRow
from channels.web.space.visits import Town, Visit
from channels.web.submission import MAX_FILES, MAX_MESSAGE, File, Submission, Translate
from core.text import clean_line, clean_text
from core.web import FieldError
from ingest.intake import Arrival
from ingest.message import ChannelName

WANTED = "wanted-"
"""Before the id of a document that was asked for: the name of its field."""


def typed_message(fields: FormData) -> str:
    value = fields.get("message")
    return clean_text(value).strip() if isinstance(value, str) else ""


def chosen_items(fields: FormData) -> list[UUID]:
    """Documents of the wallet; what is no id is passed over."""
    found = []
    for value in dict.fromkeys(fields.getlist("item")):
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found[: MAX_FILES + 1]


async def files_in(fields: FormData, name: str) -> list[File]:
    return [
        File(clean_line(part.filename or ""), part.content_type or "", await part.read())
        for part in fields.getlist(name)
        if isinstance(part, UploadFile) and part.filename
    ]


async def brought(
    fields: FormData, wanted: Sequence[WantedRow]
) -> tuple[list[File], list[WantedRow]]:
    """The files that were asked for, under the names they were asked by, and which of them."""
    files, came = [], []
    for row in wanted:
        given = await files_in(fields, f"{WANTED}{row.id}")
        if given:
            came.append(row)
            files += [
                File(f"{row.name} – {file.name}", file.media_type, file.content) for file in given
            ]
    return files, came


def mistakes(message: str, files: Sequence[File], most: int, _: Translate) -> list[FieldError]:
    errors = []
    if not message and not files:
        errors.append(FieldError("message", _("Write your message.")))
    if len(message) > MAX_MESSAGE:
        too_long = _("The message is too long: %(most)d characters at most.")
        errors.append(FieldError("message", too_long % {"most": MAX_MESSAGE}))
    if len(files) > MAX_FILES:
        too_many = _("Too many files: %(most)d at most.") % {"most": MAX_FILES}
        errors.append(FieldError("attachments", too_many))
    if sum(len(file.content) for file in files) > most:
        too_large = _("The files are too large. Send fewer, or smaller.")
        errors.append(FieldError("attachments", too_large))
    return errors


async def hand_in(
    request: Request,
    town: Town,
    visit: Visit,
    case: CaseRow,
    *,
    nonce: str,
    message: str,
    files: Sequence[File],
    came: Sequence[WantedRow],
) -> None:
    """Durable when it returns; the same form sent twice is one message. Raises Later."""
    me = visit.account
    submission = Submission(
        message=message,
        name=me.name if me else case.sender_name,
        email=me.email if me else case.sender_address,
        files=files,
    )
    raw = await asyncio.to_thread(submission.raw)
    who = str(me.id) if me else visit.reference
    sent = await asyncio.to_thread(lambda: hashlib.sha256(f"{who} {nonce} ".encode() + raw))
    facts = {
        **visit.facts,
        "locale": town.pages.locale_of(request),
        "region": town.settings.country,
        "given": [str(row.id) for row in came],
    }
    await town.accept(Arrival(ChannelName.WEB, f"space-{sent.hexdigest()}", raw, facts))
