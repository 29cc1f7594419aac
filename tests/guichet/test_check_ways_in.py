"""``guichet check`` of mailboxes elsewhere, of watched folders and of what reads pages."""

from pathlib import Path

import pytest

from core.settings import FaxFolder, ImapMailbox, ScanFolder, Settings
from guichet.check_ways_in import check_folders, check_imap, check_ocr
from guichet.findings import Level
from tests.dovecot import PASSWORD, dovecot


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


async def test_a_mailbox_that_opens_is_well_and_a_wrong_password_is_told() -> None:
    with dovecot() as server:
        boxes = [
            ImapMailbox(name=name, url=server.url, address="mairie@demo.example", password=password)
            for name, password in (("good", PASSWORD), ("bad", "wrong"))
        ]
        good, bad = await check_imap(settings(imap_mailboxes=boxes))
    assert (good.what, good.level) == ("imap good", Level.OK)
    assert (bad.what, bad.level) == ("imap bad", Level.BAD)
    assert "refuses us" in bad.says
    assert "wrong" not in bad.says


async def test_a_server_that_is_away_is_told() -> None:
    box = ImapMailbox(name="a", url="imap://me@127.0.0.1:1/INBOX", address="a@demo.example")
    (result,) = await check_imap(settings(imap_mailboxes=[box]))
    assert result.level is Level.BAD
    assert "GUICHET_IMAP_MAILBOXES" in result.says


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    scans, faxes = check_folders(
        settings(
            scan_folders=[ScanFolder(path=tmp_path)],
            fax_folders=[FaxFolder(path=tmp_path / "none")],
        )
    )
    assert scans.level is Level.OK
    assert faxes.level is Level.BAD
    assert "GUICHET_FAX_FOLDERS" in faxes.says


@pytest.mark.parametrize(("languages", "level"), [("fra+eng", Level.OK), ("fra+tlh", Level.BAD)])
def test_a_language_must_be_there(languages: str, level: Level) -> None:
    (result,) = check_ocr(settings(ocr_languages=languages))
    assert result.level is level
    if level is Level.BAD:
        assert "tesseract-ocr-tlh" in result.says
