"""Reading the pages of a message's documents, in a lane of its own.

What is read is kept page by page, so that a process that is stopped or killed goes on where it
was. The case of a fax or a scan is made when its pages are read; of a mail that is in its case the
words are added to what can be found.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blobs
from core.database import Database
from core.errors import BadInput
from core.processes import Processes, WorkerDied
from ingest.events import DocumentUnread, Event
from ingest.message import ON_PAPER, ChannelName
from ingest.models import DocumentRow, MessageRow, PageRow, Reading
from ocr.filing import file_documents, file_on_paper, words_of
from ocr.letter import Reading as LetterReading
from ocr.letter import read_letters
from ocr.letters import Letter, letters_of
from ocr.page import Options, Page
from ocr.reading import read_page
from ocr.source import Inspection, Locked, inspect
from ocr.store import (
    Unread,
    case_of,
    enter_pages,
    is_in_case,
    keep_page,
    pages_of,
    unread_documents,
    what_to_read,
)

PATIENCE = 30.0  # seconds beyond a page's own limit, for a process to start and a queue to pass

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document."""

    reading: Reading
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a message's documents, by their ids."""

    outcomes: Mapping[UUID, Outcome]
    letters: Sequence[tuple[Letter, LetterReading]] = ()
    """Of a message that was not in a case when it was read."""


Prepared = Mapping[UUID, Read]
"""By the message's id."""


