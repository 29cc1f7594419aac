"""Citizens: known by a verified account, or only by an address."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class CitizenRow(Base):
    __tablename__ = "citizens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="")
    postal_address: Mapped[str] = mapped_column(Text, default="")
    """The newest that we know, as it is written on an envelope but for the name."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdentityRow(Base):
    """An address that a citizen writes from: an e-mail address in lower case, or E.164."""

    __tablename__ = "identities"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CitizenKeyRow(Base):
    """What a citizen is found by: see :mod:`citizens.keys`."""

    __tablename__ = "citizen_keys"

    key: Mapped[str] = mapped_column(
        # By code points on PostgreSQL too, so that a prefix is a range of the index.
        String(128).with_variant(String(128, collation="C"), "postgresql"),
        primary_key=True,
    )
    citizen_id: Mapped[UUID] = mapped_column(
        ForeignKey("citizens.id"), primary_key=True, index=True
    )


class AccountRow(Base):
    """A citizen who signs in. The id is random: unlike the citizen's it says nothing of anybody."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id"), unique=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    """Proven, in lower case."""
    password_hash: Mapped[str] = mapped_column(Text)
    given_name: Mapped[str] = mapped_column(Text, default="")
    family_name: Mapped[str] = mapped_column(Text, default="")
    """Of an association or a business, its name."""
    language: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(16), default="person")
    """One of :class:`citizens.profile.Category`."""
    birth_date: Mapped[date | None] = mapped_column(Date)
    phone: Mapped[str] = mapped_column(String(32), default="")
    """Proven by a code, in E.164; empty when there is none."""
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The second factor's secret, sealed with a key of the town's; None when there is none."""
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last time step whose code was taken: none is taken twice (RFC 6238, section 5.2)."""
    boxes: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    """Of the home page: their ``order``, and which are ``hidden`` (:mod:`citizens.boxes`)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountSessionRow(Base):
    __tablename__ = "account_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    """What its owner ends it by."""
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    client: Mapped[str] = mapped_column(Text)
    """The browser, as its owner may know it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccountLinkRow(Base):
    """Something that works once: a link that went out by mail, or the challenge of a passkey."""

    __tablename__ = "account_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(Text, index=True)
    """The address that it proves."""
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RecoveryCodeRow(Base):
    """Stands in once for the second factor."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)


class PasskeyRow(Base):
    """A credential of Web Authentication (W3C, level 3)."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential_id: Mapped[str] = mapped_column(Text, unique=True)
    """In base64url, as the browser says it."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PhoneCodeRow(Base):
    """A code that went out by SMS, to prove a number."""

    __tablename__ = "phone_codes"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64))
    """With the town's secret: six digits alone would be guessed from their hash."""
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostalAddressRow(Base):
    __tablename__ = "postal_addresses"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    label: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    postal_code: Mapped[str] = mapped_column(String(16))
    city: Mapped[str] = mapped_column(Text)
    residence: Mapped[bool] = mapped_column(default=False)
    """Where the citizen lives: one of them."""


class WalletKeyRow(Base):
    """The key of one wallet, itself sealed with a key of the town's. Without it nothing opens."""

    __tablename__ = "wallet_keys"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class WalletItemRow(Base):
    """A document of a citizen's own; the blob is sealed with the key of its wallet."""

    __tablename__ = "wallet_items"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    """One of :class:`citizens.wallet.Kind`."""
    media_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    """Bytes of what was put in."""
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    """Of what is kept."""
    pages: Mapped[int] = mapped_column(default=0)
    """That can be shown; 0 when there is no preview."""
    expires_on: Mapped[date | None] = mapped_column(Date)
    remind_on: Mapped[date | None] = mapped_column(Date, index=True)
    """None once its owner was reminded, or when there is nothing to remind of."""
    source: Mapped[str] = mapped_column(String(16))
    """Who put it in: ``citizen`` or ``town``."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WalletShareRow(Base):
    """That a document is to go along with a form or a message; it goes as a copy."""

    __tablename__ = "wallet_shares"
    __table_args__ = (UniqueConstraint("item_id", "target"), Index(None, "account_id", "target"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("wallet_items.id"))
    target: Mapped[str] = mapped_column(String(80))
    """What it is shared with, in the words of who takes it: ``draft:…``."""
    label: Mapped[str] = mapped_column(Text)
    """The same, for its owner to read."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the copy was made; until then the share can be revoked."""
