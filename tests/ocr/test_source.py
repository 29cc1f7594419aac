"""What a file is, however it is named, and what is refused."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pikepdf
import pytest

from core.errors import BadInput
from ocr.page import Limits
from ocr.source import Locked, inspect, unlock
from tests.ocr.hostile import encrypted, many_pages, png_bomb
from tests.ocr.pages import drawn, printed, tiff

LIMITS = Limits(pages=3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "letter.pdf"


def test_a_pdf_tells_its_pages(file: Path) -> None:
    file.write_bytes(printed("one", "two"))
    found = inspect(file, LIMITS)
    assert (found.kind, found.pages, found.total, found.repaired) == ("pdf", 2, 2, None)
    assert found.notice == ""


def test_an_image_is_known_by_its_content_whatever_it_is_called(file: Path) -> None:
    file.write_bytes(tiff(drawn("one"), drawn("two"), compression="group4"))
    found = inspect(file, LIMITS)
    assert (found.kind, found.pages) == ("image", 2)


def test_of_ten_thousand_pages_the_first_ones_are_read_and_the_agent_is_told(file: Path) -> None:
    file.write_bytes(many_pages(10_000))
    found = inspect(file, LIMITS)
    assert (found.pages, found.total) == (3, 10_000)
    assert found.notice == "only 3 of 10000 pages are read"


def test_an_executable_is_refused(file: Path) -> None:
    file.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(4_000))
    with pytest.raises(BadInput, match="neither a PDF nor an image"):
        inspect(file, LIMITS)


def test_a_file_that_is_a_zip_archive_as_well_is_read_as_the_pdf_that_it_is(file: Path) -> None:
    archive = BytesIO()
    with ZipFile(archive, "w") as packed:
        packed.writestr("run.exe", b"MZ")
    file.write_bytes(printed("a letter") + archive.getvalue())
    assert inspect(file, LIMITS).pages == 1


def test_a_pdf_that_says_so_and_is_nothing_else_is_refused(file: Path) -> None:
    file.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 10)
    with pytest.raises(BadInput, match="broken"):
        inspect(file, LIMITS)


def test_a_pdf_that_was_cut_off_is_repaired(file: Path) -> None:
    whole = many_pages(1)
    file.write_bytes(whole[: whole.index(b"trailer")])
    assert inspect(file, LIMITS).pages == 1


def test_a_pdf_with_a_password_is_locked_until_it_is_given(file: Path) -> None:
    file.write_bytes(encrypted(printed("secret"), user="lilas"))
    with pytest.raises(Locked):
        inspect(file, LIMITS)
    with pytest.raises(Locked, match="wrong"):
        unlock(file, "rose")
    file.write_bytes(unlock(file, "lilas"))
    assert inspect(file, LIMITS).pages == 1


def test_a_pdf_that_only_its_owner_may_change_is_not_locked(file: Path) -> None:
    file.write_bytes(encrypted(printed("read me"), user=""))
    assert inspect(file, LIMITS).pages == 1


def test_no_password_opens_what_is_no_pdf(file: Path) -> None:
    file.write_bytes(b"GIF89a")
    with pytest.raises(BadInput):
        unlock(file, "lilas")


def test_an_image_of_a_hundred_thousand_pixels_a_side_is_not_decoded_to_be_looked_at(
    file: Path,
) -> None:
    file.write_bytes(png_bomb(100_000))
    assert inspect(file, LIMITS).pages == 1


def test_an_unlocked_pdf_keeps_its_text(file: Path) -> None:
    file.write_bytes(encrypted(printed("secret"), user="lilas"))
    with pikepdf.open(BytesIO(unlock(file, "lilas"))) as document:
        assert not document.is_encrypted