class DocumentReading:
    """Handles ``document.unread``.

    ``processes`` are for this alone: a page that takes all of a minute delays no mail.
    """

    def __init__(
        self, database: Database, blobs: Blobs, processes: Processes, options: Options
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._processes = processes
        self._options = options

    async def prepare(self, events: Sequence[Event]) -> Prepared:
        """Read the pages, and keep each as soon as it is read; what counts is in ``handle``."""
        ids = [DocumentUnread.of(event).message_id for event in events]
        return {message_id: await self._read_message(message_id) for message_id in ids}

    async def handle(self, event: Event, session: AsyncSession, prepared: Prepared) -> list[Event]:
        message = await session.get_one(MessageRow, DocumentUnread.of(event).message_id)
        read = prepared[message.id]
        unread = await unread_documents(session, message.id)
        documents = [document for document in unread if document.id in read.outcomes]
        for document in documents:
            outcome = read.outcomes[document.id]
            document.reading, document.problem = outcome.reading, outcome.problem
        if not documents:
            return []
        case = await case_of(session, message.id)
        if case is not None:
            return await file_documents(session, event, case, message, documents)
        _check_readable(message, documents)
        # They were read in another session: what is written to them is to be stored in this one.
        letters = [(await _in_session(session, letter), said) for letter, said in read.letters]
        return file_on_paper(session, event, message, documents, letters)

    async def _read_message(self, message_id: UUID) -> Read:
        async with self._database.read() as session:
            message = await session.get_one(MessageRow, message_id)
            unread = await what_to_read(session, message_id)
        outcomes = {one.document.id: await self._read(one, message.channel) for one in unread}
        async with self._database.read() as session:
            if await is_in_case(session, message_id):
                return Read(outcomes)
            pages = await pages_of(session, list(outcomes))
        letters = letters_on(message, [pages.get(document_id, ()) for document_id in outcomes])
        is_fax = message.channel == ChannelName.FAX
        words = [
            (words_of(letter.pages, is_fax=is_fax).text, letter.confidence) for letter in letters
        ]
        said = await self._processes.run(read_letters, words)
        return Read(outcomes, list(zip(letters, said, strict=True)))

    async def _read(self, unread: Unread, channel: str) -> Outcome:
        """Read one document as far as that goes."""
        async with AsyncExitStack() as files:
            try:
                return await self._read_in(files, unread, channel)
            except Locked as problem:
                return Outcome(Reading.LOCKED, problem.reason)
            except BadInput as problem:
                return Outcome(Reading.FAILED, problem.reason)
            except WorkerDied as problem:
                return Outcome(Reading.FAILED, f"it cannot be opened: {problem}")

    async def _read_in(self, files: AsyncExitStack, unread: Unread, channel: str) -> Outcome:
        document, pages, problem = unread.document, unread.pages, unread.document.problem
        if not pages:
            path = await self._file(files, document.unlocked_sha256 or document.sha256)
            found = await self._inspect(path)
            problem = found.notice
            repaired = await self._blobs.stage(found.repaired) if found.repaired else None
            pages = await enter_pages(self._database, self._blobs, document, found.pages, repaired)
        waiting = [page for page in pages if page.reading == Reading.UNREAD]
        waiting = waiting or [page for page in pages if page.reading == Reading.FAILED]
        paths = {one: await self._file(files, one) for one in {page.sha256 for page in waiting}}
        left = await self._read_pages(paths, waiting, is_fax=channel == ChannelName.FAX)
        if left == len(pages):
            return Outcome(Reading.FAILED, "none of its pages could be read")
        return Outcome(Reading.READ, problem)

    async def _inspect(self, path: Path) -> Inspection:
        limits = self._options.limits
        for again in (True, False):
            try:
                async with asyncio.timeout(limits.seconds + PATIENCE):
                    return await self._processes.run(inspect, path, limits)
            except (WorkerDied, TimeoutError) as problem:
                self._processes.restart()
                if not again:
                    raise BadInput("no program can open it") from problem
        raise AssertionError("it was tried twice")

    async def _read_pages(
        self, paths: Mapping[str, Path], pages: Sequence[PageRow], *, is_fax: bool
    ) -> int:
        """All at once, as many as there are processes; what died or hung once more, alone.

        When a process dies, so does the work of those beside it: only alone is it clear whose
        fault it was. Returns how many could not be read; each is shown all the same.
        """
        at_once = self._processes.count
        unreadable, died = await self._round(paths, pages, at_once, is_fax=is_fax)
        more, hopeless = await self._round(paths, died, 1, is_fax=is_fax)
        for page in (*unreadable, *more, *hopeless):
            log.warning("page.failed", document=str(page.document_id), page=page.number)
            await keep_page(self._database, page, None)
        return len(unreadable) + len(more) + len(hopeless)

    async def _round(
        self, paths: Mapping[str, Path], pages: Sequence[PageRow], at_once: int, *, is_fax: bool
    ) -> tuple[list[PageRow], list[PageRow]]:
        """Returns those that cannot be read, and those whose process died or hung."""
        turns = asyncio.Semaphore(at_once)
        unreadable: list[PageRow] = []
        died: list[PageRow] = []

        async def read(page: PageRow) -> None:
            async with turns:
                try:
                    result = await self._page(paths[page.sha256], page, is_fax=is_fax)
                except WorkerDied:
                    died.append(page)
                except BadInput as problem:
                    log.warning("page.unreadable", page=page.number, reason=problem.reason)
                    unreadable.append(page)
                else:
                    await keep_page(self._database, page, result)

        async with asyncio.TaskGroup() as tasks:
            for page in pages:
                tasks.create_task(read(page))
        return unreadable, died

    async def _page(self, path: Path, page: PageRow, *, is_fax: bool) -> Page:
        rotation = page.rotation if page.turned else None
        options = replace(self._options, fax=is_fax, rotation=rotation)
        try:
            async with asyncio.timeout(options.limits.seconds + PATIENCE):
                return await self._processes.run(read_page, path, page.number, options)
        except TimeoutError as problem:
            self._processes.restart()
            raise WorkerDied("reading the page took too long") from problem

    async def _file(self, files: AsyncExitStack, sha256: str) -> Path:
        async with self._database.read() as session:
            return await files.enter_async_context(self._blobs.file(session, sha256))


def letters_on(message: MessageRow, documents: Sequence[Sequence[PageRow]]) -> list[Letter]:
    """A scan of one file may be a batch; whatever else came together belongs together."""
    pages = [page for document in documents for page in document if not page.removed]
    is_batch = message.channel == ChannelName.SCAN and len(documents) == 1
    split = str(message.details.get("split", "separators")) if is_batch else "none"
    return letters_of(pages, split)


async def _in_session(session: AsyncSession, letter: Letter) -> Letter:
    pages = [await session.merge(page, load=False) for page in letter.pages]
    sheets = [await session.merge(page, load=False) for page in letter.sheets]
    return Letter(letter.separator, pages, sheets)


def _check_readable(message: MessageRow, documents: Sequence[DocumentRow]) -> None:
    """Raises BadInput when there is nothing on paper that anybody could read: the raw waits in
    quarantine, and not a case of nothing at all."""
    if ChannelName(message.channel) not in ON_PAPER or not documents:
        return
    if all(document.reading == Reading.FAILED for document in documents):
        raise BadInput(documents[0].problem or "its pages could not be read")
