"""By which ways an agent may answer: those that reach the citizen, and that they have allowed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cases.models import CaseRow
from ingest.message import ON_PAPER, ChannelName

WRITTEN = frozenset({ChannelName.EMAIL, ChannelName.WEB})
"""Channels by which a citizen leaves an address in order to be answered there."""
NOBODY_ASKED: Mapping[str, bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer."""

    name: str
    """``email``, ``letter`` or ``callback``"""
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


def answered_by_mail(case: CaseRow, consents: Mapping[str, bool] = NOBODY_ASKED) -> bool:
    """Whether a reply can reach the citizen by e-mail."""
    allowed = consents.get("email", case.channel in WRITTEN)
    return allowed and "@" in case.sender_address


def phone_of(case: CaseRow) -> str:
    """The citizen's number; empty when none is known."""
    address = case.sender_address
    return case.sender_phone or (address if address.startswith("+") else "")


def _email(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    if not answered_by_mail(case, consents):
        return None
    return Way("email", case.sender_address, WRITTEN | {ChannelName.COUNTER})


def _callback(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    """An agent may know a number that the case does not."""
    return Way("callback", phone_of(case), frozenset({ChannelName.PHONE, ChannelName.SMS}))


def _letter(case: CaseRow, consents: Mapping[str, bool]) -> Way | None:
    """An address may stand in what the citizen wrote: the agent types it off."""
    return Way("letter", case.postal_address, frozenset(ON_PAPER))


_WAYS: Sequence[Callable[[CaseRow, Mapping[str, bool]], Way | None]] = (_email, _letter, _callback)
