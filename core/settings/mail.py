"""Mail: the server, the mailboxes fetched elsewhere, and what goes out."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.settings.values import MEBIBYTE, Listed

_MAILBOX = re.compile(r"[^\s@]{0,64}@[^\s@]{1,189}")


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


class MailSettings(BaseModel):
    """How mails come in and go out."""

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
    mailboxes: Listed = ()
    """Addresses we receive mail for; ``@town.example`` stands for every mailbox of a domain."""
    main_mailbox: str = "mairie@demo.example"
    """Answers come from here when a case has no better address."""
    dns_servers: Listed = ()
    """IP addresses, with or without port, asked for SPF, DKIM and DMARC; empty for the system's."""
    trusted_authserv_id: str = ""
    """Believe the Authentication-Results of our own mail server under this name (RFC 8601)."""
    authserv_clients: Listed = ()
    """Addresses or networks that this server hands mails in from; loopback counts always."""

    receipts_per_hour: int = Field(default=0, ge=0)
    """Receipts that one address gets at most; 0 for no limit. A public server should have one:
    anybody can write under another's address (RFC 3834, section 2)."""

    imap_mailboxes: tuple[ImapMailbox, ...] = ()
    """Mailboxes that mails are fetched from (JSON in the environment)."""

    @field_validator("authserv_clients")
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

    @model_validator(mode="after")
    def _tls_can_be_required(self) -> Self:
        if self.smtp_require_tls and not self.smtp_tls_certificate:
            raise ValueError("GUICHET_SMTP_REQUIRE_TLS needs GUICHET_SMTP_TLS_CERTIFICATE")
        if self.smtp_require_tls and self.smtp_protocol == "lmtp":
            raise ValueError("GUICHET_SMTP_REQUIRE_TLS is for SMTP, not for LMTP")
        return self
