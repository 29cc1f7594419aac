"""Setting up routing rules."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import queue_for
from cases.models import RoutingRuleRow
from core.ids import new_id
from core.rules import compile_rule


async def create_rule(
    session: AsyncSession, *, queue: str, expression: str, name: str = "", priority: int = 100
) -> UUID:
    """Enter a rule that sends what fits to a queue, by its slug.

    Raises BadInput when there is no such queue, or the expression is not CEL (with its position).
    """
    compile_rule(expression)
    row = RoutingRuleRow(
        id=new_id(),
        name=name or expression[:80],
        priority=priority,
        expression=expression,
        queue_id=(await queue_for(session, queue)).id,
    )
    session.add(row)
    await session.flush()
    return row.id
