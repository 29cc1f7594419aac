"""Mailboxes elsewhere, faxes and scanned letters: each comes to its case, on both engines."""

import json
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import mail
from tests.channels.fax.gateway import gateway_mail
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.e2e.engines import NewTown
from tests.e2e.settling import settle, wait_until
from tests.e2e.town import Town
from tests.ocr.pages import LETTER, drawn, faxed, printed, scanned_pdf, tiff


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def town(
    new_town: NewTown, elsewhere: Dovecot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    ground = tmp_path_factory.mktemp("paper")
    for name in ("scans", "recvq"):
        (ground / name).mkdir()
    mailbox = {
        "name": "mairie",
        "url": elsewhere.url,
        "address": "contact@demo.example",
        "password": PASSWORD,
    }
    town = new_town(
        ground / "var",
        imap_mailboxes=json.dumps([mailbox]),
        scan_folders=json.dumps([{"path": str(ground / "scans"), "settle": 0.5}]),
        fax_folders=json.dumps([{"path": str(ground / "recvq"), "settle": 0.5}]),
        fax_profiles=json.dumps([{"mailbox": "mairie@demo.example", "sender": "@gateway.example"}]),
    )
    town.start()
    yield town
    town.stop()


def cases(town: Town, condition: str) -> list[tuple[Any, ...]]:
    return town.query(
        "SELECT subject, cases.channel, sender_address, slug FROM cases"
        f" JOIN queues ON queues.id = cases.queue_id WHERE {condition}"
    )


def one_case(town: Town, condition: str) -> tuple[Any, ...]:
    """Until there is one, and everything is done."""
    wait_until(lambda: bool(cases(town, condition)), within=40)
    settle(town)
    (case,) = cases(town, condition)
    return case


def test_a_mail_of_another_server_comes_to_its_queue(town: Town, elsewhere: Dovecot) -> None:
    elsewhere.deliver(mail(subject="Trou dans la chaussée", text="Un nid-de-poule.").as_bytes())
    case = one_case(town, "subject = 'Trou dans la chaussée'")
    assert case[1:] == ("email", "jeanne@citizens.example", "voirie")


def test_a_fax_by_mail_is_a_case_from_its_caller(town: Town) -> None:
    fax = tiff(faxed(drawn()), dpi=(204, 98), compression="group3")
    with smtplib.SMTP("127.0.0.1", town.smtp_port, timeout=20) as server:
        server.send_message(gateway_mail("Fax reçu de +33 3 87 55 55 55", fax))
    case = one_case(town, "cases.channel = 'fax' AND sender_address = '+33387555555'")
    assert case[0] == "Lampadaire en panne rue des Lilas"
    assert case[3] == "voirie"


def test_a_fax_of_a_server_is_taken_from_its_queue(town: Town, tmp_path: Path) -> None:
    recvq = town.data.parent / "recvq"
    letter = LETTER.replace("Lampadaire", "Banc public")
    (recvq / "fax000000001.tif").write_bytes(
        tiff(faxed(drawn(letter)), dpi=(204, 98), compression="group4")
    )
    case = one_case(town, "subject LIKE 'Banc public%'")
    assert case[1] == "fax"
    assert [path.name for path in recvq.rglob("*.tif")] == ["fax000000001.tif"]
    assert not (recvq / "fax000000001.tif").exists()


def test_a_scan_that_is_written_slowly_comes_whole_to_the_queue_of_its_folder(town: Town) -> None:
    folder = town.data.parent / "scans" / "etat-civil"
    folder.mkdir()
    content = scanned_pdf(drawn(LETTER.replace("Lampadaire", "Livret de famille")))
    with (folder / "lettre.pdf").open("wb", buffering=0) as file:
        for start in range(0, len(content), len(content) // 8 + 1):
            file.write(content[start : start + len(content) // 8 + 1])
            time.sleep(0.15)
    case = one_case(town, "subject LIKE 'Livret de famille%'")
    assert case[1:] == ("scan", "", "etat-civil")
    month = next((town.data.parent / "scans" / "archive").iterdir())
    assert [path.name for path in month.iterdir()] == ["lettre.pdf"]


def test_what_no_program_opens_is_put_aside_and_seen_in_quarantine(town: Town) -> None:
    folder = town.data.parent / "scans"
    (folder / "outil.pdf").write_bytes(b"\x7fELF and so on")
    wait_until(lambda: bool(town.query("SELECT 1 FROM quarantine")), within=40)
    ((error,),) = town.query("SELECT error FROM quarantine")
    assert "neither a PDF nor an image" in error
    assert (folder / "reject" / "outil.pdf.reason.txt").exists()


def test_what_is_attached_to_a_mail_is_found_in_its_case(town: Town) -> None:
    letter = mail(subject="Ci-joint")
    letter.add_attachment(
        printed("Le trottoir de la rue des Érables"),
        maintype="application",
        subtype="pdf",
        filename="plan.pdf",
        disposition="inline",
    )
    with smtplib.SMTP("127.0.0.1", town.smtp_port, timeout=20) as server:
        server.send_message(letter)
    found = "SELECT 1 FROM pages WHERE text LIKE '%rue des %rables%' AND source = 'text-layer'"
    wait_until(lambda: bool(town.query(found)), within=40)
    settle(town)
