"""What the page shows that shows a document's pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from agent_api.paper import DocumentLine, Suggestion
from agent_api.views import Desk


@dataclass(frozen=True, slots=True)
class Mark:
    """A word on a page and where it stands, in fractions of the picture."""

    text: str
    confidence: int
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; all parts together are the text."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLine:
    """One page of a document, in the list beside it."""

    id: UUID
    number: int
    """From 1; those that were taken out stand behind the others."""
    state: str
    """``unread``, ``read``, ``failed``, ``blank`` or ``removed``"""
    print: str
    """Changes when its picture does."""
    hits: int
    """Words on it that were searched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The page that is shown large."""

    line: PageLine
    source: str
    """``text-layer`` or ``ocr``; empty before it was read."""
    confidence: int
    text: Sequence[Piece]
    hits: Sequence[Mark]
    doubtful: Sequence[Mark]
    """All that there are, whether they are to be shown or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerPage:
    """``desk/viewer.html``: GET ``…/pages?page=&q=&doubtful=1&large=1``

    Its form posts ``csrf``, ``version``, ``action`` and the chosen ``pages`` to the same address.
    """

    desk: Desk
    reference: str
    subject: str
    version: int
    sequence: int
    closed: bool
    document: DocumentLine
    others: Sequence[DocumentLine]
    """The case's other documents that have pages."""
    pages: Sequence[PageLine]
    sheet: Sheet | None
    """None when there is no page."""
    suggestions: Sequence[Suggestion]
    query: str = ""
    show_doubtful: bool = False
    large: bool = False
    error: str = ""
    """Why the last action was not done, in the agent's language."""

    @property
    def base(self) -> str:
        return f"/agent/cases/{self.reference}/documents/{self.document.id}"

    @property
    def kept(self) -> int:
        """How many pages are in the document."""
        return sum(page.state != "removed" for page in self.pages)

    @property
    def done(self) -> int:
        """How many of them are read, or given up on."""
        return sum(page.state not in ("removed", "unread") for page in self.pages)

    @property
    def found(self) -> Sequence[PageLine]:
        """The pages with hits."""
        return [page for page in self.pages if page.hits and page.state != "removed"]

    def url(self, number: int, **other: bool) -> str:
        """Of a page, looked at as this one but for ``large`` or ``doubtful``."""
        options = {"doubtful": self.show_doubtful, "large": self.large} | other
        query = {"page": str(number)} | ({"q": self.query} if self.query else {})
        query |= {name: "1" for name, is_on in options.items() if is_on}
        return f"{self.base}/pages?{urlencode(query)}"

    def picture(self, page: PageLine, width: int) -> str:
        return f"{self.base}/pages/{page.id}/image?width={width}&print={page.print}"
