"""Full-text search of cases, behind two functions.

SQLite: FTS5 (https://sqlite.org/fts5.html), accents removed. PostgreSQL: French stems, accents
removed (https://www.postgresql.org/docs/15/textsearch.html; migration 0001 makes the configuration
``guichet``).
"""

import re
from collections.abc import Sequence
from uuid import UUID

import phonenumbers
from sqlalchemy import ColumnElement, Select, Uuid, column, delete, false, or_, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import CaseMessageRow, CaseRow, CaseSearchRow
from core.database import is_postgresql
from core.references import parse_reference
from ingest.models import MessageRow, PageRow

MAX_WORDS = 20_000  # characters of one message that are indexed
_ROWID = 2**63 - 1  # the low bits: the high ones of a UUIDv7 are the time
_WORD = re.compile(r"[^\W_]+")

_FTS5 = text("case_search MATCH :query")
_TSVECTOR = text("case_search.found @@ to_tsquery('guichet', :query)")


def index_words(session: AsyncSession, case_id: UUID, source_id: UUID, words: str) -> None:
    """Make a case findable by these words; ``source_id`` is the message's or the note's."""
    # PostgreSQL would take an address for one word.
    plain = " ".join(_WORD.findall(words[:MAX_WORDS]))
    session.add(CaseSearchRow(rowid=source_id.int & _ROWID, case_id=case_id, words=plain))


async def index_pages(session: AsyncSession, case_id: UUID, pages: Sequence[PageRow]) -> None:
    """Make a case findable by what is read on pages, and no longer by what was read before."""
    rowids = [page.id.int & _ROWID for page in pages]
    await session.execute(delete(CaseSearchRow).where(CaseSearchRow.rowid.in_(rowids)))
    for page in pages:
        if page.text and not page.removed:
            index_words(session, case_id, page.id, page.text)


def phone_words(number: str) -> str:
    """A number in E.164 in the other ways that people write it: 06 12 34 56 78, 0612345678."""
    if not number.startswith("+"):
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return f"{number} {national} {''.join(national.split())}"


def matches(session: AsyncSession, query: str) -> ColumnElement[bool]:
    """The condition on ``cases`` for a query as a person types it: all words, as prefixes."""
    reference = parse_reference(query)
    if reference:
        # Also one that was promised to a message which then joined this case.
        promised = (
            select(CaseMessageRow.case_id)
            .join(MessageRow, MessageRow.id == CaseMessageRow.message_id)
            .where(MessageRow.reference == reference, MessageRow.reference != "")
        )
        return or_(CaseRow.reference == reference, CaseRow.id.in_(promised))
    words = _WORD.findall(query)[:20]
    if not words:
        return false()
    found: Select[UUID] = select(column("case_id", Uuid)).select_from(table("case_search"))
    if is_postgresql(session):
        match = _TSVECTOR.bindparams(query=" & ".join(f"{word}:*" for word in words))
    else:
        match = _FTS5.bindparams(query=" ".join(f'"{word}"*' for word in words))
    return CaseRow.id.in_(found.where(match))
