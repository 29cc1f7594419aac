"""What every notification says of the town, whatever it is about."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from core.references import tracking_key
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The town's name, addresses and habits, and the secret behind its tracking keys."""

    town: str
    language: str
    """For citizens who have not said another."""
    zone: ZoneInfo
    main_mailbox: str
    mail_domain: str
    """Of the Message-IDs."""
    tracking_page: str
    """URL of the page that asks for reference and tracking key."""
    secret: bytes
    postal_address: tuple[str, ...] = ()
    """The town's own, a line each, for letters."""
    letter_window: str = "right"
    """On which side the window of the envelopes is: ``right`` or ``left``."""

    @classmethod
    def of(cls, settings: Settings, secret: bytes) -> Self:
        return cls(
            town=settings.town,
            language=settings.language,
            zone=ZoneInfo(settings.time_zone),
            main_mailbox=settings.main_mailbox,
            mail_domain=settings.smtp_hostname,
            tracking_page=f"{settings.portal_url}/tracking",
            secret=secret,
            postal_address=tuple(
                line.strip() for line in settings.letter_address.split(";") if line.strip()
            ),
            letter_window=settings.letter_window,
        )

    def tracking_key(self, reference: str) -> str:
        return tracking_key(self.secret, reference)

    def tracking_url(self, reference: str) -> str:
        """The page for one case; the key stays out of it, as URLs end up in logs."""
        return f"{self.tracking_page}?reference={quote(reference)}"
