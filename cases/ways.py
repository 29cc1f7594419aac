"""By which ways an agent may answer: those that reach the citizen, and that they have allowed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cases.models import CaseRow
from ingest.message import ON_PAPER, ChannelName

WRITTEN = frozenset({ChannelName.EMAIL, ChannelName.WEB})
"""Channels by which a citizen leaves an address in order to be answered there."""
TELEPHONE = frozenset({ChannelName.PHONE, ChannelName.SMS})
NOBODY_ASKED: Mapping[str, bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer."""

    name: str
    """``email``, ``sms``, ``letter`` or ``callback``"""
    to: str
    """The address or number, as far as it is known."""
    natural_for: frozenset[str]
    """The channels whose cases are answered by it unless the agent chooses another."""


def ways_of(case: CaseRow, consents: Mapping[str, bool] = NOBODY_ASKED) -> list[Way]:
    """The ways of a case, the natural one first; a further way is a line here.

    ``consents`` are what :func:`cases.consents_of` has of the case.
    """
    ways = [way for find in _WAYS if (way := find(case, consents)) is not None]
    return sorted(ways, key=lambda way: case.channel not in way.natural_for)


def phone_of(case: CaseRow) -> str:
    """The citizen's number; empty when none is known."""
    address = case.sender_address
    return case.sender_phone or (address if address.startswith("+") else "")


def _email(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    if "@" not in case.sender_address or not consents.get("email", case.channel in WRITTEN):
        return None
    return Way("email", case.sender_address, WRITTEN | {ChannelName.COUNTER})


def _sms(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    """To who wrote or called by it, or agreed to it."""
    number = phone_of(case)
    if not number or not consents.get("sms", case.channel in TELEPHONE):
        return None
    return Way("sms", number, TELEPHONE)


def _callback(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    """An agent may know a number that the case does not."""
    return Way("callback", phone_of(case), TELEPHONE)


def _letter(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    """An address may stand in what the citizen wrote: the agent types it off."""
    return Way("letter", case.postal_address, frozenset(ON_PAPER))


_WAYS: Sequence[Callable[[CaseRow, Mapping[str, bool]], Way | None]] = (
    _email,
    _sms,
    _letter,
    _callback,
)
