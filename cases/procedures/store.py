"""Reading, editing and publishing procedures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.agents import AgentRow
from cases.procedures.definition import Procedure, as_json, read_definition
from cases.procedures.models import ProcedureRow, ProcedureVersionRow
from core.clock import Clock
from core.errors import BadInput, Conflict, NotThere
from core.i18n import N_
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Published:
    """A version that was published; ``open_to_new`` says whether it may still be begun."""

    version_id: UUID
    number: int
    definition: Procedure
    open_to_new: bool = True

    @property
    def slug(self) -> str:
        return self.definition.slug


async def published_procedures(session: AsyncSession) -> Sequence[Published]:
    """What citizens can use, in the order of the addresses."""
    query = (
        select(ProcedureVersionRow)
        .join(ProcedureRow, ProcedureRow.id == ProcedureVersionRow.procedure_id)
        .where(ProcedureRow.enabled, ProcedureVersionRow.number == ProcedureRow.published)
        .order_by(ProcedureRow.slug)
    )
    return [_published(row) for row in await session.scalars(query)]


async def published_procedure(session: AsyncSession, slug: str) -> Published:
    """The version that citizens use now. Raises NotThere."""
    query = (
        select(ProcedureVersionRow)
        .join(ProcedureRow, ProcedureRow.id == ProcedureVersionRow.procedure_id)
        .where(
            ProcedureRow.slug == slug,
            ProcedureRow.enabled,
            ProcedureVersionRow.number == ProcedureRow.published,
        )
    )
    row = await session.scalar(query)
    if row is None:
        raise NotThere(f"no procedure {slug}")
    return _published(row)


async def version_of(session: AsyncSession, slug: str, number: int) -> Procedure | None:
    """The definition that a case was filed with."""
    query = (
        select(ProcedureVersionRow)
        .join(ProcedureRow, ProcedureRow.id == ProcedureVersionRow.procedure_id)
        .where(ProcedureRow.slug == slug, ProcedureVersionRow.number == number)
    )
    row = await session.scalar(query)
    return _published(row).definition if row is not None else None


async def versions_of(
    session: AsyncSession, procedure_id: UUID
) -> Sequence[tuple[int, datetime, str]]:
    """Number, when it was published and by whom (may be empty), the newest first."""
    query = (
        select(ProcedureVersionRow.number, ProcedureVersionRow.published_at, AgentRow.name)
        .outerjoin(AgentRow, AgentRow.id == ProcedureVersionRow.published_by)
        .where(ProcedureVersionRow.procedure_id == procedure_id)
        .order_by(ProcedureVersionRow.number.desc())
    )
    return [(number, at, name or "") for number, at, name in await session.execute(query)]


async def procedure_for(session: AsyncSession, slug: str, *, to_change: bool = False) -> Any:
    """The row of a procedure, published or not. Raises NotThere."""
    query = select(ProcedureRow).where(ProcedureRow.slug == slug)
    row = await session.scalar(query.with_for_update() if to_change else query)
    if row is None:
        raise NotThere(f"no procedure {slug}")
    return row


async def list_procedures(session: AsyncSession) -> Sequence[ProcedureRow]:
    """All of them, for those who edit them."""
    return (await session.scalars(select(ProcedureRow).order_by(ProcedureRow.slug))).all()


async def add_procedure(session: AsyncSession, clock: Clock, definition: Procedure) -> ProcedureRow:
    """A new one, not yet published. Raises BadInput when its address is taken."""
    taken = select(ProcedureRow.id).where(ProcedureRow.slug == definition.slug)
    if await session.scalar(taken):
        raise BadInput(N_("There is a procedure of this address already."), where="slug")
    row = ProcedureRow(
        id=new_id(),
        slug=definition.slug,
        working=definition.model_dump(mode="json", exclude_unset=True),
        revision=1,
        published=0,
        enabled=True,
        changed_at=clock(),
    )
    session.add(row)
    await session.flush()
    return row


def edit(row: ProcedureRow, working: dict[str, Any], revision: int, clock: Clock) -> None:
    """Keep another working copy, sound or not; its address stays.

    Raises Conflict when somebody else has edited it since ``revision``.
    """
    if row.revision != revision:
        raise Conflict("the procedure was edited meanwhile", current=row.revision)
    row.working = {**working, "slug": row.slug}
    row.revision += 1
    row.changed_at = clock()


async def publish_procedure(
    session: AsyncSession, clock: Clock, row: ProcedureRow, *, by: UUID | None
) -> int:
    """Make the working copy what citizens use; returns its number. Raises BadInput unless sound."""
    definition = read_definition(row.working)
    row.published += 1
    row.enabled = True
    row.changed_at = clock()
    session.add(
        ProcedureVersionRow(
            id=new_id(),
            procedure_id=row.id,
            number=row.published,
            definition=as_json(definition),
            published_at=clock(),
            published_by=by,
        )
    )
    await session.flush()
    return row.published


def _published(row: ProcedureVersionRow) -> Published:
    return Published(row.id, row.number, parsed(row.id, row.definition))


@lru_cache(maxsize=512)
def parsed(_version_id: UUID, definition: str) -> Procedure:
    """Read once: a version never changes."""
    return read_definition(definition)
