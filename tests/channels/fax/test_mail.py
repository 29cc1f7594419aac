"""Mails of fax gateways become the faxes that they bring."""

from dataclasses import dataclass
from functools import cache

import pytest

from channels.email.normalize import normalize as normalize_mail
from channels.fax.mail import as_fax
from core.ids import new_id
from core.settings import FaxProfile
from ingest import ChannelName, Intake, Message
from tests.builders import NOON
from tests.channels.fax.gateway import gateway_mail
from tests.ocr.pages import drawn, faxed, printed, tiff

PROFILE = FaxProfile(mailbox="fax@demo.example")
HYLAFAX = """\
recvq/fax000000042.tif (ftp://fax.demo.example:4559/recvq/fax000000042.tif):
          Sender: MAIRIE DE METZ
           Pages: 2
         Quality: Fine
            Page: ISO A4
        Received: 2026:11:25 10:12:14
      TimeToRecv: 1:02
      SignalRate: 14400 bit/s
      DataFormat: 2-D MMR
      ErrCorrect: Yes
         CallID1: 0387555555
         CallID2: 0387000000
ReceivedOn: ttyS0
    CommID: c000000123
"""


@cache
def pages() -> bytes:
    page = faxed(drawn())
    return tiff(page, page, dpi=(204, 98), compression="group3")


@dataclass(frozen=True)
class Mail:
    message: Message
    intake: Intake


def mail(
    subject: str,
    text: str = "",
    *,
    sender: str = "fax@gateway.example",
    envelope: str = "",
    file: str = "fax.tif",
    content: bytes | None = None,
    disposition: str = "attachment",
    **headers: str,
) -> Mail:
    made = gateway_mail(
        subject,
        pages() if content is None else content,
        text or "See the attached file.\n",
        sender=sender,
        to="fax@demo.example",
        file=file,
        disposition=disposition,
    )
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    facts = {"mail_from": envelope or sender, "recipients": ["fax@demo.example"]}
    intake = Intake(new_id(), ChannelName.EMAIL, "key", made.as_bytes(), facts, NOON)
    return Mail(normalize_mail(intake), intake)


def fax(made: Mail, profile: FaxProfile = PROFILE) -> Message:
    found = as_fax(made.message, made.intake, [profile], "FR")
    assert found is not None
    return found


def is_fax(made: Mail, profile: FaxProfile = PROFILE) -> bool:
    return as_fax(made.message, made.intake, [profile], "FR") is not None


def test_a_mail_of_hylafax_is_a_fax_from_its_caller() -> None:
    found = fax(mail("Facsimile received from MAIRIE DE METZ", HYLAFAX, file="fax000000042.tif"))
    assert found.channel == "fax"
    assert (found.sender.address, found.sender.name) == ("+33387555555", "MAIRIE DE METZ")
    assert found.sender.trust == "unverified"
    assert found.details["pages"] == 2
    assert found.details["quality"] == "Fine"
    assert found.details["gateway"] == "fax@gateway.example"
    assert found.text == found.subject == ""
    (document,) = found.attachments
    assert document.media_type == "image/tiff"


def test_a_fax_that_broke_off_says_so() -> None:
    text = HYLAFAX + "\nThe full document was not received because:\n\n    RSPREC error\n"
    assert fax(mail("Facsimile received from 1", text)).details["problem"] == "RSPREC error"


