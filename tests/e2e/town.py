"""A whole town as a process of its own: ``guichet run`` on a folder and ports of its own."""

import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_ports

READY = "Guichet is ready"
START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 20.0  # seconds
GUICHET = Path(sys.executable).with_name("guichet")
AGENT = "agent@demo.example"
SECOND_AGENT = "karim@demo.example"
"""Works the queue ``voirie`` alone."""


class Town:
    """Start, kill and start it again: data and ports stay the same.

    ``settings`` are environment variables without ``GUICHET_``, in lower case:
    ``Town(tmp_path, smarthost="smtp://127.0.0.1:2525")``.
    """

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.http_port, self.smtp_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.lines: list[str] = []
        """What it has printed since the last start."""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the town was not started"
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "data": str(self.data),
            "http_port": str(self.http_port),
            "smtp_port": str(self.smtp_port),
            **self._settings,
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
        return inherited | {f"GUICHET_{name.upper()}": value for name, value in own.items()}

    def start(self) -> Self:
        """Return once the ready line is there. Raises RuntimeError with what was printed."""
        self.lines = []
        ready = threading.Event()
        self._process = subprocess.Popen(
            [GUICHET, "run"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal is for the tests alone
        )
        reader = threading.Thread(target=self._read, args=(self._process, ready), daemon=True)
        reader.start()
        if not ready.wait(START_TIMEOUT) or READY not in self.output:
            self.kill()
            raise RuntimeError(f"the town did not start:\n{self.output}")
        return self

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as a power cut: nothing is tidied up."""
        self._end(signal.SIGKILL)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @cached_property
    def password(self) -> str:
        """Of every demo agent."""
        found = re.search(r"password of all: (\S+?)\)?\s", self.output)
        assert found, self.output
        return found[1].rstrip(")")

    @cached_property
    def token(self) -> str:
        """A personal access token of the first demo agent."""
        return self.command("admin", "token", AGENT).splitlines()[-1]

    def command(self, *arguments: str) -> str:
        """Run another ``guichet`` command on the same data; returns what it prints."""
        return subprocess.run(
            [GUICHET, *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT,
        ).stdout

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

    def _read(self, process: "subprocess.Popen[str]", ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line)
                if "Ctrl-C stops" in line:  # the banner's last line
                    ready.set()
        ready.set()  # it ended; start() tells why

    def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            os.kill(process.pid, how)
        try:
            return process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return process.wait()
