"""All that the town keeps of an account, for its owner to take along (GDPR, articles 15 and 20)."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import cases_of_citizen, track_case
from cases.procedures import FormDraft, contents_of, drafts_of_citizen, read_draft
from channels.web.account.asking import holder_of
from channels.web.account.context import Context
from channels.web.tracked import page_of
from channels.web.views import TrackedCasePage
from citizens import Account, read_profile
from citizens.passkeys import passkeys_of
from citizens.sessions import sessions_of
from citizens.wallet import items_of
from core.text import file_name
from feeds.subscriptions import exported_subscriptions, subscriber_known_by
from ingest.models import DocumentRow
from notify import devices_of


async def exported(
    session: AsyncSession, context: Context, me: Account
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What is told in JSON, and the files that it speaks of, by their names in the archive."""
    cases = await _cases(session, me)
    drafts = await _drafts(session, context, me)
    told = await _told(session, context, me, cases, drafts)
    files = await wallet_files(session, context, me)
    files |= await _case_files(session, context, cases)
    return told, files | await _draft_files(session, context, drafts)


async def _told(
    session: AsyncSession,
    context: Context,
    me: Account,
    cases: Sequence[TrackedCasePage],
    drafts: Sequence[FormDraft],
) -> dict[str, Any]:
    """As JSON: names of members are in English, moments in ISO 8601 and UTC."""
    profile = await read_profile(session, me.id)
    subscriber = await subscriber_known_by(session, me.id, me.email, me.phone)
    return {
        "account": {
            "given_name": profile.name.given,
            "family_name": profile.name.family,
            "email": profile.email,
            "phone": profile.phone,
            "language": profile.language,
            "category": str(profile.category),
            "birth_date": profile.birth_date.isoformat() if profile.birth_date else None,
            "second_factor": me.second_factor,
        },
        "addresses": [
            {
                "label": one.label,
                "street": one.street,
                "postal_code": one.postal_code,
                "city": one.city,
                "residence": one.residence,
            }
            for one in profile.addresses
        ],
        "passkeys": [
            {"name": row.name, "created_at": row.created_at.isoformat()}
            for row in await passkeys_of(session, me.id)
        ],
        "sessions": [
            {"client": row.client, "created_at": row.created_at.isoformat()}
            for row in await sessions_of(session, context.clock, me.id)
        ],
        "devices": [
            {"client": row.client, "created_at": row.created_at.isoformat()}
            for row in await devices_of(session, me.id)
        ],
        "wallet": [
            {
                "name": row.name,
                "kind": row.kind,
                "expires_on": row.expires_on.isoformat() if row.expires_on else None,
                "created_at": row.created_at.isoformat(),
            }
            for row in await items_of(session, me.id)
        ],
        "news": await exported_subscriptions(session, subscriber) if subscriber else None,
        "cases": [_case(page) for page in cases],
        "drafts": [
            {
                "reference": draft.reference,
                "procedure": draft.definition.slug,
                "saved_at": draft.saved_at.isoformat(),
                "answers": dict(draft.typed),
            }
            for draft in drafts
        ],
    }


async def _cases(session: AsyncSession, me: Account) -> Sequence[TrackedCasePage]:
    # One after the other: a citizen has few, and asks for this once in a while.
    found = await cases_of_citizen(session, holder_of(me))
    tracked = [await track_case(session, case.reference) for case in found]
    return [page_of(one, addresses=me.addresses) for one in tracked if one is not None]


async def _drafts(session: AsyncSession, context: Context, me: Account) -> Sequence[FormDraft]:
    begun = await drafts_of_citizen(session, context.clock, me.citizen_id)
    found = [await read_draft(session, context.clock, draft.reference) for draft in begun]
    return [draft for draft in found if draft is not None]


async def _case_files(
    session: AsyncSession, context: Context, cases: Sequence[TrackedCasePage]
) -> dict[str, bytes]:
    """What they sent along with their requests, and what they were sent."""
    reference = {
        document.id: page.reference
        for page in cases
        for entry in page.entries
        for document in entry.documents
    }
    query = select(DocumentRow).where(DocumentRow.id.in_(reference), DocumentRow.malware == "")
    rows = (await session.scalars(query.order_by(DocumentRow.id))).all()
    contents = await context.blobs.read_many(session, {row.sha256 for row in rows})
    return {
        f"requests/{reference[row.id]}/{number:03}-{file_name(row.name, 'document')}": contents[
            row.sha256
        ]
        for number, row in enumerate(rows, start=1)
    }


async def _draft_files(
    session: AsyncSession, context: Context, drafts: Sequence[FormDraft]
) -> dict[str, bytes]:
    found = {}
    for draft in drafts:
        contents = await contents_of(session, context.blobs, draft.id)
        files = (
            file
            for value in draft.typed.values()
            if isinstance(value, list)
            for file in value
            if isinstance(file, dict) and file.get("sha256") in contents
        )
        for number, file in enumerate(files, start=1):
            name = f"{number:03}-{file_name(file['name'], 'document')}"
            found[f"drafts/{draft.reference}/{name}"] = contents[file["sha256"]]
    return found


def _case(page: TrackedCasePage) -> dict[str, Any]:
    return {
        "reference": page.reference,
        "subject": page.subject,
        "status": page.status,
        "received_at": page.received_at.isoformat(),
        "history": [
            {
                "what": entry.kind,
                "at": entry.at.isoformat(),
                "text": entry.text,
                "documents": [document.name for document in entry.documents],
            }
            for entry in page.entries
        ],
    }


async def wallet_files(session: AsyncSession, context: Context, me: Account) -> dict[str, bytes]:
    """The documents of the wallet, by their names in the archive."""
    return {
        f"documents/{number:03}-{file_name(row.name, 'document')}": await context.wallet.content(
            session, me.id, row.id
        )
        for number, row in enumerate(await items_of(session, me.id), start=1)
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files in one archive."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return archive.getvalue()
