"""What was done to an account, in the audit trail: by its random id, so that nobody is named."""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases import audit
from channels.web.account.context import Context

Action = Literal[
    "created",
    "password_changed",
    "address_changed",
    "second_factor_on",
    "second_factor_off",
    "passkey_added",
    "passkey_removed",
    "exported",
    "deleted",
]


def record(context: Context, session: AsyncSession, action: Action, account_id: UUID) -> None:
    """Write it down, in the transaction of its effect."""
    audit.record(
        session,
        context.clock,
        agent_id=None,
        action=f"account.{action}",
        object_kind="account",
        object_id=str(account_id),
    )
