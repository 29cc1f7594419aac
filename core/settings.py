"""Settings: environment ``GUICHET_*``, or a TOML file named by ``GUICHET_CONFIG``.

What is not said has the default below, with which ``guichet run`` works at once, on loopback.
"""

import os
import re
import secrets
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import BadInput

MEBIBYTE = 1024 * 1024
SECRET_LENGTH = 32  # bytes
_KAFKA = re.compile(r"kafkas?://([^@/\s]+@)?[\w.\[\]:-]+:\d+(,[\w.\[\]:-]+:\d+)*")
_MAILBOX = re.compile(r"[^\s@]{0,64}@[^\s@]{1,189}")


Split = Literal["separators", "blank", "none"]


class ScanFolder(BaseModel):
    """A folder that scanned letters are put into."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    queue: str = ""
    """Slug of the queue that its letters are for; a subfolder names another. Empty: the rules."""
    split: Split = "separators"
    """Where a batch is cut into letters: at separator sheets, also at blank pages, or nowhere."""
    settle: float = Field(default=2.0, ge=0)
    """Seconds that a file must have kept still before it is taken."""


class ImapToken(BaseModel):
    """How to sign in with OAuth 2 (RFC 6749, section 6): by a token that is got for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mechanism: Literal["xoauth2", "oauthbearer"] = "xoauth2"
    url: str
    """Where access tokens are given out."""
    client_id: str
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr
    scope: str = ""


class ImapMailbox(BaseModel):
    """A mailbox on an IMAP server that mails are fetched from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    url: str
    """``imaps://user@host:993/INBOX``; ``imap://`` begins with STARTTLS, but on loopback."""
    address: str
    """Our address that its mails count as sent to."""
    password: SecretStr = SecretStr("")
    token: ImapToken | None = None
    """Instead of a password."""
    move_to: str = ""
    """Folder that an accepted mail moves to; empty to leave it, marked as seen."""
    poll: float = Field(default=60.0, gt=0)
    """Seconds between looks; a server that can (RFC 2177) tells of new mail at once."""
    old: bool = False
    """Whether mails that were read before Guichet came are fetched, too."""

    @field_validator("url")
    @classmethod
    def _is_of_imap(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise ValueError("looks like imaps://user@host:993/INBOX")
        if parts.password:
            raise ValueError("has the password in it: set it by itself")
        return value

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not _MAILBOX.fullmatch(value) or value.startswith("@"):
            raise ValueError(f"{value!r} is no address")
        return value.strip().lower()


class FaxFolder(BaseModel):
    """The receive queue of a fax server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    settle: float = Field(default=15.0, ge=0)
    """Seconds that a file must have kept still before it is taken: HylaFAX hangs up, and then looks
    for the file again (``faxrcvd``)."""


class FaxProfile(BaseModel):
    """Which mails bring a fax; both must hold where both are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: str = ""
    """The address that the gateway writes from, or ``@domain``."""
    mailbox: str = ""
    """Our address that it writes to, or ``@domain``."""
    header: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,100}$")
    """Name of a header field that has the caller's number."""
    number: str = ""
    """Regular expression with a group ``number``, tried on that header, the subject, file names and
    text before the ways that services usually write it."""

    @field_validator("sender", "mailbox", "header")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("number")
    @classmethod
    def _is_an_expression(cls, value: str) -> str:
        try:
            groups = re.compile(value).groupindex
        except re.error as problem:
            raise ValueError(f"is no regular expression: {problem}") from problem
        if value and "number" not in groups:
            raise ValueError("has no group (?P<number>…)")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sender and not self.mailbox:
            raise ValueError("names neither a sender nor a mailbox: every mail would be a fax")
        return self


