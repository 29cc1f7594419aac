"""What a file really is, and how many pages it has; whatever it is called.

PDFs are opened with pdfium (https://pdfium.googlesource.com/pdfium/, by ``pypdfium2``); what pdfium
cannot open, ``pikepdf`` (qpdf) may be able to repair. Images are opened with Pillow, and HEIC with
``pillow-heif``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import BadInput
from ocr.page import Limits

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument

File = Path | bytes
"""Where a file is, or all of it: what must not be on the disk is read from memory."""
HEADER = 1024  # bytes among which a PDF says that it is one (ISO 32000-1, annex H)
FORMATS = ("TIFF", "JPEG", "PNG", "WEBP", "HEIF", "GIF", "BMP")
"""Of images; Pillow tries no others, some of which start other programs. A file of several JPEGs
(MPO) counts as one of JPEG."""


class Locked(BadInput):
    """It takes a password."""


@dataclass(frozen=True, slots=True)
class Inspection:
    kind: Literal["pdf", "image"]
    pages: int
    """That are to be read."""
    total: int
    """That the file has."""
    repaired: bytes | None = None
    """The file that has the pages, where the one that came is broken."""

    @property
    def notice(self) -> str:
        """What an agent should know of it; empty when all is well."""
        return (
            f"only {self.pages} of {self.total} pages are read" if self.total > self.pages else ""
        )


def inspect(path: File, limits: Limits) -> Inspection:
    """Look at a file without decoding a page.

    Raises
    ------
    Locked
        When it is encrypted, and does not open without a password.
    BadInput
        When it is neither a PDF nor an image, or so broken that nothing opens it.
    """
    if is_pdf(path):
        return _inspect_pdf(path, limits)
    with open_image(path) as image:
        try:
            total = getattr(image, "n_frames", 1)
        except (OSError, EOFError, ValueError, SyntaxError) as problem:
            raise BadInput("the image is broken") from problem
        return Inspection("image", min(total, limits.pages), total)


def is_pdf(path: File) -> bool:
    """By its content; something else may stand before (RFC 8118 has readers be lenient)."""
    if isinstance(path, bytes):
        return b"%PDF-" in path[:HEADER]
    with path.open("rb") as file:
        return b"%PDF-" in file.read(HEADER)


@contextmanager
def open_pdf(path: File) -> Iterator["PdfDocument"]:
    """Raises Locked, BadInput."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(path)
    except PdfiumError as problem:
        if "password" in str(problem).lower():
            raise Locked("it takes a password") from problem
        raise BadInput("the PDF is broken") from problem
    try:
        yield document
    finally:
        document.close()


@contextmanager
def open_image(path: File) -> Iterator["Image"]:
    """Nothing is decoded yet. Raises BadInput when it is no image that we read."""
    import pillow_heif
    from PIL import Image, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # our own limit is looked at before anything is decoded
    try:
        image = Image.open(_readable(path), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as problem:
        raise BadInput("it is neither a PDF nor an image that we can read") from problem
    with image:
        yield image


def unlock(path: Path, password: str) -> bytes:
    """The PDF without its password. Raises Locked when that is wrong, BadInput for no PDF."""
    import pikepdf

    try:
        with pikepdf.open(path, password=password) as document:
            unlocked = BytesIO()
            document.save(unlocked)
            return unlocked.getvalue()
    except pikepdf.PasswordError as problem:
        raise Locked("the password is wrong") from problem
    except pikepdf.PdfError as problem:
        raise BadInput("the PDF is broken") from problem


def _inspect_pdf(path: File, limits: Limits) -> Inspection:
    try:
        with open_pdf(path) as document:
            total = len(document)
        if total:
            return Inspection("pdf", min(total, limits.pages), total)
    except Locked:
        raise
    except BadInput:
        pass
    return _repaired(path, limits)


def _repaired(path: File, limits: Limits) -> Inspection:
    import pikepdf

    try:
        with pikepdf.open(_readable(path)) as document:
            total = len(document.pages)
            mended = BytesIO()
            document.save(mended)
    except pikepdf.PasswordError as problem:
        raise Locked("it takes a password") from problem
    except (pikepdf.PdfError, RuntimeError, ValueError) as problem:
        raise BadInput("the PDF is broken, and could not be repaired") from problem
    if not total:
        raise BadInput("the PDF has no pages")
    return Inspection("pdf", min(total, limits.pages), total, mended.getvalue())


def _readable(file: File) -> Path | BytesIO:
    return BytesIO(file) if isinstance(file, bytes) else file
