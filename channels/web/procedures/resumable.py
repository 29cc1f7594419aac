"""Files that arrive piece by piece, and go on where a broken connection left them.

The core of tus 1.0.0 (https://tus.io/protocols/resumable-upload) with ``creation`` and
``termination``; neither checksums nor deferred lengths nor concatenation. The metadata are
``field`` and ``filename``. The header ``Tus-Resumable`` stands in for the token of a form: no page
of another site can make a browser send it.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from cases.procedures import FormDraft
from cases.procedures.fields import FilesField
from cases.procedures.uploading import (
    Upload,
    add_piece,
    begin_upload,
    claim_upload,
    drop_idle,
    drop_pieces,
    drop_upload,
    upload_of,
    used_by,
    whole,
)
from channels.web.procedures.office import Office, base_of
from channels.web.procedures.uploads import (
    MAX_DRAFT_FILES,
    TOO_LARGE,
    TOO_MANY,
    TOO_MUCH,
    keep_file,
    problem_ahead,
    problem_with,
    told,
)
from core.i18n import translator
from core.text import clean_line, file_name

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
MEBIBYTE = 1024 * 1024  # bytes that are made durable at once
IDLE = timedelta(minutes=10)
"""Without a piece, before an upload counts no more."""
MAX_METADATA = 4_000  # characters


@dataclass(frozen=True, slots=True)
class Resumable:
    office: Office

    async def options(self, slug: str, reference: str) -> Response:
        """What of the protocol is spoken here."""
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination",
            "Tus-Max-Size": str(self.office.settings.max_upload),
        }
        return _answer(204, headers)

    async def create(self, request: Request, slug: str, reference: str) -> Response:
        """A new upload, unless it can be told already that the file will not be taken."""
        office = self.office
        await office.limits.saved.count(office.client(request))
        draft = await self._draft(request, slug, reference)
        if isinstance(draft, Response):
            return draft
        said = _metadata(request.headers.get("upload-metadata", ""))
        field = draft.definition.fields.get(said.get("field", ""))
        size = _number(request.headers.get("upload-length", ""))
        if not isinstance(field, FilesField) or size is None:
            return _answer(400)
        name = file_name(clean_line(said.get("filename", "")), "file")
        problem = problem_ahead(field, name, size) or _no_room(draft, field)
        gone: Sequence[str] = ()
        async with office.database.begin() as session:
            if not problem:
                # What the citizen began and left is in nobody's way.
                gone = await drop_idle(session, office.blobs, draft.id, office.clock() - IDLE)
                count, bytes_used = await used_by(session, draft.id)
                if count >= MAX_DRAFT_FILES or bytes_used + size > office.settings.max_upload:
                    problem = TOO_MUCH
            if not problem:
                upload = await begin_upload(
                    session, office.clock, draft.id, field=field.name, name=name, size=size
                )
        await office.blobs.discard(gone)
        if problem:
            return self._refused(request, problem, field, name)
        place = f"{base_of(slug, reference)}/uploads/{upload}"
        return _answer(201, {"Location": place})

    async def offset(
        self, request: Request, slug: str, reference: str, upload_id: UUID
    ) -> Response:
        """How much has arrived. Of a file that was whole when all broke off, now it is kept."""
        found = await self._upload(request, slug, reference, upload_id)
        if isinstance(found, Response):
            return found
        draft, upload = found
        refused = await self._finish(request, draft, upload)
        return refused or _answer(200, _offset(upload.received, upload.size))

    async def piece(self, request: Request, slug: str, reference: str, upload_id: UUID) -> Response:
        """Keep what arrives, also of a piece that breaks off."""
        office = self.office
        await office.limits.saved.count(office.client(request))
        found = await self._upload(request, slug, reference, upload_id)
        if isinstance(found, Response):
            return found
        _, upload = found
        if request.headers.get("content-type") != PIECE:
            return _answer(415)
        if upload.received != _number(request.headers.get("upload-offset", "")):
            return _answer(409, _offset(upload.received, upload.size))
        wrong = await self._receive(request, upload)
        if wrong:
            return wrong
        return await self._grown(request, slug, reference, upload_id)

    async def _grown(
        self, request: Request, slug: str, reference: str, upload_id: UUID
    ) -> Response:
        found = await self._upload(request, slug, reference, upload_id)
        if isinstance(found, Response):
            return found
        refused = await self._finish(request, *found)
        return refused or _answer(204, _offset(found[1].received, found[1].size))

    async def _receive(self, request: Request, upload: Upload) -> Response | None:
        office, at = self.office, upload.received
        async for content in _pieces(request):
            if at + len(content) > upload.size:
                return _answer(413, {"Connection": "close"})
            blob = await office.blobs.stage_apart(content)
            async with office.database.begin() as session:
                fits = await add_piece(session, office.blobs, office.clock, upload.id, at, blob)
            if not fits:  # another request has been faster
                await office.blobs.discard([blob.sha256])
                return _answer(409)
            at += len(content)
        return None

    async def give_up(
        self, request: Request, slug: str, reference: str, upload_id: UUID
    ) -> Response:
        found = await self._upload(request, slug, reference, upload_id)
        if isinstance(found, Response):
            return found
        await self._drop(upload_id)
        return _answer(204)

    async def _finish(self, request: Request, draft: FormDraft, upload: Upload) -> Response | None:
        """Make a file of the draft of what is whole; an answer when it is not taken."""
        if upload.kept or upload.received < upload.size:
            return None
        office, field = self.office, draft.definition.fields[upload.field]
        assert isinstance(field, FilesField)  # noqa: S101 - the version of a draft never changes
        async with office.database.read() as session:
            content = await whole(session, office.blobs, upload.id)
        if len(content) != upload.size:  # another request has just made a file of it
            return None
        problem = problem_with(field, upload.name, content) or _no_room(draft, field)
        if problem:
            await self._drop(upload.id)
            return self._refused(request, problem, field, upload.name)
        blob = await office.blobs.stage_apart(content)
        async with office.database.begin() as session:
            mine = await claim_upload(session, office.clock, upload.id)
            gone = await drop_pieces(session, office.blobs, upload.id) if mine else [blob.sha256]
            if mine:
                await keep_file(
                    session, office.blobs, draft, blob, field=upload.field, name=upload.name
                )
        await office.blobs.discard(gone)
        return None

    async def _drop(self, upload_id: UUID) -> None:
        async with self.office.database.begin() as session:
            gone = await drop_upload(session, self.office.blobs, upload_id)
        await self.office.blobs.discard(gone)

    async def _draft(self, request: Request, slug: str, reference: str) -> FormDraft | Response:
        """An answer for whoever may not have it, or speaks another protocol."""
        if request.headers.get("tus-resumable") != VERSION:
            return _answer(412, {"Tus-Version": VERSION})
        draft = await self.office.draft(request, slug, reference)
        return _answer(404) if draft is None or draft.sent_at else draft

    async def _upload(
        self, request: Request, slug: str, reference: str, upload_id: UUID
    ) -> tuple[FormDraft, Upload] | Response:
        draft = await self._draft(request, slug, reference)
        if isinstance(draft, Response):
            return draft
        async with self.office.database.read() as session:
            upload = await upload_of(session, draft.id, upload_id)
        return _answer(404) if upload is None else (draft, upload)

    def _refused(self, request: Request, problem: str, field: FilesField, name: str) -> Response:
        """In the citizen's words, for the page to show."""
        translate = translator(self.office.pages.locale_of(request))
        status = 413 if problem in (TOO_LARGE, TOO_MUCH) else 422
        words = told(problem, field, name, translate)
        return PlainTextResponse(words, status, {"Tus-Resumable": VERSION})


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in parts of a size to be kept; ends where the connection does."""
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= MEBIBYTE:
                yield bytes(waiting)
                waiting.clear()
    except ClientDisconnect:
        pass
    if waiting:
        yield bytes(waiting)


def _no_room(draft: FormDraft, field: FilesField) -> str:
    return TOO_MANY if len(draft.typed.get(field.name, ())) >= field.max_count else ""


def _metadata(header: str) -> Mapping[str, str]:
    """``key base64,key base64``; what cannot be read is left out."""
    said = {}
    for pair in header[:MAX_METADATA].split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            said[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
    return said


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _offset(received: int, size: int) -> dict[str, str]:
    return {"Upload-Offset": str(received), "Upload-Length": str(size)}


def _answer(status: int, headers: Mapping[str, str] | None = None) -> Response:
    always = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    return Response(status_code=status, headers={**always, **(headers or {})})
