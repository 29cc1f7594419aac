"""What the pages of the wallet show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from channels.web.account.views import Mine
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    id: UUID
    name: str
    kind: str
    size: int
    pages: int
    """That can be shown."""
    expires_on: date | None
    days_left: int | None
    """Until it expires; negative when it has."""
    by_town: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLine:
    id: UUID
    item_id: UUID
    name: str
    label: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletPage:
    """``portal/wallet/wallet.html``: ``file``, ``name``, ``kind``, ``expires_on``."""

    mine: Mine
    items: Sequence[ItemLine]
    shares: Sequence[ShareLine]
    used: int
    quota: int
    name: str = ""
    kind: str = "other"
    expires_on: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """``portal/wallet/item.html``: ``name``, ``kind``, ``expires_on``."""

    mine: Mine
    item: ItemLine
    page: int
    """The one that is shown, from 1."""
    expires_on: str
    shares: Sequence[ShareLine]
    errors: Sequence[FieldError] = ()
