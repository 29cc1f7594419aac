"""A second, real SMTP server: where the town's mail goes in tests."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_ports


@dataclass
class MailServer:
    """Keeps what it is sent. Start it with ``with``; ``url`` is the town's smarthost then."""

    received: list[EmailMessage] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(  # noqa: N802 - named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self._news:
            self.received.append(mail)
            self._news.notify_all()
        return "250 OK"

    def wait_for(
        self, condition: Callable[[EmailMessage], bool], *, timeout: float = 20.0
    ) -> EmailMessage:
        """The first mail that fits; fails the test when none comes in time."""
        with self._news:
            self._news.wait_for(lambda: any(map(condition, self.received)), timeout)
            found = [mail for mail in self.received if condition(mail)]
        subjects = [mail["subject"] for mail in self.received]
        assert found, f"no such mail among {subjects}"
        return found[0]

    def __enter__(self) -> Self:
        (port,) = free_ports(1)
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()
        self.url = f"smtp://127.0.0.1:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()
