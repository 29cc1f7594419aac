"""The picture of an entry, drawn anew: of a size that pages and mails can carry, without what a
camera noted in it (where it was taken, for one)."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadInput
from core.i18n import N_

MAX_PIXELS = 50_000_000
WIDEST = 1600  # pixels, and highest
QUALITY = 82
MEDIA_TYPE = "image/jpeg"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

NOT_READABLE = N_("The picture cannot be read: choose a JPEG, PNG, WebP or GIF file.")
TOO_LARGE = N_("The picture has too many pixels.")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG."""

    content: bytes
    width: int
    height: int


def redrawn(content: bytes) -> Picture:
    """Slow: for a process beside. Raises BadInput when it is no picture, or too large."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadInput(TOO_LARGE, where="image")
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((WIDEST, WIDEST))
            flat = Image.new("RGB", upright.size, "white")
            coloured = upright.convert("RGBA")
            flat.paste(coloured, mask=coloured.getchannel("A"))
    except (UnidentifiedImageError, Image.DecompressionBombError) as problem:
        raise BadInput(NOT_READABLE, where="image") from problem
    except (OSError, EOFError, ValueError, SyntaxError) as problem:
        raise BadInput(NOT_READABLE, where="image") from problem
    written = BytesIO()
    flat.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Picture(written.getvalue(), *flat.size)