class Settings(BaseSettings):
    """Every setting; the names in the environment are these in capitals behind ``GUICHET_``."""

    model_config = SettingsConfigDict(env_prefix="GUICHET_", extra="ignore", frozen=True)

    data: Path = Path("var")
    """Folder of the embedded store, the blobs and the secret."""
    database: str = ""
    """SQLAlchemy URL of the store; empty for SQLite in the data folder."""
    blobs: str = ""
    """Folder or object store URL (``s3://bucket``) of large files; empty for the data folder."""

    stream: str = "embedded"
    """The engine that carries events: ``embedded``, or Kafka's URL (``kafka://host:port,host:port``;
    ``kafkas://user:password@host:port`` for TLS and SASL), which needs PostgreSQL."""
    kafka_prefix: str = Field(default="guichet", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """Begins the names of the town's topics and consumer groups; of each town another."""
    kafka_partitions: int = Field(default=8, ge=1, le=1000)
    """Of a topic, when it is made: as many workers of one stage can work at once."""
    kafka_replication: int = Field(default=0, ge=0, le=9)
    """Copies of each event, when a topic is made; 0 for three, or as many as there are brokers."""
    kafka_retention_hours: int = Field(default=168, ge=1)
    """The ledger keeps events for ever; Kafka need only outlast a stage that stands still."""
    kafka_compacted: Annotated[tuple[str, ...], NoDecode] = ()
    """Streams of which Kafka keeps the last event of each key for ever, for readers outside."""
    kafka_idempotent: bool = True
    """Whether the producer numbers its records; a broker that only speaks Kafka may not know it."""
    health_port: int = Field(default=0, ge=0, le=65535)
    """Where ``guichet mail`` and ``guichet worker`` answer ``/healthz``, ``/readyz`` and
    ``/metrics``, on the HTTP host; 0 for nowhere."""

    town: str = "Ville de Démo"
    """The name that citizens read."""
    language: Literal["fr", "en"] = "fr"
    """Used for whoever has not said another."""
    time_zone: str = "Europe/Paris"
    holidays: str = "FR"
    """Country, or country and subdivision (``FR-57``), whose public holidays nobody works."""
    public_url: str = ""
    """Where citizens reach the portal; empty for the HTTP address below."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    https_only: bool = False
    """Whether the public URL is HTTPS: cookies are then marked ``Secure``."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    max_upload: int = 25 * MEBIBYTE
    """Bytes of one web form with its attachments."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8025, ge=0, le=65535)
    smtp_protocol: Literal["smtp", "lmtp"] = "smtp"
    smtp_hostname: str = "guichet.localdomain"
    """What the server calls itself, and the domain of the Message-IDs that it writes."""
    smtp_max_size: int = 25 * MEBIBYTE
    """Bytes of one mail (RFC 1870)."""
    smtp_tls_certificate: Path | None = None
    smtp_tls_key: Path | None = None
    smtp_require_tls: bool = False
    """Take no mail before STARTTLS; needs a certificate."""
    smtp_connections: int = 100
    """Connections at once from one client address."""
    smtp_mails_per_minute: int = 0
    """Mails a minute from one client address, loopback excepted; 0 for no limit."""
    mailboxes: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses we receive mail for; ``@town.example`` stands for every mailbox of a domain."""
    main_mailbox: str = "mairie@demo.example"
    """Answers come from here when a case has no better address."""
    dns_servers: Annotated[tuple[str, ...], NoDecode] = ()
    """IP addresses, with or without port, asked for SPF, DKIM and DMARC; empty for the system's."""
    trusted_authserv_id: str = ""
    """Believe the Authentication-Results of our own mail server under this name (RFC 8601)."""
    authserv_clients: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses or networks that this server hands mails in from; loopback counts always."""

    smarthost: str = ""
    """``smtp://host:port`` (or ``smtps://user:password@host``) that takes outgoing mail; empty to
    keep it on the local outbox page."""
    smtp_sending_connections: int = Field(default=4, ge=1)

    receipts_per_hour: int = Field(default=0, ge=0)
    """Receipts that one address gets at most; 0 for no limit. A public server should have one:
    anybody can write under another's address (RFC 3834, section 2)."""

    demo: bool = True
    """Fill an empty store with a demo town."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    otlp_endpoint: str = ""
    """Collector that takes traces by OTLP over HTTP (``http://127.0.0.1:4318``); empty for none."""
    processes: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1))
    """Processes for work that would hold up the event loop."""

    imap_mailboxes: tuple[ImapMailbox, ...] = ()
    """Mailboxes that mails are fetched from (JSON in the environment)."""
    scan_folders: tuple[ScanFolder, ...] = ()
    """Folders that are watched for scanned letters (JSON in the environment); the demo town has
    ``scans`` in the data folder."""
    fax_folders: tuple[FaxFolder, ...] = ()
    """Receive queues of HylaFAX servers that are watched (JSON in the environment)."""
    fax_profiles: tuple[FaxProfile, ...] = ()
    """Which mails come from a fax gateway (JSON in the environment)."""
    scan_max_size: int = 100 * MEBIBYTE
    """Bytes of one scanned file or fax."""

    clamd: str = ""
    """Where ClamAV looks through files: ``tcp://127.0.0.1:3310`` or
    ``unix:///run/clamav/clamd.ctl``; empty for nowhere. While it is away nothing is normalized."""

    ocr_languages: str = Field(default="fra+eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")
    """Of the pages that are read, as Tesseract names them, the commonest first."""
    ocr_processes: int = Field(default_factory=lambda: os.cpu_count() or 2, ge=1)
    """Pages that are read at once."""
    ocr_max_pages: int = Field(default=500, ge=1)
    """Of one document; what is behind is kept, and not read."""
    ocr_max_pixels: int = Field(default=50_000_000, ge=1_000_000)
    """Of one page."""
    ocr_max_seconds: float = Field(default=60.0, gt=0)
    """For one page."""
    ocr_max_memory: int = Field(default=2048 * MEBIBYTE, ge=512 * MEBIBYTE)
    """Bytes of one process that reads."""

    @field_validator(
        "mailboxes",
        "dns_servers",
        "trusted_proxies",
        "authserv_clients",
        "kafka_compacted",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """A list may be written with commas."""
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise ValueError("no such time zone; one looks like Europe/Paris") from problem
        return value

    @field_validator("trusted_proxies", "authserv_clients")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one, strict=False)  # its ValueError says what is wrong
        return value

    @field_validator("mailboxes", "main_mailbox")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...] | str) -> tuple[str, ...] | str:
        for one in (value,) if isinstance(value, str) else value:
            if not _MAILBOX.fullmatch(one):
                raise ValueError(f"{one!r} is neither an address nor @domain")
        return value

    @field_validator("public_url", "otlp_endpoint")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("begins with https:// or http://")
        return value

    @field_validator("smtp_tls_certificate", "smtp_tls_key")
    @classmethod
    def _is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"{value} is not there")
        return value

    @field_validator("imap_mailboxes")
    @classmethod
    def _have_names_of_their_own(cls, value: tuple[ImapMailbox, ...]) -> tuple[ImapMailbox, ...]:
        if len({one.name for one in value}) < len(value):
            raise ValueError("two mailboxes have one name")
        return value

    @field_validator("clamd")
    @classmethod
    def _is_of_clamd(cls, value: str) -> str:
        if value and not re.fullmatch(r"tcp://[^/]+:\d+|unix:///.+", value):
            raise ValueError("looks like tcp://host:3310 or unix:///run/clamav/clamd.ctl")
        return value

    @field_validator("stream")
    @classmethod
    def _is_an_engine(cls, value: str) -> str:
        if value != "embedded" and not _KAFKA.fullmatch(value):
            raise ValueError(
                "is neither embedded nor kafka://host:port,… nor kafkas://user:password@host:port,…"
            )
        return value

    @model_validator(mode="after")
    def _engine_and_store_belong_together(self) -> Self:
        if self.is_distributed and not self.database.startswith("postgresql"):
            raise ValueError(
                "GUICHET_STREAM names Kafka, which needs PostgreSQL: set GUICHET_DATABASE to "
                "postgresql://user:password@host/name"
            )
        if not self.is_distributed and self.database.startswith("postgresql"):
            raise ValueError(
                "GUICHET_DATABASE names PostgreSQL, which needs Kafka: set GUICHET_STREAM to "
                "kafka://host:9092"
            )
        return self

    @model_validator(mode="after")
    def _tls_can_be_required(self) -> Self:
        if self.smtp_require_tls and not self.smtp_tls_certificate:
            raise ValueError("GUICHET_SMTP_REQUIRE_TLS needs GUICHET_SMTP_TLS_CERTIFICATE")
        if self.smtp_require_tls and self.smtp_protocol == "lmtp":
            raise ValueError("GUICHET_SMTP_REQUIRE_TLS is for SMTP, not for LMTP")
        return self

    @property
    def country(self) -> str:
        """Whose national telephone numbers people write (ISO 3166-1)."""
        return self.holidays.partition("-")[0].upper()

    @property
    def is_distributed(self) -> bool:
        """Whether the town's processes share Kafka and PostgreSQL."""
        return self.stream != "embedded"

    @property
    def database_url(self) -> str:
        if self.database.startswith("postgresql://"):
            return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
        return self.database or f"sqlite+aiosqlite:///{self.data.resolve() / 'guichet.db'}"

    @property
    def blobs_url(self) -> str:
        return self.blobs or str(self.data.resolve() / "blobs")

    @property
    def portal_url(self) -> str:
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("GUICHET_CONFIG")
        if file and not Path(file).is_file():
            raise BadInput(f"GUICHET_CONFIG names {file}, which is not there")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)


def town_secret(settings: Settings) -> bytes:
    """The town's own secret, made at the first start and kept in the data folder.

    Raises BadInput when what is kept there is none.
    """
    path = settings.data / "secret"
    if not path.exists():
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name first: half a secret would be one for ever.
        draft = settings.data / f"secret.{os.getpid()}"
        descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster: its secret is the town's
            os.link(draft, path)
        draft.unlink()
    secret = path.read_bytes()
    if len(secret) < SECRET_LENGTH:
        raise BadInput(f"{path} is no secret: restore it, or remove it in a new town")
    return secret
