"""Browsers on which citizens want to be told: where their push services take messages for them.

A delivery names a device by its id and nothing else, so that nothing of it stays anywhere once its
row is gone.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from yarl import URL

from cases import claims_on_cases
from citizens import AccountRow
from core.clock import Clock
from core.database import Base, UtcDateTime, insert_new
from core.errors import BadInput, NotThere, Refused
from core.ids import new_id
from core.outside import NotPublic, check_host

SCHEME = "push:"
MOST = 20  # devices of an account
MAX_ENDPOINT = 2000  # characters
POINT, AUTH = 65, 16  # bytes (RFC 8291, section 3)


class PushEndpointRow(Base):
    """One browser of an account."""

    __tablename__ = "push_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    endpoint: Mapped[str] = mapped_column(Text)
    """The URL that its push service takes messages at; who knows it may send."""
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 in hexadecimal: a browser is one account's at a time, the last one's."""
    p256dh: Mapped[str] = mapped_column(String(128))
    """The browser's public key, in base64url."""
    auth: Mapped[str] = mapped_column(String(64))
    """The secret that it shares with us, in base64url."""
    client: Mapped[str] = mapped_column(Text)
    """The browser, as its owner may know it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class PushKeys:
    """What a browser hands out for one site (``PushSubscription``)."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Device:
    """One to tell, and in which language."""

    id: UUID
    language: str

    @property
    def address(self) -> str:
        return f"{SCHEME}{self.id}"


def read_push_keys(endpoint: str, p256dh: str, auth: str, *, private: bool) -> PushKeys:
    """``private``: whether it may be an address that is not of the Internet, without encryption.

    Raises BadInput.
    """
    try:
        url = URL(endpoint)
        if not url.host or len(endpoint) > MAX_ENDPOINT or url.user or url.password:
            raise BadInput("this is no address of a push service", where="endpoint")
        if not private:
            check_host(url.host)
            if url.scheme != "https":
                raise BadInput("push services have HTTPS", where="endpoint")
        _check_point(_bytes(p256dh))
        if len(_bytes(auth)) != AUTH:
            raise BadInput("these are not the keys of a browser", where="auth")
    except (ValueError, NotPublic) as problem:
        raise BadInput("this is no subscription of a browser", where="endpoint") from problem
    return PushKeys(endpoint, p256dh.rstrip("="), auth.rstrip("="))


async def add_device(
    session: AsyncSession, clock: Clock, account_id: UUID, keys: PushKeys, client: str
) -> None:
    """From now on this browser is told what this account is, and no other account's.

    Raises Refused when there are too many.
    """
    name = endpoint_hash(keys.endpoint)
    await session.execute(delete(PushEndpointRow).where(PushEndpointRow.endpoint_hash == name))
    mine = select(func.count()).where(PushEndpointRow.account_id == account_id)
    if (await session.scalar(mine) or 0) >= MOST:
        raise Refused("there are enough devices")
    row = {
        "id": new_id(),
        "account_id": account_id,
        "endpoint": keys.endpoint,
        "endpoint_hash": name,
        "p256dh": keys.p256dh,
        "auth": keys.auth,
        "client": client,
        "created_at": clock(),
    }
    await insert_new(session, PushEndpointRow, [row])


async def devices_of(session: AsyncSession, account_id: UUID) -> Sequence[PushEndpointRow]:
    """The oldest first."""
    query = select(PushEndpointRow).where(PushEndpointRow.account_id == account_id)
    return (await session.scalars(query.order_by(PushEndpointRow.id))).all()


async def remove_device(session: AsyncSession, account_id: UUID, device_id: UUID) -> None:
    """Its owner wants no more. Raises NotThere."""
    row = await session.get(PushEndpointRow, device_id)
    if row is None or row.account_id != account_id:
        raise NotThere("there is no such device")
    await session.delete(row)


async def erase_devices(session: AsyncSession, account_id: UUID) -> None:
    """All of an account that is erased."""
    await session.execute(delete(PushEndpointRow).where(PushEndpointRow.account_id == account_id))


async def forget_device(session: AsyncSession, address: str) -> None:
    """Its push service knows it no longer."""
    await session.execute(delete(PushEndpointRow).where(PushEndpointRow.id == _id_of(address)))


async def read_device(session: AsyncSession, address: str) -> PushKeys | None:
    """None when it is gone."""
    row = await session.get(PushEndpointRow, _id_of(address))
    return PushKeys(row.endpoint, row.p256dh, row.auth) if row is not None else None


async def devices_of_cases(
    session: AsyncSession, case_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Device]]:
    """By the case, the devices of the accounts whose case it is."""
    claims = claims_on_cases(case_ids).subquery()
    query = (
        select(claims.c.case_id, PushEndpointRow.id, AccountRow.language)
        .join(AccountRow, AccountRow.citizen_id == claims.c.citizen_id)
        .join(PushEndpointRow, PushEndpointRow.account_id == AccountRow.id)
        .where(
            or_(
                claims.c.address == "",
                claims.c.address == AccountRow.email,
                claims.c.address == AccountRow.phone,
            )
        )
        .distinct()
        .order_by(PushEndpointRow.id)
    )
    found: dict[UUID, list[Device]] = defaultdict(list)
    for case_id, device_id, language in await session.execute(query):
        found[case_id].append(Device(device_id, language))
    return found


async def devices_of_accounts(
    session: AsyncSession, account_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[str]]:
    """Their addresses, by the account."""
    query = (
        select(PushEndpointRow.account_id, PushEndpointRow.id)
        .where(PushEndpointRow.account_id.in_(account_ids))
        .order_by(PushEndpointRow.id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for account_id, device_id in await session.execute(query):
        found[account_id].append(f"{SCHEME}{device_id}")
    return found


def is_device(address: str) -> bool:
    """Whether a notification goes to a device."""
    return address.startswith(SCHEME)


def endpoint_hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _id_of(address: str) -> UUID:
    return UUID(address.removeprefix(SCHEME))


def _bytes(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _check_point(point: bytes) -> None:
    """Raises ValueError when it is not on P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(point) != POINT:
        raise ValueError("the length is wrong")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
