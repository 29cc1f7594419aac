"""The town's own telephone exchange."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class CtiSettings(BaseModel):
    """How the exchange tells of its calls."""

    cti_secrets: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)] = ()
    """What the exchange signs its events with; several while one is replaced by another. None:
    nothing is taken, but in the demo town."""
    cti_window: int = Field(default=300, ge=10, le=3600)
    """Seconds that a signature is good for, before and after our own clock."""
    asterisk_url: str = ""
    """Manager interface of an Asterisk to listen to: ``ami://user@host:5038``, or ``amis://`` for
    TLS; empty for none."""
    asterisk_password: SecretStr = SecretStr("")

    @field_validator("cti_secrets")
    @classmethod
    def _are_long(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(one.get_secret_value()) < 16 for one in value):
            raise ValueError("a secret has at least 16 characters")
        return value

    @field_validator("asterisk_url")
    @classmethod
    def _is_of_the_manager(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("ami", "amis") or not parts.hostname or not parts.username:
            raise ValueError("looks like ami://user@host:5038")
        if parts.password:
            raise ValueError("has the password in it: set GUICHET_ASTERISK_PASSWORD")
        return value
