"""How a citizen has arranged their home page. Which boxes there are, the portal knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import AccountRow

MAX_BOXES = 50


@dataclass(frozen=True, slots=True)
class Arrangement:
    """``order`` names boxes; those that it does not name come after. ``hidden`` are left out."""

    order: Sequence[str] = ()
    hidden: Sequence[str] = ()

    def sort(self, names: Sequence[str]) -> list[str]:
        """All of the names, in this order; those that were never arranged keep theirs."""
        known = [name for name in self.order if name in names]
        return [*known, *(name for name in names if name not in known)]


async def arrangement_of(session: AsyncSession, account_id: UUID) -> Arrangement:
    row = await session.get_one(AccountRow, account_id)
    return Arrangement(row.boxes.get("order", ()), row.boxes.get("hidden", ()))


async def arrange(session: AsyncSession, account_id: UUID, arranged: Arrangement) -> None:
    row = await session.get_one(AccountRow, account_id)
    row.boxes = {
        "order": [*arranged.order][:MAX_BOXES],
        "hidden": [*arranged.hidden][:MAX_BOXES],
    }
