"""What a file is by its first bytes, and whether its end is there."""

from io import BytesIO

import pytest
from PIL import Image

from channels.kinds import HEIC, JPEG, PDF, PNG, TIFF, is_whole, kind_of
from tests.ocr.pages import drawn, faxed, printed, tiff


def picture(kind: str) -> bytes:
    made = BytesIO()
    Image.new("L", (60, 40), 255).save(made, kind)
    return made.getvalue()


def heic() -> bytes:
    """The boxes alone, as long as they say."""
    brand = b"heic\0\0\0\0mif1heic"
    boxes = [(b"ftyp", brand), (b"meta", bytes(100)), (b"mdat", bytes(500))]
    return b"".join((8 + len(data)).to_bytes(4) + name + data for name, data in boxes)


FILES = {
    PDF: printed("Bonjour"),
    TIFF: tiff(faxed(drawn()), faxed(drawn()), dpi=(204, 98), compression="group3"),
    JPEG: picture("JPEG"),
    PNG: picture("PNG"),
    HEIC: heic(),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_whole_when_its_end_is_there(kind: str) -> None:
    content = FILES[kind]
    assert kind_of(content) == kind
    assert is_whole(content)
    assert not any(is_whole(content[: len(content) * tenth // 10]) for tenth in range(10))


def test_a_heic_whose_last_box_goes_on_to_the_end_is_whole() -> None:
    assert is_whole(heic() + bytes(4) + b"mdat" + bytes(900))
