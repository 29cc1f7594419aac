"""What a file of pages really is, told by its first bytes, and whether it is all there."""

PDF, TIFF, JPEG, PNG, HEIC = (
    "application/pdf",
    "image/tiff",
    "image/jpeg",
    "image/png",
    "image/heic",
)
_HEADER = 1024  # bytes among which a PDF says that it is one
_TAIL = 2048  # bytes in which its end is marked
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1", b"heim", b"heis")


def kind_of(content: bytes) -> str:
    """The media type, or nothing for what has no pages that we read."""
    if content.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return TIFF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return HEIC
    is_program = content.startswith((b"MZ", b"\x7fELF", b"#!"))
    return PDF if b"%PDF-" in content[:_HEADER] and not is_program else ""


def is_whole(content: bytes) -> bool:
    """Whether the end is there, for kinds that mark it: somebody may still be writing."""
    kind, tail = kind_of(content), content[-_TAIL:]
    if kind == PDF:
        return b"%%EOF" in tail
    if kind == JPEG:
        return b"\xff\xd9" in tail
    if kind == PNG:
        return b"IEND" in tail
    return bool(content)
