"""What a town takes mail, scans and calls from, built from its settings."""

from channels.cti import Asterisk, Calls, Manager
from channels.email.authentication import Resolver
from channels.email.mailboxes import Mailboxes
from channels.email.server import MailServer
from channels.fax.recvq import watched_faxes
from channels.folder import WatchedFolder
from channels.scan.folders import watched_scans
from core.clock import Clock
from core.errors import Refused
from core.settings import ScanFolder, Settings
from ocr import Limits, Options


def mail_server(settings: Settings, mailboxes: Mailboxes) -> MailServer:
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        hostname=settings.smtp_hostname,
        mailboxes=mailboxes,
        max_size=settings.smtp_max_size,
        lmtp=settings.smtp_protocol == "lmtp",
        certificate=settings.smtp_tls_certificate,
        key=settings.smtp_tls_key,
        require_tls=settings.smtp_require_tls,
        connections=settings.smtp_connections,
        mails_per_minute=settings.smtp_mails_per_minute,
    )


def resolver(settings: Settings) -> Resolver:
    try:
        return Resolver(settings.dns_servers)
    except ValueError as problem:
        raise Refused(f"GUICHET_DNS_SERVERS: {problem}") from problem


def watched_folders(settings: Settings) -> list[WatchedFolder]:
    """The demo town has one for scans in its data folder."""
    scans, max_size = settings.scan_folders, settings.scan_max_size
    if settings.demo and not scans:
        inbox = settings.data / "scans"
        inbox.mkdir(exist_ok=True)
        scans = (ScanFolder(path=inbox),)
    return [
        *(watched_scans(folder, max_size=max_size) for folder in scans),
        *(watched_faxes(folder, max_size=max_size) for folder in settings.fax_folders),
    ]


def ocr_options(settings: Settings) -> Options:
    """How pages are read."""
    limits = Limits(
        pages=settings.ocr_max_pages,
        pixels=settings.ocr_max_pixels,
        memory=settings.ocr_max_memory,
        seconds=settings.ocr_max_seconds,
    )
    return Options(languages=settings.ocr_languages, limits=limits)


def asterisk_of(settings: Settings, calls: Calls, clock: Clock) -> Asterisk | None:
    if not settings.asterisk_url:
        return None
    manager = Manager(settings.asterisk_url, settings.asterisk_password.get_secret_value())
    return Asterisk(manager, calls, clock, settings.country)
