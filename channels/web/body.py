"""Reading a form that may be too big: counted while it streams, for Content-Length may lie."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from core.errors import BadInput, GuichetError

MAX_FIELDS = 20
MAX_FILES_READ = 50  # above what the form allows, so that the answer can say what it allows
MAX_FIELD_SIZE = 512 * 1024  # bytes of one text field
MAX_WITHOUT_FILES = 1024 * 1024  # bytes of a form that cannot carry files
DRAIN_TIME = 10.0  # seconds


class TooLarge(GuichetError):
    """The body is over the limit; HTTP says 413. ``fields`` are its texts, as far as we read."""

    def __init__(self, most: int, fields: FormData) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most
        self.fields = fields


class _OverLimitError(Exception):
    pass


async def read_form(request: Request, most: int, *, max_fields: int = MAX_FIELDS) -> FormData:
    """The fields and files of a form; large files are on disk, in files without a name.

    Raises
    ------
    TooLarge
        When the body has more than ``most`` bytes. It is read on up to twice as many, so that the
        fields behind a large file are known too.
    BadInput
        When it is not a form, or one with too many parts, or when it does not come to its end.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type == b"application/x-www-form-urlencoded":
        most = min(most, MAX_WITHOUT_FILES)
    body = _Counted(request, most * 2)
    parser = _parser(request, body.chunks(), media_type, options, max_fields)
    try:
        fields = await parser.parse()
    except ClientDisconnect as problem:
        raise BadInput("the connection ended before the form did") from problem
    except (_OverLimitError, HTTPException) as problem:  # ours, or that of the whole application
        raise TooLarge(most, _texts(getattr(parser, "items", ()))) from problem
    except (MultiPartException, FormParserError) as problem:
        await drain(request, most)
        raise BadInput(f"the form could not be read: {problem}") from problem
    if body.size > most:
        await fields.close()
        raise TooLarge(most, _texts(fields.multi_items()))
    return fields


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


def _parser(
    request: Request,
    body: AsyncGenerator[bytes, None],
    media_type: bytes,
    options: Mapping[bytes, bytes],
    max_fields: int,
) -> FormParser | MultiPartParser:
    if media_type == b"multipart/form-data":
        if options.get(b"charset", b"utf-8").lower() != b"utf-8":
            # No browser says another, and Python has codecs that take minutes (punycode).
            raise BadInput("a form is read in UTF-8 alone")
        return MultiPartParser(
            request.headers,
            body,
            max_files=MAX_FILES_READ,
            max_fields=max_fields,
            max_part_size=MAX_FIELD_SIZE,
        )
    if media_type == b"application/x-www-form-urlencoded":
        return FormParser(
            request.headers, body, max_fields=max_fields, max_part_size=MAX_FIELD_SIZE
        )
    raise BadInput(f"not a form: {media_type.decode('latin-1') or 'no media type'}")


class _Counted:
    """A body, counted while it comes."""

    def __init__(self, request: Request, most: int) -> None:
        self.size = 0
        self._request = request
        self._most = most

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._request.stream():
            self.size += len(chunk)
            if self.size > self._most:
                raise _OverLimitError
            yield chunk


def _items(parser: FormParser | MultiPartParser) -> Sequence[tuple[str, UploadFile | str]]:
    return parser.items if isinstance(parser, MultiPartParser) else ()


def _texts(items: Sequence[tuple[str, UploadFile | str]]) -> FormData:
    return FormData([item for item in items if not isinstance(item[1], UploadFile)])
