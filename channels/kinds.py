"""What a file of pages really is, told by its first bytes, and whether it is all there."""

from channels.tiff import read_tiff

PDF, TIFF, JPEG, PNG, HEIC = (
    "application/pdf",
    "image/tiff",
    "image/jpeg",
    "image/png",
    "image/heic",
)
_HEADER = 1024  # bytes among which a PDF says that it is one
_TAIL = 2048  # bytes in which its end is marked
_MAX_BOXES = 1_000  # of a HEIC file, as far as it is looked at
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
    if kind == TIFF:
        return read_tiff(content).is_whole
    return _has_all_boxes(content) if kind == HEIC else bool(content)


def _has_all_boxes(content: bytes) -> bool:
    """Whether the boxes, by their own sizes, end where the file does (ISO/IEC 14496-12, 4.2)."""
    end = 0
    for _ in range(_MAX_BOXES):
        size = int.from_bytes(content[end : end + 4])
        if size == 1:
            size = int.from_bytes(content[end + 8 : end + 16])
        if size < 8 or end + size >= len(content):
            return size == 0 or end + size == len(content)  # 0: up to the end of the file
        end += size
    return True
