"""One pure ``normalize`` for every channel, for the processes beside."""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.counter.normalize import normalize as normalize_counter
from channels.email.normalize import normalize as normalize_email
from channels.fax.mail import as_fax
from channels.fax.normalize import normalize as normalize_fax
from channels.scan.normalize import normalize as normalize_scan
from channels.telephony.normalize import normalize as normalize_telephony
from channels.web.normalize import normalize as normalize_web
from channels.web.procedures.normalize import normalize as normalize_procedure
from core.errors import BadInput
from core.settings import FaxProfile
from ingest import ChannelName, Intake, Message
from ingest.intake import Normalize
from ingest.outside import normalize_outside

_BY_FORM: Mapping[str, Normalize] = {
    "api": normalize_outside,
    "counter": normalize_counter,
    "procedure": normalize_procedure,
}
"""Of intakes that say what they look like, by whichever channel they came."""
_BY_CHANNEL: Mapping[ChannelName, Normalize] = {
    ChannelName.WEB: normalize_web,
    ChannelName.SCAN: normalize_scan,
    ChannelName.SMS: normalize_telephony,
    ChannelName.PHONE: normalize_telephony,
}


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Hands an intake to its adapter, with what the adapter must know of the town.

    ``country`` (ISO 3166-1, two letters) is whose national telephone numbers are meant.
    """

    fax_profiles: tuple[FaxProfile, ...]
    country: str

    def __call__(self, intake: Intake) -> Message:
        """Raises BadInput when nothing can be made of it, or no adapter reads its channel yet."""
        if adapter := _BY_FORM.get(str(intake.facts.get("form", ""))):
            return adapter(intake)
        if intake.channel is ChannelName.EMAIL:
            mail = normalize_email(intake)
            return as_fax(mail, intake, self.fax_profiles, self.country) or mail
        if intake.channel is ChannelName.FAX:
            return normalize_fax(intake, self.country)
        if adapter := _BY_CHANNEL.get(intake.channel):
            return adapter(intake)
        raise BadInput(f"nothing reads the channel {intake.channel}")


def warm_up() -> None:
    """Called once in a fresh process: what is imported here need not be at the first mail."""
