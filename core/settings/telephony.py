"""Telephone and SMS: the town's account at Twilio."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator


class TelephonySettings(BaseModel):
    """By whom the town is called and sends SMS."""

    twilio_account: str = Field(default="", pattern=r"^(AC[0-9a-f]{32})?$")
    """The account's SID; empty for no telephone (the demo town then plays one)."""
    twilio_token: SecretStr = SecretStr("")
    """The account's auth token: it signs what Twilio asks of us."""
    twilio_number: str = Field(default="", pattern=r"^(\+[1-9]\d{6,14})?$")
    """The town's number at Twilio, in E.164."""
    twilio_messaging_service: str = Field(default="", pattern=r"^(MG[0-9a-f]{32})?$")
    """Sends SMS instead of the number above."""
    twilio_url: str = ""
    """Where Twilio's REST API is, for a region or a test; empty for Twilio's own."""

    @field_validator("twilio_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError("begins with https:// or http://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _account_is_whole(self) -> Self:
        if self.twilio_account and not self.twilio_token.get_secret_value():
            raise ValueError("GUICHET_TWILIO_ACCOUNT needs GUICHET_TWILIO_TOKEN")
        if self.twilio_account and not self.twilio_number:
            raise ValueError("GUICHET_TWILIO_ACCOUNT needs GUICHET_TWILIO_NUMBER")
        return self
