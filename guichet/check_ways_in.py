"""Can what comes by other ways than SMTP come in: mailboxes elsewhere, and folders?"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from imapclient.exceptions import LoginError

from channels.cti import Manager
from channels.email.imap import ImapSession
from channels.email.imap.session import AWAY
from core.errors import Later, Refused
from core.settings import ImapMailbox, Settings
from guichet.findings import Level, Result, in_one_line
from ingest.antivirus import ClamAV

ANSWER = 10.0  # seconds


async def check_imap(settings: Settings) -> list[Result]:
    """Signs in to each mailbox, and changes nothing there."""
    looks = (asyncio.to_thread(_check_mailbox, mailbox) for mailbox in settings.imap_mailboxes)
    return list(await asyncio.gather(*looks))


def _check_mailbox(mailbox: ImapMailbox) -> Result:
    what, session = f"imap {mailbox.name}", ImapSession(mailbox)
    mend = "set GUICHET_IMAP_MAILBOXES"
    try:
        session.open(to_look=True)
    except LoginError as problem:
        told = f"{mailbox.url} refuses us: {in_one_line(problem)}; {mend}, its password or token"
        return Result(what, Level.BAD, told)
    except (*AWAY, Later) as problem:
        return Result(what, Level.BAD, f"{mailbox.url}: {in_one_line(problem)}; {mend}")
    finally:
        session.close()
    if not session.can_idle:
        told = f"{mailbox.url} opens; it cannot tell of new mail: asked every {mailbox.poll:.0f} s"
        return Result(what, Level.NOTE, told)
    return Result(what, Level.OK, f"{mailbox.url} opens")


async def check_clamd(settings: Settings) -> list[Result]:
    """Has ClamAV look at nothing."""
    if not settings.clamd:
        return []
    try:
        await ClamAV(settings.clamd).names_of([b"guichet check"])
    except Later as problem:
        told = f"{problem.reason}; start clamd, or set GUICHET_CLAMD: nothing is normalized"
        return [Result("clamd", Level.BAD, told)]
    return [Result("clamd", Level.OK, f"{settings.clamd} answers")]


async def check_asterisk(settings: Settings) -> list[Result]:
    """Signs in, and listens to nothing."""
    url = settings.asterisk_url
    if not url:
        return []
    try:
        async with Manager(url, settings.asterisk_password.get_secret_value()).events():
            return [Result("asterisk", Level.OK, f"{url} lets us in")]
    except Refused as problem:
        told = f"{url} refuses us: {problem.reason}; set GUICHET_ASTERISK_PASSWORD"
    except Later as problem:
        told = f"{problem.reason}; start the manager interface, or set GUICHET_ASTERISK_URL"
    return [Result("asterisk", Level.BAD, told)]


def check_folders(settings: Settings) -> list[Result]:
    """Every watched folder must be readable, and writable to move files away."""
    scans = [("scans", folder.path, "GUICHET_SCAN_FOLDERS") for folder in settings.scan_folders]
    faxes = [("faxes", folder.path, "GUICHET_FAX_FOLDERS") for folder in settings.fax_folders]
    return [_check_folder(what, path, setting) for what, path, setting in (*scans, *faxes)]


def _check_folder(what: str, path: Path, setting: str) -> Result:
    if not path.is_dir():
        return Result(what, Level.BAD, f"{path} is no folder; make it, or set {setting}")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        told = f"{path} cannot be read and written; accepted files are moved within it: give rights"
        return Result(what, Level.BAD, told)
    return Result(what, Level.OK, str(path))


def check_ocr(settings: Settings) -> Iterable[Result]:
    """Whether Tesseract and its languages are there."""
    program = shutil.which("tesseract")
    if program is None:
        told = "Tesseract is not there, so that scans and faxes are not read; install tesseract-ocr"
        return [Result("ocr", Level.WARNING, told)]
    listed = subprocess.run(  # noqa: S603 - the program that we have just found
        [program, "--list-langs"], capture_output=True, text=True, timeout=ANSWER, check=False
    )
    missing = {*settings.ocr_languages.split("+")} - {*listed.stdout.split()}
    if missing:
        names = ", ".join(sorted(missing))
        told = f"no data of the language {names}; install tesseract-ocr-{min(missing)}, or set "
        return [Result("ocr", Level.BAD, f"{told}GUICHET_OCR_LANGUAGES")]
    return [Result("ocr", Level.OK, f"{program}, {settings.ocr_languages}")]
