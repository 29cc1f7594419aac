"""What the pages of accounts show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from citizens import Profile
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """``portal/account/login.html``: ``email``, ``password``, ``next``."""

    email: str = ""
    next: str = ""
    notice: str = ""
    passkeys: bool = True
    may_register: bool = True
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """``portal/account/code.html``: ``code``, ``next``."""

    next: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage:
    """``portal/account/ask.html``: an address that a link is to be sent to."""

    purpose: Literal["register", "recover"]
    email: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """``portal/account/sent.html``: the same whatever the address is."""

    purpose: Literal["register", "recover"]
    kept: bool
    """Whether mails stay in the local outbox, for lack of a mail server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """``portal/account/link.html``: what a link leads to; ``given_name``, ``family_name`` and
    ``password``."""

    purpose: str
    token: str
    email: str
    given_name: str = ""
    family_name: str = ""
    min_password: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What every page of ``/me`` shows around its own."""

    name: str
    email: str
    here: str
    """Which page of the menu it is."""
    notice: str = ""
    wallet: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """A browser in which they are told."""

    id: UUID
    client: str
    since: datetime
    digest: str
    """By which the browser knows itself again (``push.js``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage:
    mine: Mine
    profile: Profile
    birth_date: str
    """As it was typed, or ``2001-12-31``."""
    pending_number: str
    """A code was sent to it."""
    with_phone: bool
    phone: str
    """As it was typed, when it could not be taken."""
    devices: Sequence[DeviceLine]
    push_key: str
    """The town's, which a browser asks its push service with; empty when nobody is told so."""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """``label``, ``street``, ``postal_code``, ``city``, ``residence``."""

    mine: Mine
    id: UUID | None
    label: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    residence: bool = False
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    id: UUID
    client: str
    created_at: datetime
    seen_at: datetime
    this: bool
    """Whether it is this browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyLine:
    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPage:
    mine: Mine
    second_factor: bool
    codes_left: int
    """Recovery codes."""
    passkeys: Sequence[PasskeyLine]
    sessions: Sequence[SessionLine]
    min_password: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorPage:
    """``portal/account/second_factor.html``: ``password``, ``code`` and the signed ``setting``."""

    mine: Mine
    setting: str
    totp_secret: str
    qr_code: str
    """A data URI."""
    uri: str
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage:
    mine: Mine
    codes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage:
    mine: Mine
    today: date
    errors: Sequence[FieldError] = ()