@pytest.mark.parametrize(
    ("subject", "text", "file", "number", "count"),
    [
        ('eFax message from "33387555555" - 3 page(s)', "", "fax.pdf", "+33387555555", 3),
        (
            'eFax message from "0388000000" - 1 page(s), Caller-ID: 33-387-55-55-55',
            "", "FAX_20261125_1764061934_42.pdf", "+33387555555", 1,
        ),
        ('eFax message from "unknown" - 1 page(s)', "", "FAX_20261125_176.pdf", "", 1),
        ("New Fax Message from (650) 253-0000 on 11/25/2026", "", "f.pdf", "", 0),
        ("Fax reçu de +33 3 87 55 55 55", "", "fax.pdf", "+33387555555", 0),
        ("Fax", "Numéro de l'appelant : 03 87 55 55 55\nPages : 4", "f.pdf", "+33387555555", 4),
        ("Neues Fax von 0033387555555", "", "fax.pdf", "+33387555555", 0),
        ("Fax", "", "fax-0033387555555-20261125.pdf", "+33387555555", 0),
        ("Fax received", "Caller-ID: +49 30 901820\nPages: 1", "f.pdf", "+4930901820", 1),
        ("Fax reçu de anonyme", "Numéro masqué", "fax.pdf", "", 0),
        ("Fax reçu", "Un fax est arrivé sur le numéro 03 87 00 00 00", "fax.pdf", "", 0),
        ("Fax reçu du numéro 03 87 55 55 55", "", "fax.pdf", "+33387555555", 0),
        ("Neues Fax von 0387555555 empfangen", "", "201220241449.pdf", "+33387555555", 0),
        ("Fax", "", "fax-201220241449.pdf", "", 0),
    ],
)  # fmt: skip
def test_services_write_the_number_in_many_places(
    subject: str, text: str, file: str, number: str, count: int
) -> None:
    found = fax(mail(subject, text, file=file, content=printed("Bonjour")))
    assert found.sender.address == number
    assert found.details.get("pages", 0) == count


def test_a_profile_may_say_itself_where_the_number_is() -> None:
    profile = FaxProfile(sender="@gateway.example", number=r"#(?P<number>\d+)#")
    assert fax(mail("Fax #0387555555# of today"), profile).sender.address == "+33387555555"


def test_a_pdf_that_is_inline_is_no_less_a_fax() -> None:
    message = mail("Fax", file="fax.pdf", content=printed("Bonjour"), disposition="inline")
    assert [part.name for part in fax(message).attachments] == ["fax.pdf"]


@pytest.mark.parametrize(
    "profile",
    [
        FaxProfile(sender="other@gateway.example"),
        FaxProfile(mailbox="mairie@demo.example"),
        FaxProfile(sender="fax@gateway.example", mailbox="mairie@demo.example"),
    ],
)
def test_other_mails_stay_mails(profile: FaxProfile) -> None:
    assert not is_fax(mail("Fax reçu de 0387555555"), profile)


def test_a_mail_without_pages_stays_a_mail() -> None:
    assert not is_fax(mail("Fax reçu", file="note.pdf", content=b"no pages at all"))


def test_the_gateway_is_who_writes_and_not_whom_it_asks_to_answer() -> None:
    made = mail("Fax", sender="noreply@gateway.example", Reply_To="support@gateway.example")
    assert made.message.sender.address == "support@gateway.example"
    found = fax(made, FaxProfile(sender="noreply@gateway.example"))
    assert found.details["gateway"] == "noreply@gateway.example"
    assert is_fax(
        mail("Fax", sender="x@front.example", envelope="bounce@gateway.example"),
        FaxProfile(sender="@gateway.example"),
    )


def test_a_header_may_have_the_number() -> None:
    made = mail("Fax from 0387000000", X_Fax_Caller="0387555555")
    profile = FaxProfile(mailbox="fax@demo.example", header="X-Fax-Caller")
    assert fax(made, profile).sender.address == "+33387555555"
    assert fax(mail("Fax from 0387000000"), profile).sender.address == "+33387000000"


def test_what_a_station_says_of_itself_comes_behind_what_the_line_told() -> None:
    text = HYLAFAX.replace("MAIRIE DE METZ", "0387000000")
    assert fax(mail("Facsimile received from 0387000000", text)).sender.address == "+33387555555"


def test_a_station_without_a_name_has_none() -> None:
    text = HYLAFAX.replace("MAIRIE DE METZ", "<UNSPECIFIED>").replace("CallID1", "CIDName")
    found = fax(mail("Facsimile received from <UNSPECIFIED>", text.replace("CallID2", "CIDNumber")))
    assert found.sender.name == ""
    assert found.sender.address == "+33387555555"
