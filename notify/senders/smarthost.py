"""Who takes our mail, as ``GUICHET_SMARTHOST`` names it."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Smarthost:
    """Who takes our mail."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``smtp://host:port`` or ``smtps://user:password@host``. Raises BadInput."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as problem:
            raise BadInput(str(problem), where="smarthost") from problem
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise BadInput(
                "GUICHET_SMARTHOST: expected smtp://host:port or smtps://host", where="smarthost"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if parts.username else 25),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"
