"""Moments and days as browsers send them: of the town, without a zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.errors import BadInput
from core.i18n import N_

_FORM = "%Y-%m-%dT%H:%M"


def shown_moment(at: datetime, zone: ZoneInfo) -> str:
    """``2026-11-25T10:40``"""
    return at.astimezone(zone).strftime(_FORM)


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """Raises BadInput when it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError as problem:
        raise BadInput(N_("Say when the call is to be made."), where="due") from problem


def read_date(text: str) -> date | None:
    """Of a ``date`` field; None when it is empty. Raises BadInput when it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise BadInput(N_("This is no date."), where="expires_on") from problem
