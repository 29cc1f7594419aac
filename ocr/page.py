"""What is read of a page. Values alone: nothing heavy is imported here."""

from dataclasses import dataclass, field

GIBIBYTE = 1024**3


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands, in fractions (0 to 1) of the upright page as it is shown."""

    text: str
    confidence: int
    """0 to 100; 100 from a text layer."""
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Code:
    """A bar code."""

    text: str
    kind: str
    """``qr``, ``code128`` or another name of zxing's, in lower case."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was read of one page."""

    text: str
    """Lines in reading order, an empty one between paragraphs."""
    words: tuple[Word, ...]
    codes: tuple[Code, ...]
    rotation: int
    """Degrees clockwise (0, 90, 180, 270) that make the page upright."""
    confidence: int
    """Mean over the words, weighted by their lengths; 0 without words."""
    blank: bool
    """Nothing on it but dust and a scanner's shadow."""
    source: str
    """``text-layer`` or ``ocr``."""


@dataclass(frozen=True, slots=True)
class Limits:
    pages: int = 500
    """Of one document; what is behind is not read."""
    pixels: int = 50_000_000
    """Of one page."""
    memory: int = 2 * GIBIBYTE
    """Bytes of one process."""
    seconds: float = 60.0
    """For one page."""


@dataclass(frozen=True, slots=True)
class Options:
    languages: str = "fra+eng"
    """As Tesseract names them, the commonest first."""
    fax: bool = False
    rotation: int | None = None
    """Degrees clockwise that an agent has chosen; None to find out."""
    limits: Limits = field(default_factory=Limits)
