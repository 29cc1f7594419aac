"""What came out of the town: mails at Postfix's ``smtp-sink``, SMS at the provider's double.

Both write down what they take; a thread reads along, so that each arrival has its moment.
"""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.alerts.entries import told_of
from bench.alerts.waiting import until
from bench.servers import smtp_sink, twilio_double

LOOK = 0.05  # seconds between two looks at what was written down
_MAIL = re.compile(
    rb"^X-Rcpt-Args: <([^>\r\n]*)>.*?^Subject: ([^\r\n]*).*?^Message-ID: <([^>\r\n]*)>",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    at: float
    """When it was seen, as of ``time.time``."""
    id: str
    """Of a mail its Message-ID, of an SMS its text: the same again is a repeat."""


@dataclass
class Sinks:
    """What has come so far."""

    mail_port: int
    sms_port: int
    mails: Path
    """The dump of the one."""
    texts: Path
    """The lines of the other."""
    came: dict[str, dict[str, list[Arrival]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By what it tells (:func:`bench.alerts.entries.told_of`) and to whom; to be read when all has
    come."""
    refused: int = 0
    """SMS that came too fast."""
    looked_up: int = 0
    """SMS that the town asked about, whether they are there."""

    _first: dict[tuple[str, bool], list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each recipient got it, by what it tells and whether it is a mail."""

    def count(self, tells: str, *, mails: bool | None = None) -> int:
        """How many recipients have got it, of mails or of SMS when that is said."""
        return sum(len(self._first[tells, kind]) for kind in _kinds(mails))

    def moments(self, tells: str, *, mails: bool | None = None) -> list[float]:
        """When each of them got it first, in order."""
        return sorted(at for kind in _kinds(mails) for at in list(self._first[tells, kind]))

    def take(self, tells: str, recipient: str, arrival: Arrival) -> None:
        arrivals = self.came[tells][recipient]
        arrivals.append(arrival)
        if len(arrivals) == 1:
            self._first[tells, "@" in recipient].append(arrival.at)


def until_mails(seen: Sinks, tells: str, count: int, *, within: float) -> None:
    """So many mails of it have come."""
    until(
        lambda: seen.count(tells, mails=True) >= count,
        within=within,
        otherwise=lambda: f"{seen.count(tells, mails=True)} of {count} mails came",
    )


def _kinds(mails: bool | None) -> tuple[bool, ...]:
    return (True, False) if mails is None else (mails,)


@contextmanager
def sinks(folder: Path, sms_per_second: int) -> Iterator[Sinks]:
    mails, texts = folder / "mails", folder / "texts"
    with smtp_sink(dump=mails) as mail_port, twilio_double(texts, sms_per_second) as sms_port:
        seen = Sinks(mail_port, sms_port, mails, texts)
        stop = threading.Event()
        reading = threading.Thread(target=_read_along, args=(seen, stop), daemon=True)
        reading.start()
        try:
            yield seen
        finally:
            stop.set()
            reading.join()


def _read_along(seen: Sinks, stop: threading.Event) -> None:
    mails, texts = _Growing(seen.mails), _Growing(seen.texts)
    while True:
        is_over = stop.is_set()
        at = time.time()
        _read_mails(seen, mails, at)
        _read_texts(seen, texts)
        if is_over:
            return
        stop.wait(LOOK)


def _read_mails(seen: Sinks, mails: "_Growing", at: float) -> None:
    end = 0
    for found in _MAIL.finditer(mails.read()):
        recipient, subject, name = (one.decode() for one in found.groups())
        seen.take(told_of(subject), recipient, Arrival(at, name))
        end = found.end()
    mails.forget(end)


def _read_texts(seen: Sinks, texts: "_Growing") -> None:
    whole, newline, _ = texts.read().rpartition(b"\n")
    for line in whole.splitlines():
        told = json.loads(line)
        if "to" in told:
            seen.take(told_of(told["body"]), told["to"], Arrival(told["at"], told["body"]))
        elif "refused" in told:
            seen.refused += 1
        else:
            seen.looked_up += 1
    texts.forget(len(whole) + len(newline))


class _Growing:
    """A file to which others append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unread = b""

    def read(self) -> bytes:
        """What was not forgotten yet."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
            self._offset += len(new)
            self._unread += new
        return self._unread

    def forget(self, count: int) -> None:
        self._unread = self._unread[count:]
