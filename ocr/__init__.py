"""From pages to words: text layer, rasterizing, clean-up, Tesseract, bar codes."""

from ocr.handlers import DocumentReading
from ocr.limits import confine
from ocr.page import Code, Limits, Options, Page, Word

__all__ = ["Code", "DocumentReading", "Limits", "Options", "Page", "Word", "confine"]
