"""One pure ``normalize`` for every channel, for the processes beside."""

from dataclasses import dataclass

from channels.counter.normalize import normalize as normalize_counter
from channels.email.normalize import normalize as normalize_email
from channels.fax.mail import as_fax
from channels.fax.normalize import normalize as normalize_fax
from channels.scan.normalize import normalize as normalize_scan
from channels.web.normalize import normalize as normalize_web
from core.errors import BadInput
from core.settings import FaxProfile
from ingest import ChannelName, Intake, Message
from ingest.outside import normalize_outside


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Hands an intake to its adapter, with what the adapter must know of the town.

    ``country`` (ISO 3166-1, two letters) is whose national telephone numbers are meant.
    """

    fax_profiles: tuple[FaxProfile, ...]
    country: str

    def __call__(self, intake: Intake) -> Message:
        """A trusted outside system's intake has a form of its own.

        Raises
        ------
        BadInput
            When nothing can be made of it, or no adapter reads its channel yet.
        """
        if intake.facts.get("form") == "api":
            return normalize_outside(intake)
        if intake.facts.get("form") == "counter":  # of a visit, or of a call
            return normalize_counter(intake)
        match intake.channel:
            case ChannelName.EMAIL:
                mail = normalize_email(intake)
                return as_fax(mail, intake, self.fax_profiles, self.country) or mail
            case ChannelName.WEB:
                return normalize_web(intake)
            case ChannelName.FAX:
                return normalize_fax(intake, self.country)
            case ChannelName.SCAN:
                return normalize_scan(intake)
        raise BadInput(f"nothing reads the channel {intake.channel}")


def warm_up() -> None:
    """Called once in a fresh process: what is imported here need not be at the first mail."""
