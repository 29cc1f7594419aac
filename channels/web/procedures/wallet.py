"""Documents of a citizen's wallet in the files of a form: named at once, copied when it is sent.

Until then each is a share, which its owner sees and can revoke here and in the wallet; it counts
for nobody else who has the draft's codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures import FormDraft
from cases.procedures.fields import FilesField
from cases.procedures.sweeping import Ended
from channels.web.procedures.uploads import TYPES, no_room, problem_with
from channels.web.visitors import Visitor
from citizens.models import WalletItemRow
from citizens.sharing import Share, Wallet
from core.errors import BadInput

MAX_SHARED = 20  # documents in one go
_ENDINGS = {media_type: ending for ending, media_type in reversed(TYPES.items())}


@dataclass(frozen=True, slots=True)
class Offer:
    """A document that could go along."""

    id: UUID
    name: str
    size: int


def account_of(draft: FormDraft, visitor: Visitor) -> UUID | None:
    """Whose wallet the form may use."""
    return None if draft.definition.anonymous == "required" else visitor.account_id


async def with_shares(
    session: AsyncSession, wallet: Wallet | None, draft: FormDraft, visitor: Visitor
) -> FormDraft:
    """The draft with the documents that are to go along, among the files of its fields."""
    account = account_of(draft, visitor)
    if wallet is None or account is None or draft.sent_at:
        return draft
    typed: dict[str, Any] = dict(draft.typed)
    for share in await wallet.shares(session, account):
        field = _field_of(draft, share)
        if field and not share.taken:
            typed[field] = [*typed.get(field, ()), _as_file(share)]
    return replace(draft, typed=typed)


async def offers(
    session: AsyncSession, wallet: Wallet | None, draft: FormDraft, visitor: Visitor
) -> Mapping[str, Sequence[Offer]]:
    """By field: the documents of a fitting kind that do not go along yet."""
    account = account_of(draft, visitor)
    fields = _files_of(draft)
    if wallet is None or account is None or not fields:
        return {}
    rows = await wallet.documents(session, account)
    shared = {(share.target, share.item_id) for share in await wallet.shares(session, account)}
    return {
        field.name: [
            Offer(row.id, row.name, row.size)
            for row in rows
            if _fits(field, row) and (target_of(draft, field.name), row.id) not in shared
        ]
        for field in fields
    }


async def share(
    session: AsyncSession,
    wallet: Wallet,
    draft: FormDraft,
    visitor: Visitor,
    field_name: str,
    chosen: Sequence[str],
    most: int,
) -> None:
    """Have documents go along; all or, with BadInput of a message id and a name, none."""
    account, field = account_of(draft, visitor), draft.definition.fields.get(field_name)
    items = [UUID(one) for one in chosen[:MAX_SHARED] if _is_id(one)]
    if account is None or not isinstance(field, FilesField) or not items:
        return
    target = target_of(draft, field_name)
    before = {one.id for one in await wallet.shares(session, account, target)}
    await wallet.share(session, account, items, target, draft.definition.called(visitor.language))
    sizes = [int(file["size"]) for file in _all_files(draft)]
    count = len(draft.typed.get(field_name, ()))
    for number, copy in enumerate(
        copy for copy in await wallet.copies(session, account, target) if copy.share not in before
    ):
        name = named(copy.name, copy.media_type)
        sizes.append(len(copy.content))
        problem = problem_with(field, name, copy.content) or no_room(
            field, count + number, sizes, most
        )
        if problem:
            raise BadInput(problem, where=copy.name)


async def revoke(
    session: AsyncSession, wallet: Wallet, draft: FormDraft, visitor: Visitor, share_id: str
) -> None:
    """Raises NotThere."""
    account = account_of(draft, visitor)
    if account is not None and _is_id(share_id):
        await wallet.revoke(session, account, UUID(share_id))


async def copies(
    session: AsyncSession, wallet: Wallet | None, draft: FormDraft, visitor: Visitor
) -> Mapping[str, bytes]:
    """What goes along, by the mark that its file has in the form."""
    account = account_of(draft, visitor)
    made: dict[str, bytes] = {}
    if wallet is None or account is None:
        return made
    for field in _files_of(draft):
        if any(file.get("share") for file in draft.typed.get(field.name, ())):
            for copy in await wallet.copies(session, account, target_of(draft, field.name)):
                made[_mark(copy.share)] = copy.content
    return made


async def taken(
    session: AsyncSession, wallet: Wallet | None, draft: FormDraft, visitor: Visitor
) -> None:
    """The form was sent, and the copies with it."""
    account = account_of(draft, visitor)
    if wallet is None or account is None:
        return
    for field in _files_of(draft):
        await wallet.taken(session, account, target_of(draft, field.name))


def forgetting_shares(wallet: Wallet) -> Ended:
    """What is to happen when drafts are swept."""

    async def ended(session: AsyncSession, drafts: Sequence[UUID]) -> None:
        await wallet.ended(session, [_target(draft, "") for draft in drafts])

    return ended


def target_of(draft: FormDraft, field: str) -> str:
    return _target(draft.id, field)


def _target(draft_id: UUID, field: str) -> str:
    return f"draft:{draft_id.hex}:{field}"


def named(name: str, media_type: str) -> str:
    """With the ending that its kind has: people call a document as they like."""
    ending = _ENDINGS.get(media_type, "")
    has = TYPES.get(name.rpartition(".")[2].lower()) == media_type
    return name if has or not ending else f"{name}.{ending}"


def _files_of(draft: FormDraft) -> list[FilesField]:
    return [one for one in draft.definition.fields.values() if isinstance(one, FilesField)]


def _all_files(draft: FormDraft) -> list[Mapping[str, Any]]:
    return [file for field in _files_of(draft) for file in draft.typed.get(field.name, ())]


def _field_of(draft: FormDraft, share: Share) -> str:
    prefix = target_of(draft, "")
    return share.target.removeprefix(prefix) if share.target.startswith(prefix) else ""


def _as_file(share: Share) -> dict[str, Any]:
    return {
        "id": str(share.id),
        "name": named(share.name, share.media_type),
        "media_type": share.media_type,
        "size": share.size,
        "sha256": _mark(share.id),
        "share": True,
    }


def _mark(share: UUID) -> str:
    return f"share {share}"


def _fits(field: FilesField, row: WalletItemRow) -> bool:
    kinds = {TYPES[kind] for kind in field.accept}
    return row.media_type in kinds and row.size <= field.max_size


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
