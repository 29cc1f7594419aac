"""The composition root: one town's rooms, built from its settings and wired to each other."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agent_api import Live
from cases.procedures.sweeping import DraftSweep
from channels.cti import Asterisk, CallLinks, Calls, Manager
from channels.email.authentication import Resolver
from channels.email.bounces import Bounces
from channels.email.handlers import SenderAuthentication
from channels.email.imap import ImapChannel
from channels.email.mailboxes import Mailboxes
from channels.email.server import EmailChannel, MailServer
from channels.fax.recvq import watched_faxes
from channels.folder import WatchedFolder
from channels.scan.folders import watched_scans
from channels.telephony.handlers import MediaFetching
from channels.web.procedures.wallet import forgetting_shares
from channels.web.wallet.reminders import Reminders
from citizens.sharing import Sharing
from citizens.wallet import SealedWallet
from core.blobs import Blobs
from core.clock import Clock, utc_now
from core.database import Database
from core.errors import Refused
from core.processes import Processes
from core.references import new_reference
from core.settings import ScanFolder, Settings, town_secret
from core.web.theme import Theme
from feeds import Fetching, Hub, HubPings, Imports, Publishing, Schedule
from feeds.subscriptions import Audiences, Office, preferences_tokens
from guichet import demo
from guichet.demo_telephone import demo_account
from guichet.normalizers import Normalizer
from guichet.theme import ThemeFetching, theme_of
from ingest import Acceptance, Consumer, EmbeddedEngine, Engine
from ingest.antivirus import ClamAV
from ingest.failures import BackOff, Failures
from ingest.normalization import Normalization
from ingest.pipeline import CONSUMERS, STREAMS, consumers
from notify import (
    AccountMails,
    Addressing,
    Announcements,
    Announcing,
    CaseNotifications,
    Deliveries,
    DigestRounds,
    Dispatcher,
    Letterhead,
    TwilioAccount,
    Writing,
    limits_of,
    return_paths,
    ways_out,
)
from ocr import DocumentReading, Limits, Options, confine
from router import Calendar, Routing

if TYPE_CHECKING:
    from ingest.kafka import Brokers


VIEWERS = 2  # processes
CALL_BACK_WITHIN = 1  # working days after a call that nobody answered


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that the processes of a town are made of."""

    settings: Settings
    secret: bytes
    clock: Clock
    database: Database
    blobs: Blobs
    processes: Processes
    readers: Processes
    """For reading pages alone, so that they delay nothing else."""
    viewers: Processes
    """For showing pages to agents, who wait for them."""
    acceptance: Acceptance
    consumers: list[Consumer]
    engine: Engine
    dispatcher: Dispatcher
    mail: EmailChannel
    fetched: Sequence[ImapChannel]
    """Mailboxes on other servers."""
    folders: Sequence[WatchedFolder]
    """Where scans and faxes are put."""
    calls: Calls
    """What the telephone exchange tells."""
    asterisk: Asterisk | None
    """Listens to one."""
    live: Live
    account: TwilioAccount | None
    """By which the town telephones and sends SMS."""
    sends_sms: bool
    """By it or by another provider."""
    mailboxes: tuple[str, ...]
    account_mails: AccountMails
    wallet: SealedWallet
    reminders: Reminders
    """Of documents that expire."""
    draft_sweep: DraftSweep
    publishing: Publishing
    announcements: Announcements
    """The words of what is published."""
    schedule: Schedule
    """Publishes entries whose hour has come."""
    imports: Imports
    """Takes entries from outside feeds."""
    pings: HubPings
    """Tell the WebSub hub of news."""
    digests: DigestRounds
    theme: Theme
    theme_fetching: ThemeFetching

    async def close(self) -> None:
        self.processes.close()
        self.readers.close()
        self.viewers.close()
        await self.database.close()


