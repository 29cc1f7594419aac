"""What a citizen writes in a case of theirs: an intake like any other, whose sender is proven.

The case that it belongs to goes along as a fact, so that the router need not find it.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from channels.web.account.context import Context
from channels.web.submission import MAX_FILES, MAX_MESSAGE, File, Submission, Translate
from citizens import Account
from citizens.wallet import item_of
from core.text import clean_line, clean_text
from core.web import FieldError
from ingest.intake import Arrival
from ingest.message import ChannelName


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


async def attached(
    session: AsyncSession, context: Context, me: Account, fields: FormData
) -> list[File]:
    """What goes along: files of the form, and copies of the wallet's documents.

    Raises NotThere when one of these is not theirs.
    """
    files = [
        File(clean_line(part.filename or ""), part.content_type or "", await part.read())
        for part in fields.getlist("attachments")
        if isinstance(part, UploadFile) and part.filename
    ]
    for item_id in chosen_items(fields):
        row = await item_of(session, me.id, item_id)
        content = await context.wallet.content(session, me.id, item_id)
        files.append(File(row.name, row.media_type, content))
    return files


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
    context: Context,
    me: Account,
    reference: str,
    *,
    nonce: str,
    message: str,
    files: Sequence[File],
) -> None:
    """Durable when it returns; the same form sent twice is one message. Raises Later."""
    submission = Submission(message=message, name=me.name, email=me.email, files=files)
    raw = await asyncio.to_thread(submission.raw)
    sent = await asyncio.to_thread(lambda: hashlib.sha256(f"{me.id} {nonce} ".encode() + raw))
    facts = {
        "account": str(me.id),
        "case": reference,
        "locale": context.pages.locale_of(request),
        "region": context.settings.country,
    }
    await context.accept(Arrival(ChannelName.WEB, f"space-{sent.hexdigest()}", raw, facts))
