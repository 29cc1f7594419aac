"""Finding a citizen by name, e-mail address or telephone number, as a person types them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from uuid import UUID

import phonenumbers
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.keys import MAX_KEY, spellings, words_of
from citizens.models import CitizenKeyRow, CitizenRow, IdentityRow

MAX_QUERY = 200  # characters
CANDIDATES = 200  # that are looked at for the best
FOUND = 10  # that are shown
_NUMBER = re.compile(r"(?:\+|00)?\d[\d .()/-]{2,}\d")
_END = "\U0010ffff"  # behind every other character


@dataclass(frozen=True, slots=True)
class Citizen:
    """What reception knows of a citizen."""

    id: UUID
    name: str
    language: str
    postal_address: str
    emails: Sequence[str]
    phones: Sequence[str]
    """In E.164."""


async def find(session: AsyncSession, query: str, country: str) -> list[Citizen]:
    """The likeliest first; every word must fit, but for one letter or as a beginning.

    ``country`` (ISO 3166-1) is whose national telephone numbers are meant.
    """
    terms = _terms(query[:MAX_QUERY], country)
    if not terms:
        return []
    chosen = (
        select(CitizenRow)
        .where(*(CitizenRow.id.in_(_having(prefix, fuzzy)) for prefix, fuzzy in terms))
        .limit(CANDIDATES)
    )
    sought = " ".join(words_of(query))
    rows = sorted(
        await session.scalars(chosen), key=lambda row: (-_likeness(sought, row.name), row.name)
    )
    return await _whole(session, rows[:FOUND])


async def citizen_of(session: AsyncSession, citizen_id: UUID) -> Citizen | None:
    row = await session.get(CitizenRow, citizen_id)
    return (await _whole(session, [row]))[0] if row else None


async def there(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are a citizen's."""
    if not ids:
        return set()
    return set(await session.scalars(select(CitizenRow.id).where(CitizenRow.id.in_(ids))))


def _terms(query: str, country: str) -> list[tuple[str, set[str]]]:
    """Each a beginning, and the spellings that are taken for the same."""
    if "@" in query:
        return [(query.strip().casefold()[:MAX_KEY], set())]
    numbers = [_international(number, country) for number in _NUMBER.findall(query)]
    words = words_of(_NUMBER.sub(" ", query))
    return [(number, set()) for number in numbers] + [(word, spellings(word)) for word in words]


def _international(number: str, country: str) -> str:
    """The beginning of a number, or the whole of it, as E.164 has it."""
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    code = phonenumbers.country_code_for_region(country)
    return f"+{code}{digits.removeprefix('0')}"


def _having(prefix: str, fuzzy: Collection[str]) -> Select[UUID]:
    key = CitizenKeyRow.key
    begins = and_(key >= prefix, key < prefix + _END)
    return select(CitizenKeyRow.citizen_id).where(or_(key.in_(fuzzy), begins) if fuzzy else begins)


def _likeness(sought: str, name: str) -> float:
    """Whichever way round the words are."""
    words = words_of(name)
    return max(
        SequenceMatcher(None, sought, " ".join(order)).ratio() for order in (words, words[::-1])
    )


async def _whole(session: AsyncSession, rows: Sequence[CitizenRow]) -> list[Citizen]:
    addresses = await _addresses(session, [row.id for row in rows])
    return [
        Citizen(
            id=row.id,
            name=row.name,
            language=row.language,
            postal_address=row.postal_address,
            emails=[one for one in addresses.get(row.id, ()) if "@" in one],
            phones=[one for one in addresses.get(row.id, ()) if one.startswith("+")],
        )
        for row in rows
    ]


async def _addresses(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[str]]:
    query = (
        select(IdentityRow.citizen_id, IdentityRow.address)
        .where(IdentityRow.citizen_id.in_(ids))
        .order_by(IdentityRow.citizen_id, IdentityRow.address)
    )
    found: dict[UUID, list[str]] = {}
    for citizen_id, address in await session.execute(query):
        found.setdefault(citizen_id, []).append(address)
    return found
