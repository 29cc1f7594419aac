"""A whole town as a process of its own: ``guichet run`` on a folder and ports of its own."""

import re
import smtplib
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.ground import Ground
from tests.e2e.process import GUICHET, Process
from tests.ports import free_ports

__all__ = ["GUICHET", "Town"]

READY = "Ctrl-C stops"  # in the banner's last line


class Town(Ground):
    """Start, kill and start it again: data and ports stay the same.

    ``settings`` are environment variables without ``GUICHET_``, in lower case:
    ``Town(tmp_path, smarthost="smtp://127.0.0.1:2525")``.
    """

    def __init__(self, data: Path, **settings: str) -> None:
        self.http_port, self.smtp_port = free_ports(2)
        ports = {"http_port": str(self.http_port), "smtp_port": str(self.smtp_port)}
        super().__init__(data, ports | settings)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self._process = Process("run", environment=self.environment, ready=READY)

    def import_anew(self) -> None:
        """From now on each start is one of the program itself, as a person's is."""
        self._process.is_fork = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """What it has printed since the last start."""
        return self._process.lines

    @property
    def output(self) -> str:
        return self._process.output

    def start(self) -> Self:
        """Return once the ready line is there. Raises RuntimeError with what was printed."""
        self._process.start()
        return self

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; returns its exit code."""
        return self._process.stop()

    def kill(self) -> None:
        """SIGKILL, as a power cut: nothing is tidied up."""
        self._process.kill()

    @cached_property
    def password(self) -> str:
        """Of every demo agent."""
        found = re.search(r"password of all: (\S+?)\)?\s", self.output)
        assert found, self.output
        return found[1].rstrip(")")

    def send(self, mail: EmailMessage) -> None:
        """Send a mail by SMTP; when this returns it was answered 250."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as server:
            server.send_message(mail)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
