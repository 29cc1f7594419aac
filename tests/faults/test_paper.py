"""SIGKILL while mailboxes are fetched, folders are emptied and pages are read."""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from random import Random

import pikepdf

from guichet.separator_sheets import sheets_pdf
from tests.builders import mail
from tests.channels.fax.gateway import gateway_mail
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.e2e.engines import NewTown
from tests.e2e.settling import settle, wait_until
from tests.e2e.town import Town
from tests.ocr.pages import LETTER, drawn, faxed, printed, tiff

MAILS, BATCHES, LETTERS, FAXES = 30, 5, 2, 2  # letters: of each batch
FAX_MAILS = 2  # of a gateway, in the mailbox
CALLERS = "SELECT count(*) FROM cases WHERE sender_address LIKE '+3338755555_'"
KILLS = 4
SETTLED = 180.0  # seconds after the last kill: what Faust passed over is looked for after 60


def test_what_is_on_paper_is_neither_lost_nor_doubled(
    engine: str, new_town: NewTown, tmp_path: Path
) -> None:
    scans, recvq = tmp_path / "scans", tmp_path / "recvq"
    scans.mkdir()
    recvq.mkdir()
    with dovecot() as elsewhere:
        _fill(elsewhere, scans, recvq)
        mailbox = {
            "name": "mairie",
            "url": elsewhere.url,
            "address": "mairie@demo.example",
            "password": PASSWORD,
        }
        town = new_town(
            tmp_path / "var",
            demo="true",
            imap_mailboxes=json.dumps([mailbox]),
            scan_folders=json.dumps([{"path": str(scans), "settle": 0.1}]),
            fax_folders=json.dumps([{"path": str(recvq), "settle": 0.1}]),
            fax_profiles=json.dumps([{"sender": "@gateway.example"}]),
            ocr_processes="2",
        )
        town.start()
        try:
            _kill_again_and_again(town)
            wait_until(
                lambda: _expected() <= _subjects(town),
                within=SETTLED,
                otherwise=lambda: f"{dict(_expected() - _subjects(town))} have not come",
            )
            settle(town, within=SETTLED)
            _check(engine, town, elsewhere)
        finally:
            town.stop()


def _fill(elsewhere: Dovecot, scans: Path, recvq: Path) -> None:
    for number in range(MAILS):
        elsewhere.deliver(mail(subject=f"Mail {number}").as_bytes())
    for number in range(BATCHES):
        letters = [f"Objet : Batch {number} letter {letter}" for letter in range(LETTERS)]
        (scans / f"{number}.pdf").write_bytes(_batch(letters))
    for number in range(FAXES):
        (recvq / f"fax{number:09}.tif").write_bytes(_fax(number))
    for number in range(FAXES, FAXES + FAX_MAILS):
        subject = f"Fax reçu de +33 3 87 55 55 5{number}"
        elsewhere.deliver(gateway_mail(subject, _fax(number)).as_bytes())


def _fax(number: int) -> bytes:
    page = faxed(drawn(LETTER.replace("Lampadaire", f"Fax {number}")))
    return tiff(page, page, dpi=(204, 98), compression="group4")


def _batch(letters: Sequence[str]) -> bytes:
    batch, made = pikepdf.new(), BytesIO()
    sheet = sheets_pdf([""], date(2026, 3, 9), "fr")
    for letter in letters:
        for part in (sheet, printed(f"{letter}\n\n{LETTER.partition('Objet')[0]}")):
            with pikepdf.open(BytesIO(part)) as one:
                batch.pages.extend(one.pages)
    batch.save(made)
    return made.getvalue()


def _kill_again_and_again(town: Town) -> None:
    chance = Random(20261125)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.6))
        town.kill()
        town.start()


def _expected() -> Counter[str]:
    mails = [f"Mail {number}" for number in range(MAILS)]
    letters = [
        f"Batch {number} letter {letter}" for number in range(BATCHES) for letter in range(LETTERS)
    ]
    faxes = [f"Fax {number} en panne rue des Lilas" for number in range(FAXES + FAX_MAILS)]
    return Counter([*mails, *letters, *faxes])


def _subjects(town: Town) -> Counter[str]:
    wanted = ("Mail %", "Batch %", "Fax %")
    condition = " OR ".join(f"subject LIKE '{start}'" for start in wanted)
    return Counter(
        subject for (subject,) in town.query(f"SELECT subject FROM cases WHERE {condition}")
    )


def _check(engine: str, town: Town, elsewhere: Dovecot) -> None:
    channels = dict(
        town.query(
            "SELECT channel, count(*) FROM intakes"
            " WHERE channel IN ('scan', 'fax') OR CAST(facts AS TEXT) LIKE '%uid_validity%'"
            " GROUP BY channel"
        )
    )
    pages = town.scalar("SELECT count(*) FROM pages WHERE reading = 'read'")
    files = [f"scan: {BATCHES}", f"fax: {FAXES}", f"fax by mail: {FAX_MAILS}"]
    subjects = _subjects(town)
    counts = {
        "engine": engine,
        "kills": KILLS,
        "mails, files": [MAILS, *files],
        "intakes": channels,
        "cases": subjects.total(),
        "pages read": pages,
        "in quarantine": town.scalar("SELECT count(*) FROM quarantine"),
    }
    sys.stdout.write(json.dumps(counts, indent=2) + "\n")
    assert subjects == _expected()
    assert channels == {"email": MAILS + FAX_MAILS, "scan": BATCHES, "fax": FAXES}
    assert town.scalar(CALLERS) == FAX_MAILS
    assert counts["in quarantine"] == 0
    with elsewhere.client() as client:
        client.select_folder("INBOX", readonly=True)
        assert len(client.search(["KEYWORD", "GuichetAccepted"])) == MAILS + FAX_MAILS
