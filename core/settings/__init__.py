"""Settings: environment ``GUICHET_*``, or a TOML file named by ``GUICHET_CONFIG``.

What is not said has the default below, with which ``guichet run`` works at once, on loopback.
"""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.errors import BadInput
from core.settings.accounts import AccountSettings
from core.settings.cti import CtiSettings
from core.settings.engine import EngineSettings
from core.settings.letters import LetterSettings
from core.settings.mail import ImapMailbox, ImapToken, MailSettings
from core.settings.paper import FaxFolder, FaxProfile, PaperSettings, ScanFolder, Split
from core.settings.portal import PortalSettings, Service
from core.settings.secret import SECRET_LENGTH, town_secret
from core.settings.sending import SendingSettings
from core.settings.telephony import TelephonySettings
from core.settings.theme import ThemeSettings
from core.settings.topics import TopicSettings
from core.settings.values import MEBIBYTE, Listed

__all__ = [
    "SECRET_LENGTH",
    "FaxFolder",
    "FaxProfile",
    "ImapMailbox",
    "ImapToken",
    "ScanFolder",
    "Service",
    "Settings",
    "Split",
    "town_secret",
]


class Settings(
    AccountSettings,
    CtiSettings,
    EngineSettings,
    LetterSettings,
    MailSettings,
    PaperSettings,
    PortalSettings,
    SendingSettings,
    TelephonySettings,
    TopicSettings,
    ThemeSettings,
    BaseSettings,
):
    """Every setting; the names in the environment are these in capitals behind ``GUICHET_``."""

    model_config = SettingsConfigDict(env_prefix="GUICHET_", extra="ignore", frozen=True)

    health_port: int = Field(default=0, ge=0, le=65535)
    """Where ``guichet mail`` and ``guichet worker`` answer ``/healthz``, ``/readyz`` and
    ``/metrics``, on the HTTP host; 0 for nowhere."""

    town: str = "Ville de Démo"
    """The name that citizens read."""
    language: Literal["fr", "en"] = "fr"
    """Used for whoever has not said another."""
    time_zone: str = "Europe/Paris"
    holidays: str = "FR"
    """Country, or country and subdivision (``FR-57``), whose public holidays nobody works."""
    public_url: str = ""
    """Where citizens reach the portal; empty for the HTTP address below."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    https_only: bool = False
    """Whether the public URL is HTTPS: cookies are then marked ``Secure``."""
    trusted_proxies: Listed = ()
    """Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    max_upload: int = 25 * MEBIBYTE
    """Bytes of one web form with its attachments."""

    demo: bool = True
    """Fill an empty store with a demo town."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    otlp_endpoint: str = ""
    """Collector that takes traces by OTLP over HTTP (``http://127.0.0.1:4318``); empty for none."""
    processes: int = Field(default_factory=lambda: max(1, (os.cpu_count() or 2) - 1))
    """Processes for work that would hold up the event loop."""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise ValueError("no such time zone; one looks like Europe/Paris") from problem
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one, strict=False)  # its ValueError says what is wrong
        return value

    @field_validator("public_url", "otlp_endpoint")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("begins with https:// or http://")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def country(self) -> str:
        """Whose national telephone numbers people write (ISO 3166-1)."""
        return self.holidays.partition("-")[0].upper()

    @property
    def has_exchange(self) -> bool:
        """Whether a telephone exchange may tell of calls; the demo town plays one."""
        return bool(self.cti_secrets or self.asterisk_url or self.demo)

    @property
    def portal_url(self) -> str:
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("GUICHET_CONFIG")
        if file and not Path(file).is_file():
            raise BadInput(f"GUICHET_CONFIG names {file}, which is not there")
        toml = (TomlConfigSettingsSource(settings_cls, Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)
