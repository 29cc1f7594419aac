"""What goes out: by whom, how fast, under whose signature."""

import re
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class SendingSettings(BaseModel):
    """How what is written reaches the providers."""

    smarthost: str = ""
    """``smtp://host:port`` (or ``smtps://user:password@host``) that takes outgoing mail; empty to
    keep it on the local outbox page."""
    smarthost_fallback: str = ""
    """Another one, which takes what the first cannot, while that is away or will not."""
    smtp_sending_connections: int = Field(default=16, ge=1)
    """Mails under way at once by one smart host; so many at most are in doubt after a crash."""
    apprise_url: SecretStr = SecretStr("")
    """Sends SMS by any provider that Apprise knows (``voipms://…``): instead of Twilio, or where
    Twilio is away."""
    sending_per_second: dict[str, float] = {}
    """How many a second a sender gets at most, by its name: ``smtp``, ``smtp-2``, ``twilio``,
    ``apprise`` (JSON in the environment); a sender that is not named has no limit."""
    bounce_mailbox: str = ""
    """Our address that mails which cannot be delivered come back to; empty for the main mailbox.
    What stands behind a + in it tells us which mail it was."""

    dkim_domain: str = ""
    """Signs outgoing mails for this domain, which is that of their From; empty to leave that to
    the smart host."""
    dkim_selector: str = "guichet"
    """The key's name in the DNS: ``<selector>._domainkey.<domain>``."""
    dkim_key: Path | None = None
    """The private key: RSA or Ed25519, as PEM (PKCS #8)."""

    push: bool = True
    """Whether citizens may be told in their browsers, by the push services of their makers: the
    server then sends to these, by HTTPS."""
    push_private: bool = False
    """Whether a push service may be at a private address and without HTTPS: for trying it out."""

    @field_validator("sending_per_second")
    @classmethod
    def _are_rates(cls, value: dict[str, float]) -> dict[str, float]:
        for name, rate in value.items():
            if rate <= 0:
                raise ValueError(
                    f"{name}: {rate} a second is none; leave the name out for no limit"
                )
        return value

    @field_validator("bounce_mailbox")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        local, at, domain = value.lower().rpartition("@")
        if value and (not local or not at or len(local) > 20 or "+" in local or " " in value):
            raise ValueError("is an address with 20 characters at most, and no +, before the @")
        return f"{local}{at}{domain}"

    @field_validator("dkim_domain", "dkim_selector")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        name = value.lower()
        if name and not _DOMAIN.fullmatch(name if "." in name else f"{name}.example"):
            raise ValueError(f"{value!r} is no name in the DNS")
        return name

    @model_validator(mode="after")
    def _signature_is_whole(self) -> Self:
        if self.dkim_domain and self.dkim_key is None:
            raise ValueError("GUICHET_DKIM_DOMAIN needs GUICHET_DKIM_KEY")
        return self
