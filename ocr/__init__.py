"""From pages to words: text layer, rasterizing, clean-up, Tesseract, bar codes."""

from ocr.handlers import DocumentReading
from ocr.limits import confine
from ocr.page import Code, Limits, Options, Page, Word
from ocr.searchable import Source, searchable_pdf
from ocr.showing import MEDIA_TYPE, page_image
from ocr.source import Locked, inspect, unlock

__all__ = [
    "MEDIA_TYPE",
    "Code",
    "DocumentReading",
    "Limits",
    "Locked",
    "Options",
    "Page",
    "Source",
    "Word",
    "confine",
    "inspect",
    "page_image",
    "searchable_pdf",
    "unlock",
]
