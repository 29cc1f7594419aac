"""Paper: scans and faxes, and reading them."""

import os
import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.settings.values import MEBIBYTE

Split = Literal["separators", "blank", "none"]


class ScanFolder(BaseModel):
    """A folder that scanned letters are put into."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    queue: str = ""
    """Slug of the queue that its letters are for; a subfolder names another. Empty: the rules."""
    split: Split = "separators"
    """Where a batch is cut into letters: at separator sheets, also at blank pages, or nowhere."""
    settle: float = Field(default=2.0, ge=0)
    """Seconds that a file must have kept still before it is taken."""


class FaxFolder(BaseModel):
    """The receive queue of a fax server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    settle: float = Field(default=15.0, ge=0)
    """Seconds that a file must have kept still before it is taken: HylaFAX hangs up, and then looks
    for the file again (``faxrcvd``)."""


class FaxProfile(BaseModel):
    """Which mails bring a fax; both must hold where both are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: str = ""
    """The address that the gateway writes from, or ``@domain``."""
    mailbox: str = ""
    """Our address that it writes to, or ``@domain``."""
    header: str = Field(default="", pattern=r"^[A-Za-z0-9-]{0,100}$")
    """Name of a header field that has the caller's number."""
    number: str = ""
    """Regular expression with a group ``number``, tried on that header, the subject, file names and
    text before the ways that services usually write it."""

    @field_validator("sender", "mailbox", "header")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("number")
    @classmethod
    def _is_an_expression(cls, value: str) -> str:
        try:
            groups = re.compile(value).groupindex
        except re.error as problem:
            raise ValueError(f"is no regular expression: {problem}") from problem
        if value and "number" not in groups:
            raise ValueError("has no group (?P<number>…)")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sender and not self.mailbox:
            raise ValueError("names neither a sender nor a mailbox: every mail would be a fax")
        return self


class PaperSettings(BaseModel):
    """How paper comes in and is read."""

    scan_folders: tuple[ScanFolder, ...] = ()
    """Folders that are watched for scanned letters (JSON in the environment); the demo town has
    ``scans`` in the data folder."""
    fax_folders: tuple[FaxFolder, ...] = ()
    """Receive queues of HylaFAX servers that are watched (JSON in the environment)."""
    fax_profiles: tuple[FaxProfile, ...] = ()
    """Which mails come from a fax gateway (JSON in the environment)."""
    scan_max_size: int = 100 * MEBIBYTE
    """Bytes of one scanned file or fax."""

    clamd: str = ""
    """Where ClamAV looks through files: ``tcp://127.0.0.1:3310`` or
    ``unix:///run/clamav/clamd.ctl``; empty for nowhere. While it is away nothing is normalized."""

    ocr_languages: str = Field(default="fra+eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")
    """Of the pages that are read, as Tesseract names them, the commonest first."""
    ocr_processes: int = Field(default_factory=lambda: os.cpu_count() or 2, ge=1)
    """Pages that are read at once."""
    ocr_max_pages: int = Field(default=500, ge=1)
    """Of one document; what is behind is kept, and not read."""
    ocr_max_pixels: int = Field(default=50_000_000, ge=1_000_000)
    """Of one page."""
    ocr_max_seconds: float = Field(default=60.0, gt=0)
    """For one page."""
    ocr_max_memory: int = Field(default=2048 * MEBIBYTE, ge=512 * MEBIBYTE)
    """Bytes of one process that reads."""

    @field_validator("clamd")
    @classmethod
    def _is_of_clamd(cls, value: str) -> str:
        if value and not re.fullmatch(r"tcp://[^/]+:\d+|unix:///.+", value):
            raise ValueError("looks like tcp://host:3310 or unix:///run/clamav/clamd.ctl")
        return value
