"""Files of a fax server's receive queue."""

from io import BytesIO

import numpy
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from channels.fax.normalize import normalize
from core.errors import BadInput
from core.ids import new_id
from ingest import ChannelName, Intake
from tests.builders import NOON

RECEIVED = "2026:11:25 10:12:14"


def received(content: bytes) -> Intake:
    facts = {"file": "fax000000042.tif"}
    return Intake(new_id(), ChannelName.FAX, "key", content, facts, NOON)


def class_f(station: str, *, lines: int = 98) -> bytes:
    """As faxgetty writes it: the station in ImageDescription, T.4 lines."""
    tags = ImageFileDirectory_v2()
    tags[270], tags[305], tags[306] = station, "HylaFAX (tm) Version 6.0.7", RECEIVED
    tags[326] = 7  # BadFaxLines
    made = BytesIO()
    Image.fromarray(numpy.full((1100, 1728), 255, numpy.uint8)).convert("1").save(
        made, "TIFF", compression="group3", dpi=(204, lines), tiffinfo=tags
    )
    return made.getvalue()


LINE = {"received": RECEIVED, "bad_lines": 7}


def test_the_station_is_the_sender_where_it_is_a_number() -> None:
    message = normalize(received(class_f("+33 3 87 55 55 55")), "FR")
    assert message.sender.address == "+33387555555"
    assert message.details == {"file": "fax000000042.tif", "pages": 1, "quality": "standard"} | LINE


def test_a_station_may_have_a_name_instead() -> None:
    message = normalize(received(class_f("MAIRIE DE METZ", lines=196)), "FR")
    assert (message.sender.address, message.sender.name) == ("", "MAIRIE DE METZ")
    assert message.details["station"] == "MAIRIE DE METZ"
    assert message.details["quality"] == "fine"


def test_what_is_no_fax_is_refused() -> None:
    with pytest.raises(BadInput, match="no fax"):
        normalize(received(b"hello"), "FR")


def test_what_the_line_told_comes_before_what_the_station_says() -> None:
    message = normalize(received(class_f("+33 3 88 00 00 00\n0387555555\nMairie de Metz")), "FR")
    assert message.sender.address == "+33387555555"
    message = normalize(received(class_f("<UNSPECIFIED>\nMairie de Metz\n0387555555")), "FR")
    assert (message.sender.address, message.sender.name) == ("+33387555555", "")


def test_tags_that_lie_do_no_harm() -> None:
    content = bytearray(class_f("MAIRIE DE METZ"))
    for place in range(len(content) - 250, len(content), 3):
        damaged = bytes(content[:place] + b"\xff\xff\xff" + content[place + 3 :])
        assert normalize(received(damaged), "FR").channel == "fax"
