"""SMS by any provider that Apprise knows: https://github.com/caronc/apprise/wiki#sms-notification-support

One setting, a URL of Apprise's without a recipient (``voipms://password:mail/from``); the
recipient's number is put behind it. The library blocks, so it works in a thread. It says yes or no
and nothing more: no name for what was sent, no word of what became of it, and of a failure only
what it logs. So what was refused cannot be told from what did not get through: it is tried again,
and what is in doubt may come twice.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from core.errors import BadInput
from notify.models import Medium
from notify.senders.contract import Content, Delivery, ProviderId, Retry

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT = 60.0  # seconds
MAX_REASON = 300  # characters
TAKEN = ProviderId("taken by Apprise")


class AppriseSms:
    """One provider; raises BadInput when Apprise cannot read the URL."""

    name = "apprise"
    medium = Medium.SMS

    def __init__(self, url: str) -> None:
        self._base, question, options = url.partition("?")
        self._options = f"{question}{options}"
        self._open("+33600000000")

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        sender = self._open(delivery.recipient)
        reasons: list[str] = []
        try:
            async with asyncio.timeout(TIMEOUT):
                done = await asyncio.to_thread(_notify, sender, content.text, reasons)
        except TimeoutError as problem:
            raise Retry("no answer of Apprise", in_doubt=True) from problem
        if not done:
            raise Retry(f"Apprise: {'; '.join(reasons) or 'not sent'}"[:MAX_REASON])
        return TAKEN

    async def close(self) -> None:
        """It keeps nothing open."""

    def _open(self, recipient: str) -> "Apprise":
        from apprise import Apprise, AppriseAsset

        # What is sent is what we wrote: no title, no emojis, no formats.
        sender = Apprise(asset=AppriseAsset(app_id="", app_desc="", app_url=""))
        if not sender.add(f"{self._base.rstrip('/')}/{recipient}{self._options}"):
            raise BadInput("GUICHET_APPRISE_URL: Apprise cannot read it", where="apprise_url")
        return sender


class _Reasons(logging.Handler):
    """Apprise logs why it failed, and says so nowhere else."""

    def __init__(self, thread: int, reasons: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._thread, self._reasons = thread, reasons

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._reasons.append(record.getMessage())


def _notify(sender: "Apprise", text: str, reasons: list[str]) -> bool:
    import threading

    log = logging.getLogger("apprise")
    listener = _Reasons(threading.get_ident(), reasons)
    log.addHandler(listener)
    try:
        return bool(sender.notify(body=text, body_format="text", interpret_escapes=False))
    finally:
        log.removeHandler(listener)
