"""The composition root: one town's rooms, built from its settings and wired to each other."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from agent_api import Live
from cases.procedures.sweeping import DraftSweep
from channels.cti import Asterisk, CallLinks, Calls
from channels.email.bounces import Bounces
from channels.email.handlers import SenderAuthentication
from channels.email.imap import ImapChannel
from channels.email.mailboxes import Mailboxes
from channels.email.server import EmailChannel
from channels.folder import WatchedFolder
from channels.telephony.handlers import MediaFetching
from channels.web.contact_files import sweep_contact_files
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
from core.settings import Settings, town_secret
from core.web.theme import Theme
from guichet import demo
from guichet.demo_telephone import demo_account
from guichet.engines import kafka_engine
from guichet.news import News, news_of
from guichet.normalizers import Normalizer
from guichet.theme import ThemeFetching, theme_of
from guichet.ways_in import asterisk_of, mail_server, ocr_options, resolver, watched_folders
from ingest import Acceptance, Consumer, EmbeddedEngine, Engine
from ingest.antivirus import ClamAV
from ingest.failures import BackOff, Failures
from ingest.normalization import Normalization
from ingest.pipeline import CONSUMERS, consumers
from notify import (
    AccountMails,
    CaseNotifications,
    Deliveries,
    Dispatcher,
    Letterhead,
    TwilioAccount,
    Writing,
    limits_of,
    return_paths,
    ways_out,
)
from ocr import DocumentReading, confine
from router import Calendar, Routing

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
    news: News
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
    news = news_of(
        settings,
        secret,
        letterhead,
        database=database,
        blobs=blobs,
        clock=clock,
        processes=processes,
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
                resolver(settings),
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
            "announce": news.announcing,
            "address": news.addressing,
            "alert": news.addressing,
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
    engine: Engine = (
        kafka_engine(settings, database, pipeline, failures, clock, work_on)
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
        mail=EmailChannel(mail_server(settings, ours)),
        fetched=[
            ImapChannel(mailbox, database, max_size=settings.smtp_max_size)
            for mailbox in settings.imap_mailboxes
        ],
        folders=watched_folders(settings),
        calls=calls,
        asterisk=asterisk_of(settings, calls, clock),
        live=Live(database, engine.tail),
        account=account,
        sends_sms=sends_sms,
        mailboxes=mailboxes,
        account_mails=account_mails,
        wallet=wallet,
        reminders=Reminders(database, clock, account_mails, f"{settings.portal_url}/me/wallet"),
        theme=theme,
        theme_fetching=ThemeFetching(settings, theme),
        draft_sweep=DraftSweep(
            database,
            blobs,
            clock,
            forgetting_shares(Sharing(wallet, clock)),
            [sweep_contact_files],
        ),
        news=news,
    )