def build_town(
    settings: Settings, clock: Clock = utc_now, *, work_on: Collection[str] = CONSUMERS
) -> Town:
    """Nothing runs yet, and nothing has been asked of the outside.

    ``work_on`` names the consumers of this process; the embedded engine has them all.
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # citizens' words are in it
        secret = town_secret(settings)
    except OSError as problem:
        raise Refused(f"GUICHET_DATA: {settings.data} cannot be used: {problem}") from problem
    database = Database(settings.database_url)
    blobs = Blobs(settings.blobs_url)
    processes = Processes(settings.processes)
    readers = Processes(settings.ocr_processes, partial(confine, settings.ocr_max_memory))
    mailboxes = settings.mailboxes or (demo.MAILBOXES if settings.demo else ())
    ours = Mailboxes(
        [
            *mailboxes,
            *(one.address for one in settings.imap_mailboxes),
            return_paths(settings, secret).mailbox,
        ]
    )
    acceptance = Acceptance(database, blobs, clock)
    normalize = Normalizer(settings.fax_profiles, settings.country)
    antivirus = ClamAV(settings.clamd) if settings.clamd else None
    letterhead = Letterhead.of(settings, secret)
    account = TwilioAccount.of(settings)
    if account is None and settings.demo:
        account = demo_account(settings, secret)
    sends_sms = account is not None or bool(settings.apprise_url.get_secret_value())
    calendar = Calendar(settings.holidays, settings.time_zone)
    audiences = Audiences(
        Office(clock, letterhead.zone, preferences_tokens(secret), settings.language),
        settings.portal_url,
    )
    announcements = Announcements(letterhead.zone, settings.town, settings.portal_url)
    addressing = Addressing(
        database,
        clock,
        audiences,
        announcements,
        letterhead,
        sends_sms=sends_sms,
    )
    pipeline = consumers(
        {
            "normalize": Bounces(
                Normalization(database, blobs, normalize, processes, antivirus),
                database,
                blobs,
                clock,
                processes,
                return_paths(settings, secret),
            ),
            "read": DocumentReading(database, blobs, readers, ocr_options(settings)),
            "route": Routing(
                database,
                clock,
                calendar,
                partial(new_reference, secrets.choice),
                is_ours=ours.has,
                main_mailbox=settings.main_mailbox,
                language=settings.language,
            ),
            "fetch": MediaFetching(
                database,
                blobs,
                clock,
                account,
                most=settings.max_upload,
                antivirus=antivirus,
            ),
            "authenticate": SenderAuthentication(
                database,
                blobs,
                clock,
                _resolver(settings),
                trusted_authserv_id=settings.trusted_authserv_id,
                authserv_clients=settings.authserv_clients,
            ),
            "notify": CaseNotifications(
                database,
                clock,
                is_ours=ours.has,
                language=settings.language,
                sends_sms=sends_sms,
                receipts_per_hour=settings.receipts_per_hour,
                pushes=settings.push,
            ),
            "calls": CallLinks(database, partial(calendar.due, service_level=CALL_BACK_WITHIN)),
            "announce": Announcing(database, clock, audiences, announcements),
            "address": addressing,
            "alert": addressing,
            "deliver": Deliveries(database, Writing(letterhead, clock)),
        }
    )
    failures = Failures(clock, BackOff())
    account_mails = AccountMails(letterhead, clock)
    calls = Calls(database, clock, language=settings.language)
    theme = theme_of(settings)
    wallet = SealedWallet(
        database, blobs, clock, secret, quota=settings.wallet_quota, antivirus=antivirus
    )
    publishing = Publishing(clock, blobs, Hub.of(settings))
    engine: Engine = (
        _kafka_engine(settings, database, pipeline, failures, clock, work_on)
        if settings.is_distributed
        else EmbeddedEngine(database, pipeline, failures, acceptance.rushed)
    )
    senders = ways_out(settings, secret, account, database)
    return Town(
        settings=settings,
        secret=secret,
        clock=clock,
        database=database,
        blobs=blobs,
        processes=processes,
        readers=readers,
        viewers=Processes(VIEWERS, partial(confine, settings.ocr_max_memory, 0)),
        acceptance=acceptance,
        consumers=pipeline,
        engine=engine,
        dispatcher=Dispatcher(
            database,
            senders,
            clock,
            limits=limits_of(settings, senders),
        ),
        mail=EmailChannel(_mail_server(settings, ours)),
        fetched=[
            ImapChannel(mailbox, database, max_size=settings.smtp_max_size)
            for mailbox in settings.imap_mailboxes
        ],
        folders=watched_folders(settings),
        calls=calls,
        asterisk=_asterisk(settings, calls, clock),
        live=Live(database, engine.tail),
        account=account,
        sends_sms=sends_sms,
        mailboxes=mailboxes,
        account_mails=account_mails,
        wallet=wallet,
        reminders=Reminders(database, clock, account_mails, f"{settings.portal_url}/me/wallet"),
        theme=theme,
        theme_fetching=ThemeFetching(settings, theme),
        draft_sweep=DraftSweep(database, blobs, clock, forgetting_shares(Sharing(wallet, clock))),
        publishing=publishing,
        announcements=announcements,
        schedule=Schedule(database, clock, publishing),
        imports=Imports(database, blobs, clock, publishing, processes, _fetching(settings)),
        pings=HubPings(database, clock, settings.websub_hub),
        digests=DigestRounds(database, clock, audiences),
    )


def _kafka_engine(
    settings: Settings,
    database: Database,
    pipeline: Sequence[Consumer],
    failures: Failures,
    clock: Clock,
    work_on: Collection[str],
) -> Engine:
    # Imported here: the embedded engine need not wait for what it does not use.
    from ingest.kafka import KafkaEngine, TopicSettings

    return KafkaEngine(
        database,
        pipeline,
        failures,
        brokers_of(settings),
        clock,
        streams=STREAMS,
        topics=TopicSettings(
            partitions=settings.kafka_partitions,
            replication=settings.kafka_replication,
            retention_hours=settings.kafka_retention_hours,
            compacted=settings.kafka_compacted,
        ),
        work_on=work_on,
    )


def brokers_of(settings: Settings) -> "Brokers":
    """Where the town's Kafka is."""
    from ingest.kafka import Brokers

    return Brokers.parse(
        settings.stream, settings.kafka_prefix, idempotent=settings.kafka_idempotent
    )


def _asterisk(settings: Settings, calls: Calls, clock: Clock) -> Asterisk | None:
    if not settings.asterisk_url:
        return None
    manager = Manager(settings.asterisk_url, settings.asterisk_password.get_secret_value())
    return Asterisk(manager, calls, clock, settings.country)


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


def _fetching(settings: Settings) -> Fetching:
    return Fetching(lambda _address: True) if settings.outside_feeds_private else Fetching()


def _resolver(settings: Settings) -> Resolver:
    try:
        return Resolver(settings.dns_servers)
    except ValueError as problem:
        raise Refused(f"GUICHET_DNS_SERVERS: {problem}") from problem


def _mail_server(settings: Settings, mailboxes: Mailboxes) -> MailServer:
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
