"""What an agent fills in to answer, by whichever way, and the calls that come of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Form

WayName = Literal["email", "sms", "letter", "callback"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of the reply box beside its text; a route's parameter by ``Depends(answer)``."""

    way: WayName | None = None
    """None for the most natural one."""
    postal: str = ""
    """Of a letter: the address below the name."""
    phone: str = ""
    """Of a call-back."""
    due: str = ""
    """When it is to be made, as :mod:`agent_api.moments` has it."""
    wanted: str = ""
    """Documents that the citizen is asked for, one a line."""


def answer(
    way: Annotated[WayName | None, Form()] = None,
    postal: Annotated[str, Form(max_length=2000)] = "",
    phone: Annotated[str, Form(max_length=64)] = "",
    due: Annotated[str, Form(max_length=32)] = "",
    wanted: Annotated[str, Form(max_length=4000)] = "",
) -> Answer:
    return Answer(way, postal, phone, due, wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """A call that is to be made."""

    id: UUID
    phone: str
    reason: str
    due_at: datetime
    is_late: bool
    tries: int
    requested_by: str
    """Empty for a missed call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """Whether the citizen agrees to be notified by a medium."""

    medium: str
    """``email`` or ``sms``"""
    to: str
    """Empty when there is nowhere to notify them."""
    answer: str
    """``yes`` or ``no``; empty when nobody asked."""
    is_stopped: bool
    """Whether the address itself has said no more (STOP)."""
