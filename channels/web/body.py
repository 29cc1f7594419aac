"""Reading a form that may be too big: counted while it streams, for Content-Length may lie."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from core.errors import BadInput, GuichetError

MAX_FIELDS = 20
MAX_FILES_READ = 50  # above what the form allows, so that the answer can say what it allows
MAX_FIELD_SIZE = 512 * 1024  # bytes of one text field
DRAIN_TIME = 10.0  # seconds


class TooLarge(GuichetError):
    """The body is over the limit; HTTP says 413. ``fields`` are those that came before."""

    def __init__(self, most: int, fields: FormData) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most
        self.fields = fields


class _OverLimitError(Exception):
    pass


async def read_form(request: Request, most: int) -> FormData:
    """The fields and files of a form; large files are on disk, in files without a name.

    Raises
    ------
    TooLarge
        When the body has more than ``most`` bytes.
    BadInput
        When it is not a form, or one with too many parts.
    """
    parser = _parser(request, _counted(request, most))
    try:
        return await parser.parse()
    except _OverLimitError as problem:
        await drain(request, most)
        raise TooLarge(most, _texts(parser)) from problem
    except (MultiPartException, UnicodeError) as problem:
        await drain(request, most)
        raise BadInput(f"the form could not be read: {problem}") from problem


async def drain(request: Request, most: int) -> None:
    """Read what still comes, up to ``most`` bytes, and forget it.

    A browser that is still sending when we answer shows a broken connection instead of our page.
    """
    rest = most
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(DRAIN_TIME):
            async for chunk in request.stream():
                rest -= len(chunk)
                if rest < 0:
                    return


def _parser(request: Request, body: AsyncGenerator[bytes, None]) -> FormParser | MultiPartParser:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return MultiPartParser(
            request.headers,
            body,
            max_files=MAX_FILES_READ,
            max_fields=MAX_FIELDS,
            max_part_size=MAX_FIELD_SIZE,
        )
    if media_type == "application/x-www-form-urlencoded":
        return FormParser(
            request.headers, body, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_SIZE
        )
    raise BadInput(f"not a form: {media_type or 'no media type'}")


async def _counted(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise _OverLimitError
        yield chunk


def _texts(parser: FormParser | MultiPartParser) -> FormData:
    items = parser.items if isinstance(parser, MultiPartParser) else []
    return FormData([item for item in items if not isinstance(item[1], UploadFile)])
