"""Files that strangers sent: always a download, never a page of ours."""

from urllib.parse import quote

from starlette.responses import Response

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""May be shown inside a mail, which the browser does whatever the disposition says."""
SOUNDS = frozenset({"audio/mpeg", "audio/x-wav", "audio/wav"})
"""May be played on the page of the case."""
UNKNOWN = "application/octet-stream"
LOCKED_DOWN = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
KEPT = "private, max-age=3600"  # seconds; its address changes with the page
_CONTROLS = dict.fromkeys([*range(0x20), 0x7F], " ")
_UNSAFE = str.maketrans(_CONTROLS | dict.fromkeys(map(ord, '"\\/?%'), "_"))


def file_response(name: str, media_type: str, content: bytes) -> Response:
    """A download that no browser opens in our origin (RFC 6266; ``nosniff`` is on every answer).

    Anything but a plain image or sound is sent as bytes of no type, sandboxed should it be opened
    all the same.
    """
    ascii_name = name.encode("ascii", "replace").decode().translate(_UNSAFE) or "document"
    whole_name = quote(name, safe="", errors="replace")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{whole_name}"
    return Response(
        content,
        media_type=media_type if media_type in IMAGES | SOUNDS else UNKNOWN,
        headers=LOCKED_DOWN
        | {"Content-Disposition": disposition, "Cache-Control": "private, no-store"},
    )


def picture_response(content: bytes, media_type: str, tag: str) -> Response:
    """A picture that we drew, for our own pages; the browser keeps it for an hour."""
    headers = LOCKED_DOWN | {"Cache-Control": KEPT, "ETag": f'"{tag}"'}
    return Response(content, media_type=media_type, headers=headers)


def not_modified(tag: str) -> Response:
    return Response(status_code=304, headers={"Cache-Control": KEPT, "ETag": f'"{tag}"'})


def has_picture(if_none_match: str, tag: str) -> bool:
    """Whether the browser has it already (RFC 9110, section 13.1.2)."""
    tags = (one.strip().removeprefix("W/") for one in if_none_match.split(","))
    return f'"{tag}"' in tags
