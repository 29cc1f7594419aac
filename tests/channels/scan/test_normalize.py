"""A scanned file becomes a message, or is refused with the reason."""

import pytest

from channels.kinds import is_whole
from channels.scan import scan_arrival
from channels.scan.normalize import normalize
from core.errors import BadInput
from core.ids import new_id
from ingest import Intake
from tests.builders import NOON
from tests.ocr.pages import drawn, heic, printed, tiff


def scanned(content: bytes, name: str = "letter.pdf", queue: str = "") -> Intake:
    arrival = scan_arrival(content, name, folder="scans", queue=queue)
    return Intake(new_id(), arrival.channel, arrival.key, arrival.raw, arrival.facts, NOON)


def test_a_file_is_what_it_is_and_not_what_it_is_called() -> None:
    message = normalize(scanned(tiff(drawn("Bonjour")), "letter.pdf", "etat-civil"))
    (document,) = message.attachments
    assert (document.name, document.media_type) == ("letter.pdf", "image/tiff")
    assert message.details == {
        "file": "letter.pdf",
        "folder": "scans",
        "queue": "etat-civil",
        "split": "separators",
    }
    assert message.channel == "scan"


def test_a_photograph_of_a_telephone_is_a_scan() -> None:
    content = heic(drawn("Bonjour"))
    assert is_whole(content)
    assert not is_whole(content[:-1])  # a watched folder waits for the rest
    (document,) = normalize(scanned(content, "IMG_0457.HEIC")).attachments
    assert (document.name, document.media_type) == ("IMG_0457.HEIC", "image/heic")


@pytest.mark.parametrize("content", [b"\x7fELF%PDF-1.7", b"MZ%PDF-1.7", b"PK\x03\x04", b"hello"])
def test_a_program_is_no_letter(content: bytes) -> None:
    with pytest.raises(BadInput, match="neither a PDF nor an image"):
        normalize(scanned(content))


def test_the_same_bytes_are_the_same_scan() -> None:
    content = printed("Bonjour")
    assert scanned(content, "a.pdf").key == scanned(content, "b.pdf").key


def test_a_folder_that_is_called_in_latin_1_can_be_stored() -> None:
    # As Python reads b"\xe9tat" from the disk; PostgreSQL takes no lone surrogate in JSON.
    arrival = scan_arrival(printed("Bonjour"), "l\udce9ttre.pdf", queue="\udce9tat")
    "".join([arrival.facts["file"], arrival.facts["queue"]]).encode()
